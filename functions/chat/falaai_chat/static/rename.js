// @ts-check
// Edit the name of a conversation in its place. Enter saves it, Escape cancels.

import { make } from "./dom.js";
import { texts } from "./sentences.js";

/**
 * @param {HTMLElement} place element that shows the name
 * @param {string} title
 * @param {number} max characters
 * @returns {Promise<string>} the new name; empty if nothing changes
 */
export function askForName(place, title, max) {
  const field = make("input", "rename-field");
  field.value = title;
  field.maxLength = max;
  field.setAttribute("aria-label", texts.rename);
  const before = [...place.childNodes];
  place.replaceChildren(field);
  field.focus();
  field.select();
  return new Promise((resolve) => {
    let isSettled = false;
    /** @param {boolean} keep */
    const settle = (keep) => {
      if (isSettled) return;
      isSettled = true;
      const name = field.value.trim();
      place.replaceChildren(...before);
      resolve(keep && name !== title ? name : "");
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !event.isComposing) settle(true);
      if (event.key === "Escape") settle(false);
    });
    field.addEventListener("click", (event) => event.preventDefault());
    field.addEventListener("blur", () => settle(true));
  });
}
