"""How fast a long history answers: ``python -m benchmarks.history`` builds 10,000 conversations of 20
messages, on SQLite and, where it is installed, on Postgres, and asks for them over VOX's HTTP API.

Printed are milliseconds from the request to the whole answer, in the server's process: the median, the 95th
percentile and the longest.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from flask.testing import FlaskClient

from app import create_app
from app.archive.address import address_of
from app.archive.archive import Archive
from app.archive.database import Database
from app.assembly import assemble
from app.settings import Settings
from benchmarks.machine import describe
from benchmarks.many_conversations import fill
from tests.postgres import NoPostgres, running_postgres

#: What is promised, in ms.
LIST_LIMIT, SEARCH_LIMIT = 100, 200

SEARCHES = (
    ("the commonest word", "the"),
    ("two letters", "th"),
    ("two letters", "st"),
    ("one letter", "a"),
    ("one letter", "s"),
    ("a common word", "because"),
    ("a word", "dragon"),
    ("the beginning of many", "stai"),
    ("two common words", "the and"),
    ("three words", "sister kitchen dragon"),
    ("a common and a rare", "the sister"),
    ("a phrase", '"of the"'),
    ("no such phrase", '"the the and the of"'),
    ("ten words", "the to and of you it in that is for"),
    ("nothing", "xylophone"),
    ("nothing, one common", "the xylophone"),
    ("another script", "東京"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=20, help="of each conversation")
    parser.add_argument("--repeat", type=int, default=20, help="times that each request is made")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    options = parser.parse_args()
    print(f"{options.conversations} conversations of {options.messages} messages; {describe()}\n")
    for kind in ("sqlite", "postgres"):
        if options.only in (None, kind):
            try:
                with _database(kind) as settings:
                    _measure(kind, settings, options)
            except NoPostgres as reason:
                print(f"{kind}: {reason}\n")


@contextmanager
def _database(kind: str) -> Iterator[Settings]:
    """Settings with an empty database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(data_dir=folder)
        if kind == "postgres":
            settings = replace(settings, database_url=stack.enter_context(running_postgres()).new_database())
        yield settings


def _measure(kind: str, settings: Settings, options: argparse.Namespace) -> None:
    begin = time.perf_counter()
    Archive.open(settings).close()
    database = Database(address_of(settings))
    fill(database, options.conversations, options.messages)
    database.close()
    print(f"{kind}: filled in {time.perf_counter() - begin:.0f} s{_size(settings)}")
    client = create_app(settings, assemble(settings)).test_client()
    first = _milliseconds(client, "/api/conversations")
    print(f"the first request, which opens the database: {first:.0f} ms")
    print(f"{'ms':36}{'median':>8}{'95th':>8}{'longest':>9}   hits")
    _list(client, options)
    for name, words in SEARCHES:
        _row(
            client,
            f"search: {name}, {words}"[:35],
            [f"/api/conversations/search?q={quote(words)}"],
            options.repeat,
        )
    print()


def _list(client: FlaskClient, options: argparse.Namespace) -> None:
    _row(client, "list", ["/api/conversations"], options.repeat)
    cursors = []
    following = "/api/conversations?limit=200"
    while following:
        answer = client.get(following).json
        assert answer is not None
        following = f"/api/conversations?limit=200&before={answer['next']}" if answer["next"] else ""
        cursors.append(following or "/api/conversations")
    _row(client, "list, further down", cursors, 1)
    newest = f"conv_{options.conversations:08x}"
    _row(client, "open one", [f"/api/conversations/{newest}"], options.repeat)


def _row(client: FlaskClient, name: str, addresses: Sequence[str], repeat: int) -> None:
    times = [_milliseconds(client, address) for address in addresses for _ in range(repeat)]
    answer = client.get(addresses[0]).json
    assert answer is not None
    found = len(answer.get("hits") or answer.get("conversations") or answer.get("messages") or ())
    late = sorted(times)[max(0, round(0.95 * len(times)) - 1)]
    print(f"{name:36}{statistics.median(times):8.1f}{late:8.1f}{max(times):9.1f}{found:7}")


def _milliseconds(client: FlaskClient, address: str) -> float:
    begin = time.perf_counter()
    answer = client.get(address)
    passed = time.perf_counter() - begin
    assert answer.status_code == 200, answer.text
    return 1000 * passed


def _size(settings: Settings) -> str:
    files = list(settings.data_dir.glob("vox.db"))
    return f", {files[0].stat().st_size / 1e6:.0f} MB" if files else ""


if __name__ == "__main__":
    main()
