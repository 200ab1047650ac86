"""A mouth at the page's microphone: says what it is told to, at any moment.

Only the device is replaced. The page asks for a microphone and gets a stream of 48 kHz with a faint
noise of the room in it, which ends when the page stops its track.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.sound import Recording

#: Rate of what is said, in Hz.
MOUTH_RATE = 48_000

#: Decibels below the loudest 10 ms at which a voice counts as silent.
_FAINTEST = 35

#: Root mean square of the room's noise while nobody speaks, in decibels of full scale.
QUIET_ROOM = -70.0

_MOUTH = """
{
  // Before a Tab keeps what is started, which is for what the page plays.
  const start = AudioBufferSourceNode.prototype.start;
  const streams = [];
  let parts = null;
  // Noise with the same samples each time, dull as a room's is.
  const noiseOf = (context) => {
    const buffer = context.createBuffer(1, 4 * context.sampleRate, context.sampleRate);
    const samples = buffer.getChannelData(0);
    let random = 1;
    let dull = 0;
    let power = 0;
    for (let i = 0; i < samples.length; i++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      dull = 0.8 * dull + 0.2 * (random / 2 ** 31 - 1);
      samples[i] = dull;
      power += dull * dull;
    }
    const level = Math.sqrt(power / samples.length);
    for (let i = 0; i < samples.length; i++) samples[i] /= level;
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    start.call(source);
    return source;
  };
  const ready = () => {
    if (parts === null) {
      const context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
      const lips = new GainNode(context);
      const room = new GainNode(context, { gain: window.mouth.room });
      noiseOf(context).connect(room);
      window.watch(lips, (row) => window.mouth.uttered.push(row));
      parts = { context, lips, room };
    }
    parts.context.resume();
    return parts;
  };
  window.mouth = {
    room: 0,
    uttered: [],
    speaking: 0,
    get streams() {
      return streams;
    },
    setRoom(level) {
      window.mouth.room = level;
      if (parts) parts.room.gain.value = level;
    },
    // The frame at which `samples` (base64 of 32-bit floats) will begin.
    say(samples) {
      const { context, lips } = ready();
      const bytes = Uint8Array.from(atob(samples), (c) => c.charCodeAt(0));
      const data = new Float32Array(bytes.buffer);
      const buffer = context.createBuffer(1, data.length, context.sampleRate);
      buffer.copyToChannel(data, 0);
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(lips);
      source.onended = () => window.mouth.speaking--;
      window.mouth.speaking++;
      const frame = Math.ceil((context.currentTime + 0.05) * context.sampleRate);
      start.call(source, frame / context.sampleRate);
      return frame;
    },
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const { context, lips, room } = ready();
    const ear = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    lips.connect(ear);
    room.connect(ear);
    streams.push(ear.stream);
    return ear.stream;
  };
}
"""


@dataclass(frozen=True)
class Said:
    """An utterance. Times are in ms of the page's performance.now(), right to about 10 ms."""

    first_ms: float
    last_ms: float


@dataclass
class Mouth:
    """A mouth at the microphone of ``page``, which ``tests.browser.ear.page_to_listen_to`` made; put
    there before the page is a Tab's."""

    page: Any
    _scheduled: list[tuple[int, Recording]] = field(default_factory=list)
    _uttered: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(f"{_MOUTH}; window.mouth.room = {_amplitude(QUIET_ROOM)};")

    def say(self, samples: Recording) -> None:
        """Begin to say ``samples`` (48 kHz) now; returns at once. Nobody hears it where no
        microphone is open."""
        encoded = base64.b64encode(np.asarray(samples, "<f4").tobytes()).decode("ascii")
        frame = self.page.evaluate("(samples) => window.mouth.say(samples)", encoded)
        self._scheduled.append((frame, samples))

    def wait_until_silent(self) -> None:
        """Wait until all that was begun has been said."""
        while self.page.evaluate("window.mouth.speaking") > 0:
            self.page.wait_for_timeout(20)

    def set_room(self, decibels: float) -> None:
        """Let the room be this loud, as root mean square in decibels of full scale."""
        self.page.evaluate("(level) => window.mouth.setRoom(level)", _amplitude(decibels))

    def open_microphones(self) -> int:
        """How many of the streams that the page asked for still run."""
        is_open = "(stream) => stream.getTracks().some((track) => track.readyState === 'live')"
        return int(self.page.evaluate(f"window.mouth.streams.filter({is_open}).length"))

    @property
    def said(self) -> list[Said]:
        """When the voice of each finished utterance began and ended."""
        self._uttered += self.page.evaluate("window.mouth.uttered.splice(0)")
        frames, _, at = np.asarray(self._uttered, np.float64).reshape(-1, 3).T

        def moment(frame: int) -> float:
            row = max(0, int(np.searchsorted(frames, frame, side="right")) - 1)
            return float(at[row] + (frame - frames[row]) * 1000 / MOUTH_RATE)

        extents = ((begun, voiced_extent(samples, MOUTH_RATE)) for begun, samples in self._scheduled)
        return [Said(moment(begun + first), moment(begun + last)) for begun, (first, last) in extents]


def voiced_extent(samples: Recording, rate: int) -> tuple[int, int]:
    """The first sample of the voice in ``samples``, and the one after its last."""
    loud = loud_frames(samples, rate)
    frame = rate // 100
    return int(np.flatnonzero(loud)[0]) * frame, (int(np.flatnonzero(loud)[-1]) + 1) * frame


def loud_frames(samples: Recording, rate: int) -> npt.NDArray[np.bool_]:
    """Which stretches of 10 ms have a voice in them, by their energy."""
    frame = rate // 100
    whole = samples[: samples.size // frame * frame].reshape(-1, frame)
    power = np.square(whole, dtype=np.float64).mean(axis=1)
    return np.asarray(power > power.max() * 10 ** (-_FAINTEST / 10))


def _amplitude(decibels: float) -> float:
    return float(10 ** (decibels / 20))
