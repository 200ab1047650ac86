"""What each precision of Chatterbox costs in exactness:
``python -m benchmarks.chatterbox_precision [--checkpoint DIR] [--tokens N] [--json]``.

Teacher forcing: the tokens that fp32 chooses are fed to every precision, and what each would have
said at every step is held against fp32. The same tokens then go through the flow and the vocoder
with the same noise. Runs on the CPU. Without a checkpoint the weights are random, which says how
the arithmetic differs, not how the released voice sounds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cosine_similarity

from app.cores import usable_cores
from app.engines import tell_nobody
from app.tts import turbo
from app.tts.turbo.arithmetic import arithmetic_for
from app.tts.turbo.decoder import Decoder
from app.tts.turbo.model import build_decoder
from app.tts.turbo.phrase_maker import SILENCE, SPEECH_TOKENS
from app.tts.turbo.precision import Precision
from app.tts.turbo.s3gen import Vocalizer
from app.tts.turbo.text import text_tokens
from app.tts.turbo.voice import Voice
from benchmarks.machine import describe
from benchmarks.random_voice import never_end, random_checkpoint
from benchmarks.stages import Kept

TEXTS = (
    "Sure, I can help with that. The train to the coast leaves at nine in the morning.",
    "It takes about two hours, and there is coffee on board!",
    "Would you like me to look for a place to stay?",
)
SEED = 7
REDUCED: tuple[Precision, ...] = ("bf16", "int8", "int4")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, help="folder in the released layout")
    parser.add_argument("--tokens", type=int, default=75, help="speech tokens of each text")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, turbo.inference():
        figures = _measure(arguments.checkpoint, Path(scratch), arguments.tokens)
    print(json.dumps(figures, indent=2) if arguments.json else _table(figures))


@dataclass(frozen=True, eq=False)
class _Reference:
    """What fp32 makes of one text."""

    text: torch.Tensor
    tokens: list[int]
    logits: torch.Tensor
    mels: torch.Tensor
    samples: torch.Tensor


def _measure(checkpoint: Path | None, scratch: Path, tokens: int) -> dict[str, Any]:
    folder = checkpoint or random_checkpoint(scratch)
    references = _references(folder, tokens)
    errors = {precision: _errors(folder, precision, references) for precision in REDUCED}
    return {
        "machine": describe(),
        "weights": "released" if checkpoint else "random",
        "tokens": sum(len(reference.tokens) for reference in references),
        "errors": errors,
    }


def _references(folder: Path, count: int) -> list[_Reference]:
    """What fp32 says for each text, in ``count`` tokens."""
    reader, decoder, vocalizer, voice = _parts(folder, "fp32")
    references = []
    for text in TEXTS:
        ids = text_tokens(reader, text)
        sampler = decoder.sampler(torch.Generator().manual_seed(SEED))
        tokens = [decoder.begin(0, voice, ids, sampler, _never)]
        while len(tokens) < count:
            tokens += decoder.advance([0])[0]
        logits = decoder.forced(voice, ids, tokens)
        references.append(_Reference(ids, tokens, logits, *_spoken(vocalizer, tokens, voice)))
    return references


def _parts(folder: Path, precision: Precision) -> tuple[Any, Decoder, Vocalizer, Voice]:
    """Tokenizer, decoder, vocalizer and the built-in voice of the checkpoint in ``folder``."""
    stock = turbo.import_turbo().from_local(folder, "cpu")
    never_end(stock.t3)
    vocalizer = Vocalizer(stock.s3gen, arithmetic_for(precision))
    voice = Voice.from_conditionals("voice", stock.conds)
    return stock.tokenizer, build_decoder(stock.t3, precision, usable_cores(), voice), vocalizer, voice


def _errors(folder: Path, precision: Precision, references: list[_Reference]) -> dict[str, float]:
    _, decoder, vocalizer, voice = _parts(folder, precision)
    cosines, firsts, tens, mel_errors, spectra = [], [], [], [], []
    for reference in references:
        logits = decoder.forced(voice, reference.text, reference.tokens)
        cosines.append(cosine_similarity(logits, reference.logits, dim=1))
        firsts.append((logits.argmax(1) == reference.logits.argmax(1)).float())
        tens.append(_shared(logits, reference.logits, 10))
        mels, samples = _spoken(vocalizer, reference.tokens, voice)
        mel_errors.append((mels - reference.mels).abs().mean() / reference.mels.abs().mean())
        spectra.append(_log_spectral_distance(samples, reference.samples))
    return {
        "logit_cosine_mean": float(torch.cat(cosines).mean()),
        "logit_cosine_worst": float(torch.cat(cosines).min()),
        "top_1": float(torch.cat(firsts).mean()),
        "top_10": float(torch.cat(tens).mean()),
        "mel_error": float(torch.stack(mel_errors).mean()),
        "log_spectral_distance_db": sum(spectra) / len(spectra),
    }


def _spoken(vocalizer: Vocalizer, tokens: list[int], voice: Voice) -> tuple[torch.Tensor, torch.Tensor]:
    """Mels (1, frames, 80) and samples of ``tokens``, always with the same noise."""
    flow = Kept(vocalizer._flow)
    vocalizer._flow = flow  # type: ignore[assignment]
    try:
        noise = torch.Generator().manual_seed(SEED)
        spoken = [*(token for token in tokens if token < SPEECH_TOKENS), *[SILENCE] * 3]
        samples = vocalizer.speak(torch.tensor(spoken), voice, noise, _never, tell_nobody)
    finally:
        vocalizer._flow = flow.wrapped
    return flow.result, samples


def _shared(logits: torch.Tensor, reference: torch.Tensor, count: int) -> torch.Tensor:
    """Which share of the ``count`` likeliest tokens of each step both name."""
    mine, theirs = logits.topk(count, dim=1).indices, reference.topk(count, dim=1).indices
    return (mine.unsqueeze(2) == theirs.unsqueeze(1)).any(2).float().mean(1)


def _log_spectral_distance(samples: torch.Tensor, reference: torch.Tensor) -> float:
    """Mean over the frames of the root mean square difference of log power spectra, in dB."""
    mine, theirs = (_log_power(sound) for sound in (samples, reference))
    return float((mine - theirs).square().mean(0).sqrt().mean())


def _log_power(samples: torch.Tensor) -> torch.Tensor:
    window = torch.hann_window(1024)
    power = torch.stft(samples, 1024, 256, window=window, return_complex=True).abs().square()
    return 10 * torch.log10(power + 1e-6)


def _never() -> None:
    """Nothing stops a benchmark."""


def _table(figures: dict[str, Any]) -> str:
    lines = [
        f"{figures['machine']}; {figures['tokens']} tokens, {figures['weights']} weights",
        "",
        "| against fp32 | logits' cosine, mean | worst | same likeliest token | same ten likeliest "
        "| mel error | spectral distance, dB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for precision, errors in figures["errors"].items():
        lines.append(
            f"| {precision} | {errors['logit_cosine_mean']:.5f} | {errors['logit_cosine_worst']:.5f} "
            f"| {errors['top_1']:.1%} | {errors['top_10']:.1%} | {errors['mel_error']:.2%} "
            f"| {errors['log_spectral_distance_db']:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
