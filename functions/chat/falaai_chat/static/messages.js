// The messages on the page: add new ones below and older ones above, and keep the scroll position.

import { askForPage } from "./requests.js";
import { texts } from "./sentences.js";

const $ = (id) => document.getElementById(id);
export const log = $("messages");
const scroller = $("scroller");
const column = log.parentElement;
const NEAR_END = 40; // pixels
let following = true;

const fresh = (name) => $(name).content.firstElementChild.cloneNode(true);

function toEnd() {
  following = true;
  scroller.scrollTop = scroller.scrollHeight;
}

// Scroll with a growing reply only while the reader is at the end.
new ResizeObserver(() => following && toEnd()).observe(column);
new ResizeObserver(() => following && toEnd()).observe(scroller);

function notePlace() {
  const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  following = below < NEAR_END;
  $("to-end").hidden = below < scroller.clientHeight / 2;
  $("topbar").classList.toggle("over-text", scroller.scrollTop > 0);
}
scroller.addEventListener("scroll", notePlace, { passive: true });
$("to-end").addEventListener("click", toEnd);

function add(article) {
  $("greeting")?.remove();
  log.append(article);
  toEnd();
  return article;
}

export function addQuestion(text) {
  const article = fresh("question-template");
  article.querySelector(".question").textContent = text;
  article.querySelector(".when").textContent = texts.now;
  return add(article);
}

export function addReply() {
  const article = fresh("reply-template");
  article.querySelector(".when").textContent = texts.now;
  return add(article);
}

export const bodyOf = (article) => article.querySelector(".reply, .question");

// Show three dots until the first text arrives.
export function showWaiting(article) {
  const dots = document.createElement("div");
  dots.className = "thinking";
  dots.append(...[0, 1, 2].map(() => document.createElement("i")));
  bodyOf(article).replaceChildren(dots);
  showNotice(article, "");
  article.dataset.state = "gerando";
}

// Show a sentence under a reply, with actions: [[label, action], …].
export function showNotice(article, sentence, ways = []) {
  const notice = article.querySelector(".reply-problem");
  notice.hidden = !sentence;
  const words = document.createElement("span");
  words.textContent = sentence;
  notice.replaceChildren(words, ...ways.map(([label, act]) => quietButton(label, act)));
}

export function quietButton(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button quiet small";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

// Add a copy button to every code block, beside the name of its language.
export function addCopyButtons(within) {
  for (const head of within.querySelectorAll(".code-language:not(:has(button))")) {
    const made = document.createElement("button");
    made.type = "button";
    made.dataset.act = "copy-code";
    made.textContent = texts.copy;
    head.append(made);
  }
}

function fill(message) {
  const isReply = message.remetente === "bot";
  const article = fresh(isReply ? "reply-template" : "question-template");
  if (isReply) bodyOf(article).innerHTML = message.html; // rendered and sanitized by the server
  else bodyOf(article).textContent = message.conteudo;
  article.querySelector(".when").textContent = message.quando;
  Object.assign(article.dataset, { id: message.id, seq: message.seq, state: message.estado, error: message.erro ?? "" });
  if (isReply) showNotice(article, message.aviso ?? "");
  return article;
}

// Load older messages above, one page at a time, without moving the visible ones.
const above = document.createElement("div");
above.className = "skeleton";
above.append(...[0, 1, 2].map(() => document.createElement("i")));
let older = log.dataset.older && `/conversation/${log.dataset.conversation}?limit=100&before=${log.dataset.older}`;

async function loadOlder(entries) {
  if (!older || !entries.some((entry) => entry.isIntersecting)) return;
  watcher.unobserve(above);
  const page = await askForPage("GET", older).catch(() => null);
  if (!page) return setTimeout(() => watcher.observe(above), 3000);
  const fromEnd = scroller.scrollHeight - scroller.scrollTop;
  const articles = page.items.map(fill);
  log.prepend(...articles);
  articles.forEach(decorate);
  older = page.next;
  if (!older) above.remove();
  scroller.scrollTop = scroller.scrollHeight - fromEnd;
  if (older) watcher.observe(above);
}

let decorate = addCopyButtons;
const watcher = new IntersectionObserver(loadOlder, { root: scroller, rootMargin: "800px 0px 0px" });

// `onreply` is called with every added reply, so that the caller can add actions to it.
export function startMessages(onreply) {
  decorate = (article) => {
    addCopyButtons(article);
    onreply(article);
  };
  log.querySelectorAll(".message").forEach(decorate);
  toEnd();
  if (!older) return;
  column.prepend(above);
  requestAnimationFrame(() => {
    toEnd();
    watcher.observe(above);
  });
}
