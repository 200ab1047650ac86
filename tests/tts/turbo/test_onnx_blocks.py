"""The decoder's blocks in 8 and 4 bits say nearly what they say in single precision.

Measured under teacher forcing: both hear the same tokens, whatever each would have said itself. The
bounds are for these small random weights, which leave less room for error than a large model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

STEPS = 80


@dataclass
class Closeness:
    """How like each other two sets of logits are."""

    #: Cosines of the logits of each position.
    worst: float
    mean: float
    #: How often the likeliest token is the same, and how many of the ten likeliest are.
    first: float
    ten: float


def closeness(ones: torch.Tensor, others: torch.Tensor) -> Closeness:
    import torch

    cosines = torch.nn.functional.cosine_similarity(ones, others)
    pairs = zip(ones.topk(10).indices, others.topk(10).indices, strict=True)
    ten = torch.stack([torch.isin(one, other).float().mean() for one, other in pairs])
    first = (ones.argmax(1) == others.argmax(1)).float()
    return Closeness(float(cosines.min()), float(cosines.mean()), float(first.mean()), float(ten.mean()))


def onnx(tiny: Any, t3: Any, bits: int) -> Any:
    from app.tts.turbo.onnx_blocks import OnnxBlocks

    return OnnxBlocks(t3, tiny.a_cache(t3), bits=bits, threads=1)


def exact(tiny: Any, t3: Any) -> Any:
    from app.tts.turbo.torch_blocks import TorchBlocks

    return TorchBlocks(t3, tiny.a_cache(t3))


@pytest.fixture(scope="module")
def phrases(tiny: Any) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What is read and which steps follow, for two phrases of different lengths."""
    t3 = tiny.tiny_t3()
    read = [
        tiny.heard(t3, tiny.a_voice("long", 375), tiny.a_text(3, 40)),
        tiny.heard(t3, tiny.a_voice("short", 20), tiny.a_text(4, 70)),
    ]
    return [(positions, tiny.steps_of(t3, positions.shape[1], STEPS)) for positions in read]


@pytest.fixture(scope="module")
def alone(tiny: Any, phrases: Any) -> dict[int, list[torch.Tensor]]:
    """The logits of each phrase by 8 and by 4 bits, alone."""
    t3 = tiny.tiny_t3()
    return {bits: [tiny.logits_of(onnx(tiny, t3, bits), *phrase) for phrase in phrases] for bits in (8, 4)}


@pytest.mark.parametrize("row", [0, 1])
def test_eight_bits_are_close_to_single_precision(row: int, tiny: Any, phrases: Any, alone: Any) -> None:
    found = closeness(tiny.logits_of(exact(tiny, tiny.tiny_t3()), *phrases[row]), alone[8][row])
    assert found.worst > 0.998
    assert found.mean > 0.9995
    assert found.first > 0.85
    assert found.ten > 0.9


@pytest.mark.parametrize("row", [0, 1])
def test_four_bits_are_near_single_precision(row: int, tiny: Any, phrases: Any, alone: Any) -> None:
    found = closeness(tiny.logits_of(exact(tiny, tiny.tiny_t3()), *phrases[row]), alone[4][row])
    assert found.worst > 0.92
    assert found.mean > 0.97
    assert found.first > 0.55
    assert found.ten > 0.6


@pytest.fixture(scope="module")
def with_small_cache(tiny: Any) -> Any:
    """``with_small_cache(loudness)``: blocks whose keys and values have 8 bits as well; their scales,
    measured on one voice, times ``loudness``."""
    import torch

    from app.tts.turbo.cache import KeyValueCache
    from app.tts.turbo.calibration import key_value_scales
    from app.tts.turbo.onnx_blocks import OnnxBlocks, can_cache_in_8_bits

    if not can_cache_in_8_bits():
        pytest.skip("This ONNX Runtime keeps keys and values in single precision only.")

    def make(loudness: float = 1.0) -> Any:
        t3 = tiny.tiny_t3()
        single = tiny.a_cache(t3)
        cache = KeyValueCache(single.shape, 2, single.positions, dtype=torch.int8, device=torch.device("cpu"))
        with torch.inference_mode():
            scales = key_value_scales(t3, cache.shape, tiny.a_voice("long", 375)) * loudness
        return OnnxBlocks(t3, cache, bits=8, threads=1, scales=scales)

    return make


@pytest.mark.parametrize("row", [0, 1])
def test_keys_and_values_of_eight_bits_are_close_to_single_precision(
    row: int, tiny: Any, phrases: Any, with_small_cache: Any
) -> None:
    """Also for a voice and a text that the scales were not measured on."""
    wanted = tiny.logits_of(exact(tiny, tiny.tiny_t3()), *phrases[row])
    found = closeness(wanted, tiny.logits_of(with_small_cache(), *phrases[row]))
    assert found.worst > 0.995
    assert found.mean > 0.999
    assert found.first > 0.8
    assert found.ten > 0.85


@pytest.mark.parametrize("loudness", [0.1, 30.0], ids=["cut off", "coarse"])
def test_the_bounds_would_notice_wrong_scales(
    loudness: float, tiny: Any, phrases: Any, with_small_cache: Any
) -> None:
    wanted = tiny.logits_of(exact(tiny, tiny.tiny_t3()), *phrases[0])
    assert closeness(wanted, tiny.logits_of(with_small_cache(loudness), *phrases[0])).mean < 0.999


