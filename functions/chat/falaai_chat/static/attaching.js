// @ts-check
// Ways to attach files: the menu of the composer, the camera of a phone, paste, and drag and drop. What uploads and shows
// them is loaded at their first use (attachments.js).

import { draftPlace, showComposerNotice } from "./composer.js";
import { closest, make, part } from "./dom.js";
import { filesIn } from "./draft_files.js";
import { Problem } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";
import { isTemporary } from "./temporary.js";

const button = part("attach");
const menu = part("attach-menu");
const dropZone = part("main");
const canRecord = Boolean(navigator.mediaDevices?.getUserMedia) && "AudioWorkletNode" in window;
/** @typedef {typeof import("./attachments.js").attachments} Attachments */
/** @type {Promise<Attachments> | null} */
let loading = null;

/** @param {string} address */
function loadStyle(address) {
  const link = make("link");
  link.rel = "stylesheet";
  link.href = address;
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    document.head.append(link);
  });
}

/**
 * Load the part of the page that works with files, once.
 * @returns {Promise<Attachments>} Rejects with a Problem if the server cannot be reached.
 */
export async function loadAttachments() {
  const { script = "", style = "" } = button.dataset;
  loading ??= Promise.all([import(script), loadStyle(style)]).then(([module]) => {
    module.attachments.start();
    return module.attachments;
  });
  try {
    return await loading;
  } catch {
    loading = null;
    throw new Problem(0, { code: "offline", detail: texts.filesUnavailable });
  }
}

/** @param {Iterable<File>} files */
async function attach(files) {
  const chosen = [...files]; // before the wait: the browser empties the list of a paste or a drop
  if (!chosen.length) return;
  if (isTemporary()) return showComposerNotice(texts.temporaryFiles);
  (await loadAttachments()).upload(chosen);
}

/** @param {HTMLInputElement} input */
function startInput(input) {
  input.addEventListener("change", () => {
    const chosen = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again
    attach(chosen);
  });
}

/** @param {ClipboardEvent} event */
function paste(event) {
  const { files, types } = event.clipboardData ?? {};
  // Word processors copy a picture of the text beside it: then the text is meant.
  if (!files?.length || types?.includes("text/plain")) return;
  event.preventDefault();
  attach(files);
}

/** @type {(event: DragEvent) => boolean} */
const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

function startDrop() {
  let depth = 0; // dragenter and dragleave come for each element on the way
  /** @param {number} value */
  const enter = (value) => {
    depth = value;
    dropZone.classList.toggle("conversation-drop", depth > 0);
  };
  dropZone.addEventListener("dragenter", (event) => hasFiles(event) && enter(depth + 1));
  dropZone.addEventListener("dragleave", (event) => hasFiles(event) && enter(Math.max(0, depth - 1)));
  // Also beside the conversation: a file that is dropped there must not replace the page.
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    enter(0);
    if (closest(event, "[data-part=main]")) attach(event.dataTransfer?.files ?? []);
  });
}

/** Return whether sound can be recorded here. */
export const canRecordSound = () => canRecord;

export async function beginRecording() {
  (await loadAttachments()).startRecording(button.dataset.worklet ?? "");
}

/** Load the part that shows files, if the draft has any. */
function showKept() {
  if (filesIn(draftPlace()).length) loadAttachments().catch((problem) => showComposerNotice(problem.message));
}

/** Open the menu above its button, whose place the keyboard of a phone changes. */
function placeMenu() {
  const { left, top } = button.getBoundingClientRect();
  menu.style.left = `${left}px`;
  menu.style.bottom = `${innerHeight - top + 4}px`;
}

export function startAttaching() {
  menu.addEventListener("beforetoggle", placeMenu);
  for (const input of menu.querySelectorAll("input")) startInput(input);
  menu.addEventListener("click", (event) => {
    const item = closest(event, "[data-act]");
    if (!item) return;
    menu.hidePopover();
    const { act = "" } = item.dataset;
    if (act === "record-sound") beginRecording();
    else part(act, menu).click();
  });
  part("record-item", menu).hidden = !canRecord;
  part("camera-item", menu).hidden = !matchMedia("(pointer: coarse)").matches;
  part("message").addEventListener("paste", paste);
  startDrop();
  on("conversation-opened", showKept);
  on("new-conversation", showKept);
  showKept();
}
