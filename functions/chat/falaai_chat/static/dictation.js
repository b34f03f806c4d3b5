// @ts-check
// Dictate a message with the browser's speech recognition, where it has one. Words appear at the cursor while they are
// spoken. Typing, sending and a second press of the button end it.

import { showComposerNotice } from "./composer.js";
import { part } from "./dom.js";
import { texts } from "./sentences.js";
import { announce, emit, on } from "./signals.js";
import { agrees } from "./speech_notice.js";

/**
 * The parts of the Web Speech API that are used; TypeScript's library has no recognition.
 * @typedef {{ isFinal: boolean, 0: { transcript: string } }} Heard
 * @typedef {EventTarget & {
 *   lang: string, continuous: boolean, interimResults: boolean, start(): void, stop(): void, abort(): void,
 * }} Recognition
 */

/** @type {{ SpeechRecognition?: new () => Recognition, webkitSpeechRecognition?: new () => Recognition }} */
const browser = /** @type {any} */ (window);
const Recognition = browser.SpeechRecognition ?? browser.webkitSpeechRecognition;
/** @type {HTMLTextAreaElement} */
const field = part("message");
const button = part("dictate");
/** @type {Recognition | null} */
let running = null;
/** Sentences for the browser's errors. */
const ERRORS = new Map([
  ["not-allowed", texts.microphoneRefused],
  ["service-not-allowed", texts.microphoneRefused],
  ["audio-capture", texts.microphoneMissing],
  ["no-speech", texts.nothingHeard],
  ["network", texts.dictationOffline],
  ["language-not-supported", texts.dictationFailed],
]);

/** @type {(isOn: boolean) => void} */
function show(isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  const label = isOn ? texts.stopDictation : texts.dictate;
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** Insert dictated words at the cursor. Each result replaces the words of the result before. */
class Insertion {
  constructor() {
    this.start = field.selectionStart;
    this.end = field.selectionEnd;
    const before = field.value.slice(0, this.start);
    const after = field.value.slice(this.end);
    this.gapBefore = before && !/\s$/.test(before) ? " " : "";
    this.gapAfter = after && !/^[\s.,;:!?)]/.test(after) ? " " : "";
  }

  /** @param {string} words */
  show(words) {
    const text = words && `${this.gapBefore}${words}${this.gapAfter}`;
    field.setRangeText(text, this.start, this.end, "end");
    this.end = this.start + text.length;
    if (text) field.setSelectionRange(this.end - this.gapAfter.length, this.end - this.gapAfter.length);
    field.dispatchEvent(new Event("input", { bubbles: true })); // the draft and the height follow
  }
}

/** @param {Heard[]} results */
const words = (results) =>
  results
    .map((one) => one[0].transcript.trim())
    .filter(Boolean)
    .join(" ");

/** End a dictation and keep the words that were heard so far. */
function stop() {
  const recognition = running;
  running = null;
  show(false);
  recognition?.abort();
}

function begin() {
  if (!Recognition) return;
  const recognition = new Recognition();
  const insertion = new Insertion();
  Object.assign(recognition, { lang: "pt-BR", continuous: true, interimResults: true });
  recognition.addEventListener("result", (event) => {
    if (running !== recognition) return;
    const { results } = /** @type {Event & { results: ArrayLike<Heard> }} */ (event);
    insertion.show(words(Array.from(results)));
  });
  recognition.addEventListener("error", (event) => {
    if (running !== recognition) return;
    const { error } = /** @type {Event & { error: string }} */ (event);
    if (error !== "aborted") showComposerNotice(ERRORS.get(error) ?? texts.dictationFailed);
  });
  recognition.addEventListener("end", () => {
    if (running !== recognition) return;
    stop();
    announce(texts.dictationEnded);
  });
  running = recognition;
  emit("dictating", null);
  show(true);
  recognition.start();
  announce(texts.dictating);
  field.focus();
}

async function toggle() {
  if (running) {
    stop();
    field.focus();
    return;
  }
  if (await agrees("dictation")) begin();
}

/** Return whether messages can be dictated. */
export const canDictate = () => !button.hidden;

export function startDictation() {
  if (!Recognition || !isSecureContext) return; // without HTTPS there is no microphone
  button.hidden = false;
  button.addEventListener("click", toggle);
  field.addEventListener("input", (event) => event.isTrusted && running && stop());
  on("message-written", stop);
  on("conversation-left", stop);
  on("reading-aloud", stop);
  on("recording", stop);
  addEventListener("pagehide", stop);
}
