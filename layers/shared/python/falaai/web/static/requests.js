// What every script asks the server with. Answers are JSON; a failure carries the server's own sentence.

const root = document.body.dataset.root;

export class Problem extends Error {
  constructor(status, code, detail, fields) {
    super(detail);
    this.status = status;
    this.code = code;
    this.fields = fields ?? [];
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
    throw new Problem(0, "offline", "Sem conexão. Confira a internet e tente de novo.");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const sentence = answer.detail ?? "Não foi possível falar com o servidor. Tente de novo em alguns segundos.";
  throw new Problem(response.status, answer.code ?? "unknown", sentence, answer.fields);
}

// `body` is an object, sent as JSON, or a FormData, sent as multipart.
export async function ask(method, path, body) {
  const response = await respond(method, path, body, "application/json");
  return response.json();
}

// Server-sent events of a POST, as [name, data]; the browser's own EventSource knows only GET.
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
