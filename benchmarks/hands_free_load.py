"""Many hands-free conversations at once, with engines whose work takes a fixed time and no processor:
what the server itself adds to a turn (``python -m benchmarks.hands_free --sessions 50``).

Each session streams 32 ms of sound every 32 ms, as the page does: a question, then the room, until the
answer has been played. Counted is the time from the arrival of the sound that ended the turn to the
first sound of the answer, less the engines' delays.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import numpy as np
import soxr
from websockets.asyncio.client import ClientConnection, connect

from app.conversation.listening import PAUSE_MS
from app.engines import Samples
from app.settings import Settings
from benchmarks.fixed_delays import LLM_SECONDS, STT_SECONDS, TTS_SECONDS, fixed_delay_models
from benchmarks.machine import describe
from benchmarks.questions import questions
from benchmarks.server import served_apart
from tests.browser.mouth import MOUTH_RATE
from tests.sound import pcm16

RATE = 16_000
CHUNK_SECONDS = 0.032
#: Of the answers, in Hz.
ANSWER_RATE = 24_000
TURNS = 3

DETECTION = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500}


@dataclass
class Turn:
    """What a client saw of one turn. Times are of ``time.perf_counter``, offsets in ms of its input."""

    ended_ms: int | None = None
    voiced_until_ms: int | None = None
    #: When each piece of the answer came, and its seconds of sound.
    pieces: list[tuple[float, float]] = field(default_factory=list)

    @property
    def gaps(self) -> list[float]:
        """Seconds of silence between pieces, for a client that plays each as it comes."""
        gaps = []
        until = self.pieces[0][0]
        for came, seconds in self.pieces:
            if came > until:
                gaps.append(came - until)
            until = max(came, until) + seconds
        return gaps

    @property
    def played_until(self) -> float:
        until = 0.0
        for came, seconds in self.pieces:
            until = max(came, until) + seconds
        return until


class Client:
    """One session that asks the same question ``TURNS`` times."""

    def __init__(self, question: Sequence[str], room: Sequence[str]) -> None:
        self._question = question
        self._room = cycle(room)
        self._sent_at: list[float] = []
        self._turn = Turn()
        self._answered = asyncio.Event()
        self.turns: list[Turn] = []
        #: How late each chunk left, in seconds: the load on the client's side.
        self.late: list[float] = []

    async def converse(self, address: str) -> None:
        async with connect(f"ws://{address}/v1/realtime?model=vox", max_size=None) as socket:
            turn_detection = {"turn_detection": DETECTION}
            heard = {"format": {"type": "audio/pcm", "rate": RATE}} | turn_detection
            session = {"type": "realtime", "audio": {"input": heard}}
            await socket.send(json.dumps({"type": "session.update", "session": session}))
            receiving = asyncio.create_task(self._receive(socket))
            await self._stream(socket)
            receiving.cancel()

    async def _stream(self, socket: ClientConnection) -> None:
        begun = time.perf_counter()
        for _ in range(TURNS):
            for _ in range(random.randrange(30, 90)):  # seconds of quiet, not the same for all
                await self._send(socket, begun, next(self._room))
            for chunk in self._question:
                await self._send(socket, begun, chunk)
            while not (self._answered.is_set() and time.perf_counter() > self._turn.played_until):
                await self._send(socket, begun, next(self._room))
            self.turns.append(self._turn)
            self._turn = Turn()
            self._answered.clear()

    async def _send(self, socket: ClientConnection, begun: float, message: str) -> None:
        due = begun + (len(self._sent_at) + 1) * CHUNK_SECONDS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        self._sent_at.append(time.perf_counter())
        self.late.append(self._sent_at[-1] - due)
        await socket.send(message)

    async def _receive(self, socket: ClientConnection) -> None:
        async for message in socket:
            now = time.perf_counter()
            event = json.loads(message)
            match event["type"]:
                case "input_audio_buffer.speech_stopped":
                    self._turn.ended_ms = event["audio_end_ms"]
                case "response.output_audio.delta":
                    seconds = len(event["delta"]) * 3 / 4 / 2 / ANSWER_RATE
                    self._turn.pieces.append((now, seconds))
                case "vox.timings":
                    self._turn.voiced_until_ms = event["voiced_until_ms"]
                case "response.done":
                    if event["response"]["status"] == "completed":
                        self._answered.set()

    def added(self, turn: Turn) -> float | None:
        """Seconds that the server added to ``turn``; None where it is not known when it ended."""
        if turn.ended_ms is None or turn.voiced_until_ms is None:
            return None
        words_known = self._arrived(turn.voiced_until_ms + PAUSE_MS) + STT_SECONDS
        may_begin = max(self._arrived(turn.ended_ms), words_known)
        return turn.pieces[0][0] - may_begin - LLM_SECONDS - TTS_SECONDS

    def _arrived(self, at_ms: float) -> float:
        """When the sound up to ``at_ms`` had been sent."""
        chunk = -(-round(at_ms) // round(CHUNK_SECONDS * 1000)) - 1
        return self._sent_at[chunk]


def measure(sessions: int) -> dict[str, Any]:
    settings = Settings(offline=True, max_sessions=sessions + 1)
    with served_apart(settings, fixed_delay_models) as address:
        lone = asyncio.run(_converse(address, 1))
        clients = asyncio.run(_converse(address, sessions))
    gaps = [gap for client in clients for turn in client.turns for gap in turn.gaps]
    late = [seconds for client in clients for seconds in client.late]
    return {
        "machine": describe(),
        "sessions": sessions,
        "turns": sum(len(client.turns) for client in clients),
        "added_ms": _spread([ms for client in clients for ms in _added_ms(client)]),
        "added_to_a_lone_session_ms": _spread([ms for client in lone for ms in _added_ms(client)]),
        "gaps": len(gaps),
        "longest_gap_ms": round(max(gaps, default=0) * 1000, 1),
        "client_late_ms": _spread([seconds * 1000 for seconds in late]),
    }


def _added_ms(client: Client) -> Iterator[float]:
    for turn in client.turns:
        seconds = client.added(turn)
        if seconds is not None:
            yield seconds * 1000


async def _converse(address: str, sessions: int) -> list[Client]:
    question, room = _chunks()
    clients = [Client(question, room) for _ in range(sessions)]
    await asyncio.gather(*(client.converse(address) for client in clients))
    return clients


def _chunks() -> tuple[list[str], list[str]]:
    """A question, and some seconds of the room it is asked in, as messages."""
    question = next(questions(1))
    sound = soxr.resample(question.samples, MOUTH_RATE, RATE)
    size = round(RATE * CHUNK_SECONDS)
    sound = np.pad(sound, (0, -sound.size % size + 100 * size))
    noise = np.random.default_rng(0).standard_normal(sound.size) * 10 ** (question.room / 20)
    messages = [_append(chunk) for chunk in (sound + noise).reshape(-1, size)]
    return messages[:-100], messages[-100:]


def _append(samples: Samples) -> str:
    audio = base64.b64encode(pcm16(samples)).decode("ascii")
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "p95": round(float(np.percentile(values, 95)), 1),
    }


def table(figures: dict[str, Any]) -> str:
    added, lone, late = (figures[key] for key in ("added_ms", "added_to_a_lone_session_ms", "client_late_ms"))
    return "\n".join(
        [
            f"{figures['machine']}; {figures['sessions']} sessions, {figures['turns']} turns",
            "",
            "| | median | 95th percentile |",
            "|---|---|---|",
            f"| added by the server to a turn | {added['median']} ms | {added['p95']} ms |",
            f"| the same, one session alone | {lone['median']} ms | {lone['p95']} ms |",
            f"| sound that left the client late, by | {late['median']} ms | {late['p95']} ms |",
            "",
            f"Gaps in anybody's sound: {figures['gaps']} (longest {figures['longest_gap_ms']} ms).",
        ]
    )
