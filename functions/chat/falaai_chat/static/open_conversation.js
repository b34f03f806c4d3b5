// @ts-check
// The conversation that the page shows: its id, title, pin and address.

import { part } from "./dom.js";
import { at, say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

/**
 * `trecho` and `seq` are the words before, at and after a search's hit, and its message.
 * @typedef {{
 *   id: number, titulo_conversa: string, fixada: boolean, grupo: string,
 *   trecho?: [string, string, string], seq?: number,
 * }} Conversation
 */
/** @typedef {{ id: number, title: string, isPinned: boolean, place: HTMLElement }} ChosenConversation */

const log = part("log");
const title = part("title");
const pin = part("pin");

/** Return the id of the open conversation; 0 for a new one that the server does not have yet. */
export const openId = () => Number(log.dataset.conversation) || 0;

/** @returns {ChosenConversation} */
export const chosenOpen = () => ({
  id: openId(),
  title: title.textContent ?? "",
  isPinned: pin.getAttribute("aria-pressed") === "true",
  place: title,
});

/** @param {Conversation} conversation */
export function showConversation({ titulo_conversa, fixada }) {
  if (title.querySelector("input")) return; // it is being renamed
  title.textContent = titulo_conversa;
  document.title = say("pageTitle", { title: titulo_conversa });
  pin.setAttribute("aria-pressed", String(fixada));
}

function showNew() {
  log.dataset.conversation = "";
  part("topbar-actions").hidden = true;
  showConversation({ id: 0, titulo_conversa: texts.newChat, fixada: false, grupo: "" });
}

export function startOpenConversation() {
  on("new-conversation", showNew);
  if (openId()) history.replaceState(null, "", at(`/chat/${openId()}`));
  on("reply-started", ({ conversation_id }) => {
    if (openId()) return;
    log.dataset.conversation = String(conversation_id);
    part("topbar-actions").hidden = false;
    history.replaceState(null, "", at(`/chat/${conversation_id}`));
  });
}
