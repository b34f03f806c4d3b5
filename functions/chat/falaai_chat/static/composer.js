// The message field: it grows with the text and stores a draft for each conversation.

import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { keepUnsent, readUnsent, removeUnsent } from "./unsent.js";

const $ = (id) => document.getElementById(id);
const field = $("message");
const button = $("send");
const notice = $("notice");
const MAX = Number(field.dataset.max);
let place = "nova"; // the conversation the draft belongs to

// Set the height by script in browsers that cannot size a field by its content (field-sizing).
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

// Show a sentence and actions above the field.
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
  // On a phone, focus would open the keyboard and cover the messages.
  if (matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
}

// Put a message that could not be sent back into the field, before any text typed since.
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

// `send(text)` sends a message. `press()` runs on the button and Escape; it returns whether it stopped a reply.
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
    // Some browsers do not set isComposing on the last key of an input method; keyCode 229 marks that key.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!button.classList.contains("stops")) submit();
  });
}
