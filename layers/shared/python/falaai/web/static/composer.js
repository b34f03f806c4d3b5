// Where messages are written: grows with the text, keeps a draft for each conversation, and never loses a word.

import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { keepUnsent, readUnsent, removeUnsent } from "./unsent.js";

const $ = (id) => document.getElementById(id);
const field = $("message");
const button = $("send");
const notice = $("notice");
const MAX = Number(field.dataset.max);
let place = "nova"; // the conversation the draft belongs to

// Browsers that cannot size a field by its content are helped.
function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function changed() {
  fit();
  if (field.value) keepUnsent("rascunho", place, field.value);
  else removeUnsent("rascunho", place);
  const count = [...field.value].length;
  const numbers = { count: count.toLocaleString("pt-BR"), max: MAX.toLocaleString("pt-BR") };
  if (count > MAX) tell(say("tooLong", numbers));
  else if (notice.dataset.kind === "length") hideNotice();
  notice.dataset.kind = count > MAX ? "length" : notice.dataset.kind ?? "";
  button.disabled = count > MAX;
}

// A sentence above the field, and ways on.
export function tell(sentence, ...ways) {
  const words = document.createElement("span");
  words.textContent = sentence;
  notice.replaceChildren(words, ...ways);
  notice.dataset.kind = "";
  notice.hidden = false;
}

function hideNotice() {
  notice.hidden = true;
  notice.replaceChildren();
  notice.dataset.kind = "";
}

export function focusComposer() {
  // On a phone this would raise the keyboard over what is being read.
  if (matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
}

// Back into the field goes what could not be sent; what was typed meanwhile stays behind it.
export function giveBack(text) {
  field.value = field.value ? `${text}\n\n${field.value}` : text;
  changed();
  field.focus();
}

export function setPlace(conversation) {
  place = String(conversation || "nova");
}

export function showAnswering(answering) {
  button.classList.toggle("stops", answering);
  button.setAttribute("aria-label", answering ? texts.stop : texts.send);
}

// `send(text)` takes a message; `press()` answers to the button and to Escape and tells whether it was for stopping.
export function startComposer(conversation, send, press) {
  setPlace(conversation);
  if (!field.value) field.value = readUnsent("rascunho", place) ?? "";
  changed();

  const submit = () => {
    const text = field.value;
    if (!text.trim() || [...text].length > MAX) return;
    hideNotice();
    field.value = "";
    removeUnsent("rascunho", place);
    fit();
    send(text);
  };
  button.addEventListener("click", () => press() || submit());
  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    // 229 is a key an input method is still working on, in browsers that do not say isComposing at its last one.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!button.classList.contains("stops")) submit();
  });
}
