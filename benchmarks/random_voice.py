"""A Chatterbox checkpoint for benchmarks where there is none: random weights, real sizes.

Random weights say noise and do not know when a text ends. So its voice has a reference of the
length that real ones have, its tokenizer makes of a text about as many tokens as the released one,
and both decoders are told to end after as many speech tokens as English takes.
"""

from __future__ import annotations

import functools
import math
import pydoc_data.topics
import shutil
from pathlib import Path
from typing import Any

from tests.checkpoints import TOKENS, shared_checkpoint

#: Lengths of a real voice's prompt (15 s) and reference (10 s), in speech tokens.
PROMPT, REFERENCE = 375, 250
#: Speech tokens for each letter: English takes 15 letters a second.
_SPEECH_PER_LETTER = 25 / 15
#: Words and parts of words that the tokenizer learns, of English in Python's own manual: then it has
#: about four letters to a token, as the released one.
_LEARNED = 20_000


def random_checkpoint(folder: Path) -> Path:
    """The random checkpoint with a voice and a tokenizer of real size, in ``folder``, else of links."""
    folder.mkdir(exist_ok=True)
    for file in shared_checkpoint().iterdir():
        if file.suffix == ".safetensors":
            (folder / file.name).symlink_to(file)
    _save_voice(folder)
    _save_tokenizer(folder)
    return folder


def _save_voice(folder: Path) -> None:
    import torch

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


def _save_tokenizer(folder: Path) -> None:
    """GPT-2's kind of tokenizer, with the released one's size, that has read some English."""
    from tokenizers import (  # type: ignore[import-untyped]
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    end = "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=_LEARNED, initial_alphabet=alphabet, special_tokens=[end], show_progress=False
    )
    tokenizer.train_from_iterator(pydoc_data.topics.topics.values(), trainer)
    tokenizer.add_tokens([f"<unused{number}>" for number in range(TOKENS - tokenizer.get_vocab_size())])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, model_max_length=1024).save_pretrained(
        folder
    )


def never_end(t3: Any) -> None:
    """Make the stop token impossible; length is decided by a ``Pace``."""
    import torch

    with torch.no_grad():
        t3.speech_head.bias[t3.hp.stop_speech_token] = -1e4


class Pace:
    """How much speech English makes of a text."""

    def __init__(self, checkpoint: Path) -> None:
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(checkpoint)

    def length(self, text_tokens: Any) -> int:
        """Speech tokens for ``text_tokens``, shape (1, tokens)."""
        letters = len(self._tokenizer.decode(text_tokens[0]))
        return math.ceil(letters * _SPEECH_PER_LETTER)

    def keep_stock(self, t3: Any) -> None:
        """Let stock's decoder end where English would."""
        unpaced = t3.inference_turbo

        @functools.wraps(unpaced)
        def paced(t3_cond: Any, text_tokens: Any, **options: Any) -> Any:
            return unpaced(t3_cond, text_tokens, max_gen_len=self.length(text_tokens) - 1, **options)

        t3.inference_turbo = paced


class PacedDecoder:
    """A decoder of ours that ends where English would."""

    def __init__(self, decoder: Any, pace: Pace) -> None:
        self._decoder = decoder
        self._pace = pace
        self._left: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)

    def begin(self, row: int, voice: Any, text: Any, sampler: Any, check: Any) -> int:
        first: int = self._decoder.begin(row, voice, text, sampler, check)
        self._left[row] = self._pace.length(text) - 1
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