@pytest.mark.parametrize("bits", [8, 4])
def test_the_bounds_would_notice_a_wrong_position(bits: int, tiny: Any, phrases: Any, alone: Any) -> None:
    """The first phrase's logits are those of its own positions, not of the ones beside them."""
    shifted = closeness(alone[bits][0][1:], alone[bits][0][:-1])
    assert shifted.mean < 0.9
    assert shifted.first < 0.3


@pytest.mark.parametrize("bits", [8, 4])
def test_the_same_in_another_row(bits: int, tiny: Any, phrases: Any, alone: Any) -> None:
    blocks = onnx(tiny, tiny.tiny_t3(), bits)
    assert tiny.logits_of(blocks, *phrases[0], row=1).equal(alone[bits][0])
    assert tiny.logits_of(blocks, *phrases[1], row=0).equal(alone[bits][1])


@pytest.mark.parametrize("bits", [8, 4])
def test_read_at_once_or_bit_by_bit(bits: int, tiny: Any, phrases: Any, alone: Any) -> None:
    """Sums are added up in another order, and what lies between two of 8 bits' values goes the other way."""
    blocks = onnx(tiny, tiny.tiny_t3(), bits)
    read, steps = phrases[0]
    for at_once in (7, 500):
        found = closeness(tiny.logits_of(blocks, read, steps, at_once=at_once), alone[bits][0])
        assert found.worst > 0.999
        assert found.first > 0.85


@pytest.mark.parametrize("bits", [8, 4])
def test_side_by_side_each_is_close_to_what_it_is_alone(
    bits: int, tiny: Any, phrases: Any, alone: Any
) -> None:
    """The rows have different lengths, and a step of both writes and hears each its own."""
    import torch

    blocks = onnx(tiny, tiny.tiny_t3(), bits)
    for row, (read, _) in enumerate(phrases):
        tiny.logits_of(blocks, read, row=row)
    lengths = [read.shape[1] for read, _ in phrases]
    both = torch.cat([steps for _, steps in phrases])
    logits = torch.stack(
        [
            blocks.forward(0, both[:, step : step + 1], [length + step for length in lengths])
            for step in range(STEPS)
        ],
        dim=1,
    )
    for row in range(2):
        found = closeness(logits[row], alone[bits][row][1:])
        assert found.worst > 0.999
        assert found.first > 0.85
        assert found.ten > 0.9


def test_a_loud_first_position_does_not_drown_the_others_in_eight_bits(tiny: Any) -> None:
    """A GPT-2's first position is far louder than the rest, which must not share its scale."""
    t3 = tiny.loud_t3()
    reads = [tiny.heard(t3, tiny.a_voice("short", 20), tiny.a_text(seed, 40)) for seed in range(4)]

    right = [tiny.logits_of(exact(tiny, t3), read) for read in reads]

    def worst(blocks: Any) -> float:
        mine = [tiny.logits_of(blocks, read) for read in reads]
        return min(closeness(*pair).worst for pair in zip(mine, right, strict=True))

    assert loudness(t3, exact(tiny, t3), reads[0]) > 20
    assert worst(onnx(tiny, t3, 8)) > 0.998
    with one_scale_for_all_rows(t3):
        assert worst(exact(tiny, t3)) < 0.99, "this is what a scale for each row is for"


@contextmanager
def one_scale_for_all_rows(t3: Any) -> Iterator[None]:
    """What leaves the MLPs' activations is rounded to 8 bits, all rows by the loudest."""

    def rounded(_module: Any, _given: Any, active: torch.Tensor) -> torch.Tensor:
        scale = active.abs().max() / 127
        return (active / scale).round() * scale

    hooks = [block.mlp.act.register_forward_hook(rounded) for block in t3.tfmr.h]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def loudness(t3: Any, blocks: Any, read: torch.Tensor) -> float:
    """How much louder the first position is than the second loudest, behind the first MLP's activation."""
    import torch

    peaks: list[torch.Tensor] = []
    listening = t3.tfmr.h[0].mlp.act.register_forward_hook(
        lambda _module, _given, active: peaks.append(active[0].abs().amax(-1))
    )
    with torch.inference_mode():
        blocks.forward(0, read, [0])
    listening.remove()
    return float(peaks[0][0] / peaks[0][1:].max())


@pytest.mark.parametrize("bits", [8, 4])
def test_the_model_is_not_needed_once_the_blocks_are_made(bits: int, tiny: Any, phrases: Any) -> None:
    import copy

    import torch

    t3 = copy.deepcopy(tiny.tiny_t3())
    blocks = onnx(tiny, t3, bits)
    before = tiny.logits_of(blocks, *phrases[1])
    with torch.no_grad():
        for weights in t3.parameters():
            weights.zero_()
    del t3.tfmr.h, t3.speech_head
    assert tiny.logits_of(blocks, *phrases[1]).equal(before)


@pytest.mark.parametrize("bits", [8, 4])
def test_a_decoder_over_them_speaks_and_ends(bits: int, tiny: Any) -> None:
    from app.tts.turbo.onnx_blocks import OnnxBlocks

    t3 = tiny.tiny_t3()
    cache = tiny.a_cache(t3)
    decoder = tiny.with_blocks(t3, OnnxBlocks(t3, cache, bits=bits, threads=1), cache, limit=60)
    voice = tiny.a_voice("long", 375)
    phrases = [(voice, tiny.a_text(seed, 20), seed) for seed in range(6)]
    said = [tiny.said(decoder, *phrase) for phrase in phrases]
    assert sum(len(tokens) < 60 for tokens in said) >= 2
    assert said == [tiny.said(decoder, *phrase) for phrase in phrases], "the same seed, the same speech"
