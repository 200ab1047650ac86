"""From a recording to a voice: what the package's ``prepare_conditionals`` computes, in float32
whatever the rest of the model runs in, and leaving nothing on the model.

The sound is read from bytes, so that what was hashed is what is heard. Features are made on the
CPU: the package's own would leave their tables on the GPU for as long as the process lives.
"""

from __future__ import annotations

import io
import math
from pathlib import Path

import librosa
import numpy as np
import pyloudnorm  # type: ignore[import-untyped]
import soundfile
import torch
from chatterbox.models.s3gen import S3GEN_SR
from chatterbox.models.s3tokenizer import S3_SR
from torchaudio.transforms import Resample

from app.engines import EngineError, Samples
from app.tts.turbo import TurboTTS
from app.tts.turbo.voice import Voice
from app.tts.voices import check_length, unreadable

#: Raised when the same recording would give another voice, so that older files are not taken.
RECIPE = 1
#: Loudness that every reference is brought to, in LUFS.
LOUDNESS = -27.0


def read_reference(content: bytes, path: Path) -> Samples:
    """The sound in ``content``, the bytes of the file at ``path``: 24 kHz, at the loudness the
    model expects.

    Raises EngineError: no sound, a silent one, too short, too long.
    """
    try:
        sound, _ = librosa.load(io.BytesIO(content), sr=S3GEN_SR)
    except (soundfile.LibsndfileError, librosa.ParameterError, OSError, RuntimeError):
        raise unreadable(path) from None
    check_length(path, len(sound) / S3GEN_SR)
    if not np.isfinite(sound).all():
        raise unreadable(path)
    gain = 10 ** ((LOUDNESS - _loudness(sound)) / 20)
    if not math.isfinite(gain):
        raise EngineError(f"The recording {path} is silent. Record somebody who speaks.")
    # A float64 factor would make the sound float64 in numpy 2, and the model takes float32 only.
    return sound * np.float32(gain)


class VoiceLearner:
    """The parts of a model that hear who speaks, without those that speak: these may be freed."""

    def __init__(self, model: TurboTTS) -> None:
        self.device = torch.device(model.device)
        self._tokenizer = model.s3gen.tokenizer
        self._mel = model.s3gen.mel_extractor
        self._x_vector = model.s3gen.speaker_encoder
        self._speaker = model.ve
        self._prompt_tokens = model.t3.hp.speech_cond_prompt_len
        self._prompt_samples, self._reference_samples = model.ENC_COND_LEN, model.DEC_COND_LEN

    def learn(self, sound: Samples, key: str) -> Voice:
        """The voice in ``sound`` (from ``read_reference``), on the model's device."""
        with torch.inference_mode(), torch.autocast(self.device.type, enabled=False):
            speaker, prompt = self._for_decoder(sound)
            mel, tokens, embedding = self._for_flow(sound[: self._reference_samples])
            return Voice(
                key=key,
                speaker=speaker.to(self.device),
                prompt=prompt.to(self.device),
                reference_tokens=tokens.to(self.device),
                reference_mel=mel.to(self.device),
                embedding=embedding.to(self.device),
            )

    def _for_decoder(self, sound: Samples) -> tuple[torch.Tensor, torch.Tensor]:
        """Speaker embedding of all of the sound, and speech tokens of its first 15 seconds."""
        sound_16k = librosa.resample(sound, orig_sr=S3GEN_SR, target_sr=S3_SR)
        tokens, _ = self._tokenizer([sound_16k[: self._prompt_samples]], max_len=self._prompt_tokens)
        speakers = torch.from_numpy(self._speaker.embeds_from_wavs([sound_16k], sample_rate=S3_SR))
        return speakers.mean(dim=0, keepdim=True), torch.atleast_2d(tokens)

    def _for_flow(self, sound: Samples) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Mel spectrogram, speech tokens and x-vector, as ``S3Gen.embed_ref`` makes them."""
        wave = torch.from_numpy(sound).unsqueeze(0)
        mel = self._mel(wave).transpose(1, 2).contiguous()
        wave_16k = Resample(S3GEN_SR, S3_SR)(wave).to(self.device)
        embedding = self._x_vector.inference(wave_16k)
        tokens, _ = self._tokenizer(wave_16k)
        return mel, tokens[:, : mel.shape[1] // 2], embedding


def _loudness(sound: Samples) -> float:
    """Integrated loudness in LUFS, -inf for silence."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(pyloudnorm.Meter(S3GEN_SR).integrated_loudness(sound))
