// The chat page: sends questions, shows replies as they come, keeps the list of conversations fresh.

import { ask, at } from "./requests.js";
import { Reply } from "./reply.js";

const $ = (id) => document.getElementById(id);
const messages = $("messages");
const scroller = $("scroller");
const composer = $("composer");
const field = $("message");
const button = composer.querySelector("button");
let answering = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

const toEnd = () => (scroller.scrollTop = scroller.scrollHeight);

// Follow what grows only while the reader is at the end.
function grow(change) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  change?.();
  if (atEnd) toEnd();
}

function append(child) {
  $("greeting")?.remove();
  messages.append(child);
  toEnd();
  return child;
}

function thinking() {
  const dots = element("div", "reply thinking");
  dots.setAttribute("aria-label", "Escrevendo a resposta");
  dots.append(...[0, 1, 2].map(() => document.createElement("i")));
  return dots;
}

function note(sentence, label, action) {
  const made = element("div", "reply-problem");
  made.append(element("span", "", sentence));
  const again = element("button", "button quiet", label);
  again.type = "button";
  again.addEventListener("click", () => {
    made.remove();
    action();
  });
  made.append(again);
  return made;
}

function setAnswering(reply) {
  answering = reply;
  button.textContent = reply ? "■" : "↑";
  button.setAttribute("aria-label", reply ? "Parar" : "Enviar");
}

const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

async function send(text, clientId = newId()) {
  const reply = new Reply(append(thinking()));
  reply.onstart = ({ conversation }) => remember(conversation);
  const conversation = Number(messages.dataset.conversation) || undefined;
  const question = { message: text, conversation_id: conversation, client_id: clientId };
  await show(reply, () => answer(reply, question), () => send(text, clientId));
}

async function answer(reply, question) {
  try {
    return await reply.stream(question);
  } catch (problem) {
    // Where streaming is switched off the gateway does not know the path.
    if (problem.status === 404 && reply.id === null) return reply.whole(question);
    throw problem;
  }
}

async function show(reply, run, again) {
  reply.ongrow = grow;
  setAnswering(reply);
  try {
    const { estado } = await run();
    if (estado === "interrompida") append(note("Você interrompeu esta resposta.", "Responder de novo", () => redo(reply, again)));
    refreshTitles();
  } catch (problem) {
    reply.element.remove();
    append(failure(problem, again));
  } finally {
    setAnswering(null);
    field.focus();
  }
}

function redo(reply, again) {
  reply.element.remove();
  again();
}

function failure(problem, again) {
  if (problem.status === 401) return note(problem.message, "Entrar", () => location.assign(at("/login")));
  return note(problem.message, "Tentar de novo", again);
}

function remember(conversation) {
  if (messages.dataset.conversation) return;
  messages.dataset.conversation = conversation;
  history.replaceState(null, "", at(`/chat/${conversation}`));
}

// A new conversation gets its title in the background; look for it a few times, each time a little later.
async function refreshTitles(wait = 700) {
  const list = await ask("GET", "/conversations").catch(() => null);
  if (!list) return;
  const current = Number(messages.dataset.conversation);
  $("conversations").replaceChildren(
    ...list.map(({ id, titulo_conversa }) => {
      const link = document.createElement("a");
      link.href = at(`/chat/${id}`);
      link.append(element("span", "", titulo_conversa));
      if (id === current) link.setAttribute("aria-current", "page");
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  const mine = list.find(({ id }) => id === current);
  if (!mine) return;
  $("title").textContent = mine.titulo_conversa;
  document.title = `${mine.titulo_conversa} · FalaAí`;
  if (mine.titulo_conversa === "Nova Conversa" && wait < 12000) setTimeout(refreshTitles, wait, wait * 2);
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (answering) return answering.stop();
  const text = field.value;
  if (!text.trim()) return;
  field.value = "";
  append(element("div", "question", text));
  send(text);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && answering) answering.stop();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!answering) composer.requestSubmit();
});

messages.addEventListener("click", (event) => {
  const suggestion = event.target.closest(".suggestions button");
  if (!suggestion) return;
  field.value = suggestion.textContent;
  composer.requestSubmit();
});

$("new-chat").addEventListener("click", async () => {
  await ask("POST", "/reset_chat");
  location.assign(at("/chat"));
});

$("logout").addEventListener("click", async () => {
  const answer = await ask("POST", "/logout");
  location.assign(answer.redirect_url);
});

$("menu").addEventListener("click", () => {
  const open = $("sidebar").classList.toggle("open");
  $("menu").setAttribute("aria-expanded", String(open));
});

document.querySelector(".conversation").addEventListener("click", (event) => {
  if (event.target.closest("#menu")) return;
  $("sidebar").classList.remove("open");
  $("menu").setAttribute("aria-expanded", "false");
});

// A reply that was under way when the page was left is picked up where it is.
const running = messages.querySelector("[data-running]");
if (running) {
  const again = () => location.reload();
  const reply = new Reply(running);
  show(reply, () => reply.follow(Number(running.dataset.running)), again);
}

toEnd();
