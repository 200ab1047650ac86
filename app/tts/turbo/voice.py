"""A voice as Chatterbox Turbo knows it: the conditionals of one recording, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, eq=False)
class Voice:
    """What makes the model speak as somebody. Handed to each call and never kept on the model, so
    that two people's voices cannot mix."""

    #: Tells this voice from every other, also after a restart.
    key: str
    #: Speaker embedding for the decoder, shape (1, 256).
    speaker: torch.Tensor
    #: Speech tokens the decoder continues from, shape (1, up to 375).
    prompt: torch.Tensor
    #: Speech tokens of the reference the flow continues from, shape (1, up to 250).
    reference_tokens: torch.Tensor
    #: The reference's mel spectrogram, shape (1, 2 x reference tokens, 80).
    reference_mel: torch.Tensor
    #: Speaker embedding (x-vector) for the flow, shape (1, 192).
    embedding: torch.Tensor

    @classmethod
    def from_conditionals(cls, key: str, conditionals: Any) -> Voice:
        """The voice that the package's ``Conditionals`` hold; their tensors are shared."""
        heard, spoken = conditionals.t3, conditionals.gen
        return cls(
            key=key,
            speaker=heard.speaker_emb,
            prompt=heard.cond_prompt_speech_tokens,
            reference_tokens=spoken["prompt_token"],
            reference_mel=spoken["prompt_feat"],
            embedding=spoken["embedding"],
        )
