// @ts-check
// Account forms are sent as JSON and show the answer in place. Without this script the browser sends them and gets a
// page.

import { connect, get } from "./dom.js";
import { giveFirstMessageTo, readFirstMessage } from "./first_message.js";
import { ask } from "./requests.js";
import { onSubmit, pathOf, withNotice } from "./form_requests.js";
import { areEmailsPaused, countDown, countDownFor, pauseEmails } from "./button_countdown.js";
import { startPasswords } from "./passwords.js";

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string | boolean>}
 */
function values(form) {
  const inputs = /** @type {HTMLInputElement[]} */ ([...form.elements]).filter((input) => input.name);
  return Object.fromEntries(
    inputs.map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value]),
  );
}

/** @type {(form: HTMLFormElement) => HTMLButtonElement} */
const submitButton = (form) => get("button[type=submit]", form);

/**
 * Fill in the address that the user has written on another page.
 * @param {HTMLFormElement} form
 */
function fillEmail(form) {
  const email = form.elements.namedItem("email");
  if (email instanceof HTMLInputElement && !email.value) email.value = sessionStorage.getItem("email") ?? "";
}

/** @param {HTMLFormElement} form */
function startForm(form) {
  fillEmail(form);
  onSubmit(
    form,
    async () => {
      const sent = values(form);
      if (sent.email) {
        sessionStorage.setItem("email", String(sent.email)); // the next page may need it
        giveFirstMessageTo(String(sent.email));
      }
      const answer = await ask("POST", pathOf(form), sent);
      if (form.dataset.emailPause) pauseEmails(Number(form.dataset.emailPause));
      location.assign(withNotice(answer.redirect_url, form.dataset.notice));
    },
    (problem) => {
      for (const action of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-when]"))) {
        action.hidden = action.dataset.when !== problem.code;
      }
      if (problem.retryAfter && problem.status === 429)
        countDownFor(submitButton(form), "waitToRetry", problem.retryAfter);
    },
  );
}

// Request another email. The pause before the next request survives a reload.
/** @param {HTMLFormElement} form */
function startResend(form) {
  const notice = get("[data-part=notice]", form);
  const pause = () => countDown(submitButton(form), "resendIn", Number(sessionStorage.getItem("emailAfter")));
  onSubmit(form, async () => {
    const answer = await ask("POST", pathOf(form), new FormData(form));
    notice.textContent = answer.message;
    notice.hidden = false;
    pauseEmails(Number(form.dataset.emailPause));
    pause();
  });
  fillEmail(form);
  if (areEmailsPaused()) pause();
}

// Remove the notice's name from the address, so that a reload does not show it again.
connect("page-notice", () => history.replaceState(null, "", location.pathname));
connect("json-form", startForm);
connect("resend-form", startResend);
connect("first-message-note", (note) => {
  note.hidden = !readFirstMessage();
});
connect("written-email", (place) => {
  const email = sessionStorage.getItem("email");
  place.hidden = !email;
  get("b", place).textContent = email;
});
startPasswords();
