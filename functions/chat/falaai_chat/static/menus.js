// The menu of a conversation: open it beside its button; use it by pointer or keyboard.

import { at } from "./requests.js";
import { texts } from "./sentences.js";

const $ = (id) => document.getElementById(id);
const menu = $("conversation-menu");
let chosen = null; // {id, title, isPinned, place} of the conversation that the menu is for
let opener = null;

const items = () => [...menu.querySelectorAll("[role=menuitem]")];

export function openMenu(button, conversation) {
  chosen = conversation;
  opener = button;
  menu.querySelector("[data-do=pin]").textContent = conversation.isPinned ? texts.unpin : texts.pin;
  menu.querySelector("[data-do=print]").hidden = conversation.id !== Number($("messages").dataset.conversation);
  for (const link of menu.querySelectorAll("[data-format]")) {
    link.href = at(`/conversation/${conversation.id}/export?format=${link.dataset.format}`);
  }
  menu.showPopover();
  const { left, right, bottom, top } = button.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = menu;
  const x = left + offsetWidth < innerWidth ? left : right - offsetWidth;
  const y = bottom + offsetHeight < innerHeight ? bottom + 4 : top - offsetHeight - 4;
  menu.style.left = `${Math.max(8, x)}px`;
  menu.style.top = `${Math.max(8, y)}px`;
  items()[0].focus();
}

// `actions` holds functions by the data-do name of their item. An item without data-do is a link.
export function startMenus(actions) {
  menu.addEventListener("click", ({ target }) => {
    const item = target.closest("[data-do]");
    if (!item) return;
    menu.hidePopover();
    actions[item.dataset.do]?.(chosen, opener);
  });
  menu.addEventListener("keydown", (event) => {
    const visible = items().filter((item) => !item.hidden);
    const here = visible.indexOf(document.activeElement);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    visible.at(there % visible.length).focus();
  });
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "closed" && menu.contains(document.activeElement)) opener?.focus();
  });
}
