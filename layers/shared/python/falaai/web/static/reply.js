// One reply on the page: finished blocks as the server's safe HTML, the rest as plain text until it is finished too.

import { ask, events } from "./requests.js";

const FOLLOW_EVERY = 500;

export class Reply {
  constructor(element) {
    this.element = element;
    this.id = null;
    this.text = "";
    this.blocks = document.createElement("div");
    this.tail = document.createElement("div");
    this.tail.className = "tail";
  }

  // Resolves with {estado, conversation} at its end; rejects with what the server said went wrong.
  async stream(body) {
    try {
      for await (const [name, data] of events("/chat/stream", body)) {
        if (name === "error") throw Object.assign(new Error(data.detail), { code: data.code, status: 200 });
        this[name]?.(data);
      }
    } catch (problem) {
      if (problem.code || this.id === null) throw problem;
    }
    // The connection may end before the reply does: it is generated and kept all the same.
    return this.estado ? this : this.follow();
  }

  async whole(body) {
    const answer = await ask("POST", "/chat/message", body);
    this.start(answer);
    this.done(answer);
    return this;
  }

  async follow(id = this.id) {
    this.id = id;
    for (;;) {
      const next = await ask("GET", `/chat/replies/${id}?after=${[...this.text].length}`);
      if (next.conteudo) this.delta({ text: next.conteudo });
      if (next.estado !== "gerando") {
        this.done(next);
        return this;
      }
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY));
    }
  }

  stop() {
    return this.id === null ? null : ask("POST", `/chat/replies/${this.id}/stop`);
  }

  start({ conversation_id, message_id }) {
    this.conversation = conversation_id;
    this.id = message_id;
    this.onstart?.(this);
  }

  delta({ text }) {
    if (!this.text) this.element.replaceChildren(this.blocks, this.tail);
    this.element.classList.remove("thinking");
    this.text += text;
    this.tail.append(text);
    this.ongrow?.();
  }

  block({ html, until }) {
    this.blocks.insertAdjacentHTML("beforeend", html); // made and cleaned by the server
    this.tail.textContent = [...this.text].slice(until).join(""); // the server counts code points
    this.ongrow?.();
  }

  done({ html, estado }) {
    this.estado = estado;
    this.element.classList.remove("thinking");
    this.element.innerHTML = html;
    this.ongrow?.();
  }
}
