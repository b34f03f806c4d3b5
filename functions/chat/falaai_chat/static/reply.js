// @ts-check
// One reply on the page, from the dots to its end: finished blocks as the server's sanitized HTML, the unfinished rest
// as a Tail.
//
//   waiting --delta, block--> growing --done--> ended
//      \--done--> ended          |--fail--> ended
//   waiting, growing --sources--> same state with the cards of the sources
//   waiting, growing --offline--> same state with a notice --online--> same state

import {
  bodyOf,
  nodesFor,
  questionOf,
  replaceChanged,
  showEnd,
  showNotice,
  showWaiting,
} from "./articles.js";
import { make, part } from "./dom.js";
import { showRemembered } from "./memory_chips.js";
import { chosenMode } from "./modes.js";
import { say } from "./requests.js";
import { showSources } from "./sources.js";
import { Tail } from "./tail.js";
import { texts } from "./sentences.js";
import { announce, emit } from "./signals.js";
import { removeUnsent } from "./unsent.js";

/** @typedef {import("./reply_events.js").ReplyEvent} ReplyEvent */
/** @typedef {import("./reply_events.js").End} End */
/** @typedef {import("./requests.js").Problem} Problem */
/** @typedef {import("./signals.js").Start} Start */

// Milliseconds without text before the page explains the wait. A model that thinks is silent for longer.
const PATIENCE = { rapido: 8000, pensar: 3000 };

/**
 * Return a text without its first characters, which the server counts as code points.
 * @param {string} text
 * @param {number} count
 */
function withoutFirst(text, count) {
  let at = 0;
  for (let left = count; left > 0; left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(at);
}

export class Reply {
  /**
   * @param {HTMLElement} article
   * @param {boolean} [searches] whether it is asked for with a web search
   */
  constructor(article, searches = false) {
    /** @type {"waiting" | "growing" | "ended"} */
    this.state = "waiting";
    this.article = article;
    this.body = bodyOf(article);
    this.id = 0; // until the server has stored the reply
    this.isWhole = false;
    this.sources = 0;
    this.text = "";
    this.html = "";
    this.blocks = make("div", "reply-blocks");
    this.until = 0; // characters of the finished blocks
    this.rest = ""; // text after them
    this.tail = new Tail();
    /** Take back a question that waits for a connection. @type {(() => void) | null} */
    this.takeBack = null;
    /** @type {import("./remembered.js").Fact[]} */
    this.remembered = [];
    this.isLeft = false; // the page shows another conversation
    showWaiting(article, searches ? texts.searchingWeb : "");
    this.mode = chosenMode(); // until the server has told it
    this.patience = setTimeout(() => this.sayItTakesLong(), PATIENCE[this.mode]);
  }

  /** Cancel the notice about a long wait. A refused reply needs this too. */
  close() {
    clearTimeout(this.patience);
  }

  sayItTakesLong() {
    if (this.state !== "waiting" || !part("notice", this.article).hidden) return;
    const sentence = this.mode === "pensar" ? texts.thinks : texts.takesLong;
    showNotice(this.article, sentence);
    announce(sentence);
  }

  /** Whether the page no longer shows this reply, which the server has stored and generates to its end. */
  get isUnread() {
    return this.isLeft && this.id !== 0;
  }

  /** Characters received so far, as the server counts them: code points. */
  get length() {
    return [...this.text].length;
  }

  /** @param {ReplyEvent} event */
  receive([name, data]) {
    if (name === "remembered") this.remember(data.guardado);
    if (this.state === "ended") return;
    switch (name) {
      case "start":
        return this.start(data);
      case "delta":
        return this.grow(data.text);
      case "block":
        return this.addBlock(data.html, data.until);
      case "sources":
        return this.addSources(data);
      case "done":
        return this.end(data);
      case "offline":
        return showNotice(this.article, texts.offlineReading);
      case "online":
        return showNotice(this.article, "");
    }
  }

  /** @param {Start} start */
  start(start) {
    this.id = start.message_id;
    this.mode = start.modo ?? this.mode;
    Object.assign(this.article.dataset, { id: start.message_id, seq: start.seq, mode: this.mode });
    const question = questionOf(this.article);
    if (question) {
      Object.assign(question.dataset, { id: start.question_id, seq: start.seq - 1 });
      if (question.dataset.clientId) removeUnsent("pendente", question.dataset.clientId);
    }
    emit("left-changed", start);
    if (!this.isLeft) emit("reply-started", start);
  }

  /** Replace the dots by the text. */
  show() {
    if (this.state !== "waiting") return;
    this.state = "growing";
    showNotice(this.article, "");
    this.body.replaceChildren(this.blocks, this.tail.element);
  }

  /** @param {string} text */
  grow(text) {
    this.show();
    this.text += text;
    this.rest += text;
    this.tail.append(text);
  }

  /**
   * Replace the text of finished blocks by their HTML.
   * @param {string} html rendered and sanitized by the server
   * @param {number} until number of characters of the finished blocks
   */
  addBlock(html, until) {
    this.show();
    this.html += html;
    this.blocks.append(nodesFor(html));
    // A moved tail counts as a layout shift; a new element does not.
    this.rest = withoutFirst(this.rest, until - this.until);
    this.until = until;
    const tail = new Tail(this.rest);
    this.tail.element.replaceWith(tail.element);
    this.tail = tail;
  }

  /**
   * Show facts under the reply, but not before its end: the sentence about them is read last.
   * @param {import("./remembered.js").Fact[]} facts
   */
  remember(facts) {
    this.remembered = facts;
    if (this.state === "ended") showRemembered(this.article, facts);
  }

  /** @param {import("./sources.js").Search} search */
  addSources(search) {
    this.sources = search.fontes.length;
    showSources(this.article, search);
    if (search.aviso !== "search_unavailable") emit("searched", null);
  }

  /** @param {End} end */
  end({ html, estado, aviso, erro }) {
    // Do not replace finished blocks: the page would move and a selection would be lost.
    if (this.state === "growing" && html.startsWith(this.html)) {
      this.blocks.append(nodesFor(html.slice(this.html.length)));
      this.tail.element.remove();
    } else if (this.state === "growing") {
      // The numbers of sources are in the finished text only.
      replaceChanged(this.blocks, nodesFor(html));
      this.tail.element.remove();
    } else {
      this.body.replaceChildren(nodesFor(html));
    }
    this.state = "ended";
    showEnd(this.article, estado, erro ?? "", aviso ?? "");
    announce(aviso || this.answered);
    showRemembered(this.article, this.remembered);
  }

  get answered() {
    if (this.sources < 2) return this.sources ? texts.answeredFromOne : texts.answered;
    return say("answeredFrom", { count: this.sources });
  }

  /**
   * End with an error. The text received so far stays.
   * @param {Problem} problem
   */
  fail(problem) {
    if (this.isLeft) return;
    if (this.state === "waiting") this.body.replaceChildren();
    this.state = "ended";
    if (problem.body.pesquisa) showSources(this.article, problem.body.pesquisa);
    if (this.id) showEnd(this.article, "erro", problem.code, problem.message);
    else {
      this.article.dataset.state = "erro";
      showNotice(this.article, problem.message, [[texts.retry, "send-again"]]);
    }
    const { restam, modo } = problem.body;
    emit("left-changed", { restam, modo });
    announce(problem.message);
  }
}
