// @ts-check
// A page opened from a search shows the message that was found.

import { log } from "./articles.js";
import { loadUntil } from "./older_messages.js";
import { scrollTo } from "./scrolling.js";

const seq = Number(new URLSearchParams(location.search).get("m"));

/** @returns {HTMLElement | null} */
const find = () => log.querySelector(`[data-seq="${seq}"]`);

export async function startFoundMessage() {
  if (!seq) return;
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
