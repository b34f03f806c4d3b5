// @ts-check
// Read a reply aloud with a Portuguese voice of the browser. Without such a voice there is no button.
//
// The browser's own pause is not used: Chrome loses a paused utterance after a while, and Android ends it. Pausing
// cancels the current part, and resuming begins that part again.

import { bodyOf, log } from "./articles.js";
import { showComposerNotice } from "./composer.js";
import { get } from "./dom.js";
import { texts } from "./sentences.js";
import { announce, emit, on } from "./signals.js";
import { agrees } from "./speech_notice.js";
import { spokenParts } from "./spoken_text.js";

/** @typedef {{ article: HTMLElement, voice: SpeechSynthesisVoice, parts: string[], next: number }} Reading */

const synthesis = window.speechSynthesis;
/** @type {Reading | null} */
let reading = null;
/** The part that is read. Chrome forgets an utterance that nothing refers to. @type {SpeechSynthesisUtterance | null} */
let spoken = null;

/** Return the best Portuguese voice: Brazilian before others, on this device before a remote one. */
function findVoice() {
  /** @param {SpeechSynthesisVoice} voice */
  const rank = ({ lang, localService }) => (/^pt[-_]BR/i.test(lang) ? 2 : 0) + (localService ? 1 : 0);
  const voices = synthesis?.getVoices().filter(({ lang }) => /^pt\b|^pt_/i.test(lang)) ?? [];
  return voices.sort((one, other) => rank(other) - rank(one))[0];
}

/** @type {(article: HTMLElement, state: "" | "reading" | "paused") => void} */
function show(article, state) {
  article.dataset.speech = state;
  const button = get("[data-act=listen]", article);
  const label = { "": texts.listen, reading: texts.pauseReading, paused: texts.resumeReading }[state];
  button.setAttribute("aria-label", label);
  button.title = label;
  get("use", button).setAttribute("href", state === "reading" ? "#icon-pause" : "#icon-listen");
}

function silence() {
  spoken = null; // so that its end does not begin the next part
  synthesis.cancel();
}

export function stopReading() {
  if (!reading) return;
  const { article } = reading;
  const hadFocus = document.activeElement === article.querySelector("[data-act=stop-reading]");
  reading = null;
  silence();
  show(article, "");
  if (hadFocus) get("[data-act=listen]", article).focus();
}

/** @param {Reading} mine */
function readNext(mine) {
  if (reading !== mine) return;
  if (mine.next === mine.parts.length || !mine.article.isConnected) return stopReading();
  const utterance = new SpeechSynthesisUtterance(mine.parts[mine.next]);
  spoken = utterance;
  utterance.voice = mine.voice;
  utterance.lang = mine.voice.lang;
  utterance.onend = () => {
    if (spoken !== utterance) return;
    mine.next++;
    readNext(mine);
  };
  utterance.onerror = () => {
    if (spoken !== utterance) return;
    stopReading();
    showComposerNotice(texts.readingFailed);
  };
  synthesis.speak(utterance);
}

/** @param {Reading} mine */
function read(mine) {
  emit("reading-aloud", null);
  show(mine.article, "reading");
  readNext(mine);
}

/** @param {HTMLElement} article */
async function begin(article) {
  const voice = findVoice();
  if (!voice || !(voice.localService || (await agrees("reading")))) return;
  stopReading();
  reading = { article, voice, parts: spokenParts(bodyOf(article)), next: 0 };
  read(reading);
}

/**
 * Begin, pause or resume the reading of a reply.
 * @param {HTMLElement} article
 */
export function toggleReading(article) {
  if (reading?.article !== article) return begin(article);
  if (article.dataset.speech === "paused") return read(reading);
  silence();
  show(article, "paused");
  announce(texts.readingPaused);
}

/** Return whether replies can be read aloud. */
export const canRead = () => log.dataset.reads === "true";

export function startReading() {
  if (!synthesis) return;
  const offer = () => {
    log.dataset.reads = String(Boolean(findVoice()));
  };
  offer();
  synthesis.addEventListener("voiceschanged", offer); // Chrome loads its voices late
  addEventListener("pagehide", () => synthesis.cancel());
  on("conversation-left", stopReading);
  on("version-shown", () => reading?.article.isConnected || stopReading());
  on("dictating", stopReading); // the microphone would hear it
  on("recording", stopReading);
  on("answering", () => {
    if (reading?.article.dataset.state === "gerando") stopReading(); // its text is being replaced
  });
}
