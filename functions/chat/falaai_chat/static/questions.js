// @ts-check
// Send a question, edit it, ask for another reply. One reply is generated at a time.

import {
  addQuestion,
  addReply,
  addVersion,
  bodyOf,
  log,
  questionOf,
  showEnd,
  showNotice,
  showVersions,
  versionsOf,
} from "./articles.js";
import { draftPlace, focusComposer, giveBack, showComposerNotice } from "./composer.js";
import { make, makeButton, part } from "./dom.js";
import { openId } from "./open_conversation.js";
import { Reply } from "./reply.js";
import { replyEvents } from "./reply_events.js";
import { Problem, ask, askForPage, at, reachable } from "./requests.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";
import { keepUnsent, owner, pendingIn, removeUnsent } from "./unsent.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */
/** @typedef {import("./reply_events.js").ReplyRequest} ReplyRequest */

const REFUSED = [401, 404, 409, 413, 422, 429]; // statuses of a question that was not stored
/** @type {Reply | null} */
let running = null;

export const isAnswering = () => running !== null;
const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/**
 * Show a reply from its start to its end.
 * @param {HTMLElement} article
 * @param {ReplyRequest} request
 * @param {boolean} waits whether the request is repeated when the connection is back, or refused without one
 * @returns {Promise<Problem | null>} the problem if the server did not take the request
 */
async function run(article, request, waits) {
  const reply = new Reply(article);
  running = reply;
  emit("answering", true);
  try {
    const problem = await receive(reply, request, waits);
    if (problem?.status === 0) emit("outcome-unknown", null);
    // The text of a refused question waits, unsent, in its conversation.
    return reply.isLeft ? null : problem;
  } finally {
    reply.close();
    if (running === reply) endRunning();
  }
}

function endRunning() {
  running = null;
  emit("answering", false);
}

/** Read the running reply no longer: the page will show another conversation. */
function leaveRunning() {
  if (!running) return;
  running.isLeft = true;
  running.close();
  endRunning();
}

/** @type {(reply: Reply, request: ReplyRequest, waits: boolean) => Promise<Problem | null>} */
async function receive(reply, request, waits) {
  if ("follow" in request) reply.id = request.follow;
  try {
    for await (const event of replyEvents(request, reply)) {
      reply.receive(event);
      if (reply.isUnread) break;
    }
    return null;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (!reply.id) return retryOrRefuse(reply, request, waits, problem);
    reply.fail(problem);
    return null;
  }
}

/**
 * Handle a request that failed before the server stored anything: retry it, follow its reply, or return the refusal.
 * @type {(reply: Reply, request: ReplyRequest, waits: boolean, problem: Problem) => Promise<Problem | null>}
 */
async function retryOrRefuse(reply, request, waits, problem) {
  if (problem.status === 0 && waits) {
    showNotice(reply.article, texts.offline);
    const isTakenBack = await new Promise((resolve) => {
      reply.takeBack = () => resolve(true);
      reachable().then(() => resolve(false));
    });
    reply.takeBack = null;
    if (isTakenBack) return problem;
    showNotice(reply.article, "");
    return receive(reply, request, waits);
  }
  // Another request generates this reply already.
  const id = Number(reply.article.dataset.id);
  if (problem.code === "still_answering" && id) return receive(reply, { follow: id }, waits);
  if (!waits || REFUSED.includes(problem.status)) return problem;
  reply.fail(problem);
  return null;
}

/**
 * Send a new question.
 * @param {string} text
 * @param {string} [clientId]
 */
export async function send(text, clientId = newId()) {
  if (running) {
    removeUnsent("pendente", clientId);
    giveBack(text);
    return;
  }
  // Store the text once, not at each try: a page of another user may have removed it, and it must not come back.
  keepUnsent("pendente", clientId, JSON.stringify({ text, clientId, place: draftPlace(), at: Date.now() }));
  const question = addQuestion(text);
  question.dataset.clientId = clientId;
  await sendQuestion(question, addReply());
}

/** @type {(question: HTMLElement, article: HTMLElement) => Promise<void>} */
async function sendQuestion(question, article) {
  const text = bodyOf(question).textContent ?? "";
  const clientId = question.dataset.clientId ?? "";
  // Always name the conversation: another tab may have changed the session's active conversation.
  const place = openId() ? { conversation_id: openId() } : { nova: true };
  const body = { message: text, client_id: clientId, user_id: owner, ...place };
  const problem = await run(article, { stream: body, path: "/chat/message", body }, true);
  if (!problem) return;
  removeUnsent("pendente", clientId);
  question.remove();
  article.remove();
  giveBack(text);
  showRefusal(problem);
}

