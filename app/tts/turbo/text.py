"""Text as the decoder takes it, and how much speech it will become."""

from __future__ import annotations

import math
import threading
from typing import Any

import torch
from chatterbox.tts_turbo import punc_norm

from app.tts.segments import spoken_length

#: Speech tokens in a second of sound.
TOKENS_PER_SECOND = 25
#: Letters of English spoken in a second, spaces and marks included.
LETTERS_PER_SECOND = 15

#: A fast tokenizer sets its padding and truncation at a call; a second thread that encodes then
#: finds it "already borrowed".
_tokenizing = threading.Lock()


def text_tokens(tokenizer: Any, text: str) -> torch.Tensor:
    """``text`` as text tokens, tidied by the package's own ``punc_norm``: shape (1, tokens), int64,
    on the CPU. ``tokenizer`` is the loaded model's."""
    with _tokenizing:
        tokens: torch.Tensor = tokenizer(
            punc_norm(text), return_tensors="pt", padding=True, truncation=True
        ).input_ids
    return tokens


def expected_tokens(text: str) -> int:
    """About how many speech tokens (25 a second) ``text`` will take, at least 1: an estimate to
    measure progress against, by the usual pace of English."""
    seconds = spoken_length(text.strip()) / LETTERS_PER_SECOND
    return max(1, math.ceil(seconds * TOKENS_PER_SECOND))
