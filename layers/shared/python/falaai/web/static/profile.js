// The profile page: changes, look, devices, deletion.

import { ask } from "./requests.js";
import { clearProblems, showProblem } from "./form_problems.js";
import { startPasswords } from "./passwords.js";
import { startTheme } from "./theme.js";
import { forgetPerson } from "./unsent.js";

const SIDE = 128; // the preview's pixels, twice what is shown

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
  location.replace(location.pathname);
}

// The picture as it will be cut: the middle square. Drawn, not linked, since pages may show nothing but our own files.
async function preview(file) {
  const image = await createImageBitmap(file).catch(() => null);
  if (!image) return;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const side = Math.min(image.width, image.height);
  const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
  canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, SIDE, SIDE);
  canvas.className = "picture";
  canvas.id = "picture";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Como a foto vai ficar");
  document.getElementById("picture").replaceWith(canvas);
}

for (const form of document.querySelectorAll("form[data-update]")) {
  onSubmit(form, async () => tell((await ask("PUT", "/profile/update", new FormData(form))).message));
}

const deletion = document.querySelector("form[data-delete]");
onSubmit(deletion, async () => {
  const answer = await ask("DELETE", "/profile", { senha_atual: deletion.elements.senha_atual.value });
  forgetPerson();
  location.assign(answer.redirect_url);
});

for (const button of document.querySelectorAll("[data-session]")) {
  button.addEventListener("click", async () => tell((await ask("DELETE", `/sessions/${button.dataset.session}`)).message));
}

document.getElementById("revoke-others")?.addEventListener("click", async () => {
  tell((await ask("POST", "/sessions/revoke_others")).message);
});

document.getElementById("profile_pic").addEventListener("change", ({ target }) => target.files[0] && preview(target.files[0]));

const said = sessionStorage.getItem("notice");
if (said) {
  const notice = document.getElementById("notice");
  notice.textContent = said;
  notice.hidden = false;
  sessionStorage.removeItem("notice");
}

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
startPasswords();
startTheme();
