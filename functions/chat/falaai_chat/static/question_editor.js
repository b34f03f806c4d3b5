// @ts-check
// Edit a question in its place.

import { bodyOf, log } from "./articles.js";
import { isSendKey, showComposerNotice } from "./composer.js";
import { get, make, makeButton } from "./dom.js";
import { editQuestion } from "./questions.js";
import { isAnswering } from "./running_reply.js";
import { texts } from "./sentences.js";

/** Return whether a question is being edited. */
export const isEditing = () => log.querySelector(".question-editing") !== null;

class Editor {
  /** @param {HTMLElement} question */
  constructor(question) {
    this.question = question;
    this.bubble = bodyOf(question);
    this.text = this.bubble.textContent ?? "";
    this.field = make("textarea");
    this.field.value = this.text;
    this.field.rows = 2;
    this.field.setAttribute("aria-label", texts.editQuestion);
    this.sendButton = makeButton(texts.send, "send-edit", "button small");
    this.cancelButton = makeButton(texts.cancel, "cancel-edit");
  }

  open() {
    const actions = make("div", "question-actions");
    actions.append(this.cancelButton, this.sendButton);
    this.cancelButton.addEventListener("click", () => this.close(null));
    this.sendButton.addEventListener("click", () => this.send());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.question.classList.add("question-editing");
    this.bubble.replaceChildren(this.field, actions);
    this.field.focus();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close(null);
    }
    if (!isSendKey(event)) return;
    event.preventDefault();
    this.send();
  }

  /** Send the edit. While a reply is generated, the server would refuse it: the editor stays open with its text. */
  send() {
    if (isAnswering()) showComposerNotice(texts.stillAnswering);
    else this.close(this.field.value);
  }

  /** @param {string | null} written */
  close(written) {
    this.bubble.textContent = this.text;
    this.question.classList.remove("question-editing");
    if (written?.trim() && written !== this.text) editQuestion(this.question, written);
    else get("[data-act=edit]", this.question).focus();
  }
}

/** @param {HTMLElement | null} question */
export function openEditor(question) {
  if (!question || isAnswering() || question.classList.contains("question-editing")) return;
  new Editor(question).open();
}
