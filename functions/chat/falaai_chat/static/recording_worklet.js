// @ts-check
// Runs in the browser's audio thread: sends the microphone's sound as 16-bit samples at 16 kHz, with its level.

import { Downsampler } from "./downsampler.js";

const RATE = 16000; // samples a second
const CHUNK = 1600; // samples of one message: ten messages a second
/** The globals of an AudioWorklet, which TypeScript's library does not have. */
const worklet = /** @type {any} */ (globalThis);

class Recording extends worklet.AudioWorkletProcessor {
  constructor() {
    super();
    this.downsampler = new Downsampler(worklet.sampleRate, RATE);
    /** @type {number[]} */
    this.samples = [];
  }

  /** @param {Float32Array[][]} inputs */
  process([input]) {
    if (input[0]) this.samples.push(...this.downsampler.add(input[0]));
    while (this.samples.length >= CHUNK) this.send(this.samples.splice(0, CHUNK));
    return true;
  }

  /** @param {number[]} samples */
  send(samples) {
    let peak = 0;
    const sound = Int16Array.from(samples, (sample) => {
      const value = Math.max(-1, Math.min(1, sample));
      peak = Math.max(peak, Math.abs(value));
      return Math.round(value * 32767);
    });
    this.port.postMessage({ sound, peak }, [sound.buffer]);
  }
}

worklet.registerProcessor("recording", Recording);
