"""Several VOX on one database: what one has under way is not what a dead one left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from app.archive.archive import Archive
from app.settings import Settings

#: Another VOX, with a reply under way.
ANOTHER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from app.archive.archive import Archive
from app.archive.records import MessageRecord
from app.settings import Settings

folder, url, name = sys.argv[1:]
archive = Archive.open(Settings(data_dir=Path(folder), database_url=url))
at = datetime.now(timezone.utc)
archive.conversations.begin("conv_1", at=at)
archive.conversations.add_message(
    MessageRecord(name, "conv_1", "assistant", "Once upon a", True, "in_progress", None, at)
)
print("kept", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_vox(settings: Settings, name: str) -> Iterator[subprocess.Popen[str]]:
    """While it runs; it is killed in the end."""
    arguments = [str(settings.data_dir), settings.database_url, name]
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "kept\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def states(archive: Archive) -> dict[str, str]:
    return {message.id: message.state for message in archive.conversations.messages("conv_1")}


def test_only_what_a_dead_program_left_is_ended(settings: Settings) -> None:
    with another_vox(settings, "item_lives"), another_vox(settings, "item_dies") as killed:
        killed.kill()
        killed.wait()
        with closing(Archive.open(settings)) as archive:
            mine = archive._database.presence
            with archive._database.reading() as connection:
                assert mine.number in mine.present(connection)
            while archive.conversations.end_what_was_left() == 0:
                pass  # Postgres sees after a moment that nobody is at the other end
            assert states(archive) == {"item_lives": "in_progress", "item_dies": "interrupted"}
    with closing(Archive.open(settings)) as archive:
        while archive.conversations.end_what_was_left() == 0:
            pass
        assert states(archive) == {"item_lives": "interrupted", "item_dies": "interrupted"}


def test_nothing_stays_beside_the_file(settings: Settings) -> None:
    with another_vox(settings, "item_1"):
        pass
    with closing(Archive.open(settings)) as archive:
        archive.conversations.end_what_was_left()
    names = [file.name for file in settings.data_dir.iterdir()] if settings.data_dir.exists() else []
    assert [name for name in names if "-user-" in name] == []
