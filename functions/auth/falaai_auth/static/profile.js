// @ts-check
// The profile page: changes, picture, theme, devices, account deletion.

import { connect, part } from "./dom.js";
import { Problem, ask } from "./requests.js";
import { clearProblems, showProblem } from "./form_problems.js";
import { onSubmit, withNotice } from "./form_requests.js";
import { startPasswords } from "./passwords.js";
import { previewPicture, withCroppedPicture } from "./picture.js";
import { startTheme } from "./theme.js";
import { forgetPerson } from "./unsent.js";

const NOTICE = "notice";
const EXPORT_MILLISECONDS = 4000;

/**
 * Show the message after the reload that shows the change.
 * @param {{ message: string }} answer
 */
function reload({ message }) {
  sessionStorage.setItem(NOTICE, message);
  location.replace(location.pathname);
}

function showNotice() {
  const message = sessionStorage.getItem(NOTICE);
  if (!message) return;
  sessionStorage.removeItem(NOTICE);
  const notice = part("page-notice");
  notice.textContent = message;
  notice.hidden = false;
}

/** @param {HTMLFormElement} form */
function startUpdate(form) {
  onSubmit(form, async () => reload(await ask("PUT", "/profile/update", await withCroppedPicture(form))));
}

/** @param {HTMLInputElement} input */
function startPicture(input) {
  const form = /** @type {HTMLFormElement} */ (input.form);
  input.addEventListener("change", async () => {
    clearProblems(form);
    await previewPicture(input).catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
      showProblem(form, problem);
    });
  });
}

/**
 * Add the button's sentence to the instructions, in a line of its own.
 * @param {HTMLElement} button
 */
function startExample(button) {
  button.addEventListener("click", () => {
    const field = /** @type {HTMLTextAreaElement} */ (part("instructions"));
    const written = field.value.trimEnd();
    field.value = `${written}${written && "\n"}${button.textContent}`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}

/** @param {HTMLFormElement} form */
function startDeletion(form) {
  onSubmit(form, async () => {
    const password = new FormData(form).get("senha_atual");
    const answer = await ask("DELETE", "/profile", { senha_atual: password });
    forgetPerson();
    location.assign(withNotice(answer.redirect_url, form.dataset.notice));
  });
}

/**
 * Store the choice at once, and say below it what holds now.
 * @param {HTMLInputElement} box
 */
async function storeSearchDefault(box) {
  const status = part("search-status");
  try {
    const { message } = await ask("PUT", "/profile/search", { buscar: box.checked });
    status.textContent = message;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    box.checked = !box.checked;
    status.textContent = problem.message;
  }
}

/** Reload the page, which shows the new state, when the export is no longer being prepared. */
async function watchExport() {
  const { exportacao } = await ask("GET", "/profile/exports").catch((problem) => {
    if (!(problem instanceof Problem)) throw problem;
    return { exportacao: { estado: "preparando" } }; // after a failed request, ask again
  });
  if (exportacao?.estado === "preparando") setTimeout(watchExport, EXPORT_MILLISECONDS);
  else location.reload();
}

connect("export-progress", () => {
  setTimeout(watchExport, EXPORT_MILLISECONDS);
});
connect("profile-update", startUpdate);
connect("profile-picture", startPicture);
connect("instruction-example", startExample);
connect("search-default", (/** @type {HTMLInputElement} */ box) => {
  box.addEventListener("change", () => storeSearchDefault(box));
});
connect("account-deletion", startDeletion);
connect("end-session", (button) => {
  button.addEventListener("click", async () =>
    reload(await ask("DELETE", `/sessions/${button.dataset.session}`)),
  );
});
connect("end-other-sessions", (button) => {
  button.addEventListener("click", async () => reload(await ask("POST", "/sessions/revoke_others")));
});
connect("needs-script", (element) => {
  element.hidden = false;
});
showNotice();
startPasswords();
startTheme();
