// @ts-check
// The switch of web search at the composer. It begins with the person's default, and does so again in each conversation
// that is opened: a choice for one subject must not spend the searches of the day unseen in another.

import { part } from "./dom.js";
import { leftInWords } from "./modes.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

/** A deployment without search has no switch. @type {HTMLButtonElement | null} */
const button = document.querySelector("[data-part=web-search]");
const isDefault = button?.form?.dataset.searchDefault === "true";

export const isSearchOn = () => button?.getAttribute("aria-pressed") === "true";

/**
 * Return the field of a request for a reply. Without the switch there is none.
 * @param {boolean} searches
 */
export const searchField = (searches) => (button ? { buscar: searches } : {});

/** @param {boolean} isOn */
export function setSearch(isOn) {
  button?.setAttribute("aria-pressed", String(isOn));
}

const toggle = () => setSearch(!isSearchOn());

/** Return the command that presses the switch, if there is one. */
export const searchCommands = () =>
  button ? [{ label: isSearchOn() ? texts.searchOff : texts.searchOn, run: toggle }] : [];

/** Tell the number of searches that are left today where there is room for it: in a tooltip, and to screen readers. */
function startLeft() {
  if (!button) return;
  let left = Number(button.dataset.left);
  const show = () => {
    part("searches-left").textContent = leftInWords(left);
    button.title = `${button.getAttribute("aria-label")} (${leftInWords(left)})`;
  };
  show();
  on("searched", () => {
    left = Math.max(0, left - 1);
    show();
  });
}

export function startWebSearch() {
  startLeft();
  button?.addEventListener("click", toggle);
  on("new-conversation", () => setSearch(isDefault));
  on("conversation-opened", () => setSearch(isDefault));
}
