// The browser's parts that node lacks, as small as the page needs them. Time moves only when told.

/** An AudioContext whose clock is set by hand. */
export class FakeAudioContext {
  currentTime = 0;
  state = 'running';
  destination = {};
  onstatechange = null;
  /** @type {FakeSource[]} */
  sources = [];
  /** @type {FakeGain[]} */
  gains = [];

  createAnalyser() {
    return { fftSize: 0, connect() {}, disconnect() {} };
  }

  createGain() {
    const node = { gain: new FakeGain(), connect() {}, disconnect() {} };
    this.gains.push(node.gain);
    return node;
  }

  createBuffer(channels, length, rate) {
    return { length, duration: length / rate, copyToChannel() {} };
  }

  /** A second of sound, whatever the bytes; none at all are no sound. */
  async decodeAudioData(bytes) {
    if (bytes.byteLength === 0) throw new DOMException('no sound', 'EncodingError');
    return { length: 24_000, duration: 1 };
  }

  createBufferSource() {
    const source = new FakeSource();
    this.sources.push(source);
    return source;
  }

  async resume() {
    this.state = 'running';
    this.onstatechange?.();
  }

  /** Its clock stands still until it is resumed: then the test does not let it run. */
  async suspend() {
    this.state = 'suspended';
    this.onstatechange?.();
  }

  /** Let the clock run to `time`, ending the sources whose sound is over by then. */
  runTo(time) {
    this.currentTime = time;
    for (const source of this.sources) {
      if (source.playing && source.start_ + source.buffer.duration <= time) source.end();
    }
  }
}

/** Every change is there at once. */
class FakeGain {
  value = 1;

  cancelScheduledValues() {}

  setValueAtTime(value) {
    this.value = value;
  }

  setTargetAtTime(value) {
    this.value = value;
  }
}

class FakeSource {
  buffer = null;
  onended = null;
  playing = false;
  connected = false;
  start_ = 0;

  connect() {
    this.connected = true;
  }

  disconnect() {
    this.connected = false;
  }

  start(time) {
    this.start_ = time;
    this.playing = true;
  }

  stop() {
    this.playing = false;
  }

  end() {
    this.playing = false;
    this.onended?.();
  }
}

/** A microphone that hears what the test says. */
export class FakeMicrophone {
  rate = 48_000;
  released = 0;
  flushes = 0;
  /** @type {() => void} */
  flushed = () => {};

  start(frame, lost) {
    this.frame = frame;
    this.lost = lost;
  }

  flush() {
    this.flushes++;
    return new Promise((resolve) => {
      this.flushed = resolve;
    });
  }

  release() {
    this.released++;
  }

  get isOpen() {
    return this.released === 0;
  }

  /** A frame of 40 ms. */
  hear(level = 0.1) {
    this.frame(new Float32Array(1920).fill(level), level);
  }
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  /** @type {FakeSocket[]} */
  static made = [];
  bufferedAmount = 0;
  /** @type {any[]} */
  sent = [];
  closed = false;

  constructor(address) {
    this.address = address;
    FakeSocket.made.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  /** What was sent, by type. */
  types() {
    return this.sent.map(({ type }) => type);
  }

  say(event) {
    this.onmessage({ data: JSON.stringify(event) });
  }
}

/** Let promises that are settled be seen. */
export async function settle() {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

/** @param {'unloaded' | 'loading' | 'ready' | 'failed'} [state] */
export function aModel(state = 'ready') {
  return { state, name: 'x', device: 'cpu', precision: '', notice: '', error: null, progress: null, demo: false };
}
