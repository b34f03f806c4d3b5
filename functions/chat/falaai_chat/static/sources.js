// @ts-check
// What a web search has found for a reply: cards of its sources, and Google's suggestions in a frame.

import { cloneTemplate, get, makeButton, part } from "./dom.js";
import { at, say } from "./requests.js";

/**
 * The search of a reply. `citacoes` are places of its text in code points, with the numbers of their sources; the HTML
 * of the reply has these numbers. `aviso` says why there is nothing, and `frase` is its sentence.
 * @typedef {{ titulo: string, dominio: string, url: string }} Source
 * @typedef {{ inicio: number, fim: number, fontes: number[] }} Citation
 * @typedef {{
 *   fontes: Source[], citacoes: Citation[], consultas: string[], sugestoes: boolean, aviso: string | null,
 *   frase: string | null,
 * }} Search
 */

const SHOWN = 6; // sources; a button shows the others

/** @param {HTMLElement} article */
const listOf = (article) => part("sources-list", article);

/** @param {Source} source */
function cardFor({ titulo, dominio, url }) {
  const card = cloneTemplate("source");
  // The server has checked the address. Never make a link of anything else, whatever an answer has.
  if (/^https?:\/\//i.test(url)) /** @type {HTMLAnchorElement} */ (get("a", card)).href = url;
  part("source-title", card).textContent = titulo;
  part("source-domain", card).textContent = dominio === titulo ? "" : dominio;
  return card;
}

/** @param {HTMLElement} article whose `data-id` is known */
function suggestionsFor(article) {
  const frame = /** @type {HTMLIFrameElement} */ (cloneTemplate("suggestions"));
  frame.src = at(`/chat/replies/${article.dataset.id}/sugestoes`);
  return frame;
}

/**
 * Show the search of a reply, or nothing.
 * @param {HTMLElement} article
 * @param {Search | null | undefined} search
 */
export function showSources(article, search) {
  const sources = part("sources", article);
  sources.hidden = !search;
  if (!search) return;
  if (!sources.childElementCount) sources.append(...cloneTemplate("found-sources").children);
  const { fontes, frase, sugestoes } = search;
  part("sources-notice", article).textContent = frase;
  part("sources-notice", article).hidden = !frase;
  listOf(article).replaceChildren(...fontes.map(cardFor));
  part("sources-found", article).hidden = !fontes.length;
  part("suggestions", article).replaceChildren(...(sugestoes ? [suggestionsFor(article)] : []));
  part("sources-expiry", article).hidden = !fontes.length && !sugestoes;
  collapseSources(article);
}

/**
 * Hide all but the first sources behind a button. Without a script, and on paper, all are shown.
 * @param {HTMLElement} article
 */
export function collapseSources(article) {
  const list = listOf(article);
  const count = list.childElementCount;
  list.parentElement?.querySelector("[data-act=all-sources]")?.remove();
  list.classList.toggle("sources-collapsed", count > SHOWN);
  if (count > SHOWN) list.after(makeButton(say("allSources", { count }), "all-sources", "sources-all"));
}

/** @param {HTMLElement} article */
export function showAllSources(article) {
  const list = listOf(article);
  list.classList.remove("sources-collapsed");
  get("a", list.children[SHOWN]).focus();
  get("[data-act=all-sources]", article).remove();
}

/**
 * Return the sources of a reply as an HTML list for other programs, whose numbers are those in the text; "" without any.
 * @param {HTMLElement} article
 */
export function sourcesHtml(article) {
  if (part("sources", article).hidden) return "";
  const list = document.createElement("ol");
  for (const link of listOf(article).querySelectorAll("a")) {
    const copied = document.createElement("a");
    copied.href = link.href;
    const words = [part("source-title", link), part("source-domain", link)].map((one) => one.textContent);
    copied.textContent = words.filter(Boolean).join(" – ");
    const item = document.createElement("li");
    item.append(copied);
    list.append(item);
  }
  return list.childElementCount ? list.outerHTML : "";
}
