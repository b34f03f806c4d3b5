// @ts-check
// "Guardei: … · desfazer" under a reply: the facts that the server has stored from the open conversation.

import { log } from "./articles.js";
import { openId } from "./open_conversation.js";
import { addRemembered, sentenceOf } from "./remembered.js";
import { ask } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

/** @typedef {import("./remembered.js").Fact} Fact */

/** Number of facts stored from the open conversation of which the page knows; -1 before the first answer. */
let known = Number(log.dataset.stored);
let conversation = openId();

/**
 * Show facts that have just been stored.
 * @param {HTMLElement} article a reply
 * @param {Fact[]} facts
 */
export function showRemembered(article, facts) {
  for (const fact of facts) {
    if (log.querySelector(`[data-fact="${fact.id}"]`)) continue;
    addRemembered(article, fact);
    announce(sentenceOf(fact));
  }
}

/** @param {HTMLElement} button of the fact */
export async function forgetFact(button) {
  const chip = /** @type {HTMLElement} */ (button.closest("[data-fact]"));
  await ask("DELETE", `/memory/${chip.dataset.fact}`).catch((problem) => {
    if (problem.status !== 404) throw problem; // it is forgotten already
  });
  const tool = /** @type {HTMLElement | null} */ (chip.parentElement?.querySelector("[data-act=copy]"));
  chip.remove();
  announce(texts.factForgotten);
  tool?.focus();
}

/** Return the reply to the question with this seq, or the last reply of the page. @param {Fact} fact */
function replyTo({ seq }) {
  const exact = seq && log.querySelector(`[data-kind=reply][data-seq="${seq + 1}"]`);
  return /** @type {HTMLElement | null} */ (
    exact || [...log.querySelectorAll("[data-kind=reply]")].at(-1) || null
  );
}

/**
 * Show the facts that were stored since the last call.
 * @param {number} stored number of facts stored from the open conversation
 */
export async function noteStored(stored) {
  const id = openId();
  const before = conversation === id ? known : -1;
  conversation = id;
  known = stored;
  if (before < 0 || stored <= before) return;
  const { fatos } = await ask("GET", "/memory");
  if (openId() !== id) return;
  const newest = /** @type {Fact[]} */ (fatos)
    .filter((fact) => fact.conversation_id === id)
    .slice(0, stored - before);
  for (const fact of newest) {
    const article = replyTo(fact);
    if (article) showRemembered(article, [fact]);
  }
}

export function startMemoryChips() {
  on("reply-started", ({ conversation_id, seq }) => {
    if (seq !== 2) return;
    conversation = conversation_id;
    known = 0; // a new conversation has none
  });
}
