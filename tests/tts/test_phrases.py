"""A reply is cut into phrases while it streams: early, at the right places, however it arrives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import SupportsIndex

import pytest

from app.tts.phrases import CODE_MENTION, MAX_PHRASE, MIN_PHRASE, Phrase, PhraseCutter, cut_phrases
from app.tts.segments import Segmenter

#: What it is, the text, its phrases.
CASES: list[tuple[str, str, list[str]]] = [
    # Sentences
    ("sentences", "Hello there! How are you? I am fine.", ["Hello there!", "How are you?", "I am fine."]),
    (
        "titles",
        "Dr. Smith met Mrs. Jones. Prof. X came too.",
        ["Dr. Smith met Mrs. Jones.", "Prof. X came too."],
    ),
    (
        "abbreviations",
        "I like fruit, e.g. apples, i.e. the red ones, vs. pears etc. and so on. Do you?",
        ["I like fruit, e.g. apples,", "i.e. the red ones, vs. pears etc. and so on.", "Do you?"],
    ),
    (
        "an abbreviation that ends a sentence",
        "We ate bread, eggs, etc. Then we left.",
        ["We ate bread, eggs, etc.", "Then we left."],
    ),
    (
        "initials of a country",
        "I saw the U.S. Army. I left the U.S. It rained.",
        ["I saw the U.S. Army.", "I left the U.S.", "It rained."],
    ),
    ("initials", "J. R. R. Tolkien wrote it. We read it.", ["J. R. R. Tolkien wrote it.", "We read it."]),
    (
        "times of day",
        "We met at 5 p.m. yesterday. At 6 p.m. They left.",
        ["We met at 5 p.m. yesterday.", "At 6 p.m. They left."],
    ),
    ("a degree", "She has a Ph.D. He does not have one.", ["She has a Ph.D.", "He does not have one."]),
    (
        "numbers by name",
        "See No. 5 and Fig. 3 there. No. That is wrong.",
        ["See No. 5 and Fig. 3 there.", "No. That is wrong."],
    ),
    (
        "more of them",
        "It has approx. 5 parts. Read vol. 3 of it.",
        ["It has approx. 5 parts.", "Read vol. 3 of it."],
    ),
    ("decimals", "Pi is about 3.14. It goes on for ever.", ["Pi is about 3.14.", "It goes on for ever."]),
    ("versions", "Take version 1.2.3. It is newer.", ["Take version 1.2.3.", "It is newer."]),
    ("money", "It costs $1,299.99. That is a lot.", ["It costs 1,299.99 dollars.", "That is a lot."]),
    ("clocks", "It is 10:30 now. We must go.", ["It is 10 30 now.", "We must go."]),
    ("dates", "It was on Nov. 22, 2026. A Sunday.", ["It was on Nov. 22, 2026.", "A Sunday."]),
    ("years", "It was in 2026. The year was good.", ["It was in 2026.", "The year was good."]),
    ("ordinals", "He came in 3rd. She won the race.", ["He came in 3rd.", "She won the race."]),
    ("names of files", "Open main.py and lib.rs. Then run it.", ["Open main.py and lib.rs.", "Then run it."]),
    ("ellipses", "Well... maybe not. Wait… What is it?", ["Well... maybe not.", "Wait... What is it?"]),
    (
        "an ellipsis that ends a sentence",
        "I am not so sure... We shall see.",
        ["I am not so sure...", "We shall see."],
    ),
    (
        "several marks",
        "What did you say?! I cannot hear!! Oh.",
        ["What did you say?!", "I cannot hear!", "Oh."],
    ),
    (
        "quotes that close after the mark",
        'He said "Stop right there." Then he left. “Is it?” she asked.',
        ["He said Stop right there.", "Then he left.", "Is it? she asked."],
    ),
    (
        "brackets that close after it",
        "(It was very late.) So we left.",
        ["(It was very late.)", "So we left."],
    ),
    ("emoji between sentences", "That is great! 😀 Let me see it. 🎉", ["That is great!", "Let me see it."]),
    (
        "a smaller hand",
        "hello there my good friend! how are you today? fine.",
        ["hello there my good friend!", "how are you today?", "fine."],
    ),
    ("no space at all", "I like it.Do you?", ["I like it.Do you?"]),
    ("one word", "Yes.", ["Yes."]),
    ("no mark at the end", "Hello there", ["Hello there"]),
    # Short ones
    ("short sentences are joined", "Yes. No. I do not know that.", ["Yes. No. I do not know that."]),
    ("nothing but short ones", "Hm. Ok. Sure. Yes. Bye.", ["Hm. Ok. Sure.", "Yes. Bye."]),
    ("the last may be short", "I would like that very much. Bye.", ["I would like that very much.", "Bye."]),
    # Clauses
    (
        "the first phrase may end with a clause",
        "Well, that is a very good question, and here is one answer, or two.",
        ["Well, that is a very good question,", "and here is one answer, or two."],
    ),
    (
        "a clause before a list",
        "Here are the things that you need:\n\n- A warm coat",
        ["Here are the things that you need:", "A warm coat"],
    ),
    (
        "a dash",
        "I went to see them yesterday — they were out.",
        ["I went to see them yesterday,", "they were out."],
    ),
    (
        "the comma of a date",
        "We were all there on May 22, 2026 I think. Yes.",
        ["We were all there on May 22, 2026 I think.", "Yes."],
    ),
    (
        "verses",
        "The rose that is red is mine\nThe violet is blue",
        ["The rose that is red is mine", "The violet is blue"],
    ),
    # Blocks
    ("paragraphs", "A title of a kind\n\nThe text of it", ["A title of a kind", "The text of it"]),
    (
        "hard-wrapped text",
        "This is a line\nwrapped here. And another",
        ["This is a line wrapped here.", "And another"],
    ),
    (
        "a numbered list",
        "1. Wash the apples.\n2. Cut them up well\n3. Eat them all. Then rest.",
        ["1. Wash the apples.", "2. Cut them up well", "3. Eat them all.", "Then rest."],
    ),
    ("a list on one line", "1. First do this. 2. Then do that.", ["1. First do this.", "2. Then do that."]),
    (
        "a lettered list",
        "a) the first of them\nb) the second one",
        ["a) the first of them", "b) the second one"],
    ),
    (
        "a bulleted list",
        "- the red apples\n* the green pears\n• the blue plums\n  from the garden\nThat is all.",
        ["the red apples", "the green pears", "the blue plums from the garden", "That is all."],
    ),
    ("short items are joined", "- Milk\n- Eggs\n- Bread", ["Milk. Eggs. Bread"]),
    (
        "headings",
        "# All about apples\nThey are good.\n## More",
        ["All about apples", "They are good.", "More"],
    ),
    ("a short heading", "# Apples\n\nThey are good.", ["Apples. They are good."]),
    ("a number sign that heads nothing", "#1 is what we are", ["number 1 is what we are"]),
    (
        "a table",
        "| Full name | Town |\n|---|---|\n| Ann Smith | Paris |\n| Bob Jones | London |\n\nThat is it.",
        ["Full name, Town", "Ann Smith, Paris", "Bob Jones, London", "That is it."],
    ),
    (
        "a rule between paragraphs",
        "That is the first.\n\n---\n\nHere is another.",
        ["That is the first.", "Here is another."],
    ),
    ("a quotation", "> To be or not\n> to be.\n\nSo he said.", ["To be or not to be.", "So he said."]),
    # Code
    (
        "code",
        "Here is how it goes:\n\n```python\nprint('Hi. There.')\n```\n\nThat is all.",
        ["Here is how it goes:", CODE_MENTION, "That is all."],
    ),
    ("only code", "```\nx = 1\n```", [CODE_MENTION]),
    ("code that never closes", "~~~\nx = 1\n", [CODE_MENTION]),
    ("code whose fence is all there is", "```python", [CODE_MENTION]),
    (
        "code is mentioned once",
        "```\na\n```\nThen comes this one:\n````\n```\nb\n````\nDone with it.",
        [CODE_MENTION, "Then comes this one:", "Done with it."],
    ),
    ("a short word before code", "Sure.\n```\na\n```", [f"Sure. {CODE_MENTION}"]),
    ("code inside a line", "Call `f(x)` and ```g(y)``` now.", ["Call f(x) and g(y) now."]),
    ("a line that begins with code", "```g(y)``` is what to call.", ["g(y) is what to call."]),
    # Links and markup
    ("a link", "See [the guide](https://example.com/a.b?c=d). It helps.", ["See the guide.", "It helps."]),
    (
        "an address",
        "Go to https://example.com/a.b?c=d. It helps.",
        ["Go to a link to example.com.", "It helps."],
    ),
    ("an e-mail address", "Write to me@example.org. I answer.", ["Write to me at example.org.", "I answer."]),
    (
        "emphasis across sentences",
        "**Note this well. It matters now.** It always does.",
        ["Note this well.", "It matters now.", "It always does."],
    ),
    ("tags as text", "<b>Press</b> the <Enter> key. <script>x</script>", ["Press the Enter key.", "x"]),
    (
        "voice tags",
        "[laugh] That is funny. [sigh] Oh well, fine.",
        ["[laugh] That is funny.", "[sigh] Oh well, fine."],
    ),
    ("a voice tag alone", "[laugh]", ["[laugh]"]),
    # Scripts
    (
        "Chinese",
        "你好，很高兴。今天天气怎么样？「好的。」他说。",
        ["你好，很高兴。", "今天天气怎么样？", "「好的。」 他说。"],
    ),
    ("Japanese", "元気ですか？はい、元気です！", ["元気ですか？", "はい、元気です！"]),
    ("Arabic", "مرحبا كيف حالك؟ أنا بخير شكرا.", ["مرحبا كيف حالك؟", "أنا بخير شكرا."]),
    ("Hebrew", "שלום לכולם היום. מה שלומכם היום?", ["שלום לכולם היום.", "מה שלומכם היום?"]),
    ("Hindi", "यह एक वाक्य है। यह दूसरा वाक्य है।", ["यह एक वाक्य है।", "यह दूसरा वाक्य है।"]),
    ("Spanish", "El Sr. García llegó. ¿Cómo estás hoy?", ["El Sr. García llegó.", "¿Cómo estás hoy?"]),
    # Nothing to say, or little
    ("only emoji", "😀 👍🏽 🎉", []),
    ("only punctuation", "...?! -- *** ()", []),
    ("only white space", " \n\t \n\n", []),
    ("nothing", "", []),
    ("control characters", "He\0llo\x07 there\x1b. And\0 more.", ["Hello there.", "And more."]),
]
TEXTS = pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])

LONG = [
    "word " * 300,
    "a" * 1000,
    "clause after clause, " * 60,
    "好" * 1000,
    "é" * 400 + "e\u0301" * 400,
    "5%" * 400,
    "[clear throat] well " * 60,
    "https://example.com/" + "a" * 5000 + " and so on. It goes on.",
    "See [the guide](https://example.com/" + "a" * 400 + ") now. It helps.",
    "Yes. " * 200,
    "[laugh]" * 200,
    "| " + "cell | " * 200,
    "x" + "(" * 400 + "a" + ")" * 400 + "x",
]


def texts(phrases: list[Phrase]) -> list[str]:
    return [phrase.text for phrase in phrases]


def assert_sound(phrases: list[Phrase], text: str) -> None:
    """What holds for any phrases: bounded, something to say, in order, inside the text."""
    end = 0
    for phrase in phrases:
        assert 0 < len(phrase.text) <= MAX_PHRASE
        assert any(map(str.isalnum, phrase.text))
        assert end <= phrase.start < phrase.end <= len(text)
        assert not text[phrase.start].isspace()
        assert not text[phrase.end - 1].isspace()
        end = phrase.end


def random_pieces(text: str, chance: random.Random) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = start + chance.choice([1, 1, 2, 3, 5, 8, 50])
        yield text[start:end]
        start = end


@TEXTS
def test_the_phrases_of_a_text(text: str, expected: list[str]) -> None:
    phrases = list(cut_phrases([text]))

    assert texts(phrases) == expected
    assert_sound(phrases, text)


@TEXTS
def test_where_the_stream_is_cut_makes_no_difference(text: str, expected: list[str]) -> None:
    for cut in range(len(text) + 1):
        assert texts(list(cut_phrases([text[:cut], text[cut:]]))) == expected


@pytest.mark.parametrize("seed", range(20))
def test_a_long_reply_cut_at_random_gives_the_same_phrases(seed: int) -> None:
    chance = random.Random(seed)
    parts = [text for _, text, _ in CASES] + LONG
    text = "".join(part + chance.choice([" ", "\n", "\n\n", ""]) for part in chance.sample(parts, k=15))
    phrases = list(cut_phrases([text]))

    assert_sound(phrases, text)
    assert list(cut_phrases(random_pieces(text, chance))) == phrases


@pytest.mark.parametrize("seed", range(20))
def test_random_characters_never_break_it(seed: int) -> None:
    chance = random.Random(seed)
    alphabet = [
        *"aB1 .,!?-*_`~#|<>[]()%$&:;\"'\n\n\0…—。？，好😀ب؟",
        "```",
        "\n- ",
        "\n1. ",
        "https://",
        "](",
        "[laugh]",
    ]
    text = "".join(chance.choices(alphabet, k=3000))
    phrases = list(cut_phrases([text]))

    assert_sound(phrases, text)
    assert list(cut_phrases(random_pieces(text, chance))) == phrases


@pytest.mark.parametrize(
    ("before", "decides", "phrase"),
    [
        ("Hello there! ", "H", "Hello there!"),
        ("Hello there!) ", "H", "Hello there!)"),
        ("I live in the U.S. It", " ", "I live in the U.S."),
        ("The answer is 42. You", " ", "The answer is 42."),
        ("你好，很高兴。", "今", "你好，很高兴。"),
        ("# All about apples", "\n", "All about apples"),
        ("- the red apples\n-", " ", "the red apples"),
        ("That is the end of it\n", "\n", "That is the end of it"),
        ("That is a very good question, ", "a", "That is a very good question,"),
        ("That is a very good question —", "a", "That is a very good question,"),
        ("```python", "\n", CODE_MENTION),
    ],
)
def test_a_phrase_comes_with_the_character_that_decides_it(before: str, decides: str, phrase: str) -> None:
    cutter = PhraseCutter()

    assert cutter.feed(before) == []
    assert texts(cutter.feed(decides)) == [phrase]


@pytest.mark.parametrize(
    ("first", "second"),
    [("Pi is 3.", "14 or so."), ("I know Dr.", " Smith."), ("It is e.g.", " this."), ("Say 1.", " This.")],
)
def test_a_full_stop_waits_for_what_follows(first: str, second: str) -> None:
    cutter = PhraseCutter()

    assert cutter.feed(first) == []
    assert cutter.feed(second) == []
    assert texts(cutter.finish()) == [first + second]


def test_only_the_first_phrase_may_end_with_a_clause() -> None:
    text = "It is a long way to go, my friend, is it not so? It is a long way, I think, my dear old friend."

    assert texts(list(cut_phrases([text]))) == [
        "It is a long way to go, my friend,",
        "is it not so?",
        "It is a long way, I think, my dear old friend.",
    ]


def test_offsets_mark_the_written_text_in_code_points() -> None:
    text = "  😀 **Hello** dear [you](https://example.com)! \n\n- Ünï 🎉 is a name. 好"
    phrases = list(cut_phrases([text]))

    assert [(phrase.text, text[phrase.start : phrase.end]) for phrase in phrases] == [
        ("Hello dear you!", "😀 **Hello** dear [you](https://example.com)!"),
        ("Ünï is a name.", "- Ünï 🎉 is a name."),
        ("好", "好"),
    ]


def test_the_first_phrase_of_a_whole_text_does_not_wait_for_its_end() -> None:
    read = 0

    class Text(str):
        def __getitem__(self, key: SupportsIndex | slice) -> str:
            nonlocal read
            part = super().__getitem__(key)
            read += len(part)
            return part

    phrase = next(cut_phrases([Text("Hello there, my friend. " * 10_000)]))

    assert phrase.text == "Hello there, my friend."
    assert read < 1000


def test_short_phrases_reach_from_the_first_to_the_last_of_them() -> None:
    text = "- Milk\n- Eggs\n- Bread\n"
    (phrase,) = cut_phrases([text])

    assert text[phrase.start : phrase.end] == "- Milk\n- Eggs\n- Bread"


def test_code_is_mentioned_where_it_begins() -> None:
    cutter = PhraseCutter()
    opened = cutter.feed("```python\n")

    assert opened == [Phrase(CODE_MENTION, 0, 9)]
    assert cutter.feed("print('Hi.')\n" * 100) == []
    assert cutter.feed("```\nThat was all of it.") == []
    assert texts(cutter.finish()) == ["That was all of it."]


def test_the_mention_of_code_can_be_in_other_words_or_left_out() -> None:
    assert texts(list(cut_phrases(["```\nx\n```"], code_mention="Siehe die Seite."))) == ["Siehe die Seite."]
    assert texts(list(cut_phrases(["```\nx\n```"], code_mention=""))) == []


def test_abbreviations_are_those_of_the_language() -> None:
    text = "Das war am 3. Mai in Bonn. Es war z. B. Mittwoch. Danach war Ruhe."

    assert texts(list(cut_phrases([text], language="de"))) == [
        "Das war am 3. Mai in Bonn.",
        "Es war z. B. Mittwoch.",
        "Danach war Ruhe.",
    ]


@pytest.mark.parametrize("text", LONG)
def test_what_is_too_long_is_cut_and_nothing_is_lost(text: str) -> None:
    phrases = list(cut_phrases([text]))

    assert_sound(phrases, text)
    if text.isalpha():
        assert "".join(texts(phrases)) == text


def test_a_long_sentence_is_cut_after_a_clause_then_at_a_space_then_anywhere() -> None:
    clauses = texts(list(cut_phrases(["Now listen to this my friend. " + "and so it goes on, " * 40])))
    words = texts(list(cut_phrases(["word " * 200])))
    letters = texts(list(cut_phrases(["a" * 600])))

    assert all(phrase.endswith("on,") for phrase in clauses[1:])
    assert all(phrase.endswith("word") and len(phrase) > MAX_PHRASE / 2 for phrase in words[:-1])
    assert "".join(letters) == "a" * 600
    assert len(letters) == 3


def test_a_long_sentence_is_not_cut_inside_a_voice_tag() -> None:
    for padding in range(30):
        phrases = texts(list(cut_phrases(["x" * padding + " " + "[clear throat] " * 60])))
        assert all(phrase.count("[clear throat]") == phrase.count("[") for phrase in phrases)


def test_an_address_too_long_to_be_one_is_not_read_out() -> None:
    phrases = texts(
        list(cut_phrases(["Look at https://example.com/" + "a" * 10_000 + " please, my friend."]))
    )

    assert phrases == ["Look at a link to example.com", "please, my friend."]


def test_symbols_that_become_words_do_not_make_a_phrase_too_long() -> None:
    phrases = texts(list(cut_phrases(["5% " * 95])))

    assert len(phrases) > 1
    assert " ".join(phrases) == " ".join(["5 percent"] * 95)


def test_no_phrase_but_the_last_is_short() -> None:
    for _, text, _ in CASES:
        for phrase in list(cut_phrases([text]))[:-1]:
            wide = sum(char >= "\u3000" for char in phrase.text)
            assert len(phrase.text) + 2 * wide >= MIN_PHRASE


def test_a_megabyte_without_a_place_to_cut() -> None:
    text = "a" * 1_000_000
    phrases = list(cut_phrases(text[i : i + 3] for i in range(0, len(text), 3)))

    assert_sound(phrases, text)
    assert "".join(texts(phrases)) == text


FLOODS = [
    "a",
    ".",
    "|",
    ",",
    "*",
    "`",
    "```",
    "[",
    "#",
    "1",
    "。",
    "好",
    "😀",
    "https://",
    "[laugh]",
    " ",
    "\n",
]
FLOODS += [
    "a\n",
    "word ",
    "a. B",
    "U.S. A",
    ", ",
    "a, ",
    "[a](b), ",
    "a. (",
    " -",
    "https://a.b ",
    "<a ",
    "\0",
]


@pytest.mark.parametrize("flood", FLOODS)
def test_the_work_grows_with_the_text_and_no_faster(flood: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Hm. " + flood * (40_000 // len(flood))
    taken = 0
    take = Segmenter.take

    def counted(self: Segmenter, char: str, at: int) -> None:
        nonlocal taken
        taken += 1
        take(self, char, at)

    monkeypatch.setattr(Segmenter, "take", counted)
    phrases = list(cut_phrases(text[i : i + 3] for i in range(0, len(text), 3)))

    assert_sound(phrases, text)
    assert taken <= 3 * len(text)  # what is left after a cut is taken anew
