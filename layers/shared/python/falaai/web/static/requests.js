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

export async function ask(method, path, body) {
  let response;
  try {
    response = await fetch(at(path), {
      method,
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, "offline", "Sem conexão. Confira a internet e tente de novo.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const sentence = answer.detail ?? "Não foi possível falar com o servidor. Tente de novo em alguns segundos.";
    throw new Problem(response.status, answer.code ?? "unknown", sentence, answer.fields);
  }
  return answer;
}
