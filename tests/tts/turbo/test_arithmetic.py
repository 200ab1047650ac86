"""Which precision of Chatterbox computes the sound how."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_sound_is_exact_where_the_decoder_is_not_rounded_to_bits(precision: Any) -> None:
    from app.tts.turbo.arithmetic import EXACT, arithmetic_for

    assert arithmetic_for(precision) is EXACT


@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_bfloat16_is_left_to_processors_that_multiply_it(
    has_bfloat16: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tts.turbo import arithmetic
    from app.tts.turbo.attention import attend
    from app.tts.turbo.convolutions import Convolution
    from app.tts.turbo.linears import Int8Linear

    monkeypatch.setattr(arithmetic, "HAS_BFLOAT16", has_bfloat16)
    chosen = arithmetic.arithmetic_for("int8")

    assert chosen.linear is Int8Linear
    assert (chosen.attend is not attend) == has_bfloat16
    assert (chosen.convolution is not Convolution) == has_bfloat16
