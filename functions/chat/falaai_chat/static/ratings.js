// @ts-check
// Thumbs under a reply. A bad rating offers reasons; it is stored before one is chosen.

import { get, make, makeButton } from "./dom.js";
import { ask } from "./requests.js";
import { texts } from "./sentences.js";
import { announce } from "./signals.js";

/** @typedef {"boa" | "ruim"} Rating */

/** The server's names of the reasons, and their labels. @type {[string, string][]} */
const REASONS = [
  ["incorreta", texts.ratingWrong],
  ["fora_do_pedido", texts.ratingOffTopic],
  ["tamanho", texts.ratingLength],
  ["tom", texts.ratingTone],
  ["ofensiva", texts.ratingHarmful],
  ["outra", texts.ratingOther],
];

/** @param {HTMLElement} article */
const removeReasons = (article) => article.querySelector(".rating")?.remove();

/**
 * Show which thumb is pressed.
 * @param {HTMLElement} article
 */
export function showRating(article) {
  const { rating = "" } = article.dataset;
  for (const [act, value] of [
    ["rate-good", "boa"],
    ["rate-bad", "ruim"],
  ])
    get(`[data-act=${act}]`, article).setAttribute("aria-pressed", String(rating === value));
  if (rating !== "ruim") removeReasons(article);
}

/**
 * @param {HTMLElement} article
 * @param {Rating | null} nota
 * @param {string | null} motivo
 */
async function store(article, nota, motivo) {
  await ask("PUT", `/chat/replies/${article.dataset.id}/rating`, { nota, motivo });
  article.dataset.rating = nota ?? "";
  showRating(article);
}

/** @param {HTMLElement} article */
function offerReasons(article) {
  const group = make("div", "rating");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", texts.ratingReason);
  group.append(make("span", "", texts.ratingReason));
  for (const [reason, label] of REASONS) {
    const button = makeButton(label, "");
    button.addEventListener("click", async () => {
      await store(article, "ruim", reason);
      removeReasons(article);
      announce(texts.ratingThanks);
      get("[data-act=rate-bad]", article).focus();
    });
    group.append(button);
  }
  article.append(group);
}

/**
 * Store a rating, or take it back if it was pressed already.
 * @param {HTMLElement} article
 * @param {Rating} rating
 */
export async function rate(article, rating) {
  const isBack = article.dataset.rating === rating;
  removeReasons(article);
  await store(article, isBack ? null : rating, null);
  announce(isBack ? texts.ratingBack : texts.ratingThanks);
  if (rating === "ruim" && !isBack) offerReasons(article);
}
