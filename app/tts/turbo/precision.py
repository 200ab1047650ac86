"""How exactly the model computes: chosen by the hardware, or by the person."""

from __future__ import annotations

from typing import Literal, get_args

Precision = Literal["fp32", "bf16", "int8", "int4"]

#: What each kind of device takes, its own choice first.
_CHOICES: dict[str, tuple[Precision, ...]] = {
    "cpu": ("int8", "fp32", "bf16", "int4"),
    "cuda": ("bf16", "fp32"),
    "mps": ("fp32",),
}


class WrongPrecision(ValueError):
    """The device cannot compute at the precision that was asked for; says what it can."""


def choose_precision(wanted: str, device: str) -> Precision:
    """``wanted`` ("auto" or a Precision) for ``device`` ("cpu", "cuda", "mps").

    Raises WrongPrecision.
    """
    choices = _CHOICES[device]
    if wanted == "auto":
        return choices[0]
    for choice in choices:
        if choice == wanted:
            return choice
    known = "" if wanted in get_args(Precision) else f" {wanted!r} is no precision."
    raise WrongPrecision(
        f"Chatterbox computes in {' or '.join(choices)} on this device ({device}), not in {wanted}.{known} "
        "Set VOX_CHATTERBOX_PRECISION to one of them, or to auto."
    )
