// @ts-check
// The notice after the deletion of a conversation, with a button that undoes it. The server accepts that for ten
// seconds, so nothing holds the notice longer. A page that is loaded meanwhile shows it for the rest of the time.

import { focusComposer } from "./composer.js";
import { focusEntry, showChanged } from "./conversation_list.js";
import { openConversation } from "./conversation_opener.js";
import { part } from "./dom.js";
import { openId } from "./open_conversation.js";
import { Problem, ask } from "./requests.js";
import { texts } from "./sentences.js";
import { announce } from "./signals.js";
import { keepUnsent, owner, readUnsent, removeUnsent } from "./unsent.js";

/**
 * A deletion that can be undone. `until` is in milliseconds of performance.now(); `next` is the conversation to focus
 * when the notice ends.
 * @typedef {{ id: number, until: number, next: number, wasOpen: boolean }} Deletion
 */

const UNDO_TIME = 10000; // milliseconds
const REFUSAL_TIME = 5000; // milliseconds
const notice = part("undo");
const button = part("undo-button");
/** The newest one last. @type {Deletion[]} */
let deletions = [];
let timer = 0;
let isAsking = false;

/** The draft of a deleted conversation is kept in this tab, until the deletion can no longer be undone. @param {number} id */
const draftKey = (id) => `rascunho-apagado:${owner}:${id}`;

/** @param {number} id */
function hideDraft(id) {
  const draft = readUnsent("rascunho", id);
  removeUnsent("rascunho", id);
  if (draft) sessionStorage.setItem(draftKey(id), draft);
}

/** @param {number} id */
function restoreDraft(id) {
  const draft = sessionStorage.getItem(draftKey(id));
  sessionStorage.removeItem(draftKey(id));
  if (draft) keepUnsent("rascunho", id, draft);
}

/** @param {Deletion} deletion */
function focusAfter({ wasOpen, next }) {
  if (wasOpen) focusComposer();
  else focusEntry(next);
}

/** @type {(sentence: string, canUndo: boolean) => void} */
function fill(sentence, canUndo) {
  part("undo-text", notice).textContent = sentence;
  button.hidden = !canUndo;
  notice.classList.toggle("undo-shown", sentence !== "");
}

/** Show the newest deletion that can be undone; hide the notice if there is none. */
function show() {
  clearTimeout(timer);
  const ended = deletions.filter(({ until }) => until <= performance.now());
  for (const { id } of ended) sessionStorage.removeItem(draftKey(id));
  deletions = deletions.filter((one) => !ended.includes(one));
  const newest = deletions.at(-1);
  const last = ended.at(-1);
  if (newest) timer = setTimeout(show, newest.until - performance.now());
  else if (last && notice.contains(document.activeElement)) focusAfter(last);
  fill(newest ? texts.conversationDeleted : "", Boolean(newest));
}

/** @param {Deletion} deletion */
function forget(deletion) {
  deletions = deletions.filter((one) => one !== deletion);
  show();
}

/**
 * Offer to undo a deletion that the server has just confirmed.
 * @type {(id: number, next: number, wasOpen: boolean) => void}
 */
export function offerUndo(id, next, wasOpen) {
  hideDraft(id);
  deletions.push({ id, next, wasOpen, until: performance.now() + UNDO_TIME });
  show();
  button.focus({ preventScroll: true });
}

/** @param {Deletion} deletion */
function tellRefusal(deletion) {
  focusAfter(deletion);
  sessionStorage.removeItem(draftKey(deletion.id));
  forget(deletion);
  fill(texts.undoTooLate, deletions.length > 0);
  clearTimeout(timer);
  timer = setTimeout(show, REFUSAL_TIME);
}

/** @param {Deletion} deletion */
async function undo(deletion) {
  const { id, wasOpen } = deletion;
  try {
    const restored = await ask("POST", `/conversation/${id}/restore`);
    restoreDraft(id);
    await showChanged(restored);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    tellRefusal(deletion);
    return;
  }
  if (wasOpen && !openId()) {
    await openConversation(id, "");
    focusComposer();
  } else focusEntry(id);
  announce(texts.conversationRestored);
  forget(deletion);
}

export function startUndo() {
  const [loaded] = performance.getEntriesByType("navigation");
  const answered = loaded instanceof PerformanceNavigationTiming ? loaded.responseStart : 0;
  /** @type {[number, number][]} */
  const deleted = JSON.parse(notice.dataset.deleted ?? "[]");
  deletions = deleted
    .map(([id, left]) => ({ id, until: answered + left, next: 0, wasOpen: false }))
    .reverse();
  show();
  button.addEventListener("click", () => {
    const newest = deletions.at(-1);
    if (!newest || isAsking) return;
    isAsking = true;
    return undo(newest).finally(() => {
      isAsking = false;
    });
  });
  // Enter that is held since it confirmed the deletion must not undo it.
  button.addEventListener("keydown", (event) => {
    if (event.repeat) event.preventDefault();
  });
}
