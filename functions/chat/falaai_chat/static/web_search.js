// @ts-check
// The switch of web search at the composer. It begins with the person's default, and does so again in each conversation
// that is opened: a choice for one subject must not spend the searches of the day unseen in another.

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

export function startWebSearch() {
  button?.addEventListener("click", toggle);
  on("new-conversation", () => setSearch(isDefault));
  on("conversation-opened", () => setSearch(isDefault));
}
