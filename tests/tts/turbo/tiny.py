"""A tiny T3 by the package's own class, whose random weights are strong enough to matter.

With the weights it is made with, a random transformer hardly hears what came before: logits would be
nearly the same for every context, and a wrong position or a lost key would go unnoticed.
"""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from typing import Any

import torch

from app.tts import turbo
from app.tts.turbo.cache import KeyValueCache, Shape
from app.tts.turbo.capture import Capture
from app.tts.turbo.decoder import Blocks, Decoder
from app.tts.turbo.graph_decoder import GraphDecoder
from app.tts.turbo.torch_blocks import TorchBlocks
from app.tts.turbo.voice import Voice

NAME = "GPT2_tiny"
WIDTH, LAYERS, HEADS = 64, 3, 4
#: Enough for the longest voice, a text and 1001 tokens.
POSITIONS = 1536
TEXT_TOKENS = 300
#: Speech ends after some thirty tokens.
STOP_BIAS = 6.0


@functools.cache
def tiny_t3() -> Any:
    """The model, single precision, on the CPU. Shared by all tests: to be left as it is."""
    turbo.import_turbo()
    from chatterbox.models.t3 import T3
    from chatterbox.models.t3.llama_configs import GPT2_MEDIUM_CONFIG, LLAMA_CONFIGS
    from chatterbox.models.t3.modules.t3_config import T3Config

    size = {"n_embd": WIDTH, "hidden_size": WIDTH, "n_head": HEADS, "n_layer": LAYERS}
    length = {"n_ctx": POSITIONS, "n_positions": POSITIONS, "vocab_size": 8}
    LLAMA_CONFIGS[NAME] = {**GPT2_MEDIUM_CONFIG, **size, **length}
    # As in ChatterboxTurboTTS.from_local.
    hp = T3Config(text_tokens_dict_size=TEXT_TOKENS)
    hp.llama_config_name = NAME
    hp.speech_tokens_dict_size = 6563
    hp.input_pos_emb = None
    hp.speech_cond_prompt_len = 375
    hp.use_perceiver_resampler = False
    hp.emotion_adv = False
    torch.manual_seed(0)
    t3 = T3(hp)
    with torch.no_grad():
        for name, parameter in t3.tfmr.named_parameters():
            if name.endswith("weight") and ".ln_" not in name and "ln_f" not in name:
                parameter.normal_(0, 0.15)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.1)
        t3.tfmr.wpe.weight.normal_(0, 0.5)
        t3.speech_emb.weight.mul_(0.4)
        t3.speech_head.weight.normal_(0, 0.25)
        t3.speech_head.bias[hp.stop_speech_token] = STOP_BIAS
    del t3.tfmr.wte
    return t3.eval()


def make_fake(t3: Any, device: torch.device) -> None:
    """Make the weights of ``t3`` bfloat16 of the current FakeTensorMode, which have no values."""
    for part in t3.modules():
        for name, weights in part.named_parameters(recurse=False):
            fake = torch.empty(weights.shape, dtype=torch.bfloat16, device=device)
            setattr(part, name, torch.nn.Parameter(fake, requires_grad=False))


def a_voice(key: str, prompt: int) -> Voice:
    """A voice with a prompt of so many tokens, always the same for the same ``key``."""
    generator = torch.Generator().manual_seed(hash_of(key))
    return Voice(
        key=key,
        speaker=torch.nn.functional.normalize(torch.randn(1, 256, generator=generator), dim=1),
        prompt=torch.randint(0, 6561, (1, prompt), generator=generator),
        reference_tokens=torch.zeros(1, 0, dtype=torch.long),
        reference_mel=torch.zeros(1, 0, 80),
        embedding=torch.zeros(1, 192),
    )


def moved(voice: Voice, device: torch.device) -> Voice:
    """``voice`` on ``device``, as far as the decoder needs it."""
    return replace(voice, speaker=voice.speaker.to(device), prompt=voice.prompt.to(device))


def a_text(seed: int, length: int) -> torch.Tensor:
    return torch.randint(0, TEXT_TOKENS, (1, length), generator=torch.Generator().manual_seed(seed))


def hash_of(key: str) -> int:
    return int.from_bytes(key.encode(), "big") % 2**31


def a_cache(t3: Any, rows: int = 2, positions: int = POSITIONS) -> KeyValueCache:
    shape = Shape(t3.cfg.num_hidden_layers, t3.cfg.num_attention_heads, t3.cfg.hidden_size)
    return KeyValueCache(shape, rows, positions, dtype=torch.float32, device=torch.device("cpu"))


def a_decoder(t3: Any, rows: int = 2, limit: int = 1001, positions: int = POSITIONS) -> Decoder:
    """Ours in single precision, which stops after ``limit`` tokens."""
    cache = a_cache(t3, rows, positions)
    return limited(Decoder(t3, TorchBlocks(t3, cache), cache), limit)


def a_graph_decoder(
    t3: Any, rows: int = 2, limit: int = 1001, positions: int = POSITIONS, capture: Capture | None = None
) -> GraphDecoder:
    """Ours whose steps can be recorded."""
    cache = a_cache(t3, rows, positions)
    cache.tensor.fill_(float("nan"))  # what lies behind a row's end may be anything
    decoder = GraphDecoder(t3, TorchBlocks(t3, cache), cache, capture)
    decoder.max_tokens = limit
    return decoder


