"""The half of Chatterbox Turbo that turns speech tokens into samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from app.engines import Tell
from app.tts.turbo.arithmetic import EXACT, Arithmetic
from app.tts.turbo.flow import Flow
from app.tts.turbo.noise import Noise
from app.tts.turbo.vocoder import Vocoder
from app.tts.turbo.voice import Voice
from app.tts.turbo.work import Work


class Vocalizer:
    """Speech tokens to samples, by the weights of a stock ``S3Gen(meanflow=True)``.

    In single precision it says what stock says, sample by sample, given the same random numbers.
    Calls share nothing that changes: any thread may call at any time.
    """

    def __init__(self, s3gen: Any, arithmetic: Arithmetic = EXACT) -> None:
        """Shares weights with ``s3gen``, which stays as it is, and copies those that it keeps in a
        form of its own; ``s3gen.flow`` and ``s3gen.mel2wav`` may be dropped to save memory.
        """
        with torch.no_grad():
            self._flow = Flow(s3gen.flow, arithmetic)
            self._vocoder = Vocoder(s3gen.mel2wav, arithmetic)
        self._fade = s3gen.trim_fade
        self._device = s3gen.trim_fade.device

    def speak(
        self,
        tokens: torch.Tensor,
        voice: Voice,
        generator: torch.Generator | None,
        check: Callable[[], None],
        tell: Tell,
    ) -> torch.Tensor:
        """Samples at 24 kHz, float32 (samples,), of ``tokens``, int64 (n,), all of them speech.

        ``generator`` is where noise comes from, None for torch's own. ``check`` is called before
        every block and convolution, and may raise to leave; ``tell`` is told there how far it is.
        """
        with torch.inference_mode():
            noise = Noise(generator, self._device)
            frames = 2 * tokens.shape[0]
            work = Work(
                check,
                tell,
                self._flow.work(tokens.shape[0], voice.reference_tokens.shape[1])
                + self._vocoder.work(frames),
            )
            mels = self._flow(tokens.to(self._device)[None], voice, noise, work)
            samples = self._vocoder(mels, noise, work)
            # Something of the reference spills over into the first 40 ms.
            samples[: self._fade.shape[0]] *= self._fade
            work.finish()
            return samples
