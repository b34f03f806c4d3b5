// @ts-check
// Requests to the server. Answers are JSON; an error holds the server's sentence.

import { texts } from "./sentences.js";

/** Path before every address: API Gateway's stage, or nothing. */
export const root = document.body.dataset.root ?? "";

/**
 * Return the full path of an address of the server.
 * @param {string} path
 */
export const at = (path) => root + path;

/**
 * Fill the {placeholders} of a sentence.
 * @param {string} name
 * @param {Record<string, string | number>} [gaps]
 */
export const say = (name, gaps = {}) => texts[name].replace(/\{(\w+)\}/g, (_, gap) => String(gaps[gap]));

/** @typedef {{ field: string, message: string }} FieldProblem */
/** @typedef {{ detail?: string, code?: string, fields?: FieldProblem[], [fact: string]: any }} ErrorBody */

/** A request that failed. `status` is 0 if the server could not be reached. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {ErrorBody} body
   * @param {number} [retryAfter] seconds
   */
  constructor(status, body, retryAfter = 0) {
    super(body.detail ?? texts.noServer);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.fields = body.fields ?? [];
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

export const lostConnection = () => new Problem(0, { code: "offline", detail: texts.offlineElsewhere });

/**
 * @param {string} method
 * @param {string} path
 * @param {object | undefined} body
 * @param {string} accept
 */
async function respond(method, path, body, accept) {
  const isForm = body instanceof FormData;
  /** @type {Record<string, string>} */
  const headers = { accept };
  if (body && !isForm) headers["content-type"] = "application/json";
  const request = { method, headers, body: isForm ? body : JSON.stringify(body) };
  const response = await fetch(at(path), request).catch(() => {
    throw lostConnection();
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Problem(response.status, answer, Number(response.headers.get("retry-after")) || 0);
}

/**
 * Return the answer to a request. A body is sent as JSON, a FormData as multipart.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} Rejects with a Problem.
 */
export async function ask(method, path, body) {
  return (await askForPage(method, path, body)).items;
}

/**
 * Return the answer as `items`, and the path of the next page as `next`, if there is one.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<{ items: any, next: string }>}
 */
export async function askForPage(method, path, body) {
  const response = await respond(method, path, body, "application/json");
  const [, next] = response.headers.get("link")?.match(/<([^>]+)>; rel="next"/) ?? [];
  if (response.status === 204) return { items: null, next: "" };
  const items = await response.json().catch(() => {
    throw lostConnection();
  });
  return { items, next: next?.slice(root.length) ?? "" };
}

/** Resolve when the server can be reached again. */
export async function reachable() {
  for (let wait = 1000; ; wait = Math.min(wait * 1.5, 10000)) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
      addEventListener("online", resolve, { once: true });
    });
    const answer = await fetch(at("/health"), { cache: "no-store" }).catch(() => null);
    if (answer?.ok) return;
  }
}

/**
 * Return a server-sent event as [[name, data]]; nothing for a comment.
 * @param {string} event
 * @returns {[string, any][]}
 */
function parsed(event) {
  const [, name] = event.match(/^event: (.*)$/m) ?? [];
  const [, data] = event.match(/^data: (.*)$/m) ?? [];
  return name ? [[name, JSON.parse(data)]] : [];
}

/**
 * Yield the server-sent events of a POST as [name, data]. The browser's EventSource supports GET only.
 * @param {string} path
 * @param {object} body
 * @returns {AsyncGenerator<[string, any], void>}
 */
export async function* streamEvents(path, body) {
  const response = await respond("POST", path, body, "text/event-stream");
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const whole = (rest + value).split("\n\n");
      rest = whole.pop() ?? "";
      yield* whole.flatMap(parsed);
    }
  } finally {
    reader.cancel().catch(() => null); // the caller has left, or the connection has ended
  }
}
