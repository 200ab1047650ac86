"""How exactly S3Gen computes, each kind of layer in its own way."""

from __future__ import annotations

from dataclasses import dataclass

from app.tts.turbo.attention import Attend, attend, attend_in_bfloat16
from app.tts.turbo.convolutions import BFloat16Convolution, Convolution, MakeConvolution
from app.tts.turbo.linears import Int8Linear, Linear, MakeLinear
from app.tts.turbo.precision import Precision
from app.tts.turbo.processor import HAS_BFLOAT16


@dataclass(frozen=True)
class Arithmetic:
    #: The flow's linear layers and convolutions.
    linear: MakeLinear
    #: Attention in the flow's steps.
    attend: Attend
    #: The vocoder's residual blocks, except those of its last stage, whose errors would be heard.
    convolution: MakeConvolution


EXACT = Arithmetic(Linear, attend, Convolution)


def arithmetic_for(precision: Precision) -> Arithmetic:
    """Exact for a decoder in ``fp32`` or ``bf16``, else the fastest that this processor has."""
    if precision not in ("int8", "int4"):
        return EXACT
    if not HAS_BFLOAT16:
        return Arithmetic(Int8Linear, attend, Convolution)
    return Arithmetic(Int8Linear, attend_in_bfloat16, BFloat16Convolution)
