// Send a question, show its reply while it is generated, and show errors with actions.

import { ask, at, reachable, say } from "./requests.js";
import { texts } from "./sentences.js";
import { Reply } from "./reply.js";
import { addCopyButtons, addQuestion, addReply, bodyOf, log, quietButton, showNotice, showWaiting } from "./messages.js";
import { focusComposer, giveBack, setPlace, showAnswering, tell } from "./composer.js";
import { isWaitingForTitle, refresh } from "./sidebar.js";
import { keepUnsent, owner, pendingIn, removeUnsent } from "./unsent.js";

const $ = (id) => document.getElementById(id);
const SAY_AGAIN = 15000; // milliseconds between two announcements that the reply is still being generated
const REFUSED = [401, 404, 409, 413, 422, 429]; // the question was not stored
let answering = null;

export const conversation = () => Number(log.dataset.conversation) || undefined;
export const announce = (sentence) => ($("status").textContent = sentence);
const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

const place = () => String(conversation() ?? "nova");

export async function send(text, clientId = newId()) {
  if (answering) {
    removeUnsent("pendente", clientId);
    return giveBack(text);
  }
  // Store it once, not at each try: another user's page may have removed it, and it must not return.
  keepUnsent("pendente", clientId, JSON.stringify({ text, clientId, place: place(), at: Date.now() }));
  const asked = addQuestion(text);
  return sendQuestion(asked, addReply(), text, clientId);
}

// Send questions that the server has not acknowledged, from an earlier page of the same conversation.
export async function sendPending() {
  for (const { text, clientId, place: its } of pendingIn(place())) if (its === place()) await send(text, clientId);
}

async function sendQuestion(asked, article, text, clientId) {
  // Always name the conversation: another tab may have changed the session's active conversation.
  const where = conversation() ? { conversation_id: conversation() } : { nova: true };
  const body = { message: text, client_id: clientId, user_id: owner, ...where };
  const takeBack = (problem) => {
    removeUnsent("pendente", clientId);
    asked.remove();
    article.remove();
    giveBack(text);
    tell(...refusal(problem));
  };
  const retry = () => sendQuestion(asked, article, text, clientId);
  await show(article, (reply) => reply.answer(body, ["/chat/message", body]), {
    onstart: ({ question, seq }) => {
      removeUnsent("pendente", clientId);
      Object.assign(asked.dataset, { id: question, seq: seq - 1 });
    },
    takeBack,
    retry,
  });
}

export function again(article) {
  const id = Number(article.dataset.id);
  const before = [...bodyOf(article).childNodes];
  const { state, error } = article.dataset;
  const sentence = article.querySelector(".reply-problem > span").textContent;
  const takeBack = (problem) => {
    bodyOf(article).replaceChildren(...before);
    settle(article, state, error, sentence);
    tell(...refusal(problem));
  };
  const run = (reply) => reply.answer({ regenerate: id }, [`/chat/replies/${id}/regenerate`, {}]);
  return show(article, run, { takeBack, retry: () => again(article), isKept: true });
}

// `following` is the number of messages after its own reply that the user agreed to delete.
function editQuestion(asked, text, following, clientId = newId()) {
  const before = bodyOf(asked).textContent;
  const id = Number(asked.dataset.id);
  bodyOf(asked).textContent = text;
  const after = [];
  while (asked.nextElementSibling) {
    after.push(asked.nextElementSibling);
    asked.nextElementSibling.remove();
  }
  const article = addReply();
  const takeBack = (problem) => {
    article.remove();
    log.append(...after);
    bodyOf(asked).textContent = before;
    giveBack(text);
    tell(...refusal(problem));
  };
  const message = { message: text, client_id: clientId, seguintes: following };
  const body = { ...message, edit: id };
  return show(article, (reply) => reply.answer(body, [`/chat/messages/${id}/edit`, message]), {
    takeBack,
    retry: () => (article.remove(), editQuestion(asked, text, following, clientId)),
    isKept: true,
  });
}

// Show one reply from its start to its end.
export async function show(article, run, { onstart, takeBack, retry, isKept }) {
  showWaiting(article);
  const reply = new Reply(bodyOf(article));
  reply.conversation = conversation();
  reply.onstart = () => {
    article.dataset.id = reply.id;
    onstart?.(reply);
    remember(reply.conversation);
    showLeft(reply.left);
  };
  reply.ongrow = () => addCopyButtons(reply.element);
  reply.onoffline = () => showNotice(article, texts.offlineReading);
  answering = reply;
  showAnswering(true);
  announce(texts.answering);
  const progress = setInterval(() => announce(texts.stillAnswering), SAY_AGAIN);
  try {
    const { estado, aviso, erro } = await run(reply);
    settle(article, estado, erro, aviso ?? "");
    announce(aviso || texts.answered);
  } catch (problem) {
    await fail(article, reply, problem, { takeBack, retry, isKept });
  } finally {
    clearInterval(progress);
    if (answering === reply) {
      answering = null;
      showAnswering(false);
    }
  }
  focusComposer();
  refreshTitles();
}

