// @ts-check
// The page of the memory: add, edit and delete facts, pause, forget everything.

import { connect, get, make, part } from "./dom.js";
import { ask, Problem, say } from "./requests.js";
import { onSubmit } from "./form_requests.js";
import { texts } from "./sentences.js";

const NOTICE = "notice";

/**
 * Reload the page, which then shows the change and this sentence.
 * @param {string} message
 */
function reload(message) {
  sessionStorage.setItem(NOTICE, message);
  location.reload();
}

/** @param {string} sentence */
function showNotice(sentence) {
  const notice = part("page-notice");
  notice.textContent = sentence;
  notice.hidden = !sentence;
}

/**
 * Let the edit button say what it does now.
 * @param {HTMLElement} entry
 */
function swapLabel(entry) {
  const label = part("edit-label", entry);
  [label.textContent, label.dataset.editing] = [label.dataset.editing ?? "", label.textContent ?? ""];
}

/**
 * Show a field in place of the fact's text, or leave the field that is there. Enter and leaving it save, Escape does not.
 * What cannot be saved stays in the field.
 * @param {HTMLElement} entry
 */
function edit(entry) {
  const text = part("fact-text", entry);
  const current = text.querySelector("input");
  if (current) return current.blur();
  const before = text.textContent ?? "";
  const field = make("input");
  Object.assign(field, { value: before, maxLength: Number(part("facts").dataset.max) || 200 });
  field.setAttribute("aria-label", say("editFact", { text: before }));
  let isOpen = true;
  /** @param {string} shown */
  const close = (shown) => {
    isOpen = false;
    text.textContent = shown;
    for (const name of entry.querySelectorAll(".visually-hidden")) name.textContent = ` “${shown}”`;
    swapLabel(entry);
    get("[data-act=edit]", entry).focus();
  };
  const save = async () => {
    if (!isOpen) return;
    if (field.value.trim() === before || !field.value.trim()) return close(before);
    isOpen = false;
    try {
      close((await ask("PATCH", `/memory/${entry.dataset.fact}`, { texto: field.value })).texto);
      showNotice("");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      isOpen = true;
      showNotice(problem.message);
      field.focus();
    }
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // The button gets the focus, and the same key must not press it.
      save();
    }
    if (event.key === "Escape" && isOpen) close(before);
  });
  field.addEventListener("blur", save);
  text.replaceChildren(field);
  swapLabel(entry);
  field.focus();
}

/** @param {HTMLElement} entry */
async function forget(entry) {
  const { message } = await ask("DELETE", `/memory/${entry.dataset.fact}`);
  const next = /** @type {HTMLElement | null} */ (entry.nextElementSibling ?? entry.previousElementSibling);
  entry.remove();
  part("no-facts").hidden = part("facts").children.length > 0;
  showNotice(message);
  (next ? get("[data-act=forget]", next) : part("field").querySelector("input"))?.focus();
}

connect("fact", (entry) => {
  const button = get("[data-act=edit]", entry);
  // The press keeps the focus in the field: a save that ends before the release would make the click edit again.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => edit(entry));
  get("[data-act=forget]", entry).addEventListener("click", () => forget(entry));
});
connect("new-fact", (/** @type {HTMLFormElement} */ form) => {
  onSubmit(form, async () => {
    const { texto } = await ask("POST", "/memory", { texto: new FormData(form).get("texto") });
    reload(say("remembered", { text: texto }));
  });
});
connect("pause", (button) => {
  button.addEventListener("click", async () => {
    const { message } = await ask("PATCH", "/memory", { pausada: button.dataset.paused !== "true" });
    reload(message);
  });
});
connect("forget-all", (button) => {
  button.addEventListener("click", async () => {
    if (confirm(texts.forgetAllSure)) reload((await ask("DELETE", "/memory")).message);
  });
});
connect("needs-script", (element) => {
  element.hidden = false;
});
showNotice(sessionStorage.getItem(NOTICE) ?? "");
sessionStorage.removeItem(NOTICE);
