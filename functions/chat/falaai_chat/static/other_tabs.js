// @ts-check
// Messages, titles and conversations that another tab or device has changed are shown while the page is visible.

import { articleFor, log } from "./articles.js";
import { checkList, entryOf } from "./conversation_list.js";
import { reopen } from "./conversation_opener.js";
import { openId } from "./open_conversation.js";
import { isEditing } from "./question_editor.js";
import { takeUp } from "./questions.js";
import { ask } from "./requests.js";
import { isAnswering } from "./running_reply.js";
import { on } from "./signals.js";

const EVERY = 15000; // milliseconds
const NEWEST = 20; // messages; if more are new, the conversation is loaded again

/** @typedef {import("./articles.js").Message} Message */

const LOST = -1; // differs from the time of every use
let timer = 0;
/** Time of the newest use of the open conversation that is shown; 0 while it is unknown, LOST after a lost answer. */
let shownUse = 0;
let isOwnUse = false; // whether this page has sent something after that use

/** Return the seq of the last message; 0 if there is none, or if the server does not have it. */
const lastSeq = () => Number(/** @type {HTMLElement | null} */ (log.lastElementChild)?.dataset.seq) || 0;

/** Return whether new messages must wait: they would come between a question and its reply, or end an edit. */
const isBusy = () => isAnswering() || isEditing() || !lastSeq();

/** Add the messages after the shown ones. @returns {Promise<boolean>} whether there were any */
async function addNewer() {
  const id = openId();
  const last = lastSeq();
  /** @type {Message[]} */
  const newer = await ask("GET", `/conversation/${id}?limit=${NEWEST}&after=${last}`);
  if (!newer.length || openId() !== id || isBusy()) return false;
  if (newer[0].seq > last + 1) await reopen();
  else log.append(...newer.map(articleFor));
  if (newer.some(({ estado }) => estado === "gerando")) takeUp();
  return true;
}

async function check() {
  const id = openId();
  const open = await checkList();
  if (!id || openId() !== id || isBusy()) return;
  const isOthersUse = shownUse !== 0 && !isOwnUse;
  isOwnUse = false;
  // Without an entry on the first page the last use is unknown.
  if (open && open.data_atualizacao === shownUse) return;
  const isNewer = await addNewer();
  if (open && isOthersUse && !isNewer && openId() === id && !isBusy()) await reopen(); // edited or answered again
  if (openId() !== id) return;
  shownUse = open?.data_atualizacao ?? 0;
  isOwnUse = false;
}

/** Check, and ignore a failure: the next check does the same again. */
const tryToCheck = () => check().catch(() => null);

function follow() {
  clearInterval(timer);
  if (document.visibilityState !== "visible") return;
  tryToCheck();
  timer = setInterval(tryToCheck, EVERY);
}

export function startOtherTabs() {
  shownUse = Number(log.dataset.updated) || 0;
  timer = setInterval(tryToCheck, EVERY);
  if (document.visibilityState !== "visible") clearInterval(timer);
  for (const name of /** @type {const} */ (["reply-started", "version-shown"]))
    on(name, () => {
      isOwnUse = true;
    });
  on("conversation-opened", () => {
    shownUse = Number(entryOf(openId())?.dataset.updated) || 0;
    isOwnUse = true; // the messages may be newer than the entry
  });
  on("outcome-unknown", () => {
    shownUse = LOST;
    isOwnUse = false;
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("online", follow);
}
