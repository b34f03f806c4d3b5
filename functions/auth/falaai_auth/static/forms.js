// Send forms as JSON and show the answer in place. Without this script the browser sends them and gets a page.

import { ask, root, say } from "./requests.js";
import { clearProblems, showProblem } from "./form_problems.js";
import { startPasswords } from "./passwords.js";

const PAUSE = 120; // seconds between two emails to one address; equals the server's limit

function values(form) {
  const entries = [...form.elements]
    .filter((input) => input.name)
    .map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value]);
  return Object.fromEntries(entries);
}

const pathOf = (form) => new URL(form.action).pathname.slice(root.length);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

// Disable the button for some seconds and show a countdown in it.
function rest(button, sentence, until) {
  const label = (button.dataset.label ??= button.textContent);
  button.disabled = true;
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? say(sentence, { wait: clock(seconds) }) : label;
    if (seconds > 0) setTimeout(tick, 1000);
  };
  tick();
}

function onSubmit(form, act) {
  form.noValidate = true; // show the server's messages, not the browser's
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblems(form);
    button.disabled = true;
    try {
      await act(button);
    } catch (problem) {
      button.disabled = false;
      showProblem(form, problem);
      for (const way of form.querySelectorAll("[data-when]")) way.hidden = way.dataset.when !== problem.code;
      if (problem.retryAfter && problem.status === 429) rest(button, "waitToRetry", Date.now() + problem.retryAfter * 1000);
    }
  });
}

for (const form of document.querySelectorAll("form[data-json]")) {
  onSubmit(form, async () => {
    const sent = values(form);
    if (sent.email) sessionStorage.setItem("email", sent.email); // the next page may need it
    const answer = await ask("POST", pathOf(form), sent);
    if (pathOf(form) === "/register") sessionStorage.setItem("emailAfter", Date.now() + PAUSE * 1000);
    location.assign(answer.redirect_url);
  });
}

// Request another email. The pause before the next request survives a reload.
for (const form of document.querySelectorAll("form[data-resend]")) {
  const notice = form.querySelector(".form-notice");
  const pause = () => rest(form.querySelector("button"), "resendIn", Number(sessionStorage.getItem("emailAfter")));
  onSubmit(form, async () => {
    const answer = await ask("POST", pathOf(form), new FormData(form));
    notice.textContent = answer.message;
    notice.hidden = false;
    sessionStorage.setItem("emailAfter", Date.now() + PAUSE * 1000);
    pause();
  });
  const email = sessionStorage.getItem("email");
  if (email && !form.elements.email.value) form.elements.email.value = email;
  if (Number(sessionStorage.getItem("emailAfter")) > Date.now()) pause();
}

for (const place of document.querySelectorAll("[data-written-email]")) {
  place.hidden = !sessionStorage.getItem("email");
  place.querySelector("b").textContent = sessionStorage.getItem("email");
}

startPasswords();