/**
 * Send a question again that the server did not store.
 * @param {HTMLElement} article its reply
 */
export async function sendAgain(article) {
  const question = questionOf(article);
  if (question && !running) await sendQuestion(question, article);
}

/** Send questions that the server has not acknowledged, from an earlier page of the same conversation. */
async function sendPending() {
  const place = draftPlace();
  for (const message of pendingIn(place))
    if (draftPlace() === place) await send(message.text, message.clientId);
}

/**
 * Ask for another reply in place of this one. If this one has text, it stays as a version.
 * @param {HTMLElement} article
 */
export async function regenerate(article) {
  if (running) return;
  const id = Number(article.dataset.id);
  const before = [...bodyOf(article).childNodes];
  const { state = "", error = "" } = article.dataset;
  const sentence = part("notice", article).querySelector("span")?.textContent ?? "";
  const hasText = bodyOf(article).textContent?.trim() !== "";
  const request = { stream: { regenerate: id }, path: `/chat/replies/${id}/regenerate`, body: {} };
  const problem = await run(article, request, false);
  if (!problem) {
    if (hasText) addVersion(article);
    return;
  }
  bodyOf(article).replaceChildren(...before);
  showEnd(article, state, error, sentence);
  showRefusal(problem);
}

/**
 * Show another version of a question in its place. The old one stays, with everything after it.
 * @param {HTMLElement} question
 * @param {string} text
 */
export async function editQuestion(question, text) {
  const bubble = bodyOf(question);
  const before = bubble.textContent;
  const after = [...log.children].slice([...log.children].indexOf(question) + 1);
  const id = Number(question.dataset.id);
  const shown = versionsOf(question);
  bubble.textContent = text;
  addVersion(question);
  for (const article of after) article.remove();
  const reply = addReply();
  const body = { message: text, client_id: newId() };
  const problem = await run(
    reply,
    { stream: { ...body, edit: id }, path: `/chat/messages/${id}/edit`, body },
    false,
  );
  if (!problem) return;
  reply.remove();
  log.append(...after);
  bubble.textContent = before;
  showVersions(question, shown);
  giveBack(text);
  showRefusal(problem);
}

/**
 * Show in the composer why a question was refused, with an action.
 * @param {Problem} problem
 */
export function showRefusal(problem) {
  if (problem.status === 401) {
    const link = make("a", "button small", texts.signIn);
    link.href = at(`/login?destino=/chat${openId() ? `/${openId()}` : ""}`);
    showComposerNotice(texts.sessionEnded, "refusal", link);
  } else if (problem.status === 404) {
    showComposerNotice(texts.gone, "refusal", makeButton(texts.newChat, "new-conversation"));
  } else showComposerNotice(problem.message);
}

async function stop() {
  if (!running) return;
  if (running.takeBack) {
    running.takeBack(); // it waits for a connection
    return;
  }
  const id = running.id || (await findRunning());
  if (id) await ask("POST", `/chat/replies/${id}/stop`);
}

/** Return the id of the newest conversation; 0 if there is none. Pinned ones are listed first, whatever their age. */
async function findNewest() {
  for (let path = "/conversations"; path; ) {
    const { items, next } = await askForPage("GET", path);
    const newest = /** @type {Conversation[]} */ (items).find(({ fixada }) => !fixada);
    if (newest) return newest.id;
    path = next;
  }
  return 0;
}

/**
 * Return the id of the reply that is being generated; 0 if there is none. Without a stream it is unknown until the end,
 * but it is the newest message of the open conversation, or of the newest one.
 */
async function findRunning() {
  const conversation = openId() || (await findNewest());
  const messages = conversation ? await ask("GET", `/conversation/${conversation}?limit=1`) : [];
  return messages.at(-1)?.estado === "gerando" ? messages.at(-1).id : 0;
}

/** @param {HTMLElement} article */
async function resume(article) {
  await run(article, { follow: Number(article.dataset.id) }, true);
}

/** Follow the reply that is being generated, or send what an earlier page of the conversation has not sent. */
export function takeUp() {
  if (running) return;
  const article = /** @type {HTMLElement | null} */ (
    log.querySelector("[data-kind=reply][data-state=gerando]")
  );
  if (article) resume(article);
  else sendPending();
}

export function startQuestions() {
  on("message-written", (text) => send(text));
  on("stop", stop);
  document.addEventListener("keydown", (event) => {
    if (
      event.key === "Escape" &&
      !event.shiftKey &&
      running &&
      !event.defaultPrevented &&
      !document.querySelector("dialog[open], :popover-open")
    )
      stop();
  });
  on("conversation-left", leaveRunning);
  on("conversation-opened", takeUp);
  takeUp();
  if (!running) focusComposer();
}
