// @ts-check
// The dialog of a sent file: the picture or the player, digest and transcript, and what can be done with the file. The
// arrow keys lead to the other files of the question.

import { attachmentOf, factsOf, makeIcon, showChangedAttachment } from "./attachment_list.js";
import { copy } from "./clipboard.js";
import { draftPlace, focusComposer, showComposerNotice } from "./composer.js";
import { get, make, makeButton } from "./dom.js";
import { MOST_FILES, fileAddress, imageAddress, readAgain } from "./draft_files.js";
import { Problem, ask, say } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

/** @typedef {import("./draft_files.js").Attachment} Attachment */

const POLL_EVERY = 3000; // milliseconds
const MOST_POLLS = 40; // two minutes; then the user decides

class Viewer {
  constructor() {
    this.dialog = make("dialog", "dialog viewer");
    this.dialog.setAttribute("aria-labelledby", "viewer-heading");
    this.heading = make("h2", "viewer-heading");
    this.heading.id = "viewer-heading";
    this.facts = make("p", "viewer-facts");
    this.content = make("div", "viewer-content");
    this.words = make("div", "viewer-words");
    this.actions = make("div", "dialog-actions viewer-actions");
    this.before = this.arrow(texts.fileBefore, "‹", -1);
    this.after = this.arrow(texts.fileAfter, "›", 1);
    const head = make("div", "viewer-head");
    const closeButton = make("button", "icon-button");
    closeButton.type = "button";
    closeButton.setAttribute("aria-label", texts.close);
    closeButton.append(makeIcon("close"));
    closeButton.addEventListener("click", () => this.dialog.close());
    head.append(this.heading, this.before, this.after, closeButton);
    this.dialog.append(head, this.facts, this.content, this.words, this.actions);
    this.dialog.addEventListener("keydown", (event) => this.onKey(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.closed());
    /** @type {HTMLElement[]} */
    this.openers = [];
    this.at = 0;
    this.timer = 0;
    this.polls = 0;
    /** @type {Attachment} */
    this.attachment = /** @type {any} */ (null);
    document.body.append(this.dialog);
  }

  /** @type {(name: string, sign: string, step: -1 | 1) => HTMLButtonElement} */
  arrow(name, sign, step) {
    const button = make("button", "icon-button viewer-arrow", sign);
    button.type = "button";
    button.setAttribute("aria-label", name);
    button.title = name;
    button.addEventListener("click", () => this.go(step));
    return button;
  }

  /** @param {HTMLElement} opener */
  open(opener) {
    const list = opener.closest("[data-part=attachments]") ?? document;
    this.openers = [...list.querySelectorAll("[data-act=open-attachment]")].map(
      (one) => /** @type {HTMLElement} */ (one),
    );
    this.at = this.openers.indexOf(opener);
    this.show();
    this.dialog.showModal();
  }

  /** @param {number} step */
  go(step) {
    const to = this.at + step;
    if (to < 0 || to >= this.openers.length) return;
    this.at = to;
    this.show();
    announce(`${this.attachment.nome}. ${say("fileOf", { number: to + 1, count: this.openers.length })}`);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const step = new Map([
      ["ArrowLeft", -1],
      ["ArrowRight", 1],
    ]).get(event.key);
    if (!step || event.target instanceof HTMLMediaElement) return; // there, arrows move in the sound
    event.preventDefault();
    this.go(step);
  }

  show() {
    this.stopPolling();
    this.attachment = attachmentOf(this.openers[this.at]);
    const { nome } = this.attachment;
    this.heading.textContent = nome;
    const count = this.openers.length;
    const place = count > 1 ? ` · ${say("fileOf", { number: this.at + 1, count })}` : "";
    this.facts.textContent = factsOf(this.attachment) + place;
    for (const [button, isEnd] of /** @type {const} */ ([
      [this.before, this.at === 0],
      [this.after, this.at === count - 1],
    ])) {
      button.hidden = count < 2;
      button.setAttribute("aria-disabled", String(isEnd)); // not `disabled`, which would take the focus away
    }
    this.showContent();
    this.showActions();
    this.words.replaceChildren();
    this.polls = 0;
    this.load();
  }

  showContent() {
    const { id, nome, especie, largura, altura } = this.attachment;
    this.content.replaceChildren();
    if (especie === "imagem") {
      const image = make("img", "viewer-image");
      image.alt = nome;
      if (largura && altura) Object.assign(image, { width: largura, height: altura });
      image.src = imageAddress(id, false);
      this.content.append(image);
    } else if (especie === "audio") {
      const player = make("audio", "viewer-player");
      player.controls = true;
      player.preload = "none";
      player.src = fileAddress(id, true);
      player.setAttribute("aria-label", nome);
      this.content.append(player);
    }
  }

  showActions() {
    const { id, especie } = this.attachment;
    const links = [this.link(texts.download, fileAddress(id, false), false)];
    if (especie !== "audio") links.unshift(this.link(texts.openInTab, fileAddress(id, true), true));
    const reread = makeButton(texts.reread, "");
    reread.addEventListener("click", () => this.readAgain());
    const remove = makeButton(texts.deleteFile, "");
    remove.addEventListener("click", () => this.askToDelete());
    this.actions.replaceChildren(remove, ...links, reread);
  }

  /** @type {(label: string, address: string, inTab: boolean) => HTMLAnchorElement} */
  link(label, address, inTab) {
    const link = make("a", "button quiet small", label);
    link.href = address;
    if (inTab) Object.assign(link, { target: "_blank", rel: "noopener" });
    else link.download = this.attachment.nome;
    return link;
  }

  /** Load digest and transcript; while the server makes them, ask again. */
  async load() {
    const { id } = this.attachment;
    /** @type {Attachment} */
    let found;
    try {
      found = await ask("GET", `/chat/attachments/${id}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (this.attachment.id === id) this.showSentence(problem.message, true);
      return;
    }
    if (this.attachment.id !== id || !this.dialog.open) return;
    if (found.estado === "apagado") return this.showDeleted(found);
    this.showWords(found);
    if (found.resumo_estado !== "pendente") return;
    if (++this.polls < MOST_POLLS) this.timer = setTimeout(() => this.load(), POLL_EVERY);
    else this.showSentence(texts.digestLate, true);
  }

  /** @type {(sentence: string, canAskAgain?: boolean) => void} */
  showSentence(sentence, canAskAgain = false) {
    const line = make("p", "viewer-note", sentence);
    this.words.replaceChildren(line);
    if (!canAskAgain) return;
    const again = makeButton(texts.checkAgain, "");
    again.addEventListener("click", () => {
      this.polls = 0;
      this.load();
    });
    line.append(again);
  }

  /** @param {Attachment} found */
  showWords({ especie, resumo_estado, resumo, transcricao }) {
    const isAudio = especie === "audio";
    if (resumo_estado === "pendente")
      return this.showSentence(isAudio ? texts.transcriptPending : texts.digestPending);
    if (resumo_estado === "erro") return this.showSentence(texts.digestFailed);
    if (this.polls && transcricao) announce(texts.transcriptReady);
    const sections = [];
    if (resumo) sections.push(this.section(texts.digest, resumo));
    if (transcricao) {
      const section = this.section(texts.transcript, transcricao);
      const button = makeButton(texts.copyTranscript, "");
      button.addEventListener("click", () => copy(button, transcricao));
      section.append(button);
      sections.push(section);
    }
    this.words.replaceChildren(...sections);
  }

  /** @type {(heading: string, text: string) => HTMLElement} */
  section(heading, text) {
    const section = make("section");
    const words = make("p", "viewer-text", text);
    words.dir = "auto";
    section.append(make("h3", "", heading), words);
    return section;
  }

  readAgain() {
    const { nome } = this.attachment;
    const hasRoom = readAgain(draftPlace(), this.attachment);
    this.dialog.close();
    if (!hasRoom) return showComposerNotice(say("filesTooMany", { max: MOST_FILES }));
    focusComposer();
    announce(say("rereadAdded", { name: nome }));
  }

  askToDelete() {
    const sentence = make("p", "viewer-sure", texts.deleteFileSure);
    const cancel = makeButton(texts.cancel, "");
    const sure = makeButton(texts.deleteFile, "", "button danger small");
    cancel.addEventListener("click", () => {
      this.showActions();
      get("button", this.actions).focus();
    });
    sure.addEventListener("click", () => this.remove());
    this.actions.replaceChildren(sentence, cancel, sure);
    cancel.focus();
  }

  async remove() {
    const { attachment } = this;
    try {
      await removeFile(attachment.id);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.showActions();
      this.showSentence(problem.message);
      return;
    }
    this.showDeleted({ ...attachment, estado: "apagado" });
    announce(texts.deletingFile);
  }

  /** @param {Attachment} attachment */
  showDeleted(attachment) {
    showChangedAttachment({ ...this.attachment, ...attachment, estado: "apagado" });
    this.dialog.close();
    focusComposer();
  }

  stopPolling() {
    clearTimeout(this.timer);
  }

  closed() {
    this.stopPolling();
    this.content.replaceChildren(); // a player stops
  }
}

/** @param {number} id */
async function removeFile(id) {
  // A file that is not there any more is deleted.
  await ask("DELETE", `/chat/attachments/${id}`).catch((problem) => {
    if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
  });
}

/** @type {Viewer | null} */
let viewer = null;

/** @param {HTMLElement} opener */
export function openViewer(opener) {
  if (!viewer) {
    const made = new Viewer();
    viewer = made;
    on("conversation-left", () => made.dialog.close());
  }
  viewer.open(opener);
}
