// The profile page: changes, devices, deletion.

import { ask } from "./requests.js";
import { clearProblems, showProblem } from "./form_problems.js";

function onSubmit(form, act) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblems(form);
    try {
      await act();
    } catch (problem) {
      showProblem(form, problem);
    }
  });
}

// Said after the reload that shows what changed.
function tell(sentence) {
  sessionStorage.setItem("notice", sentence);
  location.reload();
}

for (const form of document.querySelectorAll("form[data-update]")) {
  onSubmit(form, async () => tell((await ask("PUT", "/profile/update", new FormData(form))).message));
}

const deletion = document.querySelector("form[data-delete]");
onSubmit(deletion, async () => {
  const answer = await ask("DELETE", "/profile", { senha_atual: deletion.elements.senha_atual.value });
  location.assign(answer.redirect_url);
});

for (const button of document.querySelectorAll("[data-session]")) {
  button.addEventListener("click", async () => tell((await ask("DELETE", `/sessions/${button.dataset.session}`)).message));
}

document.getElementById("revoke-others")?.addEventListener("click", async () => {
  tell((await ask("POST", "/sessions/revoke_others")).message);
});

document.getElementById("profile_pic").addEventListener("change", ({ target }) => {
  if (target.files.length) document.querySelector("form[data-update]").requestSubmit();
});

const notice = document.getElementById("notice");
notice.textContent = sessionStorage.getItem("notice") ?? "";
notice.hidden = !notice.textContent;
sessionStorage.removeItem("notice");
