// The chat page: sends questions, shows replies, keeps the list of conversations fresh.

import { ask, at } from "./requests.js";

const $ = (id) => document.getElementById(id);
const messages = $("messages");
const composer = $("composer");
const field = $("message");

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

function append(child) {
  $("greeting")?.remove();
  messages.append(child);
  $("scroller").scrollTop = $("scroller").scrollHeight;
  return child;
}

function thinking() {
  const dots = element("div", "thinking");
  dots.setAttribute("aria-label", "Escrevendo a resposta");
  dots.append(...[0, 1, 2].map(() => document.createElement("i")));
  return dots;
}

function failure(problem, again) {
  const note = element("div", "reply-problem");
  note.append(element("span", "", problem.message));
  const button = element("button", "button quiet", problem.status === 401 ? "Entrar" : "Tentar de novo");
  button.type = "button";
  button.addEventListener("click", () => (problem.status === 401 ? location.assign(at("/login")) : (note.remove(), again())));
  note.append(button);
  return note;
}

async function send(text, clientId = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`) {
  const button = composer.querySelector("button");
  const dots = append(thinking());
  button.disabled = true;
  try {
    const conversation = Number(messages.dataset.conversation) || undefined;
    const answer = await ask("POST", "/chat/message", { message: text, conversation_id: conversation, client_id: clientId });
    const reply = element("div", "reply");
    reply.innerHTML = answer.html; // made and cleaned by the server
    dots.replaceWith(reply);
    remember(answer.conversation_id);
    refreshTitles();
  } catch (problem) {
    dots.remove();
    append(failure(problem, () => send(text, clientId)));
  } finally {
    button.disabled = false;
    field.focus();
  }
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
  const text = field.value;
  if (!text.trim() || composer.querySelector("button").disabled) return;
  field.value = "";
  append(element("div", "question", text));
  send(text);
});

field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
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

$("scroller").scrollTop = $("scroller").scrollHeight;
