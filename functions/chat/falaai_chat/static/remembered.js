// @ts-check
// "Guardei: … · desfazer": a fact that was stored, under the reply to the question that told it.

import { cloneTemplate, get, part } from "./dom.js";
import { say } from "./requests.js";

/** @typedef {{ id: number, texto: string, conversation_id?: number | null, seq?: number | null }} Fact */

/** @param {Fact} fact */
export const sentenceOf = ({ texto }) => say("remembered", { text: texto });

/**
 * @param {HTMLElement} article a reply
 * @param {Fact} fact
 */
export function addRemembered(article, fact) {
  const chip = cloneTemplate("remembered");
  chip.dataset.fact = String(fact.id);
  part("remembered-text", chip).textContent = sentenceOf(fact);
  get("button", chip).setAttribute("aria-label", say("forgetFact", { text: fact.texto }));
  article.append(chip);
}
