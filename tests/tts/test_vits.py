"""A sentence's sound, made in parts that are heard without a gap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx.utils import Extractor

from app import offline_pack
from app.tts.vits import CONTEXT, FIRST_PART, FRAME_SECONDS, MARGIN, Decoder, first_part, next_part


@pytest.fixture(scope="module")
def second_half() -> onnx.ModelProto:
    """The second half of the pack's voice."""
    found = offline_pack.piper_voice()
    assert found is not None
    model = onnx.load(str(found[0]))
    (begin,) = (node.input[0] for node in model.graph.node if node.name == "/dec/conv_pre/Conv")
    return Extractor(model).extract_model([begin], ["output"])


@pytest.fixture(scope="module")
def decoder(second_half: onnx.ModelProto) -> Decoder:
    return Decoder(second_half)


def latents(frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(1).standard_normal((1, 192, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [5, 36, 53, 54, 55, 500])
def test_parts_are_what_the_model_makes_in_one_go(decoder: Decoder, frames: int) -> None:
    given = latents(frames)
    expected = decoder.whole(given)
    sound = np.concatenate(list(decoder.in_parts(given)))
    assert sound.size == expected.size
    assert float(np.abs(sound - expected).max()) < 1e-5


def ticking(seconds: float) -> Callable[[], float]:
    """A clock by which everything takes so long."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += seconds
        return now

    return clock


def test_a_slow_machine_makes_a_sentence_whole(second_half: onnx.ModelProto) -> None:
    slow = Decoder(second_half, ticking(60.0))
    list(slow.in_parts(latents(40)))
    (whole,) = slow.in_parts(latents(300))
    assert whole.size == 300 * 256


def test_a_quick_machine_soon_has_something_to_hear(second_half: onnx.ModelProto) -> None:
    quick = Decoder(second_half, ticking(0.001))
    sizes = [part.size // 256 for part in quick.in_parts(latents(400))]
    assert sizes[:3] == [FIRST_PART, 2 * FIRST_PART, 4 * FIRST_PART]
    assert sum(sizes) == 400


@pytest.mark.parametrize("pace", [0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.45, 0.49])
def test_each_part_is_ready_before_the_one_before_it_has_been_heard(pace: float) -> None:
    size = first_part(pace)
    for _ in range(5):
        following = next_part(size, pace)
        takes = (following + 2 * CONTEXT) * FRAME_SECONDS * pace
        assert MARGIN * takes <= size * FRAME_SECONDS * 1.01
        size = following
