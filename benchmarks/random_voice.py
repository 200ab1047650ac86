"""A Chatterbox checkpoint for benchmarks where there is none: random weights, real sizes.

Random weights say noise and do not know when a text ends. So its voice has a reference of the
length that real ones have, and both decoders are told to end after as many tokens as English takes.
"""

from __future__ import annotations

import functools
import math
import shutil
from pathlib import Path
from typing import Any

from tests.checkpoints import shared_checkpoint

#: Lengths of a real voice's prompt (15 s) and reference (10 s), in speech tokens.
PROMPT, REFERENCE = 375, 250
#: Speech tokens for each text token: the random tokenizer makes one of every letter, and English
#: takes 15 letters a second.
_SPEECH_PER_TEXT = 25 / 15


def random_checkpoint(folder: Path) -> Path:
    """The random checkpoint with a voice of real length, made in ``folder`` of links."""
    import torch

    for file in shared_checkpoint().iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "conds.pt").unlink()
    conditionals = torch.load(shared_checkpoint() / "conds.pt", weights_only=True)
    noise = torch.Generator().manual_seed(1)
    conditionals["t3"]["cond_prompt_speech_tokens"] = torch.randint(0, 6561, (1, PROMPT), generator=noise)
    conditionals["gen"] |= {
        "prompt_token": torch.randint(0, 6561, (1, REFERENCE), generator=noise),
        "prompt_token_len": torch.tensor([REFERENCE]),
        "prompt_feat": torch.randn(1, 2 * REFERENCE, 80, generator=noise),
    }
    torch.save(conditionals, folder / "conds.pt")
    shutil.copystat(shared_checkpoint() / "conds.pt", folder / "conds.pt")
    return folder


def never_end(t3: Any) -> None:
    """Make the stop token impossible; length is decided by ``pace_stock`` and ``PacedDecoder``."""
    import torch

    with torch.no_grad():
        t3.speech_head.bias[t3.hp.stop_speech_token] = -1e4


def pace_stock(t3: Any) -> None:
    """Let stock's decoder end where English would."""
    unpaced = t3.inference_turbo

    @functools.wraps(unpaced)
    def paced(t3_cond: Any, text_tokens: Any, **options: Any) -> Any:
        return unpaced(t3_cond, text_tokens, max_gen_len=_length(text_tokens) - 1, **options)

    t3.inference_turbo = paced


class PacedDecoder:
    """A decoder of ours that ends where English would."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._left: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)

    def begin(self, row: int, voice: Any, text: Any, sampler: Any, check: Any) -> int:
        first: int = self._decoder.begin(row, voice, text, sampler, check)
        self._left[row] = _length(text) - 1
        return first

    def advance(self, rows: list[int]) -> list[list[int]]:
        new: list[list[int]] = self._decoder.advance(rows)
        return [self._until_the_end(row, tokens) for row, tokens in zip(rows, new, strict=True)]

    def _until_the_end(self, row: int, tokens: list[int]) -> list[int]:
        left = self._left[row]
        self._left[row] -= len(tokens)
        if len(tokens) <= left:
            return tokens
        stop: int = self._decoder.stop_token
        return [*tokens[:left], stop]


def _length(text_tokens: Any) -> int:
    letters: int = text_tokens.shape[1]
    return math.ceil(letters * _SPEECH_PER_TEXT)
