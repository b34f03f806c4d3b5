// @ts-check
// The list of the files of the message that is being written: thumbnail, progress, retry, remove.

import { cardText, factsOf, makeIcon } from "./attachment_list.js";
import { draftPlace, focusComposer } from "./composer.js";
import { make, part } from "./dom.js";
import { filesChanged, filesIn, imageAddress } from "./draft_files.js";
import { ask, say } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

/** @typedef {import("./draft_files.js").DraftFile} DraftFile */

const list = part("draft-files");

/** @type {WeakMap<DraftFile, DraftFileItem>} */
const items = new WeakMap();

/** @param {DraftFile} file */
function wordsOf(file) {
  if (file.sentence) return file.sentence;
  if (file.isReread) return texts.fileReread;
  if (file.state === "enviando") return say("fileUploading", { percent: Math.floor(100 * file.sent) });
  if (file.state === "conferindo") return texts.fileChecking;
  return file.attachment ? factsOf(file.attachment) : "";
}

/** @type {(name: string, icon: string) => HTMLButtonElement} */
function iconButton(name, icon) {
  const button = make("button", "icon-button");
  button.type = "button";
  button.setAttribute("aria-label", name);
  button.title = name;
  button.append(makeIcon(icon));
  return button;
}

class DraftFileItem {
  /** @param {DraftFile} file */
  constructor(file) {
    this.file = file;
    this.element = make("li", "draft-file");
    this.picture = make("span", "draft-file-picture");
    this.picture.append(makeIcon("file"));
    this.text = cardText(file.name, "");
    this.words = /** @type {HTMLElement} */ (this.text.querySelector("small"));
    this.progress = make("progress", "draft-file-progress");
    this.progress.setAttribute("aria-label", file.name);
    this.retry = iconButton(say("fileRetry", { name: file.name }), "again");
    this.remove = iconButton("", "close");
    this.retry.addEventListener("click", () => {
      this.remove.focus(); // this button disappears
      file.retry();
    });
    this.remove.addEventListener("click", () => this.take());
    this.element.append(this.picture, this.text, this.progress, this.retry, this.remove);
  }

  update() {
    const { state, sent, attachment, name } = this.file;
    const isRunning = state === "enviando" || state === "conferindo";
    this.element.dataset.state = state;
    this.words.textContent = wordsOf(this.file);
    this.progress.hidden = !isRunning;
    if (state === "enviando") this.progress.value = sent;
    else this.progress.removeAttribute("value"); // its end is unknown
    this.retry.hidden = state !== "falhou";
    const label = say(isRunning ? "fileCancel" : "fileRemove", { name });
    this.remove.setAttribute("aria-label", label);
    this.remove.title = label;
    if (attachment?.especie === "imagem" && !this.picture.querySelector("img"))
      this.showPicture(attachment.id);
  }

  /** @param {number} id */
  showPicture(id) {
    const image = make("img");
    image.alt = "";
    image.src = imageAddress(id, true);
    this.picture.replaceChildren(image);
  }

  /** Take the file out of the message. */
  take() {
    const { file } = this;
    const place = draftPlace();
    const files = filesIn(place);
    const at = files.indexOf(file);
    if (at < 0) return;
    files.splice(at, 1);
    file.cancel();
    // A file of an earlier page: its upload is not known here.
    if (file.attachment && !file.isReread)
      ask("DELETE", `/chat/attachments/${file.attachment.id}`).catch(() => null);
    filesChanged(place);
    announce(say("fileRemoved", { name: file.name }));
    const next = files[Math.min(at, files.length - 1)];
    if (next) items.get(next)?.remove.focus();
    else focusComposer();
  }
}

/** Show the files of the open conversation's draft. */
export function showDraftFiles() {
  const files = filesIn(draftPlace());
  const shown = files.map((file) => {
    const item = items.get(file) ?? new DraftFileItem(file);
    items.set(file, item);
    item.update();
    return item.element;
  });
  list.hidden = !files.length;
  // Moved elements would lose the focus.
  if (shown.length !== list.children.length || shown.some((one, at) => list.children[at] !== one)) {
    list.replaceChildren(...shown);
  }
}

export function startDraftFileList() {
  on("files-changed", (place) => place === draftPlace() && showDraftFiles());
  on("conversation-opened", showDraftFiles);
  on("new-conversation", showDraftFiles);
}
