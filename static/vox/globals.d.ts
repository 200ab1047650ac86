// What the browser has and TypeScript's DOM library does not know, and what the page adds to window.

/** Hz; the rate of the audio worklet's context (in an AudioWorkletGlobalScope only). */
declare const sampleRate: number;

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

interface Uint8Array {
  toBase64?(): string;
}

interface Uint8ArrayConstructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

interface Navigator {
  /** Safari: what the page's sound is for, which decides about the ring switch and the route. */
  audioSession?: { type: string };
}

interface AudioContext {
  /** Play on this device; not in every browser. */
  setSinkId?(deviceId: string): Promise<void>;
}

interface Window {
  vox: {
    /** Every audio source that plays or is scheduled. */
    readonly activeAudio: ReadonlySet<AudioBufferSourceNode>;
    /** Where the voice comes out, for whoever wants to listen along; null before the first sound. */
    readonly output: AudioNode | null;
  };
}
