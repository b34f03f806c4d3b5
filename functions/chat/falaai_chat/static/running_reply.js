// @ts-check
// The reply that is being generated: show it from its start to its end, stop it, leave it. There is one at a time.

import { showNotice } from "./articles.js";
import { openId } from "./open_conversation.js";
import { Reply } from "./reply.js";
import { replyEvents } from "./reply_events.js";
import { Problem, ask, askForPage, reachable } from "./requests.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";
import { nextTask } from "./tasks.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */
/** @typedef {import("./reply_events.js").ReplyEvent} ReplyEvent */
/** @typedef {import("./reply_events.js").ReplyRequest} ReplyRequest */

const STOP_AGAIN = 250; // milliseconds
const REFUSED = [401, 404, 409, 413, 422, 429]; // statuses of a question that was not stored
/** @type {Reply | null} */
let running = null;

export const isAnswering = () => running !== null;

/**
 * Show a reply from its start to its end.
 * @param {HTMLElement} article
 * @param {ReplyRequest} request
 * @param {boolean} waits whether the request is repeated when the connection is back, or refused without one
 * @returns {Promise<Problem | null>} the problem if the server did not take the request
 */
export async function run(article, request, waits) {
  const reply = new Reply(article, "body" in request && request.body.buscar);
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

export function startRunningReply() {
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
}
