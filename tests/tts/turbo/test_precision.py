"""Which precision the model computes in."""

from __future__ import annotations

import pytest

from app.tts.turbo.precision import WrongPrecision, choose_precision


@pytest.mark.parametrize(("device", "own"), [("cpu", "int8"), ("cuda", "bf16"), ("mps", "fp32")])
def test_auto_is_what_the_device_does_best(device: str, own: str) -> None:
    assert choose_precision("auto", device) == own


@pytest.mark.parametrize(
    ("device", "wanted"),
    [("cpu", "fp32"), ("cpu", "bf16"), ("cpu", "int8"), ("cpu", "int4"), ("cuda", "fp32"), ("mps", "fp32")],
)
def test_a_person_may_choose(device: str, wanted: str) -> None:
    assert choose_precision(wanted, device) == wanted


@pytest.mark.parametrize(
    ("device", "wanted"), [("cuda", "int8"), ("cuda", "int4"), ("mps", "bf16"), ("mps", "int8")]
)
def test_what_the_device_cannot_do_is_refused_with_what_it_can(device: str, wanted: str) -> None:
    with pytest.raises(
        WrongPrecision, match=f"{choose_precision('auto', device)}.*not in {wanted}"
    ) as refusal:
        choose_precision(wanted, device)
    assert "VOX_CHATTERBOX_PRECISION" in str(refusal.value)
    assert "no precision" not in str(refusal.value)


@pytest.mark.parametrize("wanted", ["", "fp16", "INT8", "8"])
def test_what_is_no_precision_is_called_so(wanted: str) -> None:
    with pytest.raises(WrongPrecision, match=f"'{wanted}' is no precision"):
        choose_precision(wanted, "cpu")
