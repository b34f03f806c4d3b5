// @ts-check
// The menu of a conversation: open it beside its button; use it by pointer or keyboard.

import { askAndDelete, rename, togglePin } from "./conversation_actions.js";
import { closest, get, part } from "./dom.js";
import { chosenOpen, openId } from "./open_conversation.js";
import { loadUntil } from "./older_messages.js";
import { at } from "./requests.js";
import { texts } from "./sentences.js";

/** @typedef {import("./open_conversation.js").ChosenConversation} ChosenConversation */

const GAP = 8; // pixels to the edge of the window
const menu = part("conversation-menu");
/** @type {ChosenConversation} */
let chosen;
/** @type {HTMLElement} */
let opener;

/** @type {Record<string, () => unknown>} */
const ACTS = {
  rename: () => rename(chosen),
  pin: () => togglePin(chosen),
  print: async () => {
    await loadUntil(() => false); // the printout contains the whole conversation
    print();
  },
  delete: () => askAndDelete(chosen, opener),
};

/**
 * Do to the open conversation what an item of the menu does.
 * @param {string} act
 */
export function actOnOpen(act) {
  chosen = chosenOpen();
  opener = part("more");
  return ACTS[act]();
}

/** @returns {HTMLElement[]} */
const visibleItems = () =>
  /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[role=menuitem]")]).filter((item) => !item.hidden);

function placeMenu() {
  const { left, right, bottom, top } = opener.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const x = left + offsetWidth < innerWidth ? left : right - offsetWidth;
  const y = bottom + offsetHeight < innerHeight ? bottom + 4 : top - offsetHeight - 4;
  menu.style.left = `${Math.max(GAP, x)}px`;
  menu.style.top = `${Math.max(GAP, y)}px`;
}

/** @type {(button: HTMLElement, conversation: ChosenConversation) => void} */
function openMenu(button, conversation) {
  chosen = conversation;
  opener = button;
  get("[data-act=pin]", menu).textContent = conversation.isPinned ? texts.unpin : texts.pin;
  get("[data-act=print]", menu).hidden = conversation.id !== openId();
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (menu.querySelectorAll("[data-format]"))) {
    link.href = at(`/conversation/${conversation.id}/export?format=${link.dataset.format}`);
  }
  menu.showPopover();
  placeMenu();
  visibleItems()[0].focus();
}

/**
 * @param {HTMLElement} entry of the list
 * @returns {ChosenConversation}
 */
const chosenEntry = (entry) => ({
  id: Number(entry.dataset.id),
  title: part("entry-title", entry).textContent ?? "",
  isPinned: entry.dataset.pinned === "true",
  place: get("a", entry),
});

/** @param {KeyboardEvent} event */
function moveFocus(event) {
  const items = visibleItems();
  const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const there = new Map([
    ["ArrowDown", here + 1],
    ["ArrowUp", here - 1],
    ["Home", 0],
    ["End", -1],
  ]).get(event.key);
  if (there === undefined) return;
  event.preventDefault();
  items.at(there % items.length)?.focus();
}

export function startConversationMenu() {
  part("more").addEventListener("click", (event) =>
    openMenu(/** @type {HTMLElement} */ (event.currentTarget), chosenOpen()),
  );
  part("pin").addEventListener("click", () => togglePin(chosenOpen()));
  part("conversations").addEventListener("click", (event) => {
    const button = closest(event, "[data-act=conversation-options]");
    const entry = button?.closest("li");
    if (button && entry) openMenu(button, chosenEntry(entry));
  });
  menu.addEventListener("click", (event) => {
    const item = closest(event, "[role=menuitem]");
    if (!item) return;
    menu.hidePopover();
    ACTS[item.dataset.act ?? ""]?.();
  });
  menu.addEventListener("keydown", moveFocus);
  menu.addEventListener("toggle", (event) => {
    const isClosed = /** @type {ToggleEvent} */ (event).newState === "closed";
    if (isClosed && menu.contains(document.activeElement)) opener.focus();
  });
}
