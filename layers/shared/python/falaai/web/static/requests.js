// Requests to the server. Answers are JSON; an error holds the server's sentence.

import { texts } from "./sentences.js";

export const root = document.body.dataset.root;

// Fill the {placeholders} of a sentence.
export const say = (name, gaps = {}) => texts[name].replace(/\{(\w+)\}/g, (_, gap) => gaps[gap]);

export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail ?? texts.noServer);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.fields = body.fields ?? [];
    this.body = body;
    this.retryAfter = Number(retryAfter) || 0; // seconds
  }
}

export const at = (path) => root + path;

async function respond(method, path, body, accept) {
  let response;
  try {
    response = await fetch(at(path), {
      method,
      headers: { accept, ...(body && !(body instanceof FormData) && { "content-type": "application/json" }) },
      body: body instanceof FormData ? body : body && JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { code: "offline", detail: texts.offlineElsewhere });
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Problem(response.status, answer, response.headers.get("retry-after"));
}

// `body` is an object, which is sent as JSON, or a FormData, which is sent as multipart.
export async function ask(method, path, body) {
  return (await askForPage(method, path, body)).items;
}

// Return the answer as `items`, and the path of the next page, if there is one, as `next`.
export async function askForPage(method, path, body) {
  const response = await respond(method, path, body, "application/json");
  const [, next] = response.headers.get("link")?.match(/<([^>]+)>; rel="next"/) ?? [];
  return { items: await response.json(), next: next?.slice(root.length) };
}

// Resolve when the server can be reached again.
export async function reachable() {
  for (let wait = 1000; ; wait = Math.min(wait * 1.5, 10000)) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
      addEventListener("online", resolve, { once: true });
    });
    try {
      if ((await fetch(at("/health"), { cache: "no-store" })).ok) return;
    } catch {
      continue; // not reachable yet
    }
  }
}

// Yield server-sent events of a POST as [name, data]. The browser's EventSource supports GET only.
export async function* events(path, body) {
  const response = await respond("POST", path, body, "text/event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const whole = (rest + value).split("\n\n");
    rest = whole.pop();
    for (const event of whole) {
      const [, name] = event.match(/^event: (.*)$/m) ?? [];
      const [, data] = event.match(/^data: (.*)$/m) ?? [];
      if (name) yield [name, JSON.parse(data)];
    }
  }
}
