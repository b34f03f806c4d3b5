// @ts-check
// A temporary conversation: the server lists it nowhere, and deletes it when this page leaves it.

import { part } from "./dom.js";
import { at } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

const log = part("log");
const note = part("temporary-note");
let isOn = false;

/** Return whether the open conversation, or the new one that has no message yet, is temporary. */
export const isTemporary = () => isOn;

/** Return the field of a question that begins a temporary conversation. */
export const temporaryField = () => (isOn ? { temporaria: true } : {});

/** @param {boolean} wanted */
function set(wanted) {
  isOn = wanted;
  note.hidden = !wanted;
  document.body.classList.toggle("chat-temporary", wanted);
  for (const button of document.querySelectorAll("[data-act=temporary]"))
    button.setAttribute("aria-pressed", String(wanted));
}

/** Make the new conversation a temporary one, or a common one again. */
export function toggleTemporary() {
  set(!isOn);
  part("title").textContent = isOn ? texts.temporaryChat : texts.newChat;
  announce(isOn ? texts.temporaryOn : texts.temporaryOff);
}

/** Let the server delete the conversation. The browser sends this even if the page is being closed. */
function close() {
  const id = Number(log.dataset.conversation);
  if (isOn && id) navigator.sendBeacon(at(`/conversation/${id}/close`));
}

export function startTemporary() {
  on("conversation-left", () => {
    close();
    set(false);
  });
  // The greeting may be a new element, whose button is not pressed.
  on("new-conversation", () => set(isOn));
  addEventListener("pagehide", close);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && isOn) location.replace(at("/chat"));
  });
}
