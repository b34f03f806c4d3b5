// @ts-check
// The landing page: keep the visitor's first message until the visitor has an account.

import { connect, get } from "./dom.js";
import { keepFirstMessage, readFirstMessage } from "./first_message.js";

/** @param {HTMLFormElement} form */
function startFirstMessage(form) {
  /** @type {HTMLTextAreaElement} */
  const field = get("textarea", form);
  field.value ||= readFirstMessage();
  field.addEventListener("input", () => keepFirstMessage(field.value));
  field.addEventListener("keydown", (event) => {
    const isSent = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
    if (!isSent || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

connect("first-message", startFirstMessage);
