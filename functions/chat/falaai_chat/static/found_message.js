// @ts-check
// Show and focus a message that a search has found. Older messages are loaded until it is on the page.

import { log } from "./articles.js";
import { loadUntil } from "./older_messages.js";
import { scrollTo } from "./scrolling.js";
import { emit } from "./signals.js";

/** @param {number} seq */
export async function showFound(seq) {
  /** @returns {HTMLElement | null} */
  const find = () => log.querySelector(`[data-seq="${seq}"]`);
  await loadUntil(() => find() !== null);
  const article = find();
  if (!article) return;
  article.classList.add("message-found");
  article.tabIndex = -1;
  scrollTo(article);
  requestAnimationFrame(() => {
    scrollTo(article);
    article.focus({ preventScroll: true });
  });
}

/** A page that was opened from a search has the message in its address. */
export function startFoundMessage() {
  const query = new URLSearchParams(location.search);
  const [seq, id] = [Number(query.get("m")), Number(query.get("v"))];
  if (id) emit("version-found", { id, seq });
  else if (seq) showFound(seq);
}
