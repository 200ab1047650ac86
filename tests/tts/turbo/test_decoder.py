"""Our decoder says, token by token, what stock's ``inference_turbo`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

    from app.tts.turbo.decoder import Blocks, Decoder

#: No run goes on for longer than this.
LIMIT = 60


@pytest.fixture(scope="module")
def phrases(tiny: Any) -> list[tuple[Any, torch.Tensor, int]]:
    """Voices, texts of 1 to 148 tokens, and seeds."""
    voices = [tiny.a_voice("short", 20), tiny.a_voice("long", 375)]
    return [(voices[seed % 2], tiny.a_text(seed, 1 + 7 * seed), seed) for seed in range(22)]


@pytest.fixture(scope="module")
def expected(tiny: Any, phrases: Any) -> list[list[int]]:
    """What stock says to ``phrases``."""
    return [tiny.stock_tokens(tiny.tiny_t3(), *phrase, limit=LIMIT) for phrase in phrases]


@pytest.fixture
def decoder(tiny: Any) -> Decoder:
    made: Decoder = tiny.a_decoder(tiny.tiny_t3(), limit=LIMIT)
    return made


class CountedBlocks:
    """Blocks that count the positions they have read."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self.read = 0

    def forward(self, first_row: int, inputs: torch.Tensor, past: list[int]) -> torch.Tensor:
        self.read += inputs.shape[1]
        return self._blocks.forward(first_row, inputs, past)


class Left(Exception):
    pass


def test_some_of_the_phrases_end_by_themselves_and_some_at_the_limit(expected: list[list[int]]) -> None:
    lengths = [len(tokens) for tokens in expected]
    assert lengths.count(LIMIT) >= 3
    assert sum(10 < length < LIMIT for length in lengths) >= 3
    assert len({tuple(tokens[:3]) for tokens in expected}) > 15, "the context hardly matters"


def test_every_phrase_is_said_as_stock_says_it(
    tiny: Any, decoder: Decoder, phrases: Any, expected: list[list[int]]
) -> None:
    assert [tiny.said(decoder, *phrase) for phrase in phrases] == expected


def test_the_same_in_another_row(
    tiny: Any, decoder: Decoder, phrases: Any, expected: list[list[int]]
) -> None:
    assert [tiny.said(decoder, *phrase, row=1) for phrase in phrases[:6]] == expected[:6]


def test_side_by_side_each_says_what_it_says_alone(
    tiny: Any, decoder: Decoder, phrases: Any, expected: list[list[int]]
) -> None:
    for first in range(0, 12, 2):
        assert tiny.said_side_by_side(decoder, phrases[first : first + 2]) == expected[first : first + 2]


def test_a_phrase_may_begin_and_end_while_another_goes_on(
    tiny: Any, decoder: Decoder, phrases: Any, expected: list[list[int]]
) -> None:
    import torch

    long = max(range(len(expected)), key=lambda index: len(expected[index]))
    other = next(index for index, tokens in enumerate(expected) if 5 < len(tokens) < 20)
    with torch.inference_mode():
        told = {1: [tiny.begun(decoder, *phrases[long], row=1)]}
        saying = {1: True}
        for step in range(LIMIT - 1):
            if step in (10, 30):  # the same phrase twice in row 0, next to the long one
                told[0] = [tiny.begun(decoder, *phrases[other], row=0)]
                saying[0] = True
            rows = sorted(row for row in saying if saying[row])
            for row, new in zip(rows, decoder.advance(rows), strict=True):
                saying[row] = tiny.taken(decoder, told[row], new)
            if not saying.get(0, True):
                assert told[0] == expected[other]
    assert told[1] == expected[long]
    assert not any(saying.values())


@pytest.mark.parametrize("left_at", range(1, 7), ids="look {}".format)
def test_a_phrase_left_while_it_is_read_leaves_no_trace(
    left_at: int, tiny: Any, decoder: Decoder, phrases: Any, expected: list[list[int]]
) -> None:
    """There are four looks at the stop while the long voice is read, and two while the text is."""
    import torch

    looks = 0

    def check() -> None:
        nonlocal looks
        looks += 1
        if looks == left_at:
            raise Left

    assert tiny.said(decoder, *phrases[0]) == expected[0]
    voice, text, seed = phrases[21]
    with pytest.raises(Left), torch.inference_mode():
        decoder.begin(0, voice, text, tiny.a_sampler(decoder, seed), check)
    assert tiny.said(decoder, *phrases[0]) == expected[0]
    assert tiny.said(decoder, voice, text, seed) == expected[21]


