// Forms that answer in place: <form data-json="/path"> sends its fields as JSON and shows what is wrong beside them.

import { ask } from "./requests.js";

const noteFor = (input) => document.getElementById(`${input.id}-problem`);

function clear(form) {
  form.querySelector(".form-problem").hidden = true;
  for (const input of form.querySelectorAll("input")) {
    input.removeAttribute("aria-invalid");
    if (noteFor(input)) noteFor(input).hidden = true;
  }
}

function show(form, problem) {
  let first;
  for (const { field, message } of problem.fields) {
    const input = form.elements[field];
    const note = input && noteFor(input);
    if (!note) continue;
    note.textContent = message[0].toUpperCase() + message.slice(1);
    note.hidden = false;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
  }
  if (first) return first.focus();
  const general = form.querySelector(".form-problem");
  general.textContent = problem.message;
  general.hidden = false;
  form.querySelector("[data-when]")?.toggleAttribute("hidden", form.querySelector("[data-when]").dataset.when !== problem.code);
}

function values(form) {
  const entries = [...form.elements]
    .filter((input) => input.name)
    .map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value]);
  return Object.fromEntries(entries);
}

for (const form of document.querySelectorAll("form[data-json]")) {
  form.noValidate = true; // the server's sentences are better than the browser's
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    clear(form);
    button.disabled = true;
    try {
      const answer = await ask("POST", form.dataset.json, values(form));
      location.assign(answer.redirect_url);
    } catch (problem) {
      show(form, problem);
      button.disabled = false;
    }
  });
}
