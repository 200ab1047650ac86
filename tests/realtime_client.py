"""The official SDK's realtime client, as a story teller's tool: it keeps every event it saw."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from openai import OpenAI
from openai.resources.realtime.realtime import RealtimeConnection

Event = Any

#: How a reply ends that nothing went wrong with: whole, or at the longest that the tests allow.
ENDED_BY_ITSELF = ("completed", "incomplete")


class RealtimeClient:
    """Wraps ``OpenAI().realtime.connect()``; ``events`` are all that came so far."""

    def __init__(self, connection: RealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Event] = []

    def until(self, *types: str, where: Callable[[Event], bool] = lambda event: True) -> Event:
        """Receive until an event of one of ``types`` for which ``where`` holds; return it."""
        while True:
            event = self.connection.recv()
            self.events.append(event)
            if event.type in types and where(event):
                return event

    def of(self, *types: str) -> list[Event]:
        return [event for event in self.events if event.type in types]

    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def say(self, pcm: bytes, chunk: int = 9_600) -> None:
        """Append ``pcm`` as a microphone would: in many small pieces."""
        for start in range(0, len(pcm), chunk):
            piece = base64.b64encode(pcm[start : start + chunk]).decode("ascii")
            self.connection.input_audio_buffer.append(audio=piece)

    def ask(self, text: str) -> None:
        """Type a message and ask for the reply."""
        self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        )
        self.connection.response.create()

    def send_raw(self, message: str | bytes) -> None:
        """Send what the SDK would never send."""
        self.connection._connection.send(message)

    def send_event(self, **event: Any) -> None:
        self.send_raw(json.dumps(event))

    def sound(self, response_id: str) -> bytes:
        """All sound of one response so far, PCM at 24 kHz."""
        deltas = (e for e in self.of("response.output_audio.delta") if e.response_id == response_id)
        return b"".join(base64.b64decode(delta.delta) for delta in deltas)


@contextmanager
def connect(url: str, key: str = "none") -> Iterator[RealtimeClient]:
    """Connect the unchanged SDK to a VOX at ``url`` and wait for its session."""
    client = OpenAI(
        api_key=key, base_url=f"{url}/v1", websocket_base_url=f"{url.replace('http', 'ws', 1)}/v1"
    )
    with client.realtime.connect(model="vox") as connection:
        realtime = RealtimeClient(connection)
        realtime.until("session.created")
        yield realtime
