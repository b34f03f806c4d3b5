// Password fields: show or hide the text, and check the rules of a new password while it is typed.

import { ask } from "./requests.js";
import { texts } from "./sentences.js";

const MIN = 8; // characters; equals the server's minimum
const PAUSE = 300; // milliseconds without typing before the server checks

function addToggle(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? texts.passwordHide : texts.passwordShow;
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  show(false);
  input.form.addEventListener("submit", () => show(false));
  input.after(button);
}

function addRules(input) {
  const field = input.closest(".field");
  const rules = field.querySelector(".rules");
  const mark = (name, kept) => {
    const rule = rules.querySelector(`[data-rule=${name}]`);
    if (kept === null) delete rule.dataset.kept;
    else rule.dataset.kept = kept;
  };
  let pause;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    const password = input.value;
    rules.hidden = !password;
    field.querySelector(".note").hidden = Boolean(password);
    const long = [...password].length >= MIN;
    mark("long", long);
    mark("rare", null);
    if (!long) return;
    pause = setTimeout(async () => {
      const answer = await ask("POST", "/password/check", { senha: password }).catch(() => null);
      if (answer && input.value === password) mark("rare", !answer.comum);
    }, PAUSE);
  });
}

export function startPasswords() {
  document.querySelectorAll("input[type=password]").forEach(addToggle);
  document.querySelectorAll("input[data-rules]").forEach(addRules);
}
