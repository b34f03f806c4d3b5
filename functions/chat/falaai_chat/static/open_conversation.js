// @ts-check
// The conversation that the page shows: its id, title, pin and address.

import { part } from "./dom.js";
import { at, say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";
import { isTemporary } from "./temporary.js";

/**
 * `data_atualizacao` is the time of its last use, in milliseconds since 1970. `trecho` and `seq` are the words before,
 * at and after a search's hit, and its message. `guardados` is the number of facts that were stored from it. `anexo` is the name of the file in which the words were found.
 * @typedef {{
 *   id: number, titulo_conversa: string, fixada: boolean, grupo: string, data_atualizacao: number,
 *   guardados?: number, trecho?: [string, string, string], seq?: number, outra_versao?: number, anexo?: string,
 * }} Conversation
 */
/** @typedef {{ id: number, title: string, isPinned: boolean, place: HTMLElement }} ChosenConversation */
/** State of an entry of the browser's history. @typedef {{ drawer?: true, title?: string, pinned?: boolean }} Visit */

const log = part("log");
const title = part("title");
const pin = part("pin");

/** Return the id of the open conversation; 0 for a new one that the server does not have yet. */
export const openId = () => Number(log.dataset.conversation) || 0;

/** Return the id in the page's address; 0 for a new conversation. */
export const idInAddress = () => Number(location.pathname.match(/\/chat\/(\d+)$/)?.[1]) || 0;

/** @returns {Visit} */
export const visit = () => history.state ?? {};

/** @returns {ChosenConversation} */
export const chosenOpen = () => ({
  id: openId(),
  title: title.textContent ?? "",
  isPinned: pin.getAttribute("aria-pressed") === "true",
  place: title,
});

/** Store title and pin in the history, for Back and Forward. */
function keepVisit() {
  const { title, isPinned } = chosenOpen();
  history.replaceState({ ...visit(), title, pinned: isPinned }, "");
}

/** @param {Pick<Conversation, "titulo_conversa" | "fixada">} conversation */
export function showConversation({ titulo_conversa, fixada }) {
  if (title.querySelector("input")) return; // it is being renamed
  if (title.textContent === titulo_conversa && chosenOpen().isPinned === fixada) return;
  title.textContent = titulo_conversa;
  document.title = say("pageTitle", { title: titulo_conversa });
  pin.setAttribute("aria-pressed", String(fixada));
  if (openId()) keepVisit();
}

/**
 * Go to an address without loading it. An open drawer's entry of the history becomes that of the address.
 * @param {string} path
 */
export function goTo(path) {
  if (visit().drawer) history.replaceState({}, "", at(path));
  else history.pushState({}, "", at(path));
}

/**
 * Make this the open conversation. The caller shows its messages and has changed the address.
 * @param {number} id 0 for a new one
 * @param {string} name
 * @param {boolean} isPinned
 */
export function setOpen(id, name, isPinned) {
  log.dataset.conversation = id ? String(id) : "";
  part("topbar-actions").hidden = !id;
  const field = title.querySelector("input");
  field?.remove();
  showConversation({ titulo_conversa: name, fixada: isPinned });
}

export function startOpenConversation() {
  // After a reload the drawer is closed.
  history.replaceState({}, "", openId() ? at(`/chat/${openId()}${location.search}`) : undefined);
  if (openId()) keepVisit();
  on("new-conversation", () => setOpen(0, texts.newChat, false));
  on("reply-started", ({ conversation_id }) => {
    if (openId()) return;
    log.dataset.conversation = String(conversation_id);
    if (isTemporary()) return; // it has no address and nothing to do with it
    part("topbar-actions").hidden = false;
    history.replaceState(visit(), "", at(`/chat/${conversation_id}`));
  });
}
