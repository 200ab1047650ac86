"""What leaves the page's loudspeaker, and when: an ear held to the real page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

#: Root mean square from which on a stretch of sound can be heard.
AUDIBLE = 0.002

# Watches a signal on the audio thread, a few ms at a time. Posts [frame, level, when] of each that is
# not silent: its first frame, and when (Date.now()) it was rendered.
_WATCHER = """
class Watcher extends AudioWorkletProcessor {
  process([channels]) {
    let power = 0;
    for (const sample of channels[0] ?? []) power += sample * sample;
    if (power > 0) {
      this.port.postMessage([currentFrame, Math.sqrt(power / channels[0].length), Date.now()]);
    }
    return true;
  }
}
registerProcessor('watcher', Watcher);
"""

# `watch(node, seen)` lets `seen` have a row [frame, level, performance.now()] for each few ms.
# Whatever is connected to a loudspeaker is also heard by `ear`, after gain and suspension: a
# suspended context renders nothing.
_EAR = (
    f"window.watcher = {json.dumps(_WATCHER)};"
    + """
{
  const code = new Blob([window.watcher], { type: 'text/javascript' });
  const connect = AudioNode.prototype.connect;
  const disconnect = AudioNode.prototype.disconnect;
  window.watch = async (node, seen) => {
    const { context } = node;
    await context.audioWorklet.addModule(URL.createObjectURL(code));
    const watcher = new AudioWorkletNode(context, 'watcher');
    watcher.port.onmessage = ({ data: [frame, level, date] }) => {
      seen([frame, level, date + performance.now() - Date.now()]);
    };
    connect.call(node, watcher);
    connect.call(watcher, context.destination);
  };
  window.ear = { heard: [], latency: 0 };
  const ears = new WeakMap();
  const earOf = (context) => {
    if (!ears.has(context)) {
      const ear = new GainNode(context);
      ears.set(context, ear);
      window.watch(ear, (row) => {
        window.ear.latency = 1000 * ((context.baseLatency || 0) + (context.outputLatency || 0));
        window.ear.heard.push(row);
      }).catch(() => {});
    }
    return ears.get(context);
  };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) connect.call(this, earOf(target.context));
    return connect.call(this, target, ...rest);
  };
  AudioNode.prototype.disconnect = function (...which) {
    if (which[0] instanceof AudioDestinationNode) disconnect.call(this, earOf(which[0].context));
    return disconnect.apply(this, which);
  };
}
"""
)


def page_to_listen_to(browser: Any) -> Any:
    """A new page for an Ear and a Mouth. The page's own policy forbids the code that listens on the
    audio thread, and is off here."""
    page = browser.new_context(bypass_csp=True).new_page()
    page.add_init_script(_EAR)
    return page


@dataclass
class Ear:
    """An ear at the loudspeaker of ``page``, which ``page_to_listen_to`` made.

    Times are in ms of the page's performance.now() and right to about 10 ms, as browsers render
    sound that many ms at once. They are those at which the page let go of the sound: the browser
    and the device take a further ``latency_ms`` until it is heard.
    """

    page: Any
    _heard: list[list[float]] = field(default_factory=list)

    @property
    def latency_ms(self) -> float:
        return float(self.page.evaluate("window.ear.latency"))

    def heard(self) -> npt.NDArray[np.float64]:
        """All that was not silent so far: rows of frame, level (RMS) and time."""
        self._heard += self.page.evaluate("window.ear.heard.splice(0)")
        return np.asarray(self._heard, np.float64).reshape(-1, 3)

    def audible(self, since: float = -np.inf, until: float = np.inf) -> npt.NDArray[np.float64]:
        """The times at which something could be heard."""
        heard = self.heard()
        times = heard[heard[:, 1] >= AUDIBLE, 2]
        return np.asarray(times[(times >= since) & (times <= until)])

    def first_sound(self, since: float) -> float | None:
        """When something was first heard from ``since`` on."""
        times = self.audible(since)
        return float(times[0]) if times.size else None

    def silent_from(self, since: float, until: float = np.inf) -> float:
        """When it had become silent for good between ``since`` and ``until``; ``since`` where
        nothing was heard."""
        times = self.audible(since, until)
        return float(times[-1]) if times.size else since
