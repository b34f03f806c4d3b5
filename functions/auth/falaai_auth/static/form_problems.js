// @ts-check
// Show the server's error messages: beside their fields, or above the form.

import { get } from "./dom.js";

/** @typedef {import("./requests.js").Problem} Problem */

/** @type {(input: Element | null) => HTMLElement | null} */
const noteFor = (input) => input && document.getElementById(`${input.id}-problem`);

/** @param {HTMLInputElement} input */
export function clearProblem(input) {
  input.removeAttribute("aria-invalid");
  const note = noteFor(input);
  if (note) note.hidden = true;
}

/** @param {HTMLFormElement} form */
export function clearProblems(form) {
  get("[data-part=problem]", form).hidden = true;
  for (const input of form.querySelectorAll("input")) clearProblem(input);
}

/**
 * @param {HTMLFormElement} form
 * @param {Problem} problem
 */
export function showProblem(form, problem) {
  /** @type {HTMLInputElement | null} */
  let first = null;
  for (const { field, message } of problem.fields) {
    const input = /** @type {HTMLInputElement | null} */ (form.elements.namedItem(field));
    const note = noteFor(input);
    if (!input || !note) continue;
    note.textContent = message[0].toUpperCase() + message.slice(1);
    note.hidden = false;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  if (first) return first.focus();
  const general = get("[data-part=problem]", form);
  general.textContent = problem.message;
  general.hidden = false;
}