// `isKept`: the earlier reply stays visible until the new one begins.
async function fail(article, reply, problem, { takeBack, retry, isKept }) {
  if (problem.status === 0 && !isKept) {
    showNotice(article, texts.offline);
    await reachable();
    return retry();
  }
  if (reply.id === null && problem.code === "still_answering") return show(article, (other) => other.follow(Number(article.dataset.id)), { retry });
  if (reply.id === null && takeBack && (isKept || REFUSED.includes(problem.status))) return takeBack(problem);
  if (!reply.text) bodyOf(article).replaceChildren();
  if (reply.id === null) {
    article.dataset.state = "erro";
    showNotice(article, problem.message, [[texts.retry, retry]]);
  } else settle(article, "erro", problem.code, problem.message);
  announce(problem.message);
}

// Show in the composer why a question was refused, with an action.
function refusal(problem) {
  const link = (label, href) => Object.assign(document.createElement("a"), { textContent: label, href, className: "button small" });
  if (problem.status === 401) {
    const target = conversation() ? `/chat/${conversation()}` : "/chat";
    return [texts.sessionEnded, link(texts.signIn, at(`/login?destino=${target}`))];
  }
  if (problem.status === 404) return [texts.gone, quietButton(texts.newChat, startNew)];
  return [problem.message];
}

// Show how a reply ended, with actions.
export function settle(article, state, error, sentence) {
  article.dataset.state = state;
  article.dataset.error = error ?? "";
  const ways = {
    goOn: [texts.goOn, () => send(texts.goOnMessage)],
    again: [texts.again, () => again(article)],
    retry: [texts.retry, () => again(article)],
    edit: [texts.editQuestion, () => openEditor(article.previousElementSibling)],
  };
  const offered =
    state === "interrompida" || error === "model_cut_short" ? ["goOn", "again"]
    : error === "model_blocked" ? ["edit"]
    : state === "erro" ? ["retry"]
    : [];
  showNotice(article, sentence, offered.map((name) => ways[name]));
}

// Return the number of messages after its own reply that an edit deletes, including those from other tabs.
async function countFollowing(asked) {
  const [newest] = await ask("GET", `/conversation/${conversation()}?limit=1`);
  return newest.seq - asked.dataset.seq - 1;
}

export async function openEditor(asked) {
  if (!asked || answering || asked.querySelector("textarea")) return;
  const bubble = bodyOf(asked);
  const text = bubble.textContent;
  const field = Object.assign(document.createElement("textarea"), { value: text, rows: 2 });
  field.setAttribute("aria-label", texts.editQuestion);
  let following = 0;
  const close = (written) => {
    bubble.textContent = text;
    asked.classList.remove("editing");
    if (written?.trim() && written !== text) editQuestion(asked, written, following);
    else asked.querySelector("[data-act=edit]").focus();
  };
  const row = document.createElement("div");
  row.className = "editor-ways";
  const button = quietButton(texts.send, () => close(field.value));
  row.append(quietButton("Cancelar", () => close()), button);
  const warning = document.createElement("p");
  warning.className = "editor-warning";
  warning.setAttribute("role", "alert");
  const warn = (count) => {
    following = count;
    warning.hidden = !count;
    warning.textContent = count ? say(count > 1 ? "followingGo" : "followingGoOne", { count: count.toLocaleString("pt-BR") }) : "";
    button.textContent = count ? texts.sendAndDelete : texts.send;
    button.className = `button small${count ? " danger" : ""}`;
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    // If the edit deletes messages, only the button that says so sends it.
    if (event.key !== "Enter" || following || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    close(field.value);
  });
  asked.classList.add("editing");
  bubble.replaceChildren(field, warning, row);
  // First show this page's count, then the server's. If that request fails, the server refuses to delete more.
  const shown = [...log.children];
  warn(Math.max(0, shown.length - shown.indexOf(asked) - 2));
  field.focus();
  const count = await countFollowing(asked).catch(() => following);
  if (field.isConnected) warn(count);
}

function remember(id) {
  if (conversation()) return;
  log.dataset.conversation = id;
  setPlace(id);
  $("topbar-tools").hidden = false;
  history.replaceState(null, "", at(`/chat/${id}`));
}

export function showLeft(left) {
  if (left === null || left === undefined) return;
  $("left").textContent = left === 1 ? texts.leftOne : left ? say("left", { count: left.toLocaleString("pt-BR") }) : texts.leftNone;
}

// A worker generates the title of a new conversation. Query it a few times, at growing intervals.
async function refreshTitles(wait = 700) {
  const mine = await refresh();
  if (!mine) return;
  showConversation(mine);
  if (isWaitingForTitle(mine) && wait < 12000) setTimeout(refreshTitles, wait, wait * 2);
}

export function showConversation({ titulo_conversa: title, fixada }) {
  if ($("title").querySelector("input")) return;
  $("title").textContent = title;
  document.title = `${title} · FalaAí`;
  $("pin").setAttribute("aria-pressed", String(fixada));
}

export async function startNew() {
  await ask("POST", "/reset_chat").catch(() => null);
  location.assign(at("/chat"));
}

export const isAnswering = () => answering !== null;
export const stop = () => answering?.stop();
