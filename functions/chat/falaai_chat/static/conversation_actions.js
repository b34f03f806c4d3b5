// @ts-check
// The actions in the menu of a conversation: rename, pin, print, delete.

import { showEmpty } from "./conversation_opener.js";
import { focusEntry, neighborOf, refreshList, showChanged } from "./conversation_list.js";
import { part } from "./dom.js";
import { openId } from "./open_conversation.js";
import { askForName } from "./rename.js";
import { ask, at } from "./requests.js";
import { texts } from "./sentences.js";
import { announce } from "./signals.js";
import { offerUndo } from "./undo.js";

/** @typedef {import("./open_conversation.js").ChosenConversation} ChosenConversation */

/** @type {HTMLDialogElement} */
const dialog = part("delete-dialog");
const TITLE_MAX = Number(part("title").dataset.max); // characters

/** @param {ChosenConversation} chosen */
export async function rename({ id, title, place }) {
  const opener = place === part("title") ? part("more") : null;
  const focus = () => (opener ? opener.focus() : focusEntry(id));
  const name = await askForName(place, title, TITLE_MAX);
  if (!name) return focus();
  const changed = await ask("PATCH", `/conversation/${id}`, { titulo_conversa: name }).finally(focus);
  announce(texts.titleChanged);
  await showChanged(changed);
}

/** @param {ChosenConversation} chosen */
export async function togglePin({ id, isPinned }) {
  await showChanged(await ask("PATCH", `/conversation/${id}`, { fixada: !isPinned }));
}

/**
 * @param {ChosenConversation} chosen
 * @param {HTMLElement} opener element to focus if nothing is deleted
 */
export async function askAndDelete({ id, title }, opener) {
  part("delete-title", dialog).textContent = title;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "delete") return opener.focus();
  const next = neighborOf(id);
  await ask("DELETE", `/conversation/${id}`).catch((problem) => {
    opener.focus();
    throw problem;
  });
  const isOpen = id === openId();
  if (isOpen) {
    history.replaceState({}, "", at("/chat")); // Back must not lead to it
    showEmpty();
  }
  offerUndo(id, next, isOpen);
  await refreshList();
}
