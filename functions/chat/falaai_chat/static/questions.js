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
import { modeField } from "./modes.js";
import { openId } from "./open_conversation.js";
import { Reply } from "./reply.js";
import { replyEvents } from "./reply_events.js";
import { Problem, ask, askForPage, at, reachable } from "./requests.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";
import { nextTask } from "./tasks.js";
import { keepUnsent, owner, pendingIn, removeUnsent } from "./unsent.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */
/** @typedef {import("./reply_events.js").ReplyEvent} ReplyEvent */
/** @typedef {import("./reply_events.js").ReplyRequest} ReplyRequest */

const STOP_AGAIN = 250; // milliseconds
const REFUSED = [401, 404, 409, 413, 422, 429]; // statuses of a question that was not stored
/** @type {Reply | null} */
let running = null;

/** Show an edited question as it was before. Needed until the server has stored the edit. @type {WeakMap<HTMLElement, () => void>} */
const undoEdit = new WeakMap();

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

/**
 * Yield the same events, each block in a task of its own: it is much work, and the network may deliver many events at
 * once.
 * @param {AsyncIterable<ReplyEvent>} events
 * @returns {AsyncGenerator<ReplyEvent, void>}
 */
async function* inOwnTasks(events) {
  for await (const event of events) {
    const isBlock = event[0] === "block";
    if (isBlock) await nextTask();
    yield event;
    if (isBlock) await nextTask();
  }
}

/** @type {(reply: Reply, request: ReplyRequest, waits: boolean) => Promise<Problem | null>} */
async function receive(reply, request, waits) {
  if ("follow" in request) reply.id = request.follow;
  try {
    await nextTask(); // after the one that has shown the question
    for await (const event of inOwnTasks(replyEvents(request, reply))) {
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

/**
 * Return the request that stores a question of the page. It may be repeated: the server knows its client id.
 * @param {HTMLElement} question
 * @returns {ReplyRequest}
 */
function requestFor(question) {
  const text = bodyOf(question).textContent ?? "";
  const { clientId = "", edited } = question.dataset;
  const body = { message: text, client_id: clientId, ...modeField() };
  if (edited)
    return { stream: { ...body, edit: Number(edited) }, path: `/chat/messages/${edited}/edit`, body };
  // Always name the conversation: another tab may have changed the session's active conversation.
  const place = openId() ? { conversation_id: openId() } : { nova: true };
  const whole = { ...body, user_id: owner, ...place };
  return { stream: whole, path: "/chat/message", body: whole };
}

/** @type {(question: HTMLElement, article: HTMLElement) => Promise<void>} */
async function sendQuestion(question, article) {
  const text = bodyOf(question).textContent ?? "";
  const problem = await run(article, requestFor(question), true);
  if (!problem) return;
  removeUnsent("pendente", question.dataset.clientId ?? "");
  article.remove();
  const undo = undoEdit.get(question);
  if (undo) undo();
  else question.remove();
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
  for (const { text, clientId, edited } of pendingIn(place)) {
    if (draftPlace() !== place) return;
    if (edited) await sendPendingEdit(edited, text, clientId);
    else await send(text, clientId);
  }
}

/** @type {(edited: number, text: string, clientId: string) => Promise<void> | void} */
function sendPendingEdit(edited, text, clientId) {
  const questions = /** @type {HTMLElement[]} */ ([...log.querySelectorAll("[data-kind=question]")]);
  const question = questions.find(({ dataset }) => Number(dataset.id) === edited);
  if (question) return editQuestion(question, text, clientId);
  // The server has stored the edit, or the question is further up than the loaded messages.
  removeUnsent("pendente", clientId);
  if (!questions.some((one) => bodyOf(one).textContent === text)) giveBack(text);
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
  const body = modeField();
  const request = { stream: { ...body, regenerate: id }, path: `/chat/replies/${id}/regenerate`, body };
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
 * Show another version of a question in its place. The server keeps the old one, with everything after it.
 * @param {HTMLElement} question
 * @param {string} text
 * @param {string} [clientId]
 */
export async function editQuestion(question, text, clientId = newId()) {
  const id = question.dataset.id ?? "";
  if (running) {
    removeUnsent("pendente", clientId);
    giveBack(text);
    return;
  }
  const pending = { text, clientId, edited: Number(id), place: draftPlace(), at: Date.now() };
  keepUnsent("pendente", clientId, JSON.stringify(pending));
  const bubble = bodyOf(question);
  const before = bubble.textContent;
  const after = [...log.children].slice([...log.children].indexOf(question) + 1);
  const shown = versionsOf(question);
  undoEdit.set(question, () => {
    log.append(...after);
    bubble.textContent = before;
    showVersions(question, shown);
  });
  bubble.textContent = text;
  addVersion(question);
  Object.assign(question.dataset, { clientId, edited: id });
  for (const article of after) article.remove();
  await sendQuestion(question, addReply());
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
  } else {
    if (problem.code === "thinking_quota_reached") emit("left-changed", { restam: 0, modo: "pensar" });
    showComposerNotice(problem.message);
  }
}

async function stop() {
  const reply = running;
  if (!reply) return;
  if (reply.takeBack) {
    reply.takeBack(); // it waits for a connection
    return;
  }
  let id = 0;
  // The server may store the question after the user has stopped its reply.
  while (running === reply) {
    id = reply.id || (await findRunning(reply));
    if (id) break;
    await new Promise((resolve) => setTimeout(resolve, STOP_AGAIN));
  }
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
 * Return the id of a reply that is being generated; 0 while the server has not stored it. With a stream, its first event
 * tells the id. Without one it is unknown until the end, but it is the newest message of the open conversation, or of
 * the newest one.
 * @param {Reply} reply
 */
async function findRunning({ article, isWhole }) {
  if (!isWhole) return 0;
  const again = Number(article.dataset.id);
  if (again) return (await ask("GET", `/chat/replies/${again}`)).estado === "gerando" ? again : 0;
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
