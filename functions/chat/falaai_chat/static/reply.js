// One reply on the page: finished blocks as the server's sanitized HTML, the unfinished rest as plain text.

import { Problem, ask, events, reachable } from "./requests.js";

const FOLLOW_EVERY = 500;
let streams = true; // false once the gateway answers 404 for the stream's path

function newTail(text = "") {
  const tail = document.createElement("div");
  tail.className = "tail";
  tail.textContent = text;
  return tail;
}

export class Reply {
  constructor(element) {
    this.element = element;
    this.id = null;
    this.text = "";
    this.html = "";
    this.blocks = document.createElement("div");
    this.tail = newTail();
  }

  // `question` is the body of /chat/stream; `whole` is the path and body of the same request without a stream.
  // Resolves when the reply has ended, with `estado` and `aviso`. Rejects with the server's error.
  async answer(question, whole) {
    if (!streams) return this.whole(...whole);
    try {
      return await this.stream(question);
    } catch (problem) {
      if (problem.code === "too_many_followers") return this.followStarted(problem.body);
      if (problem.status !== 404 || this.id !== null) throw problem;
      const reply = await this.whole(...whole);
      streams = false;
      return reply;
    }
  }

  async stream(question) {
    try {
      for await (const [name, data] of events("/chat/stream", question)) {
        if (name === "error") throw new Problem(200, data);
        this[name]?.(data);
      }
    } catch (problem) {
      if (problem instanceof Problem || this.id === null) throw problem;
    }
    // If the connection ends first, the server still generates and stores the reply: poll it.
    return this.estado ? this : this.follow();
  }

  async whole(path, body) {
    try {
      const answer = await ask("POST", path, body);
      this.start(answer);
      return this.done(answer);
    } catch (problem) {
      if (problem.code === "too_many_followers") return this.followStarted(problem.body);
      if (problem.body?.message_id) this.start(problem.body);
      throw problem;
    }
  }

  // Too many requests wait for this reply already. Polling is always allowed.
  followStarted(body) {
    this.start(body);
    return this.follow();
  }

  async follow(id = this.id) {
    this.id = id;
    for (;;) {
      const next = await this.look();
      if (next?.conteudo) this.delta({ text: next.conteudo });
      if (next && next.estado !== "gerando") return this.done(next);
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
    }
  }

  async look() {
    try {
      return await ask("GET", `/chat/replies/${this.id}?after=${[...this.text].length}`);
    } catch (problem) {
      if (problem.status !== 0) throw problem;
      this.onoffline?.();
      await reachable();
      return null;
    }
  }

  async stop() {
    if (this.id === null) await this.find();
    if (this.id !== null) await ask("POST", `/chat/replies/${this.id}/stop`);
  }

  // Without a stream the reply's id is unknown until the end. It is the newest message of the newest conversation.
  async find() {
    const [newest] = await ask("GET", "/conversations?limit=1");
    const conversation = this.conversation ?? newest?.id;
    const messages = conversation ? await ask("GET", `/conversation/${conversation}?limit=1`) : [];
    if (messages.at(-1)?.estado === "gerando") this.id = messages.at(-1).id;
  }

  start({ conversation_id, question_id, message_id, seq, restam }) {
    this.conversation = conversation_id;
    this.question = question_id;
    this.id = message_id;
    this.seq = seq;
    this.left = restam;
    this.onstart?.(this);
  }

  delta({ text }) {
    if (!this.tail.isConnected) this.element.replaceChildren(this.blocks, this.tail);
    this.text += text;
    this.tail.append(text);
    this.ongrow?.();
  }

  block({ html, until }) {
    this.html += html;
    this.blocks.insertAdjacentHTML("beforeend", html); // rendered and sanitized by the server
    // A moved tail counts as a layout shift; a new element does not. The server counts code points.
    const tail = newTail([...this.text].slice(until).join(""));
    this.tail.replaceWith(tail);
    this.tail = tail;
    this.ongrow?.();
  }

  // Do not replace finished blocks: the page would move and a selection would be lost.
  done({ html, estado, aviso, erro }) {
    Object.assign(this, { estado, aviso, erro });
    if (this.blocks.isConnected && html.startsWith(this.html)) {
      this.blocks.insertAdjacentHTML("beforeend", html.slice(this.html.length));
      this.tail.remove();
    } else {
      this.element.innerHTML = html;
    }
    this.ongrow?.();
    return this;
  }
}