def with_blocks(t3: Any, blocks: Blocks, cache: KeyValueCache, limit: int) -> Decoder:
    return limited(Decoder(t3, blocks, cache), limit)


def limited(decoder: Decoder, limit: int) -> Decoder:
    decoder.max_tokens = limit
    return decoder


def stock_tokens(t3: Any, voice: Voice, text: torch.Tensor, seed: int, limit: int = 1001) -> list[int]:
    """What stock says."""
    from chatterbox.models.t3.modules.cond_enc import T3Cond

    condition = T3Cond(speaker_emb=voice.speaker, cond_prompt_speech_tokens=voice.prompt)
    torch.manual_seed(seed)
    with torch.inference_mode():
        tokens = t3.inference_turbo(t3_cond=condition, text_tokens=text, max_gen_len=limit - 1)
    listed: list[int] = tokens[0].tolist()
    return listed


def said(decoder: Decoder, voice: Voice, text: torch.Tensor, seed: int, row: int = 0) -> list[int]:
    """What ours says in ``row``, alone."""
    with torch.inference_mode():
        tokens = [begun(decoder, voice, text, seed, row)]
        while taken(decoder, tokens, decoder.advance([row])[0]):
            pass
    return tokens


def said_side_by_side(decoder: Decoder, phrases: list[tuple[Voice, torch.Tensor, int]]) -> list[list[int]]:
    """What ours says when each of ``phrases`` has a row and all begin together."""
    with torch.inference_mode():
        tokens = [[begun(decoder, *phrase, row)] for row, phrase in enumerate(phrases)]
        rows = list(range(len(phrases)))
        while rows:
            new = decoder.advance(rows)
            rows = [row for row, more in zip(rows, new, strict=True) if taken(decoder, tokens[row], more)]
    return tokens


def begun(decoder: Decoder, voice: Voice, text: torch.Tensor, seed: int, row: int = 0) -> int:
    return decoder.begin(row, voice, text, a_sampler(decoder, seed), lambda: None)


def a_sampler(decoder: Decoder, seed: int) -> Any:
    return decoder.sampler(torch.Generator(decoder.device).manual_seed(seed))


def taken(decoder: Decoder, tokens: list[int], new: list[int]) -> bool:
    """Put ``new`` behind ``tokens`` and say whether there is more to come."""
    for token in new:
        if token == decoder.stop_token:
            return False
        tokens.append(token)
        if len(tokens) == decoder.max_tokens:
            return False
    return True


@functools.cache
def loud_t3() -> Any:
    """The tiny model, its first position over twenty times louder than the others behind the MLP's
    activation. Trained GPT-2s are like that."""
    t3 = copy.deepcopy(tiny_t3())
    with torch.no_grad():
        # What only the first position has: a large value in a place where all others have none.
        for embedding in (t3.text_emb, t3.speech_emb, t3.tfmr.wpe):
            embedding.weight[:, 0] = 0
        t3.cond_enc.spkr_enc.weight[0] = 0
        t3.cond_enc.spkr_enc.bias[0] = 0
        t3.tfmr.wpe.weight[0, 0] = 1000
        for block in t3.tfmr.h:
            for out in (block.attn.c_proj, block.mlp.c_proj):
                out.weight[:, 0] = 0
                out.bias[0] = 0
            block.mlp.c_fc.weight[0, :8] = 20
            block.mlp.c_proj.weight[:8] *= 0.01
    return t3


def heard(t3: Any, voice: Voice, text: torch.Tensor) -> torch.Tensor:
    """What is read before the first token is drawn, positions included: shape (1, length, width)."""
    with torch.inference_mode():
        speaker = t3.cond_enc.spkr_enc(voice.speaker)[:, None]
        start = torch.full_like(text[:, :1], t3.hp.start_speech_token)
        inputs = torch.cat(
            [speaker, t3.speech_emb(voice.prompt), t3.text_emb(text), t3.speech_emb(start)], dim=1
        )
        return inputs + t3.tfmr.wpe.weight[: inputs.shape[1]]


def logits_of(
    blocks: Blocks, read: torch.Tensor, steps: torch.Tensor | None = None, row: int = 0, at_once: int = 96
) -> torch.Tensor:
    """Logits behind ``read`` and behind each of the positions ``steps``, shape (1 + steps, vocabulary)."""
    with torch.inference_mode():
        length = 0
        for part in read.split(at_once, dim=1):
            logits = [blocks.forward(row, part, [length])]
            length += part.shape[1]
        for place, step in enumerate(() if steps is None else steps.split(1, dim=1), length):
            logits.append(blocks.forward(row, step, [place]))
        return torch.cat(logits)


def steps_of(t3: Any, after: int, number: int) -> torch.Tensor:
    """Positions of so many speech tokens behind ``after`` others, shape (1, number, width)."""
    tokens = torch.randint(0, 6561, (1, number), generator=torch.Generator().manual_seed(after))
    with torch.inference_mode():
        return t3.speech_emb(tokens) + t3.tfmr.wpe.weight[after : after + number]
