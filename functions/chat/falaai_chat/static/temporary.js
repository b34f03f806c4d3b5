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

/** Cancels the requests that the browser keeps for a page that ends without its last events. */
let deferred = new AbortController();

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
  deferClose(clientId);
  return { temporaria: true };
}

/**
 * Let the browser send the request of a page that cannot: one that crashed, or one so busy that the browser ended it without
 * its last events (Chromium waits for 500 ms). In a browser without this function the cleanup deletes the conversation.
 * @param {string} client_id
 */
function deferClose(client_id) {
  window.fetchLater?.(at("/conversation/close"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_id }),
    signal: deferred.signal,
  });
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
  deferred.abort();
  deferred = new AbortController();
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
