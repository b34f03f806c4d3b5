// Forms that answer in place: <form data-json="/path"> sends its fields as JSON and shows what is wrong beside them.

import { ask } from "./requests.js";
import { clearProblems, showProblem } from "./form_problems.js";

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
    clearProblems(form);
    button.disabled = true;
    try {
      const answer = await ask("POST", form.dataset.json, values(form));
      location.assign(answer.redirect_url);
    } catch (problem) {
      showProblem(form, problem);
      for (const way of form.querySelectorAll("[data-when]")) way.hidden = way.dataset.when !== problem.code;
      button.disabled = false;
    }
  });
}
