// @ts-check
// Edit the name of a conversation in its place. Enter saves it, Escape cancels. A name that is too long is told.

import { showComposerNotice } from "./composer.js";
import { make } from "./dom.js";
import { say } from "./requests.js";
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
  field.setAttribute("aria-label", texts.rename);
  const note = make("span", "rename-note");
  note.setAttribute("role", "status");
  const before = [...place.childNodes];
  place.replaceChildren(field, note);
  field.focus();
  field.select();
  return new Promise((resolve) => {
    let isSettled = false;
    const sentence = () => {
      const count = [...field.value.trim()].length;
      return count > max ? say("nameTooLong", { count, max }) : "";
    };
    /** @param {boolean} keep */
    const settle = (keep) => {
      if (isSettled) return;
      isSettled = true;
      const name = field.value.trim();
      place.replaceChildren(...before);
      resolve(keep && name !== title ? name : "");
    };
    field.addEventListener("input", () => {
      note.textContent = sentence();
      field.setAttribute("aria-invalid", String(Boolean(note.textContent)));
    });
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && !event.isComposing && !sentence()) settle(true);
      if (event.key === "Escape") settle(false);
    });
    field.addEventListener("click", (event) => event.preventDefault());
    field.addEventListener("blur", () => {
      if (sentence() && !isSettled) showComposerNotice(sentence());
      settle(!sentence());
    });
  });
}
