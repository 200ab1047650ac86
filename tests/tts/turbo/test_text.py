"""Text on its way to the decoder."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.tts.piper import PiperSynthesizer

TEXTS = [
    "Hello there.",
    "it was “late” — too late… he said: well,  good night",
    "One [laugh] two",
    "Grüße, 你好, 😀!",
    " ",
    "x" * 300,
    "word " * 3000,
]


class _Heard(Exception):
    """Ends the package's ``generate`` once it has handed its text tokens on."""


@pytest.mark.heavy
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_becomes_what_the_package_makes_of_it(
    text: str, stock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from app.tts.turbo.text import text_tokens

    heard: list[torch.Tensor] = []

    def listen(*_: Any, text_tokens: torch.Tensor, **__: Any) -> None:
        heard.append(text_tokens)
        raise _Heard

    monkeypatch.setattr(type(stock.t3), "inference_turbo", listen)
    with pytest.raises(_Heard):
        stock.generate(text)
    tokens = text_tokens(stock.tokenizer, text)
    assert tokens.dtype == torch.int64
    assert tokens.ndim == 2
    assert tokens.equal(heard[0])


@pytest.mark.heavy
def test_many_threads_may_ask_at_once(stock: Any) -> None:
    from app.tts.turbo.text import text_tokens

    texts = [f"{text} {number}" for number in range(50) for text in TEXTS[:4]]
    expected = [text_tokens(stock.tokenizer, text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: text_tokens(stock.tokenizer, text), texts))
    assert all(one.equal(other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("text", TEXTS)
def test_a_longer_text_is_expected_to_take_longer(text: str) -> None:
    from app.tts.turbo.text import expected_tokens

    lengths = [expected_tokens(text[:end]) for end in range(len(text) + 1)]
    assert lengths == sorted(lengths)
    assert lengths[0] == 1
    assert expected_tokens(text + " And more.") > lengths[-1]


def test_the_expected_length_is_near_that_of_somebody_who_says_it(piper: PiperSynthesizer) -> None:
    from app.tts.turbo.text import TOKENS_PER_SECOND, expected_tokens

    text = "The lighthouse keeper climbed the stairs every evening, lit the lamp, and wrote down the weather."
    samples = sum(piece.size for piece in piper.synthesize(text, None, threading.Event()))
    spoken = samples / piper.sample_rate * TOKENS_PER_SECOND
    assert 0.7 < expected_tokens(text) / spoken < 1.4
