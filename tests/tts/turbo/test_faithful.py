"""The whole path in single precision, held against stock's ``generate`` sample by sample."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from app.engines import tell_nobody
from app.progress import Progress
from app.tts.chatterbox import BUILT_IN, ChatterboxSynthesizer
from tests.checkpoints import shared_checkpoint
from tests.tts.conftest import MakeRecording

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

StockSays: TypeAlias = Callable[[str, str, int], Any]

TEXTS = (
    "Hello there, my friend.",
    "no capital, and no full stop",
    "Wait… what: “quoted” — and 3.5 percent?",
)


@pytest.fixture(scope="module")
def exact() -> Iterator[ChatterboxSynthesizer]:
    """Our engine in single precision."""
    engine = ChatterboxSynthesizer(str(shared_checkpoint()), precision="fp32")
    engine.load(Progress())
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def recording(make_recording: MakeRecording) -> Path:
    return make_recording(5.6)


@pytest.fixture(scope="module")
def stock_says(stock: Any) -> StockSays:
    """What stock says of a text in a voice (as ``ChatterboxSynthesizer`` names it) from a seed on."""
    return cache(partial(_said_by_stock, stock))


@pytest.mark.parametrize("is_clone", [False, True], ids=["built-in voice", "cloned voice"])
@pytest.mark.parametrize("seed", range(len(TEXTS)))
def test_it_says_what_stock_says(
    seed: int, is_clone: bool, stock_says: StockSays, exact: ChatterboxSynthesizer, recording: Path
) -> None:
    voice = str(recording) if is_clone else BUILT_IN
    ours = _said(exact, TEXTS[seed], voice, seed)
    theirs = stock_says(TEXTS[seed], voice, seed)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_two_voices_at_the_same_time_never_mix(
    stock_says: StockSays, exact: ChatterboxSynthesizer, recording: Path
) -> None:
    """Phrases of two people, side by side in the decoder, are what each would hear alone."""
    wanted = [(TEXTS[seed], voice, seed) for seed in (0, 1) for voice in (BUILT_IN, str(recording))]
    with ThreadPoolExecutor(4) as pool:
        said = [pool.submit(_said, exact, *phrase) for phrase in wanted]
    for phrase, ours in zip(wanted, said, strict=True):
        theirs = stock_says(*phrase)
        assert ours.result().shape == theirs.shape
        np.testing.assert_allclose(ours.result(), theirs, atol=1e-4)


def test_the_sound_carries_the_watermark(exact: ChatterboxSynthesizer) -> None:
    import perth

    watermarker = perth.PerthImplicitWatermarker()
    said = _said(exact, TEXTS[2] * 2, BUILT_IN, 5)
    assert watermarker.get_watermark(said, sample_rate=24_000) == pytest.approx(1.0)


def _said(engine: ChatterboxSynthesizer, text: str, voice: str, seed: int) -> Any:
    model = engine._model
    assert model is not None
    known = engine._voice_of(model, voice, threading.Event())
    assert known is not None
    return model.say(text, known, threading.Event(), tell_nobody, seed).samples


def _said_by_stock(stock: Any, text: str, voice: str, seed: int) -> Any:
    import torch

    built_in = stock.conds
    try:
        with torch.inference_mode():
            if voice != BUILT_IN:
                stock.prepare_conditionals(voice)
            torch.manual_seed(seed)
            return stock.generate(text).squeeze(0).numpy()
    finally:
        stock.conds = built_in
