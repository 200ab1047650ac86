// @ts-check
// The microphone itself: opened for one recording, and off afterwards whatever happens.

/** @import {Capture} from './recording.js' */

/** @type {MediaTrackConstraints} */
const ASKED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

/**
 * Open the microphone. Call this inside a press, so that the audio context may run.
 * @returns {Promise<Capture>}
 * @throws {DOMException} as getUserMedia does, and 'InsecureContext' where browsers offer no microphone
 */
export async function openMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'InsecureContext');
  forRecording(true);
  // The device's own rate: Firefox refuses a microphone in a context of another rate.
  const context = new AudioContext({ latencyHint: 'interactive' });
  const asked = navigator.mediaDevices.getUserMedia({ audio: ASKED });
  try {
    context.resume().catch(() => {});
    const worklet = context.audioWorklet.addModule(new URL('./capture-worklet.js', import.meta.url));
    const [stream] = await Promise.all([asked, worklet]);
    return capture(context, stream);
  } catch (problem) {
    // The microphone may have been opened although something else failed.
    asked.then(turnOff, () => {});
    close(context);
    throw problem;
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
  forRecording(false);
  if (context.state !== 'closed') context.close().catch(() => {});
}

/**
 * Safari plays to the ear piece while it believes the page is on a call; tell it when that is over.
 * @param {boolean} on
 */
function forRecording(on) {
  if (navigator.audioSession) navigator.audioSession.type = on ? 'play-and-record' : 'playback';
}
