// @ts-check
// Password fields: show or hide the text, and check the rules of a new password while it is typed.

import { connect, get, make } from "./dom.js";
import { ask } from "./requests.js";
import { texts } from "./sentences.js";

const PAUSE = 300; // milliseconds without typing before the server checks

/** @param {HTMLInputElement} input */
function addToggle(input) {
  const button = make("button", "password-toggle");
  button.type = "button";
  /** @param {boolean} shown */
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? texts.passwordHide : texts.passwordShow;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  show(false);
  input.form?.addEventListener("submit", () => show(false));
  input.after(button);
}

/** @param {HTMLInputElement} input its data-min is the minimum length, in characters */
function addRules(input) {
  const field = /** @type {HTMLElement} */ (input.closest("[data-part=field]"));
  const rules = get("[data-part=rules]", field);
  /** @type {(name: string, kept: boolean | null) => void} */
  const mark = (name, kept) => {
    const rule = get(`[data-rule=${name}]`, rules);
    if (kept === null) delete rule.dataset.kept;
    else rule.dataset.kept = String(kept);
  };
  let pause = 0;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    const password = input.value;
    rules.hidden = !password;
    get("[data-part=note]", field).hidden = Boolean(password);
    const isLong = [...password].length >= Number(input.dataset.min);
    mark("long", isLong);
    mark("rare", null);
    if (!isLong) return;
    pause = setTimeout(async () => {
      const answer = await ask("POST", "/password/check", { senha: password }).catch(() => null);
      if (answer && input.value === password) mark("rare", !answer.comum);
    }, PAUSE);
  });
}

export function startPasswords() {
  connect("password", addToggle);
  connect("password-rules", addRules);
}
