"""How large keys and values get, so that eight bits can hold them."""

from __future__ import annotations

from typing import Any

import torch

from app.tts.turbo.cache import KeyValueCache, Shape
from app.tts.turbo.torch_blocks import TorchBlocks
from app.tts.turbo.voice import Voice

#: How much larger than any that was seen a key or value may get before it is cut off.
_MARGIN = 1.25
_LARGEST = 127


def key_value_scales(t3: Any, shape: Shape, voice: Voice) -> torch.Tensor:
    """A scale for each channel, shape (layers, 2, heads, width of a head), by which 8-bit keys and
    values are multiplied. Measured on what ``voice`` says in its prompt: conditioning, and the prompt
    once more as speech."""
    speaker = t3.cond_enc.spkr_enc(voice.speaker.view(1, -1))[:, None]
    speech = t3.speech_emb(voice.prompt)
    start = t3.speech_emb(torch.full_like(voice.prompt[:, :1], t3.hp.start_speech_token))
    inputs = torch.cat([speaker, speech, start, speech], dim=1)
    inputs = inputs + t3.tfmr.wpe.weight[: inputs.shape[1]]
    seen = KeyValueCache(shape, 1, inputs.shape[1], dtype=torch.float32, device=inputs.device)
    TorchBlocks(t3, seen).forward(0, inputs, [0])
    largest = seen.tensor[:, :, 0].abs().amax(dim=3)
    return (largest * _MARGIN / _LARGEST).clamp_min(1e-8)
