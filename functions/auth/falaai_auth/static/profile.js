// The profile page: changes, theme, devices, account deletion.

import { Problem, ask } from "./requests.js";
import { texts } from "./sentences.js";
import { clearProblems, showProblem } from "./form_problems.js";
import { startPasswords } from "./passwords.js";
import { startTheme } from "./theme.js";
import { forgetPerson } from "./unsent.js";

const SIDE = 512; // pixels; side of the picture that is sent, about 60 KB. The server makes it smaller.
const QUALITY = 0.9;

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

// Show the message after the reload that shows the change.
function tell(sentence) {
  sessionStorage.setItem("notice", sentence);
  location.replace(location.pathname);
}

// Crop a picture to its middle square, rotate it upright, make it smaller and remove its metadata.
async function cut(file) {
  const image = await createImageBitmap(file).catch(() => {
    throw new Problem(422, { fields: [{ field: "profile_pic", message: texts.pictureNotValid }] });
  });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const side = Math.min(image.width, image.height);
  const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, x, y, side, side, 0, 0, SIDE, SIDE);
  image.close();
  return canvas;
}

// Draw the preview on a canvas: the content security policy allows no blob: or data: image.
function preview(canvas) {
  canvas.className = "picture";
  canvas.id = "picture";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Como a foto vai ficar");
  document.getElementById("picture").replaceWith(canvas);
}

// Return the form data with the cropped picture: a phone's photo is larger than the limit of a request.
async function sent(form) {
  const values = new FormData(form);
  const file = values.get("profile_pic");
  if (!file?.size) return values;
  const canvas = await cut(file);
  // A browser that cannot encode WebP returns a PNG.
  const square = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", QUALITY));
  values.set("profile_pic", square, "foto");
  return values;
}

for (const form of document.querySelectorAll("form[data-update]")) {
  onSubmit(form, async () => tell((await ask("PUT", "/profile/update", await sent(form))).message));
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

document.getElementById("profile_pic").addEventListener("change", async ({ target }) => {
  clearProblems(target.form);
  if (target.files[0]) await cut(target.files[0]).then(preview, (problem) => showProblem(target.form, problem));
});

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
