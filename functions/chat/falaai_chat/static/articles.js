// @ts-check
// Questions and replies as elements of the page.

import { cloneTemplate, get, make, makeButton, part } from "./dom.js";
import { say } from "./requests.js";
import { splitLongCode } from "./long_code.js";
import { texts } from "./sentences.js";
import { showTime } from "./message_time.js";
import { showAttachments } from "./attachment_list.js";
import { showRating } from "./ratings.js";
import { addRemembered } from "./remembered.js";
import { scrollToEnd } from "./scrolling.js";
import { collapseSources, showSources } from "./sources.js";

/** @typedef {import("./draft_files.js").Attachment} Attachment */
/**
 * A message as GET /conversation/{id} returns it. `anexos` are the files of a question.
 * @typedef {{
 *   id: number, seq: number, remetente: "bot" | "usuario", conteudo: string, estado: string, erro: string | null,
 *   aviso: string | null, html: string, data_envio: string, versao: number, versoes: number, modo: "rapido" | "pensar", anexos?: Attachment[],
 *   pesquisa?: import("./sources.js").Search | null,
 *   avaliacao: { nota: "boa" | "ruim", motivo: string | null } | null, guardado?: import("./remembered.js").Fact[],
 * }} Message
 */

export const log = part("log");

/** @param {HTMLElement} article */
export const bodyOf = (article) => part("body", article);

/** @param {HTMLElement} article */
export const isReply = (article) => article.dataset.kind === "reply";

/** @param {HTMLElement} article */
export const isGenerating = (article) => article.dataset.state === "gerando";

/** @param {HTMLElement} article */
function add(article) {
  document.querySelector("[data-part=greeting]")?.remove();
  part("time", article).textContent = texts.now;
  log.append(article);
  return article;
}

/**
 * Add a question. The caller adds its reply at once.
 * @param {string} text
 * @param {Attachment[]} [attachments]
 */
export function addQuestion(text, attachments = []) {
  const article = cloneTemplate("question");
  bodyOf(article).textContent = text;
  showAttachments(article, attachments);
  return add(article);
}

/** Add a reply, and show it. */
export function addReply() {
  const article = add(cloneTemplate("reply"));
  scrollToEnd();
  return article;
}

/**
 * Return the question of a reply.
 * @param {HTMLElement} reply
 */
export const questionOf = (reply) => /** @type {HTMLElement | null} */ (reply.previousElementSibling);

/**
 * Show three dots until the first text arrives.
 * @param {HTMLElement} article
 * @param {string} [sentence] what is being done
 */
export function showWaiting(article, sentence = "") {
  article.dataset.rating = ""; // of an earlier try
  showRating(article);
  const dots = make("div", "thinking");
  dots.append(make("i"), make("i"), make("i"), sentence);
  bodyOf(article).replaceChildren(dots);
  part("sources", article).hidden = true;
  showNotice(article, "");
  article.dataset.state = "gerando";
}

/**
 * Show a sentence under a reply, with buttons for the acts [label, name].
 * @param {HTMLElement} article
 * @param {string} sentence
 * @param {[string, string][]} [acts]
 */
export function showNotice(article, sentence, acts = []) {
  const notice = part("notice", article);
  notice.hidden = !sentence;
  notice.replaceChildren(make("span", "", sentence), ...acts.map(([label, act]) => makeButton(label, act)));
}

/** @type {Record<string, [string, string]>} */
const ACTS = {
  goOn: [texts.goOn, "go-on"],
  again: [texts.again, "again"],
  retry: [texts.retry, "again"],
  edit: [texts.editQuestion, "edit-question"],
};

/**
 * @param {string} state
 * @param {string} error
 * @returns {[string, string][]}
 */
function actsAfter(state, error) {
  if (state === "interrompida" || error === "model_cut_short") return [ACTS.goOn, ACTS.again];
  if (error === "model_blocked") return [ACTS.edit];
  return state === "erro" ? [ACTS.retry] : [];
}

/**
 * Show how a reply ended, with actions.
 * @param {HTMLElement} article
 * @param {string} state
 * @param {string} error
 * @param {string} sentence
 */
export function showEnd(article, state, error, sentence) {
  article.dataset.state = state;
  article.dataset.error = error;
  showNotice(article, sentence, actsAfter(state, error));
}

