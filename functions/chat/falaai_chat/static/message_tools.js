// @ts-check
// The buttons of messages: copy, edit, answer again, continue.

import { bodyOf, isReply, log, questionOf } from "./articles.js";
import { loadAttachments } from "./attaching.js";
import { copy } from "./clipboard.js";
import { closest, get } from "./dom.js";
import { forgetFact } from "./memory_chips.js";
import { openEditor } from "./question_editor.js";
import { rate } from "./ratings.js";
import { stopReading, toggleReading } from "./reading.js";
import { regenerate, send, sendAgain } from "./questions.js";
import { ask } from "./requests.js";
import { showAllSources, sourcesHtml } from "./sources.js";
import { texts } from "./sentences.js";
import { showOther } from "./versions.js";

/**
 * Return a reply's Markdown from the server, with its sources: the page has only its HTML.
 * @param {HTMLElement} article
 * @returns {Promise<string>}
 */
async function markdownOf(article) {
  const { com_fontes, conteudo } = await ask("GET", `/chat/replies/${article.dataset.id}`);
  return com_fontes ?? conteudo;
}

/**
 * Return a reply as HTML for other programs, without the buttons of code blocks, and with its sources at the end.
 * @param {HTMLElement} article
 */
function htmlOf(article) {
  const body = /** @type {HTMLElement} */ (bodyOf(article).cloneNode(true));
  for (const head of body.querySelectorAll(".code-language")) head.remove();
  return body.innerHTML + sourcesHtml(article);
}

/** @type {Record<string, (article: HTMLElement, button: HTMLElement) => unknown>} */
const ACTS = {
  copy: (article, button) => {
    if (!isReply(article)) return copy(button, bodyOf(article).textContent ?? "");
    return copy(button, markdownOf(article), htmlOf(article));
  },
  "copy-code": (_, button) =>
    copy(button, get("code", button.closest(".code") ?? document).textContent ?? ""),
  again: (article) => regenerate(article),
  "rate-good": (article) => rate(article, "boa"),
  "rate-bad": (article) => rate(article, "ruim"),
  "open-attachment": async (_, button) => (await loadAttachments()).openViewer(button),
  "all-sources": showAllSources,
  listen: toggleReading,
  "stop-reading": stopReading,
  edit: openEditor,
  "edit-question": (article) => openEditor(questionOf(article)),
  "go-on": () => send(texts.goOnMessage),
  "send-again": sendAgain,
  "forget-fact": (_article, button) => forgetFact(button),
  "version-before": (article) => showOther(article, -1),
  "version-after": (article) => showOther(article, 1),
};

export function startMessageTools() {
  log.addEventListener("click", (event) => {
    const button = closest(event, "[data-act]");
    const article = /** @type {HTMLElement | null} */ (button?.closest("[data-kind]"));
    if (button && article) ACTS[button.dataset.act ?? ""]?.(article, button);
  });
}
