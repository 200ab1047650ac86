"""A loaded Chatterbox Turbo, set up for its device and precision: text and a voice in, sound out."""

from __future__ import annotations

import threading
from pathlib import Path

import torch

from app.engines import Samples, Stop, Tell
from app.tts.turbo import TurboTTS
from app.tts.turbo.arithmetic import arithmetic_for
from app.tts.turbo.cache import KeyValueCache, Shape
from app.tts.turbo.calibration import key_value_scales
from app.tts.turbo.conditionals import PreparedVoices
from app.tts.turbo.decoder import Decoder
from app.tts.turbo.phrase_job import PhraseJob
from app.tts.turbo.phrase_maker import PhraseMaker
from app.tts.turbo.precision import Precision
from app.tts.turbo.s3gen import Vocalizer
from app.tts.turbo.text import expected_tokens, text_tokens
from app.tts.turbo.torch_blocks import TorchBlocks
from app.tts.turbo.voice import Voice

#: Phrases decoded side by side.
ROWS = 2
#: Positions of a row: the conditioning of a voice, the text, and 40 s of speech.
POSITIONS = 2560


class TurboModel:
    """Takes over the ``stock`` model: what the precision does not need of its weights is freed."""

    def __init__(
        self, stock: TurboTTS, precision: Precision, *, version: str, voices: Path | None, threads: int
    ) -> None:
        """``version`` tells the checkpoint from others; ``voices`` is the folder that keeps what was
        learned of recordings; ``threads`` is how many of the processor's the work may take."""
        self.precision = precision
        self.sample_rate = int(stock.sr)
        self.parts = {name: _parameters(getattr(stock, name)) for name in ("t3", "s3gen", "ve")}
        self.voices = PreparedVoices(stock, voices, version)
        self._tokenizer = stock.tokenizer
        self._watermarker = stock.watermarker
        self._device = stock.t3.device
        self.decoder = build_decoder(stock.t3, precision, threads, self.voices.built_in)
        vocalizer = Vocalizer(stock.s3gen, arithmetic_for(precision))
        del stock.s3gen.flow, stock.s3gen.mel2wav
        self._maker = PhraseMaker(self.decoder, vocalizer, self._watermarked, threads)

    def say(self, text: str, voice: Voice, stop: Stop, tell: Tell, seed: int | None = None) -> PhraseJob:
        """Make the phrase ``text``; may be called from any thread. Raises what went wrong with it.

        ``seed`` makes it sound the same every time; with fp32 the same as stock's ``generate`` after
        ``torch.manual_seed(seed)``.
        """
        tokens = text_tokens(self._tokenizer, text).to(self._device)
        return self._maker.make(tokens, expected_tokens(text), voice, stop, tell, seed)

    @property
    def notice(self) -> str:
        """A sentence about what it has to do without, or ""."""
        return self.decoder.notice

    def warm_up(self, voice: Voice, tell: Tell) -> None:
        """Do now what would make the first phrase late; ``voice`` will be the first to speak."""
        self.decoder.warm_up(tell)
        heard_enough = threading.Event()

        def stop_early(_: float) -> None:
            # A processor has nothing to get ready behind the first token.
            if self._device.type == "cpu":
                heard_enough.set()

        self.say("This is how I sound.", voice, heard_enough, stop_early)

    def release(self) -> bool:
        """Free memory that only makes the work faster. False where nothing is left to free."""
        return self.decoder.release()

    def close(self) -> None:
        """End its thread and whatever is being said."""
        self._maker.close()

    def _watermarked(self, samples: Samples) -> Samples:
        marked: Samples = self._watermarker.apply_watermark(samples, sample_rate=self.sample_rate)
        return marked


def build_decoder(t3: TurboTTS, precision: Precision, threads: int, voice: Voice) -> Decoder:
    """The decoder for ``precision`` on the device of ``t3``, which it takes over; ``voice`` is one to
    measure by how large things get."""
    shape = Shape(t3.cfg.num_hidden_layers, t3.cfg.num_attention_heads, t3.cfg.hidden_size)
    del t3.text_head  # for training alone
    if precision in ("int8", "int4"):
        return _small_decoder(t3, shape, 8 if precision == "int8" else 4, threads, voice)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    for part in (t3.tfmr.h, t3.tfmr.ln_f, t3.speech_head):
        part.to(dtype)
    cache = KeyValueCache(shape, ROWS, POSITIONS, dtype=dtype, device=t3.device)
    blocks = TorchBlocks(t3, cache)
    if t3.device.type != "cuda":
        return Decoder(t3, blocks, cache)
    from app.tts.turbo.graph_decoder import GraphDecoder

    return GraphDecoder(t3, blocks, cache)


def _small_decoder(t3: TurboTTS, shape: Shape, bits: int, threads: int, voice: Voice) -> Decoder:
    """The decoder with weights of ``bits``, on a processor."""
    from app.tts.turbo.onnx_blocks import OnnxBlocks, can_cache_in_8_bits

    scales = key_value_scales(t3, shape, voice) if can_cache_in_8_bits() else None
    dtype = torch.float32 if scales is None else torch.int8
    cache = KeyValueCache(shape, ROWS, POSITIONS, dtype=dtype, device=t3.device)
    blocks = OnnxBlocks(t3, cache, bits, threads, scales)
    del t3.tfmr.h, t3.speech_head
    return Decoder(t3, blocks, cache)


def _parameters(part: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())
