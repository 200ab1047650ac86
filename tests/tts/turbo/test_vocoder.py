"""The vocoder's parts, each against the stock one."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.heavy


@pytest.fixture
def work() -> Any:
    from app.engines import tell_nobody
    from app.tts.turbo.work import Work

    return Work(lambda: None, tell_nobody, 10**9)


@pytest.mark.parametrize("frames", [2, 7, 101])
@pytest.mark.parametrize("portion", [1 << 30, 1 << 15], ids=["in one go", "in portions"])
def test_samples_are_stocks(
    lively_s3gen: Any, work: Any, frames: int, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from app.tts.turbo import portions
    from app.tts.turbo.noise import Noise
    from app.tts.turbo.vocoder import Vocoder

    monkeypatch.setattr(portions, "SIZE", portion)
    mels = torch.randn(1, frames, 80, generator=torch.Generator().manual_seed(frames))
    torch.manual_seed(7)
    expected, _ = lively_s3gen.mel2wav.inference(mels.transpose(1, 2))
    vocoder = Vocoder(lively_s3gen.mel2wav)

    with torch.inference_mode():
        noise = Noise(torch.Generator().manual_seed(7), torch.device("cpu"))
        samples = vocoder(mels, noise, work)

    assert samples.shape == (480 * frames,)
    assert (samples - expected[0]).abs().max() < 1e-3 * expected.abs().max()


def test_the_errors_of_bfloat16_are_far_softer_than_the_sound(lively_s3gen: Any, work: Any) -> None:
    """By 45 dB at least, in its softest part as well."""
    import torch

    from app.tts.turbo.arithmetic import Arithmetic
    from app.tts.turbo.attention import attend
    from app.tts.turbo.convolutions import BFloat16Convolution, Convolution
    from app.tts.turbo.linears import Linear
    from app.tts.turbo.noise import Noise
    from app.tts.turbo.vocoder import Vocoder

    mels = torch.randn(1, 60, 80, generator=torch.Generator().manual_seed(1))
    mels[:, 30:] -= 3

    def sound(convolution: type[Convolution]) -> torch.Tensor:
        vocoder = Vocoder(lively_s3gen.mel2wav, Arithmetic(Linear, attend, convolution))
        with torch.inference_mode():
            noise = Noise(torch.Generator().manual_seed(7), torch.device("cpu"))
            return vocoder(mels, noise, work)

    exact, rounded = sound(Convolution), sound(BFloat16Convolution)
    power, error = (each.view(60, 480).square().mean(1) for each in (exact, rounded - exact))
    assert 0 < error.sum() < 10**-4.5 * power.sum()
    softest = power.argsort()[:10]
    assert error[softest].sum() < 10**-4.5 * power[softest].sum()


def test_the_source_hums_where_there_is_a_pitch_and_hisses_elsewhere(lively_s3gen: Any) -> None:
    import torch

    from app.tts.turbo.noise import Noise
    from app.tts.turbo.source import Source

    stock = lively_s3gen.mel2wav.m_source
    pitch = torch.tensor([[0.0, 9.0, 120.0, 240.0, 10.0]])
    torch.manual_seed(7)
    expected, _, _ = stock(pitch.repeat_interleave(480, dim=1)[..., None])

    with torch.inference_mode():
        source = Source(stock, 480)(pitch, Noise(torch.Generator().manual_seed(7), torch.device("cpu")))

    assert torch.allclose(source, expected[..., 0], atol=1e-5)
    frames = source.view(5, 480)
    repeated = (frames[2, :200] - frames[2, 200:400]).abs().mean()  # 120 Hz: a period has 200 samples
    assert repeated < 0.2 * (frames[0, :200] - frames[0, 200:400]).abs().mean()


def test_pitch_is_stocks(lively_s3gen: Any, work: Any) -> None:
    import torch

    from app.tts.turbo.source import Pitch

    stock = lively_s3gen.mel2wav.f0_predictor
    mels = torch.randn(1, 60, 80, generator=torch.Generator().manual_seed(1))

    with torch.inference_mode():
        pitch, expected = Pitch(stock)(mels, work), stock(mels.transpose(1, 2))

    assert torch.allclose(pitch, expected, rtol=1e-4, atol=1e-2)
    assert 0 < (pitch > 10).float().mean() < 1, "both voiced and unvoiced frames are tried"


@pytest.mark.parametrize("samples", [16, 40, 4000])
def test_spectra_and_back_are_torchs(samples: int) -> None:
    import torch

    from app.tts.turbo.spectra import InverseSpectra, Spectra

    window = torch.hann_window(16)
    sound = torch.rand(1, samples, generator=torch.Generator().manual_seed(1)) - 0.5
    expected = torch.stft(sound, 16, 4, window=window, return_complex=True)[0].T

    spectra = Spectra(window, 16, 4)(sound)
    logarithms, phases = torch.randn(2, *expected.shape, generator=torch.Generator().manual_seed(2))
    back = InverseSpectra(window, 16, 4)(torch.cat([logarithms, phases], dim=1)[None])

    assert torch.equal(torch.view_as_complex(spectra.unflatten(2, (9, 2))[0]), expected)
    unbent = torch.polar(logarithms.exp().clamp(max=100), phases.sin())
    assert torch.allclose(back, torch.istft(unbent.T[None], 16, 4, window=window)[0], atol=1e-4)
