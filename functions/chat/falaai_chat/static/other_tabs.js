// @ts-check
// Messages that another tab or device has added are shown when the user comes back to this page.

import { articleFor, isGenerating, log } from "./articles.js";
import { openId } from "./open_conversation.js";
import { isEditing } from "./question_editor.js";
import { isAnswering } from "./questions.js";
import { ask } from "./requests.js";

const NEWEST = 20; // messages in one request; if there are more new ones, the page is reloaded

/** @typedef {import("./articles.js").Message} Message */

/** A reload would lose the text of an open editor. */
const isBusy = () => isAnswering() || isEditing();

async function addNewer() {
  const id = openId();
  const last = Number(/** @type {HTMLElement | null} */ (log.lastElementChild)?.dataset.seq);
  if (!id || !last || isBusy()) return;
  /** @type {Message[]} */
  const newest = await ask("GET", `/conversation/${id}?limit=${NEWEST}`).catch(() => []);
  if (openId() !== id || isBusy()) return;
  const newer = newest.filter((message) => message.seq > last);
  if (!newer.length) return;
  if (newer[0].seq > last + 1) location.reload();
  const articles = newer.map(articleFor);
  log.append(...articles);
  if (articles.some(isGenerating)) location.reload(); // the page follows it from its start
}

export function startOtherTabs() {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") addNewer();
  });
}
