// @ts-check
// The microphone itself, and how it is turned off.

import { preferences } from './preferences.js';

/**
 * @typedef {object} Capture an open microphone
 * @property {number} rate Hz
 * @property {(frame: (samples: Float32Array, level: number) => void, lost: () => void) => void} start
 *   a frame comes every 32 ms; its level is an RMS, 0 to 1
 * @property {() => Promise<void>} flush what the microphone has heard so far comes as a frame, now
 * @property {() => void} release the microphone is off; harmless when it is already
 */

/**
 * Hz: what the server's ears work with. Sound that comes at their own rate need not be resampled there,
 * which takes time, and is a third of what most microphones give.
 */
const EARS_RATE = 16_000;

/** The device's own rate, for a voice that is kept. */
export const DEVICE_RATE = undefined;

/** Contexts that listen, in the whole page. */
let recording = 0;

/** @type {MediaTrackConstraints} */
const ASKED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

/**
 * For a voice that is kept: as it sounds, without what browsers do to speech on a call.
 * @type {MediaTrackConstraints}
 */
export const UNTOUCHED = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  channelCount: 1,
};

/**
 * Open the microphone. Call this inside a press, so that the audio context may run.
 * @param {MediaTrackConstraints} [asked] what the browser is to do to the sound
 * @param {number} [rate] Hz to have it in, if the browser can
 * @returns {Promise<Capture>}
 * @throws {DOMException} as getUserMedia does, and 'InsecureContext' where browsers offer no microphone
 */
export async function openMicrophone(asked = ASKED, rate = EARS_RATE) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'InsecureContext');
  forRecording(1);
  // A context that is made in the press may run.
  const listening = listeningContext(rate);
  const opened = ask(navigator.mediaDevices, preferences.get().microphone, asked);
  try {
    const [stream] = await Promise.all([opened, listening.worklet]);
    return await captureIn(listening.context, stream);
  } catch (problem) {
    // The microphone may have been opened although something else failed.
    opened.then(turnOff, () => {});
    close(listening.context);
    throw problem;
  }
}

/**
 * @param {AudioContext} context
 * @param {MediaStream} stream
 * @returns {Promise<Capture>} in that context, or in another where browsers refuse a microphone in one of
 *   another rate than the device's
 */
async function captureIn(context, stream) {
  try {
    return capture(context, stream);
  } catch (problem) {
    if (!(problem instanceof DOMException) || problem.name !== 'NotSupportedError') throw problem;
  }
  const own = listeningContext(DEVICE_RATE);
  try {
    await own.worklet;
    const captured = capture(own.context, stream);
    context.close().catch(() => {});
    return captured;
  } catch (problem) {
    own.context.close().catch(() => {});
    throw problem;
  }
}

/**
 * @param {number} [sampleRate]
 * @returns {{context: AudioContext, worklet: Promise<void>}}
 */
function listeningContext(sampleRate) {
  const context = new AudioContext({ latencyHint: 'interactive', sampleRate });
  context.resume().catch(() => {});
  return { context, worklet: context.audioWorklet.addModule(new URL('./capture-worklet.js', import.meta.url)) };
}

/**
 * @param {MediaDevices} devices
 * @param {string} deviceId of the chosen microphone; '' for the system's
 * @param {MediaTrackConstraints} audio
 * @returns {Promise<MediaStream>} of the system's when the chosen one is not connected
 */
async function ask(devices, deviceId, audio) {
  if (deviceId === '') return devices.getUserMedia({ audio });
  try {
    // A wish that is not exact is passed over by Chromium.
    return await devices.getUserMedia({ audio: { ...audio, deviceId: { exact: deviceId } } });
  } catch (problem) {
    if (!(problem instanceof Error) || problem.name !== 'OverconstrainedError') throw problem;
    return devices.getUserMedia({ audio });
  }
}

/**
 * @param {AudioContext} context
 * @param {MediaStream} stream
 * @returns {Capture}
 */
function capture(context, stream) {
  const source = context.createMediaStreamSource(stream);
  const worklet = new AudioWorkletNode(context, 'vox-capture', { numberOfInputs: 1, numberOfOutputs: 1 });
  const track = stream.getAudioTracks()[0];
  /** @type {() => void} */
  let flushed = () => {};
  return {
    rate: context.sampleRate,
    start(frame, lost) {
      worklet.port.onmessage = ({ data }) => {
        if (data.flushed) flushed();
        else frame(data.samples, data.level);
      };
      track.onended = lost;
      context.onstatechange = () => {
        if (context.state !== 'running' && context.state !== 'closed') context.resume().catch(() => {});
      };
      source.connect(worklet);
      // It gives out silence; browsers only run what leads to the loudspeaker.
      worklet.connect(context.destination);
      if (track.readyState === 'ended') lost();
    },
    flush() {
      const done = new Promise((resolve) => {
        flushed = () => resolve(undefined);
      });
      worklet.port.postMessage('flush');
      return /** @type {Promise<void>} */ (done);
    },
    release() {
      track.onended = null;
      context.onstatechange = null;
      worklet.port.onmessage = null;
      turnOff(stream);
      source.disconnect();
      worklet.disconnect();
      close(context);
    },
  };
}

/** @param {MediaStream} stream */
function turnOff(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @param {AudioContext} context */
function close(context) {
  if (context.state === 'closed') return;
  forRecording(-1);
  context.close().catch(() => {});
}

/**
 * Safari plays to the ear piece while it believes the page is on a call; tell it when that is over.
 * @param {1 | -1} more
 */
function forRecording(more) {
  recording += more;
  const type = recording > 0 ? 'play-and-record' : 'playback';
  if (navigator.audioSession) navigator.audioSession.type = type;
}
