// @ts-check
// Record a voice message with the microphone, and attach it. A meter shows that the microphone hears something.

import { clock, makeIcon } from "./attachment_list.js";
import { focusComposer, showComposerNotice } from "./composer.js";
import { make, part } from "./dom.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, emit, on } from "./signals.js";
import { upload } from "./uploads.js";
import { wavOf } from "./wav.js";

const RATE = 16000; // samples a second, as recording_worklet.js sends them
const MOST_MINUTES = 15;
const MOST_BYTES = 20 * 1024 * 1024;
const LEAST_SAMPLES = RATE / 2;

const place = part("recording");
/** Sentences for the browser's refusals. */
const ERRORS = new Map([
  ["NotAllowedError", texts.microphoneRefused],
  ["SecurityError", texts.microphoneRefused],
  ["NotFoundError", texts.microphoneMissing],
]);

class Recorder {
  /**
   * @param {MediaStream} stream
   * @param {AudioContext} context
   */
  constructor(stream, context) {
    this.stream = stream;
    this.context = context;
    /** @type {Int16Array[]} */
    this.chunks = [];
    this.samples = 0;
    this.isLate = false; // one minute is left
    this.panel = make("div", "recording");
    this.panel.setAttribute("role", "group");
    this.panel.setAttribute("aria-label", texts.recording);
    this.meter = make("meter", "recording-meter");
    this.meter.setAttribute("aria-label", texts.recordingLevel);
    this.time = make("span", "recording-time", clock(0));
    this.time.setAttribute("role", "timer");
    const cancel = this.button(texts.recordingCancel, "close", "icon-button");
    const done = this.button(texts.recordingEnd, "done", "composer-send");
    cancel.addEventListener("click", () => this.cancel());
    done.addEventListener("click", () => this.end(texts.recordingDone));
    this.panel.append(cancel, make("i", "recording-dot"), this.time, this.meter, done);
    place.replaceChildren(this.panel);
    done.focus();
  }

  /** @type {(name: string, icon: string, className: string) => HTMLButtonElement} */
  button(name, icon, className) {
    const button = make("button", className);
    button.type = "button";
    button.setAttribute("aria-label", name);
    button.title = name;
    button.append(makeIcon(icon));
    return button;
  }

  begin() {
    const source = this.context.createMediaStreamSource(this.stream);
    // No output: the microphone must not be heard.
    const node = new AudioWorkletNode(this.context, "recording", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
    });
    node.port.onmessage = ({ data }) => this.hear(data);
    source.connect(node);
    // The microphone was unplugged, or its permission was taken back.
    for (const track of this.stream.getAudioTracks())
      track.addEventListener("ended", () => this.end(texts.recordingDone));
  }

  /** @param {{ sound: Int16Array, peak: number }} heard */
  hear({ sound, peak }) {
    if (running !== this) return;
    this.chunks.push(sound);
    this.samples += sound.length;
    this.meter.value = Math.sqrt(peak); // closer to what an ear hears
    const seconds = this.samples / RATE;
    this.time.textContent = clock(seconds);
    if (!this.isLate && seconds >= 60 * (MOST_MINUTES - 1)) {
      this.isLate = true;
      announce(texts.recordingLeft);
    }
    if (seconds >= 60 * MOST_MINUTES) this.end(say("recordingFull", { minutes: MOST_MINUTES }));
  }

  close() {
    running = null;
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close().catch(() => null);
    this.panel.remove();
    focusComposer();
  }

  cancel() {
    this.close();
    announce(texts.recordingCanceled);
  }

  /** @param {string} sentence */
  end(sentence) {
    if (running !== this) return;
    this.close();
    if (this.samples < LEAST_SAMPLES) return showComposerNotice(texts.recordingEmpty);
    const day = new Date().toLocaleString("pt-BR", { dateStyle: "short", timeStyle: "short" });
    const name = `${say("recordingName", { day })
      .replace(/[/:,]+/g, "-")
      .replace(/- /g, " ")}.wav`;
    upload([new File([wavOf(this.chunks, RATE, MOST_BYTES)], name, { type: "audio/wav" })]);
    announce(sentence);
  }
}

/** @type {Recorder | null} */
let running = null;

/**
 * Ask for the microphone and record.
 * @param {string} worklet address of recording_worklet.js
 */
export async function startRecording(worklet) {
  if (running) return;
  emit("recording", null); // a dictation or reading ends
  /** @type {MediaStream | null} */
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const context = new AudioContext();
    await context.resume(); // some browsers start it only when they are asked
    await context.audioWorklet.addModule(worklet);
    running = new Recorder(stream, context);
    running.begin();
  } catch (error) {
    if (running) running.close();
    for (const track of stream?.getTracks() ?? []) track.stop();
    const { name } = /** @type {Error} */ (error);
    showComposerNotice(ERRORS.get(name) ?? texts.recordingFailed);
    return;
  }
  announce(say("recordingStarted", { minutes: MOST_MINUTES }));
}

on("conversation-left", () => running?.cancel());
addEventListener("pagehide", () => running?.cancel());
