"""Exported conversations: complete as JSON, and as Markdown that shows what was said and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from app.archive import export
from app.archive.markdown import escaped
from app.archive.records import ConversationRecord, MessageRecord, SpeechRecord
from tests.archive.conftest import NOON

CONVERSATION = ConversationRecord(
    "conv_1", "About *zebras*", True, "joe", NOON, NOON + timedelta(seconds=9), 3
)
MESSAGES = [
    MessageRecord(
        "item_1", "conv_1", "user", "What is\na <zebra>?", True, "completed", None, NOON, NOON,
        SpeechRecord("conv_1", "item_1", 1500, 48_000, "wav"),
    ),
    MessageRecord(
        "item_2", "conv_1", "assistant", "A zebra is", True, "interrupted", None, NOON + timedelta(seconds=3)
    ),
    MessageRecord(
        "item_3", "conv_1", "assistant", "", True, "failed", "The voice broke. Try again.",
        NOON + timedelta(days=1),
    ),
]  # fmt: skip


def shown(markdown: str) -> str:
    """The text that a reader sees of ``markdown``, with everything that GitHub understands."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    out = []
    for token in parser.parse(markdown):
        if token.type in ("fence", "code_block", "html_block"):
            out.append(f"<{token.type}>")
        for child in token.children or []:
            known = {"text": child.content, "softbreak": "\n", "hardbreak": "\n"}
            out.append(known.get(child.type, f"<{child.type}>"))
        if token.type in ("paragraph_close", "heading_close"):
            out.append("\n\n")
    return "".join(out).strip("\n")


NASTY = (
    "plain words, with dots. And (brackets)!",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden -->",
    "a <b>bold</b> word &amp; &lt;entity&#62;",
    "[click](javascript:alert(1)) ![picture](https://example.org/track.png)",
    "[one]: https://example.org\n[one]",
    "<https://example.org> <a@example.org>",
    "# no heading\n## nor this",
    "no heading\n===\nnor this\n---",
    "- no list\n+ nor this\n* nor this\n1. nor\n2) this",
    "> no quote",
    "```python\nprint('no code')\n```",
    "~~~\nno code\n~~~",
    "    four spaces\n\tand a tab",
    "`code` ``code`` *em* **strong** __strong__ _em_ ~~gone~~ $x^2$",
    "snake_case_word and 2*3*4",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "***\n---\n___",
    "back\\slash \\* \\",
    "ends with two spaces  \nand goes on\\\nand on",
    "first\n\nsecond",
    "1986\\. A great year",
    "1986. A great year",
    "- [ ] task",
    "[^1] note\n\n[^1]: foot",
    "👩‍👩‍👧 שלום عليكم",
    "Setext\n=",
    "a:b ::: c",
    ": definition",
)


@pytest.mark.parametrize("text", NASTY)
def test_what_was_said_is_shown_as_it_was_said(text: str) -> None:
    def plain(said: str) -> str:
        # How many spaces there are is not for Markdown to keep where they cannot be seen.
        lines = [line.expandtabs(4).replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in said.split("\n")]
        return "\n".join(lines).strip("\n")

    assert plain(shown(escaped(text))) == plain(text)


def test_readable_text_stays_readable() -> None:
    text = "Well, it's 10:30; that's half past ten (or so) - isn't it? Yes! 50% off."
    assert escaped(text) == text


def test_control_characters_and_line_ends_of_all_kinds_do_no_harm() -> None:
    assert escaped("a\r\nb\rc\u2028d\x0ce") == "a\\\nb\\\nc\\\nd\\\ne"
    assert escaped("bell \x07 NUL \x00 half \ud800 escape \x1b[31m") == (
        "bell \ufffd NUL \ufffd half \ufffd escape \ufffd\\[31m"
    )
    assert escaped("a\n\n\n\n\nb") == "a\n\nb"


def test_markdown_has_the_times_the_marks_and_the_words() -> None:
    assert export.as_markdown(CONVERSATION, MESSAGES) == (
        "# About \\*zebras\\*\n\n"
        "*From 2026-11-21, 12:00:00 to 12:00:09 (UTC)*\n\n"
        "## 2026-11-21\n\n"
        "**You**, 12:00:00\n\n"
        "What is\\\na \\<zebra\\>?\n\n"
        "**VOX**, 12:00:03 *(interrupted: this is what was heard)*\n\n"
        "A zebra is\n\n"
        "## 2026-11-22\n\n"
        "**VOX**, 12:00:00 *(failed)*\n\n"
        "*The voice broke. Try again.*\n"
    )


def test_json_has_everything() -> None:
    at = NOON + timedelta(days=2)
    content = json.loads(export.as_json(CONVERSATION, MESSAGES, at))
    assert content["format"] == "vox.conversation/1"
    assert content["exported_at"] == "2026-11-23T12:00:00.000Z"
    assert content["conversation"] == {
        "id": "conv_1",
        "title": "About *zebras*",
        "title_is_own": True,
        "voice": "joe",
        "created_at": "2026-11-21T12:00:00.000Z",
        "updated_at": "2026-11-21T12:00:09.000Z",
        "message_count": 3,
    }
    assert content["messages"][0] == {
        "id": "item_1",
        "role": "user",
        "text": "What is\na <zebra>?",
        "state": "completed",
        "error": None,
        "is_audio": True,
        "created_at": "2026-11-21T12:00:00.000Z",
        "ended_at": "2026-11-21T12:00:00.000Z",
        "speech": {"duration_ms": 1500, "bytes": 48_000},
    }
    assert [message["state"] for message in content["messages"]] == ["completed", "interrupted", "failed"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("About zebras", "2026-11-21 About zebras.md"),
        ("", "2026-11-21 Conversation.md"),
        ("../../etc/passwd", "2026-11-21 etc passwd.md"),
        ('a\\b/c:d*e?f"g<h>i|j', "2026-11-21 a b c d e f g h i j.md"),
        (".hidden.", "2026-11-21 hidden.md"),
        ("日本語 🎂 עברית", "2026-11-21 日本語 🎂 עברית.md"),
        ("x" * 500, "2026-11-21 " + "x" * 139 + ".md"),
        ("line\r\nSet-Cookie: a=b", "2026-11-21 line Set-Cookie a=b.md"),
        ("日" * 100, "2026-11-21 " + "日" * 46 + ".md"),
    ],
)
def test_a_files_name_is_made_of_the_title_and_harmless(title: str, name: str) -> None:
    assert export.file_name(replace(CONVERSATION, title=title), "md") == name
