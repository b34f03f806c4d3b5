// @ts-check
// Edit a question in its place. If the edit deletes messages, the editor says how many and asks.

import { bodyOf, log } from "./articles.js";
import { isSendKey, showComposerNotice } from "./composer.js";
import { get, make, makeButton } from "./dom.js";
import { openId } from "./open_conversation.js";
import { editQuestion, isAnswering } from "./questions.js";
import { ask, say } from "./requests.js";
import { texts } from "./sentences.js";

/**
 * Return the number of messages after its own reply that an edit deletes, including those from other tabs.
 * @param {HTMLElement} question
 */
async function countFollowing(question) {
  const [newest] = await ask("GET", `/conversation/${openId()}?limit=1`);
  return newest.seq - Number(question.dataset.seq) - 1;
}

/** @param {HTMLElement} question */
function countShown(question) {
  const shown = [...log.children];
  return Math.max(0, shown.length - shown.indexOf(question) - 2);
}

/** Return whether a question is being edited. */
export const isEditing = () => log.querySelector(".question-editing") !== null;

class Editor {
  /** @param {HTMLElement} question */
  constructor(question) {
    this.question = question;
    this.bubble = bodyOf(question);
    this.text = this.bubble.textContent ?? "";
    this.following = 0;
    this.field = make("textarea");
    this.field.value = this.text;
    this.field.rows = 2;
    this.field.setAttribute("aria-label", texts.editQuestion);
    this.warning = make("p", "question-warning");
    this.warning.setAttribute("role", "alert");
    this.sendButton = makeButton(texts.send, "send-edit");
    this.cancelButton = makeButton(texts.cancel, "cancel-edit");
  }

  open() {
    const actions = make("div", "question-actions");
    actions.append(this.cancelButton, this.sendButton);
    this.cancelButton.addEventListener("click", () => this.close(null));
    this.sendButton.addEventListener("click", () => this.send());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.question.classList.add("question-editing");
    this.bubble.replaceChildren(this.field, this.warning, actions);
    this.field.focus();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close(null);
    }
    // If the edit deletes messages, only the button that warns of it sends the edit.
    if (!isSendKey(event) || this.following) return;
    event.preventDefault();
    this.send();
  }

  /** Send the edit. While a reply is generated, the server would refuse it: the editor stays open with its text. */
  send() {
    if (isAnswering()) showComposerNotice(texts.stillAnswering);
    else this.close(this.field.value);
  }

  /** @param {number} following */
  warn(following) {
    this.following = following;
    const sentence = following > 1 ? "followingGo" : "followingGoOne";
    this.warning.hidden = !following;
    this.warning.textContent = following ? say(sentence, { count: following.toLocaleString("pt-BR") }) : "";
    this.sendButton.textContent = following ? texts.sendAndDelete : texts.send;
    this.sendButton.className = following ? "button small danger" : "button small";
  }

  /** @param {string | null} written */
  close(written) {
    this.bubble.textContent = this.text;
    this.question.classList.remove("question-editing");
    if (written?.trim() && written !== this.text) editQuestion(this.question, written, this.following);
    else get("[data-act=edit]", this.question).focus();
  }
}

/** @param {HTMLElement | null} question */
export async function openEditor(question) {
  if (!question || isAnswering() || question.classList.contains("question-editing")) return;
  const editor = new Editor(question);
  editor.open();
  // First show this page's count, then the server's. If that request fails, the server refuses to delete more.
  editor.warn(countShown(question));
  const count = await countFollowing(question).catch(() => editor.following);
  if (editor.field.isConnected) editor.warn(count);
}
