"""A Chatterbox Turbo checkpoint with random weights, in the released layout.

It speaks noise, but it is loaded and run by Chatterbox's own classes, so everything around the
weights is the real thing. Built once per machine and kept in the temporary folder.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

#: Raises the chance that a speech token is the last one to about 1 in 8: a third of a second of speech.
STOP_BIAS = 4.9
#: Entries of the released tokenizer; what is said does not matter here, the size does.
TOKENS = 50_276
#: Length of the built-in voice's reference, in speech tokens (25 a second; a real one has 375 and
#: 250). Short is fast.
REFERENCE_TOKENS = 50
#: Changed with the recipe, so that an older checkpoint is not taken for this one.
RECIPE = 1


def shared_checkpoint() -> Path:
    """This machine's random checkpoint (1.5 GB), built at the first call (half a minute)."""
    name = f"vox-random-chatterbox-{version('chatterbox-tts')}-{RECIPE}"
    folder = Path(tempfile.gettempdir()) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
    return folder


def build(folder: Path) -> None:
    """Write a checkpoint into ``folder``: half-precision weights, which load as single."""
    import torch

    torch.manual_seed(0)
    _save_t3(folder / "t3_turbo_v1.safetensors")
    _save_s3gen(folder / "s3gen_meanflow.safetensors")
    _save_voice_encoder(folder / "ve.safetensors")
    _save_tokenizer(folder)
    _save_voice(folder / "conds.pt")


def _save_t3(path: Path) -> None:
    import torch
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.modules.t3_config import T3Config

    hp = T3Config(text_tokens_dict_size=TOKENS)
    hp.llama_config_name = "GPT2_medium"
    hp.speech_tokens_dict_size = 6563
    hp.input_pos_emb = None
    hp.speech_cond_prompt_len = 375
    hp.use_perceiver_resampler = False
    hp.emotion_adv = False
    t3 = T3(hp)
    with torch.no_grad():
        t3.speech_head.bias[hp.stop_speech_token] = STOP_BIAS
    _save_weights(t3, path)


def _save_s3gen(path: Path) -> None:
    from chatterbox.models.s3gen import S3Gen

    _save_weights(S3Gen(meanflow=True), path)


def _save_voice_encoder(path: Path) -> None:
    from chatterbox.models.voice_encoder import VoiceEncoder

    _save_weights(VoiceEncoder(), path)


def _save_weights(part: Any, path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    state = part.state_dict()
    half = {
        name: (tensor.to(torch.float16) if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in state.items()
    }
    save_file(half, path)
    del state, half
    gc.collect()


def _save_tokenizer(folder: Path) -> None:
    """GPT-2's kind of tokenizer that knows the 256 bytes and nothing else."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # type: ignore[import-untyped]
    from transformers import PreTrainedTokenizerFast

    end = "<|endoftext|>"
    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), end]
    pieces += [f"<unused{number}>" for number in range(TOKENS - len(pieces))]
    tokenizer = Tokenizer(models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, model_max_length=1024).save_pretrained(
        folder
    )


def _save_voice(path: Path) -> None:
    """A built-in voice: random, but of the shapes that a recording gives."""
    import torch
    from chatterbox.models.t3.modules.cond_enc import T3Cond
    from chatterbox.tts_turbo import Conditionals

    t3 = T3Cond(
        speaker_emb=torch.nn.functional.normalize(torch.rand(1, 256), dim=1),
        cond_prompt_speech_tokens=torch.randint(0, 6561, (1, REFERENCE_TOKENS)),
        emotion_adv=0.5 * torch.ones(1, 1, 1),
    )
    gen = {
        "prompt_token": torch.randint(0, 6561, (1, REFERENCE_TOKENS)),
        "prompt_token_len": torch.tensor([REFERENCE_TOKENS]),
        "prompt_feat": torch.randn(1, 2 * REFERENCE_TOKENS, 80),
        "prompt_feat_len": None,
        "embedding": torch.randn(1, 192),
    }
    Conditionals(t3, gen).save(path)
