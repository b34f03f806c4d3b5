// @ts-check
// Show another version of a question or a reply, with everything that followed it.

import { articleFor, log, versionsOf } from "./articles.js";
import { showComposerNotice } from "./composer.js";
import { get } from "./dom.js";
import { isEditing } from "./question_editor.js";
import { askForPage, say } from "./requests.js";
import { isAnswering } from "./running_reply.js";
import { scroller, stopFollowing } from "./scrolling.js";
import { texts } from "./sentences.js";
import { announce, emit } from "./signals.js";

/** @typedef {import("./articles.js").Message} Message */

const MOST = 2000; // messages that are loaded in place; if there are more, the page is loaded again
let isSwitching = false;

/**
 * Show the version before or after the shown one.
 * @param {HTMLElement} article
 * @param {-1 | 1} step
 */
export async function showOther(article, step) {
  const { version, versions } = versionsOf(article);
  const wanted = version + step;
  if (isSwitching || wanted < 1 || wanted > versions) return;
  if (isAnswering() || isEditing()) return showComposerNotice(texts.stillAnswering);
  isSwitching = true;
  try {
    await replaceFrom(article, wanted, step);
  } finally {
    isSwitching = false;
  }
}

/** @type {(article: HTMLElement, wanted: number, step: -1 | 1) => Promise<void>} */
async function replaceFrom(article, wanted, step) {
  const seq = Number(article.dataset.seq);
  const path = `/chat/messages/${article.dataset.id}/version`;
  let { items, next } = await askForPage("POST", path, { versao: wanted });
  /** @type {Message[]} */
  let messages = items;
  while (next && messages[0].seq > seq) {
    if (messages.length > MOST) return openAgain(seq);
    ({ items, next } = await askForPage("GET", next));
    messages = [...items, ...messages];
  }
  if (!article.isConnected) return; // another conversation is shown
  const top = article.getBoundingClientRect().top;
  const following = [...log.children].slice([...log.children].indexOf(article));
  const articles = messages.filter((message) => message.seq >= seq).map(articleFor);
  stopFollowing();
  article.before(...articles);
  for (const old of following) old.remove();
  const [shown] = articles;
  if (!shown) return;
  scroller.scrollTop += shown.getBoundingClientRect().top - top;
  emit("version-shown", null);
  focusControl(shown, step);
  announce(say("versionOf", versionsOf(shown)));
}

/** @type {(article: HTMLElement, step: -1 | 1) => void} */
function focusControl(article, step) {
  const acts = step > 0 ? ["version-after", "version-before"] : ["version-before", "version-after"];
  const buttons = acts.map((act) => get(`[data-act=${act}]`, article));
  const button = buttons.find((one) => one.getAttribute("aria-disabled") !== "true") ?? buttons[0];
  button.focus({ preventScroll: true });
}

/**
 * Load the page at the message with this seq.
 * @param {number} seq
 */
function openAgain(seq) {
  location.search = `m=${seq}`;
  if (location.search === `?m=${seq}`) location.reload();
}
