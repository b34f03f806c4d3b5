// @ts-check
// A reply as a sequence of events, the same for all three sources: a stream, one whole answer, or polling.

import { Problem, ask, lostConnection, reachable, streamEvents } from "./requests.js";

/** @typedef {import("./signals.js").Start} Start */
/** @typedef {import("./remembered.js").Fact} Fact */
/** @typedef {import("./sources.js").Search} Search */
/** @typedef {{ html: string, estado: string, aviso?: string | null, erro?: string | null, pesquisa?: Search | null }} End */

/**
 * The events of /chat/stream, and two of this module: the connection was lost, and it is back.
 * @typedef {["start", Start] | ["delta", { text: string }] | ["block", { html: string, until: number }]
 *   | ["sources", Search] | ["remembered", { guardado: Fact[] }] | ["done", End] | ["offline", null] | ["online", null]} ReplyEvent
 */

/**
 * A request for a reply: the id of an existing one, or the body for /chat/stream with the path and body of the same
 * request without a stream.
 * @typedef {{ follow: number } | { stream: object, path: string, body: { buscar?: boolean } }} ReplyRequest
 */

/**
 * `id` is that of the reply, 0 until it is known. `length` is the number of characters received so far. `isWhole` says
 * that the reply comes as one answer: then its id is unknown until its end.
 * @typedef {{ id: number, length: number, isWhole: boolean }} Progress
 */

const POLL_EVERY = 500; // milliseconds
const NAMES = ["start", "delta", "block", "sources", "remembered", "done"];
let canStream = true; // false once the gateway answers 404 for the stream's path

/**
 * Yield the events of a reply to its end. Raises the server's Problem.
 * @param {ReplyRequest} request
 * @param {Progress} progress
 * @returns {AsyncGenerator<ReplyEvent, void>}
 */
export async function* replyEvents(request, progress) {
  if ("follow" in request) {
    yield* poll(request.follow, progress);
    return;
  }
  try {
    if (canStream) yield* stream(request.stream, progress);
    else yield* whole(request.path, request.body, progress);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "too_many_followers") {
      // Too many requests wait for this reply already. Polling is always allowed.
      const started = /** @type {Start} */ (problem.body);
      yield ["start", started];
      yield* poll(started.message_id, progress);
    } else if (canStream && problem.status === 404 && !progress.id) {
      yield* whole(request.path, request.body, progress);
      canStream = false;
    } else throw problem;
  }
}

/**
 * @param {object} body
 * @param {Progress} progress
 * @returns {AsyncGenerator<ReplyEvent, void>}
 */
async function* stream(body, progress) {
  try {
    for await (const [name, data] of streamEvents("/chat/stream", body)) {
      if (name === "error") throw new Problem(200, data);
      if (NAMES.includes(name)) yield/** @type {ReplyEvent} */ ([name, data]);
      if (name === "done") return;
    }
  } catch (problem) {
    if (problem instanceof Problem) throw problem;
  }
  // The connection has ended first. Before the start it is unknown whether the question is stored: ask again.
  if (!progress.id) throw lostConnection();
  // After it, the server still generates and stores the reply.
  yield* poll(progress.id, progress);
}

/**
 * Yield the end of a reply whose answer is not a stream.
 * @param {End} answer
 * @returns {Generator<ReplyEvent, void>}
 */
function* ending(answer) {
  if (answer.pesquisa) yield ["sources", answer.pesquisa];
  yield ["done", answer];
}

/**
 * @param {string} path
 * @param {object} body
 * @param {Progress} progress
 * @returns {AsyncGenerator<ReplyEvent, void>}
 */
async function* whole(path, body, progress) {
  progress.isWhole = true;
  try {
    const answer = await ask("POST", path, body);
    yield ["start", answer];
    yield* ending(answer);
    if (answer.guardado?.length) yield ["remembered", answer];
  } catch (problem) {
    if (problem instanceof Problem && problem.body.message_id && problem.code !== "too_many_followers") {
      yield ["start", /** @type {Start} */ (problem.body)];
    }
    throw problem;
  }
}

/**
 * @param {number} id
 * @param {Progress} progress
 * @returns {AsyncGenerator<ReplyEvent, void>}
 */
async function* poll(id, progress) {
  for (;;) {
    try {
      const next = await ask("GET", `/chat/replies/${id}?after=${progress.length}`);
      if (next.conteudo) yield ["delta", { text: next.conteudo }];
      if (next.estado !== "gerando") {
        yield* ending(next);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_EVERY));
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 0) throw problem;
      yield ["offline", null];
      await reachable();
      yield ["online", null];
    }
  }
}
