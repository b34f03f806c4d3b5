// @ts-check
// Upload files for the message that is being written, straight to the bucket: the server gives an address for exactly
// one file, and checks the content when it has arrived.

import { sizeInWords } from "./attachment_list.js";
import { draftPlace, showComposerNotice } from "./composer.js";
import { MOST_FILES, filesChanged, filesIn } from "./draft_files.js";
import { Problem, ask, say } from "./requests.js";
import { texts } from "./sentences.js";
import { announce } from "./signals.js";

/** @typedef {import("./draft_files.js").DraftFile} DraftFile */
/** @typedef {import("./draft_files.js").Attachment} Attachment */
/** Where to send one file. @typedef {{ id: number, url: string, campos: Record<string, string> }} Ticket */

const MOST_BYTES = 20 * 1024 * 1024;
const MOST_NAME = 255; // characters

/**
 * Return a name that the server takes: not longer than its limit, with the ending of the file.
 * @param {string} name
 */
function shortName(name) {
  const characters = [...name];
  if (characters.length <= MOST_NAME) return name;
  const ending = name.match(/\.\w{1,10}$/)?.[0] ?? "";
  return characters.slice(0, MOST_NAME - ending.length).join("") + ending;
}

/** Name of a file. Browsers call every pasted picture image.png. @param {File} file */
const nameOf = (file) => shortName(file.name === "image.png" ? `${texts.pastedName}.png` : file.name);

/** @implements {DraftFile} */
class Upload {
  /**
   * @param {File} file
   * @param {string} place
   */
  constructor(file, place) {
    this.file = file;
    this.place = place;
    this.name = nameOf(file);
    this.size = file.size;
    /** @type {DraftFile["state"]} */
    this.state = "enviando";
    this.sent = 0;
    this.sentence = "";
    /** @type {Attachment | null} */
    this.attachment = null;
    this.isReread = false;
    /** @type {Ticket | null} */
    this.ticket = null;
    this.isUploaded = false;
    this.isCanceled = false;
    /** @type {XMLHttpRequest | null} */
    this.request = null;
    this.retry = () => this.run();
    this.cancel = () => this.stop();
  }

  /** @type {(state: DraftFile["state"], sentence?: string) => void} */
  show(state, sentence = "") {
    if (this.isCanceled) return;
    this.state = state;
    this.sentence = sentence;
    if (state === "pronto") announce(say("fileReady", { name: this.name }));
    if (sentence) announce(say("fileFailed", { name: this.name, reason: sentence }));
    // The conversation may have got its id meanwhile.
    filesChanged(placeOf(this) ?? this.place);
  }

  /** Upload the file and let the server check it. A second run repeats only the steps that failed. */
  async run() {
    try {
      if (!this.isUploaded) await this.send();
      if (this.isCanceled) return;
      this.show("conferindo");
      const { id } = /** @type {Ticket} */ (this.ticket);
      this.take(await ask("POST", `/chat/attachments/${id}/ready`));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.fail(problem);
    }
  }

  async send() {
    this.sent = 0;
    this.show("enviando");
    this.ticket = await ask("POST", "/chat/attachments", {
      nome: this.name,
      tipo: this.file.type || "application/octet-stream",
      tamanho: this.size,
    });
    if (this.isCanceled) return this.forget();
    await this.post(/** @type {Ticket} */ (this.ticket));
    this.isUploaded = true;
  }

  /**
   * Send the file to the bucket. Only XMLHttpRequest tells the progress of an upload.
   * @param {Ticket} ticket
   */
  post({ url, campos }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(campos)) form.append(name, value);
    form.append("file", this.file); // last: the bucket ignores fields after it
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        this.sent = total ? loaded / total : 0;
        this.show("enviando");
      });
      const fail = (/** @type {string} */ sentence) =>
        reject(new Problem(0, { code: "upload_failed", detail: sentence }));
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) resolve(null);
        else fail(texts.fileNotTaken);
      });
      request.addEventListener("error", () => fail(texts.fileOffline));
      request.addEventListener("abort", () => fail(texts.fileOffline));
      request.open("POST", url);
      request.send(form);
    });
  }

  /** @param {Attachment} attachment */
  take(attachment) {
    if (attachment.estado === "pronto") {
      this.attachment = attachment;
      this.sent = 1;
      this.show("pronto");
    } else this.show("recusado", attachment.frase ?? texts.fileNotTaken);
  }

  /** @param {Problem} problem */
  fail(problem) {
    // The object is not there, or the address has expired: the next try begins again.
    if (problem.status === 409 || problem.status === 404) this.isUploaded = false;
    const isFinal = problem.status === 413 || problem.code === "daily_uploads";
    const [field] = problem.fields;
    this.show(isFinal ? "recusado" : "falhou", field?.message ?? problem.message);
  }

  stop() {
    this.isCanceled = true;
    this.request?.abort();
    this.forget();
  }

  /** Tell the server that the file is not needed. It deletes unsent files itself after a day. */
  forget() {
    if (this.ticket) ask("DELETE", `/chat/attachments/${this.ticket.id}`).catch(() => null);
  }
}

/** Places with uploads of this page. @type {Set<string>} */
const places = new Set();

/** @param {DraftFile} file */
function placeOf(file) {
  for (const place of [...places, draftPlace()]) if (filesIn(place).includes(file)) return place;
  return null;
}

/** @param {number} size */
function refusalOf(size) {
  if (!size) return texts.fileEmpty;
  if (size <= MOST_BYTES) return "";
  return say("fileTooLarge", { size: sizeInWords(size), max: sizeInWords(MOST_BYTES) });
}

/**
 * Add files to the message that is being written, and upload them.
 * @param {Iterable<File>} files
 */
export function upload(files) {
  const place = draftPlace();
  const list = filesIn(place);
  places.add(place);
  for (const file of files) {
    if (list.filter(({ isReread }) => !isReread).length >= MOST_FILES) {
      showComposerNotice(say("filesTooMany", { max: MOST_FILES }));
      break;
    }
    const one = new Upload(file, place);
    list.push(one);
    const refusal = refusalOf(file.size);
    if (refusal) one.show("recusado", refusal);
    else one.run();
  }
  filesChanged(place);
}
