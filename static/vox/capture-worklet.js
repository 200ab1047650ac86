// @ts-check
// Runs on the audio thread: gathers the microphone's samples into frames of 32 ms: what voice activity
// is looked for in on the server, so that none waits for the rest of itself.
//
// In:  'flush'                        send what is gathered, now
// Out: {samples: Float32Array, level} a frame, its buffer handed over; level: its RMS, 0 to 1
//      {flushed: true}                all that was heard before 'flush' has been sent

const FRAME_SECONDS = 0.032;

class Capture extends AudioWorkletProcessor {
  #frame = new Float32Array(Math.round(sampleRate * FRAME_SECONDS));
  #filled = 0;

  constructor() {
    super();
    this.port.onmessage = () => this.#flush();
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} that the browser should go on calling
   */
  process(inputs) {
    const channels = inputs[0];
    if (channels.length > 0) this.#gather(channels);
    return true;
  }

  /** @param {Float32Array[]} channels */
  #gather(channels) {
    const length = channels[0].length;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.#frame[this.#filled++] = sum / channels.length;
      if (this.#filled === this.#frame.length) this.#post();
    }
  }

  #post() {
    if (this.#filled === 0) return;
    const samples = this.#frame.slice(0, this.#filled);
    this.#filled = 0;
    this.port.postMessage({ samples, level: rms(samples) }, [samples.buffer]);
  }

  #flush() {
    this.#post();
    this.port.postMessage({ flushed: true });
  }
}

/**
 * @param {Float32Array} samples
 * @returns {number}
 */
function rms(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

registerProcessor('vox-capture', Capture);
