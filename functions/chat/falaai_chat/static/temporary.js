// @ts-check
// A temporary conversation: the server lists it nowhere, and deletes it when this page leaves it.

import { part } from "./dom.js";
import { at } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

const log = part("log");
const note = part("temporary-note");
let isOn = false;

/** Client ids of questions that may have begun a conversation of which the page does not know the id. @type {Set<string>} */
const begun = new Set();
let newest = ""; // of them

/** Return whether the open conversation, or the new one that has no message yet, is temporary. */
export const isTemporary = () => isOn;

/**
 * Return the field of a question that begins a temporary conversation.
 * @param {string} clientId
 */
export function temporaryField(clientId) {
  if (!isOn) return {};
  begun.add(clientId);
  newest = clientId;
  return { temporaria: true };
}

/** @param {boolean} wanted */
function set(wanted) {
  isOn = wanted;
  begun.clear();
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

/**
 * Let the server delete the conversation. The browser sends this even if the page is being closed. Before the page knows
 * the id, it names the question, which may not have arrived at the server yet.
 */
function close() {
  if (!isOn) return;
  const id = Number(log.dataset.conversation);
  if (id) navigator.sendBeacon(at(`/conversation/${id}/close`));
  for (const client_id of begun) {
    const body = new Blob([JSON.stringify({ client_id })], { type: "application/json" });
    navigator.sendBeacon(at("/conversation/close"), body);
  }
}

export function startTemporary() {
  on("conversation-left", () => {
    close();
    set(false);
  });
  on("reply-started", () => begun.delete(newest)); // its id is known now
  // The greeting may be a new element, whose button is not pressed.
  on("new-conversation", () => set(isOn));
  addEventListener("pagehide", close);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && isOn) location.replace(at("/chat"));
  });
}
