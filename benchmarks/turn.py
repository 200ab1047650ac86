"""How long a person waits for an answer: ``python -m benchmarks.turn [--rounds N] [--json]``.

Each question is spoken by the configured voice. Measured is the time from the end of the recorded
question (the commit) to the first sound of the answer at the client, over the real socket, against
the same engines run strictly one after the other on the same question: the whole transcription,
then the whole reply, then the whole speech. Both are taken in turns in one run.

The server's own share is the same wait with engines that take no time.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import statistics
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import soxr
from openai import OpenAI
from openai.resources.realtime.realtime import RealtimeConnection

from app.assembly import assemble
from app.conversation.stop import StopFlag
from app.engines import Message, ReplyCutShort, Samples
from app.llm.prompt import fit, system_prompt
from app.models import Models
from app.settings import Settings
from app.tts.phrases import cut_phrases
from app.tts.speech import speak
from benchmarks.instant import instant_models
from benchmarks.machine import describe
from benchmarks.server import served, served_apart
from tests.sound import pcm16

QUESTIONS = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "How do birds find their way in winter?",
    "Can you tell me something about the sea?",
    "What should I cook for dinner tonight?",
    "How does a bicycle stay upright?",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2, help="times that each question is asked")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each connection
    settings = Settings.from_environment()
    models = assemble(settings)
    models.wait()
    figures = _measure(settings, models, arguments.rounds)
    print(json.dumps(figures, indent=2) if arguments.json else _table(figures))


def _measure(settings: Settings, models: Models, rounds: int) -> dict[str, object]:
    recordings = [_spoken(models, question) for question in QUESTIONS]
    streamed, sequential = [], []
    with served(settings, models) as url:
        _ask(url, recordings[0])  # warm-up of both paths
        one_after_the_other(settings, models, recordings[0])
        for _ in range(rounds):
            for recording in recordings:
                streamed.append(_ask(url, recording))
                sequential.append(one_after_the_other(settings, models, recording))
    with served_apart(Settings(offline=True), instant_models) as url:
        own = [_ask(url, recordings[0]) for _ in range(50)]
    return {
        "machine": describe(),
        "engines": [model.wait().name for model in models],
        "turns": len(streamed),
        "first_sound_s": _spread(streamed),
        "one_after_the_other_s": _spread(sequential),
        "ratio_of_medians": round(statistics.median(sequential) / statistics.median(streamed), 2),
        "server_share_ms": _spread([seconds * 1000 for seconds in own[5:]]),
    }


def _spoken(models: Models, text: str) -> Samples:
    """``text`` spoken by the configured voice, at 24 kHz."""
    with models.tts.use() as voice:
        samples = np.concatenate(list(voice.synthesize(text, None, threading.Event())))
        resampled: Samples = soxr.resample(samples, voice.sample_rate, 24_000)
        return resampled


def _ask(address: str, question: Samples) -> float:
    """Seconds from the commit of ``question`` to the first sound at the client."""
    client = OpenAI(api_key="none", base_url=f"http://{address}/v1", websocket_base_url=f"ws://{address}/v1")
    with client.realtime.connect(model="vox") as connection:
        pcm = pcm16(question)
        for start in range(0, len(pcm), 9_600):
            piece = base64.b64encode(pcm[start : start + 9_600]).decode("ascii")
            connection.input_audio_buffer.append(audio=piece)
        # While someone speaks, the audio so far has long arrived; wait until it has here, too.
        connection.conversation.item.retrieve(item_id="none")
        _until(connection, "error")
        began = time.perf_counter()
        connection.input_audio_buffer.commit()
        connection.response.create()
        _until(connection, "response.output_audio.delta")
        waited = time.perf_counter() - began
        connection.response.cancel()
        _until(connection, "response.done")
        return waited


def _until(connection: RealtimeConnection, type_name: str) -> None:
    while connection.recv().type != type_name:
        pass


def one_after_the_other(settings: Settings, models: Models, question: Samples) -> float:
    """Seconds until sound when each engine waits for the whole result of the one before."""
    never = StopFlag()
    began = time.perf_counter()
    with models.stt.use() as transcriber, models.llm.use() as brain, models.tts.use() as voice:
        words = " ".join(transcriber.transcribe(soxr.resample(question, 24_000, 16_000), never))
        system = Message("system", system_prompt(settings.instructions, voice.tags, brain.is_demo))
        prompt = fit([system, Message("user", words)], brain.context_tokens, settings.max_reply_tokens)
        written: list[str] = []
        with suppress(ReplyCutShort):
            written.extend(brain.reply(prompt, never, settings.max_reply_tokens))
        for _ in speak(cut_phrases(["".join(written)]), voice, None, never):
            pass
    return time.perf_counter() - began


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))], 3),
    }


def _table(figures: dict[str, object]) -> str:
    streamed, sequential, own = (
        figures[key] for key in ("first_sound_s", "one_after_the_other_s", "server_share_ms")
    )
    assert isinstance(streamed, dict)
    assert isinstance(sequential, dict)
    assert isinstance(own, dict)
    return "\n".join(
        [
            f"{figures['machine']}; {', '.join(map(str, figures['engines']))}; {figures['turns']} turns",  # type: ignore[call-overload]
            "",
            "| end of the question to the first sound | median | 95th percentile |",
            "|---|---|---|",
            f"| VOX | {streamed['median']:.2f} s | {streamed['p95']:.2f} s |",
            f"| one after the other | {sequential['median']:.2f} s | {sequential['p95']:.2f} s |",
            f"| times sooner | {figures['ratio_of_medians']} | |",
            f"| the server's own share | {own['median']:.1f} ms | {own['p95']:.1f} ms |",
        ]
    )


if __name__ == "__main__":
    main()