/**
 * Add a copy button to every code block, beside the name of its language.
 * @param {ParentNode} within
 */
function addCopyButtons(within) {
  for (const head of within.querySelectorAll(".code-language:not(:has(button))")) {
    head.append(makeButton(texts.copy, "copy-code", "code-copy"));
  }
}

/**
 * Return a reply's HTML as nodes with copy buttons and split code, ready for the page. They are changed before they are on
 * the page: there, the browser would style thousands of moved nodes again.
 * @param {string} html rendered and sanitized by the server
 * @returns {DocumentFragment}
 */
export function nodesFor(html) {
  const template = make("template");
  template.innerHTML = html;
  addCopyButtons(template.content);
  splitLongCode(template.content);
  return template.content;
}

/**
 * Replace the nodes of a place by those of a text that differs in few blocks. Equal blocks stay, with the reader's
 * selection in them.
 * @param {HTMLElement} place
 * @param {DocumentFragment} nodes
 */
export function replaceChanged(place, nodes) {
  const old = [...place.childNodes];
  const fresh = [...nodes.childNodes];
  for (const [i, node] of fresh.entries()) {
    if (!old[i]) place.append(node);
    else if (!old[i].isEqualNode(node)) old[i].replaceWith(node);
  }
  for (const surplus of old.slice(fresh.length)) surplus.remove();
}

/**
 * Return the number of the shown version of a message, and the number of its versions.
 * @param {HTMLElement} article
 */
export const versionsOf = ({ dataset }) => ({
  version: Number(dataset.version) || 1,
  versions: Number(dataset.versions) || 1,
});

/**
 * Show "‹ 2/3 ›" under a message that has versions.
 * @param {HTMLElement} article
 * @param {{ version: number, versions: number }} shown
 */
export function showVersions(article, { version, versions }) {
  Object.assign(article.dataset, { version, versions });
  part("versions", article).hidden = versions < 2;
  part("version-count", article).textContent = `${version}/${versions}`;
  part("version-words", article).textContent = say("versionOf", { version, versions });
  // Not `disabled`, which would take the focus away.
  get("[data-act=version-before]", article).setAttribute("aria-disabled", String(version === 1));
  get("[data-act=version-after]", article).setAttribute("aria-disabled", String(version === versions));
}

/**
 * Count one version more of a message, and show it as the last one.
 * @param {HTMLElement} article
 */
export function addVersion(article) {
  const versions = versionsOf(article).versions + 1;
  showVersions(article, { version: versions, versions });
}

/**
 * Add to a server-rendered message the elements that need scripts.
 * @param {HTMLElement} article
 */
export function decorate(article) {
  addCopyButtons(article);
  showVersions(article, versionsOf(article));
  splitLongCode(article);
  showTime(part("time", article));
  if (isReply(article)) showRating(article);
  if (!isReply(article))
    showAttachments(article, JSON.parse(part("attachments", article).dataset.attachments || "[]"));
  else if (!part("sources", article).hidden) collapseSources(article);
  if (!isReply(article) || isGenerating(article)) return;
  const { state = "", error = "" } = article.dataset;
  showEnd(article, state, error, part("notice", article).textContent?.trim() ?? "");
}

/**
 * Return the article of a message of the server.
 * @param {Message} message
 */
export function articleFor(message) {
  const isBot = message.remetente === "bot";
  const article = cloneTemplate(isBot ? "reply" : "question");
  if (isBot) bodyOf(article).append(nodesFor(message.html));
  else bodyOf(article).textContent = message.conteudo;
  /** @type {HTMLTimeElement} */
  const time = part("time", article);
  time.dateTime = message.data_envio;
  Object.assign(article.dataset, {
    id: message.id,
    seq: message.seq,
    state: message.estado,
    error: message.erro ?? "",
    version: message.versao,
    versions: message.versoes,
    mode: message.modo,
    rating: message.avaliacao?.nota ?? "",
  });
  if (isBot) {
    get("span", part("notice", article)).textContent = message.aviso ?? "";
    showSources(article, message.pesquisa);
    for (const fact of message.guardado ?? []) addRemembered(article, fact);
  } else part("attachments", article).dataset.attachments = JSON.stringify(message.anexos ?? []);
  decorate(article);
  return article;
}
