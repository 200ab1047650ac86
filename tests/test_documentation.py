"""The examples in the documentation do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import soundfile

from tests.served import Served

TOP = Path(__file__).parents[1]


def examples(document: str) -> list[str]:
    """The Python examples in a Markdown file."""
    return re.findall(r"^```python\n(.*?)^```", (TOP / document).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_the_readmes_example_speaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOX_TTS", "piper")
    (example,) = examples("README.md")
    exec(example, {})
    samples, _ = soundfile.read("hello.wav")
    assert abs(samples).max() > 0.05


def test_the_protocols_example_gets_an_answer(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = examples("docs/protocol.md")
    exec(example.replace("127.0.0.1:5000", server.url.removeprefix("http://")), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "document", [path.relative_to(TOP) for path in [TOP / "README.md", *TOP.glob("docs/**/*.md")]]
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = (TOP / document).read_text("utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (TOP / document).parent.joinpath(link).exists()] == []
