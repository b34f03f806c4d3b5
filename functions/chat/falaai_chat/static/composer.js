// @ts-check
// The message field: it grows with the text and stores a draft for each conversation.

import { make, makeButton, part } from "./dom.js";
import {
  defaultQuestion,
  filesIn,
  giveBackFiles,
  hasFailedFiles,
  isUploading,
  moveFiles,
  takeFiles,
} from "./draft_files.js";
import { openId } from "./open_conversation.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";
import { isTemporary } from "./temporary.js";
import { keepUnsent, keyOf, readUnsent, removeUnsent } from "./unsent.js";

/** @type {HTMLTextAreaElement} */
const field = part("message");
/** @type {HTMLButtonElement} */
const button = part("send");
const notice = part("composer-notice");
const MAX = Number(field.dataset.max); // characters
let isAnswering = false;

/** The conversation of the text in the field. */
let place = "";
let waitsForFiles = false; // the message is sent when its uploads have ended

/** Return the name of the conversation that drafts and unsent messages belong to. */
export const draftPlace = () => String(openId() || "nova");

/** On a touch keyboard Enter begins a line: most have no Shift+Enter. */
const hasNoShift = () => matchMedia("(pointer: coarse)").matches;

/** @param {KeyboardEvent} event */
export function isSendKey(event) {
  if (hasNoShift()) return false;
  // Some browsers do not set isComposing on the last key of an input method; keyCode 229 marks that key.
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

/** Set the height by script in browsers that cannot size a field by its content (field-sizing). */
function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

/** @param {number} count */
const inWords = (count) => count.toLocaleString("pt-BR");

function changed() {
  fit();
  if (field.value && !isTemporary()) keepUnsent("rascunho", draftPlace(), field.value);
  else removeUnsent("rascunho", draftPlace());
  const count = [...field.value].length;
  button.disabled = count > MAX;
  if (count > MAX) showComposerNotice(say("tooLong", { count: inWords(count), max: inWords(MAX) }), "length");
  else if (notice.dataset.kind === "length") hideNotice();
}

/**
 * Show a sentence above the field, with an action.
 * @param {string} sentence
 * @param {"length" | "refusal" | "files"} [kind]
 * @param {HTMLElement} [action]
 */
export function showComposerNotice(sentence, kind = "refusal", action) {
  notice.replaceChildren(make("span", "", sentence), ...(action ? [action] : []));
  notice.dataset.kind = kind;
  notice.hidden = false;
}

export function hideNotice() {
  notice.hidden = true;
  notice.replaceChildren();
  notice.dataset.kind = "";
}

/** Focus the field, but not on a phone: the keyboard would cover the messages. */
export function focusComposer() {
  if (matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
}

/**
 * Put a message that could not be sent back into the field, before any text typed since, with its files.
 * @param {string} text
 * @param {import("./draft_files.js").SentFiles} [sent]
 */
export function giveBack(text, sent) {
  if (sent) giveBackFiles(draftPlace(), sent);
  field.value = field.value ? `${text}\n\n${field.value}` : text;
  changed();
  field.focus();
}

/**
 * Take a text that was given back out of the field again. Returns false if it was changed since.
 * @param {string} text
 */
export function takeGivenBack(text) {
  const isThere = field.value === text || field.value.startsWith(`${text}\n\n`);
  if (isThere) {
    field.value = field.value.slice(text.length).trimStart();
    changed();
  }
  return isThere;
}

export const readComposer = () => field.value;

/**
 * Replace the text of the field.
 * @param {string} text
 * @param {number} caret
 */
export function fillComposer(text, caret) {
  field.value = text;
  changed();
  field.focus();
  field.setSelectionRange(caret, caret);
}

/** Return whether the message can be sent with its files now. If not, say why. */
function areFilesReady() {
  if (hasFailedFiles(place)) {
    showComposerNotice(texts.filesFailed, "files");
    return false;
  }
  if (!isUploading(place)) return true;
  waitsForFiles = true;
  const cancel = makeButton(texts.cancel, "");
  cancel.addEventListener("click", () => {
    stopWaiting();
    field.focus();
  });
  showComposerNotice(texts.filesWait, "files", cancel);
  return false;
}

function stopWaiting() {
  waitsForFiles = false;
  if (notice.dataset.kind === "files") hideNotice();
}

/** Send the message of the field, as its button does. */
export function submit() {
  if (!field.value.trim() && !filesIn(place).length) return;
  if ([...field.value].length > MAX || !areFilesReady()) return;
  waitsForFiles = false;
  hideNotice();
  const sent = takeFiles(place);
  const text = field.value.trim() ? field.value : defaultQuestion(sent);
  field.value = "";
  removeUnsent("rascunho", place);
  fit();
  emit("message-written", { text, ...sent });
}

/** @param {string} changedPlace */
function followFiles(changedPlace) {
  if (changedPlace !== place || isUploading(place)) return;
  const waited = waitsForFiles;
  stopWaiting();
  if (waited && !isAnswering) submit();
}

/** @param {boolean} answering */
function showAnswering(answering) {
  isAnswering = answering;
  button.classList.toggle("composer-send-stops", answering);
  button.setAttribute("aria-label", answering ? texts.stop : texts.send);
  if (!answering) focusComposer();
}

function showDraft() {
  waitsForFiles = false;
  hideNotice();
  place = draftPlace();
  field.value = readUnsent("rascunho", place) ?? "";
  changed();
}

/**
 * Show the draft as another tab of the same conversation has written it. So the two do not overwrite each other: in each
 * the user goes on with the text that was typed last.
 * @param {StorageEvent} event
 */
function followDraft({ key, newValue }) {
  if (key !== keyOf("rascunho", place) || document.hasFocus()) return;
  field.value = newValue ?? "";
  fit();
}

/** Text that was typed before the server gave a new conversation its id belongs to that conversation. */
function moveDraft() {
  if (place === draftPlace()) return;
  removeUnsent("rascunho", place);
  moveFiles(place, draftPlace());
  place = draftPlace();
  changed();
}

export function startComposer() {
  place = draftPlace();
  if (field.value) changed();
  else showDraft();
  if (hasNoShift()) field.enterKeyHint = "enter";
  on("new-conversation", () => {
    showDraft();
    focusComposer();
  });
  on("conversation-opened", () => {
    showDraft();
    focusComposer();
  });
  on("reply-started", moveDraft);
  addEventListener("storage", followDraft);
  button.addEventListener("click", () => (isAnswering ? emit("stop", null) : submit()));
  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    if (!isSendKey(event)) return;
    event.preventDefault();
    if (!isAnswering) submit();
  });
  on("answering", showAnswering);
  on("files-changed", followFiles);
}
