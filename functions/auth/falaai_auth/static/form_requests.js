// @ts-check
// Send a form by script, and show the server's error messages in it.

import { Problem, root } from "./requests.js";
import { clearProblem, clearProblems, showProblem } from "./form_problems.js";

/** @type {(form: HTMLFormElement) => string} */
export const pathOf = (form) => new URL(form.action).pathname.slice(root.length);

/**
 * Return an address whose page shows a notice, by its name in falaai_auth.routes.account_pages.
 * @param {string} address
 * @param {string} [notice]
 */
export const withNotice = (address, notice) => (notice ? `${address}?aviso=${notice}` : address);

/**
 * Call `act` when the form is submitted. Its button is disabled until the request has failed.
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} act
 * @param {(problem: Problem) => void} [onproblem]
 */
export function onSubmit(form, act, onproblem) {
  form.noValidate = true; // show the server's messages, not the browser's
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  // Back shows the page as it was left: with a disabled button.
  addEventListener("pageshow", (event) => {
    if (event.persisted) button.disabled = false;
  });
  form.addEventListener("input", ({ target }) => clearProblem(/** @type {HTMLInputElement} */ (target)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblems(form);
    button.disabled = true;
    try {
      await act();
    } catch (problem) {
      button.disabled = false;
      if (!(problem instanceof Problem)) throw problem;
      showProblem(form, problem);
      onproblem?.(problem);
    }
  });
}