def test_a_text_without_room_is_refused_and_the_next_one_said(
    tiny: Any, phrases: Any, expected: list[list[int]]
) -> None:
    from app.tts.turbo.decoder import TextTooLong

    voice, text, seed = phrases[8]  # 21 positions of voice, 57 of text, the start token
    exact = 21 + 57 + 1 + LIMIT
    narrow = tiny.a_decoder(tiny.tiny_t3(), limit=LIMIT, positions=exact - 1)
    with pytest.raises(TextTooLong, match="57 tokens"):
        tiny.said(narrow, voice, text, seed)
    assert tiny.said(narrow, *phrases[6]) == expected[6]
    wide = tiny.a_decoder(tiny.tiny_t3(), limit=LIMIT, positions=exact)
    assert tiny.said(wide, voice, text, seed) == expected[8]


def test_a_phrase_may_fill_its_row_to_the_last_position(tiny: Any) -> None:
    """The longest there is: 1000 tokens behind the first, as stock's own limit has it."""
    voice, text = tiny.a_voice("short", 20), tiny.a_text(1, 9)
    t3 = tiny.tiny_t3()
    decoder = tiny.a_decoder(t3, positions=21 + 9 + 1 + 1001)
    decoder.stop_token = -1  # never drawn
    assert len(tiny.said(decoder, voice, text, 1)) == 1001


def test_a_voice_is_read_once_for_all_rows_and_only_so_many_are_kept(tiny: Any) -> None:
    from app.tts.turbo.decoder import MAX_PREFIXES
    from app.tts.turbo.torch_blocks import TorchBlocks

    t3 = tiny.tiny_t3()
    cache = tiny.a_cache(t3)
    blocks = CountedBlocks(TorchBlocks(t3, cache))
    decoder = tiny.with_blocks(t3, blocks, cache, limit=2)
    text = tiny.a_text(1, 5)

    def read_for(key: str, row: int = 0) -> int:
        """Positions of the voice that had to be read, and what is said is what stock says."""
        voice = tiny.a_voice(key, 30)
        before = blocks.read
        said = tiny.said(decoder, voice, text, 7, row=row)
        assert said == tiny.stock_tokens(t3, voice, text, 7, limit=2)
        read = blocks.read - before
        return read - len(text[0]) - 1 - 1  # the text, the start token, and one step

    voices = [f"voice {number}" for number in range(MAX_PREFIXES)]
    assert [read_for(voice) for voice in voices] == [31] * MAX_PREFIXES
    assert [read_for(voice, row) for voice in voices for row in (1, 0)] == [0] * 2 * MAX_PREFIXES
    assert read_for("one more") == 31
    assert read_for(voices[1]) == 0
    assert read_for(voices[0]) == 31, "the one not asked for the longest should have been forgotten"
    assert read_for(voices[1]) == 0


def test_a_voice_can_be_made_ready_before_it_speaks(tiny: Any, phrases: Any, expected: Any) -> None:
    import torch

    from app.tts.turbo.torch_blocks import TorchBlocks

    t3 = tiny.tiny_t3()
    cache = tiny.a_cache(t3)
    blocks = CountedBlocks(TorchBlocks(t3, cache))
    decoder = tiny.with_blocks(t3, blocks, cache, LIMIT)
    voice, text, seed = phrases[5]
    with torch.inference_mode():
        decoder.prepare(voice)
    assert blocks.read == 376
    assert tiny.said(decoder, voice, text, seed, row=1) == expected[5]
    assert blocks.read == 376 + len(text[0]) + 1 + len(expected[5]) - (len(expected[5]) == LIMIT)


@pytest.mark.heavy
def test_the_full_size_model_says_what_stock_says(tiny: Any, stock: Any) -> None:
    from app.tts.turbo.voice import Voice

    built_in = Voice.from_conditionals("built in", stock.conds)
    cloned = tiny.a_voice("cloned", 375)
    decoder = tiny.a_decoder(stock.t3, limit=8)
    for voice, seed in ((built_in, 1), (cloned, 2), (built_in, 3)):
        text = tiny.a_text(seed, 12)
        said = tiny.said(decoder, voice, text, seed, row=seed % 2)
        assert said == tiny.stock_tokens(stock.t3, voice, text, seed, limit=8)
