"""Written text becomes text that a voice reads well."""

from __future__ import annotations

import random
import unicodedata

import pytest

from app.tts.speakable import speakable

CASES = [
    # Markdown
    ("emphasis", "**Hello** _there_, ***my*** ~~old~~ `friend`", "Hello there, my old friend"),
    ("half of an emphasis", "a **bold start.", "a bold start."),
    ("the other half", "bold end** here.", "bold end here."),
    ("half of some code", "then `stop", "then stop"),
    ("a heading", "## Next steps", "Next steps"),
    ("a bullet", "- Milk", "Milk"),
    ("a checkbox", "- [x] Milk", "Milk"),
    ("a number keeps its place", "1. Milk", "1. Milk"),
    ("a quotation", "> To be\n> or not", "To be or not"),
    ("a table row", "| Name | Age |", "Name, Age"),
    ("the rule under a table's head", "|---|:-:|", ""),
    ("a rule", "---", ""),
    ("a heading's underline", "Title\n=====", "Title"),
    ("an escaped star", r"2 \* 3", "2 times 3"),
    ("an entity", "salt &amp; pepper", "salt and pepper"),
    ("an image", "![a red kite](data:image/png;base64,AAAA)", "a red kite"),
    # Links
    ("a link", "See [the guide](https://example.com/a_b_c).", "See the guide."),
    ("a link with brackets in its address", "[Foo](https://x.org/Foo_(bar)) too", "Foo too"),
    ("a link that would run a script", "[press](javascript:alert(1))", "press"),
    ("the first half of a link", "See [the guide,", "See the guide,"),
    ("the second half of a link", "part two](https://example.com) here", "part two here"),
    ("an address", "See https://www.example.com/a?b=c#d.", "See a link to example.com."),
    ("an address with a port", "http://127.0.0.1:5000/", "a link to 127.0.0.1"),
    ("an address in angle brackets", "<https://example.com/a>", "a link to example.com"),
    ("an address with underscores", "https://x.org/a_b_c_d now", "a link to x.org now"),
    ("an e-mail address", "Write to me@example.org!", "Write to me at example.org!"),
    ("a reference", "So it is.[1]", "So it is."),
    ("words in brackets", "[see below]", "see below"),
    # Code and tags as text
    ("a name in code", "call `read_file()` now", "call read file now"),
    ("a key", "Press <Enter> twice", "Press Enter twice"),
    ("a type", "List<String>", "List String"),
    ("formatting tags", "<b>Now</b><br>or never", "Now or never"),
    ("a tag with attributes", "<img src=x onerror=alert(1)> ok", "img ok"),
    ("a placeholder", "Dear <your name here>,", "Dear your name here,"),
    # Emoji, invisible characters
    ("emoji", "😀 Hi 👩‍👩‍👧 there 👍🏽🇩🇪❤️", "Hi there"),
    ("only emoji", "😀 👍🏽", ""),
    ("an emoticon", "I like it :-) you?", "I like it you?"),
    ("NUL and control characters", "He\0llo\x07 th\x1bere", "Hello there"),
    ("direction marks", "a\u202eb\u202c\ufeffc\u00ad", "abc"),
    ("joiners that spelling needs", "می‌خواهم", "می‌خواهم"),
    ("white space", " a \t b\n\n c\u2028d\u00a0e ", "a b c d e"),
    ("only punctuation", '...?! — "" ()', ""),
    ("only symbols", "% & # = →", ""),
    ("nothing", "", ""),
    # Symbols and figures
    (
        "percent and degrees",
        "5% at 20°C, 68 °F and 3° more",
        "5 percent at 20 degrees Celsius, 68 degrees Fahrenheit and 3 degrees more",
    ),
    ("and", "R&D at AT&T", "R and D at AT and T"),
    (
        "dollars",
        "$5, $1, $1,299.99 and US$3 million.",
        "5 dollars, 1 dollar, 1,299.99 dollars and 3 million dollars.",
    ),
    ("other money", "€3, £4 and ¥100", "3 euros, 4 pounds and 100 yen"),
    ("the sign after the figure", "100 € or 3€", "100 euros or 3 euros"),
    ("short scales", "$1.5M, €2bn and £3k", "1.5 million dollars, 2 billion euros and 3 thousand pounds"),
    ("times", "at 10:30 p.m., 10:00 or 9:00 am", "at 10 30 p.m., 10 o'clock or 9 am"),
    ("a sum", "2 + 3 * 4 - 5 = 9", "2 plus 3 times 4 minus 5 equals 9"),
    ("stars between figures", "5*3*2", "5 times 3 times 2"),
    ("below zero", "It is -5 outside", "It is minus 5 outside"),
    ("ranges", "pages 3–4, 2020 - 2024", "pages 3 to 4, 2020 to 2024"),
    (
        "comparison",
        "3 < 4, 5 >= 2, x ≠ y",
        "3 less than 4, 5 greater than or equal to 2, x not equal to y",
    ),
    ("powers", "x² + y^2", "x squared plus y to the power of 2"),
    ("arrows", "A → B -> C", "A to B to C"),
    ("number signs", "#1 in C# and F#, #happy", "number 1 in C sharp and F sharp, happy"),
    ("about", "~5 or ≈ 6", "about 5 or about 6"),
    ("a name with underscores", "snake_case and __init__", "snake case and init"),
    ("figures stay", "3.14, v1.2.3, 1,299.99, 3rd, 555-1234", "3.14, v1.2.3, 1,299.99, 3rd, 555-1234"),
    ("hyphens stay", "a well-known twenty-one", "a well-known twenty-one"),
    # Punctuation
    ("double quotes, which Chatterbox voices", '"Yes," she said. “No.”', "Yes, she said. No."),
    ("apostrophes", "It’s the dogs’", "It's the dogs'"),
    ("dashes", "Well — maybe – not -- yes—no", "Well, maybe, not, yes, no"),
    ("an ellipsis", "Well…maybe… …", "Well... maybe..."),
    ("shouting", "What!!! Why????", "What! Why?"),
    ("a dangling bracket", ") and so (", "and so"),
    ("Chinese", "你好，😀世界。", "你好， 世界。"),
    # Tags
    ("tags stay", "[laugh] Oh, [clear throat] well.", "[laugh] Oh, [clear throat] well."),
    ("only a tag", "[sigh]", "[sigh]"),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_what_is_written_and_what_is_said(text: str, expected: str) -> None:
    assert speakable(text) == expected


def test_what_was_made_speakable_stays_as_it_is() -> None:
    for _, text, _ in CASES:
        once = speakable(text)
        assert speakable(once) == once


def test_any_text_at_all_becomes_one_clean_line() -> None:
    chance = random.Random(11)
    alphabet = [
        *"aB1 .,!?-*_`~#|<>[](){}&%$€=+^@/\\\"'\n\0…—°→😀好ب",
        "https://",
        "](",
        "**",
        "laugh",
        "\u200d",
    ]
    for _ in range(2000):
        text = "".join(chance.choices(alphabet, k=chance.randint(0, 60)))
        said = speakable(text)
        assert said == " ".join(said.split())
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "So") for char in said), text
        assert not set(said) & set('*`|<>{}_\\"“”'), text
        assert not said or any(map(str.isalnum, said))
