// @ts-check
// The page of the saved prompts: add, edit and delete.

import { connect, get, part } from "./dom.js";
import { ask } from "./requests.js";
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

/** @param {HTMLFormElement} form */
function written(form) {
  const fields = new FormData(form);
  return { titulo: fields.get("titulo"), texto: fields.get("texto") };
}

connect("new-prompt", (/** @type {HTMLFormElement} */ form) => {
  onSubmit(form, async () => {
    await ask("POST", "/prompts", written(form));
    reload(texts.promptSaved);
  });
});
connect("prompt-change", (/** @type {HTMLFormElement} */ form) => {
  const path = `/prompts/${form.dataset.prompt}`;
  onSubmit(form, async () => {
    await ask("PATCH", path, written(form));
    reload(texts.promptSaved);
  });
  get("[data-act=delete-prompt]", form).addEventListener("click", async () => {
    await ask("DELETE", path);
    reload(texts.promptDeleted);
  });
});
connect("needs-script", (element) => {
  element.hidden = false;
});
const notice = part("page-notice");
notice.textContent = sessionStorage.getItem(NOTICE) ?? "";
notice.hidden = !notice.textContent;
sessionStorage.removeItem(NOTICE);
