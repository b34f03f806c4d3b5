// @ts-check
// Copy text, and show in the pressed button that it was copied.

import { showComposerNotice } from "./composer.js";
import { texts } from "./sentences.js";
import { announce } from "./signals.js";

const SHOWN = 1500; // milliseconds

/** Buttons that show "copied" now. @type {WeakSet<HTMLElement>} */
const copied = new WeakSet();

/** @param {HTMLElement} button */
function showCopied(button) {
  announce(texts.copied);
  if (copied.has(button)) return;
  copied.add(button);
  const icon = button.querySelector("use");
  /** @param {string} value */
  const put = (value) => {
    if (icon) icon.setAttribute("href", value);
    else button.textContent = value;
  };
  const before = (icon ? icon.getAttribute("href") : button.textContent) ?? "";
  put(icon ? "#icon-done" : texts.copied);
  setTimeout(() => {
    put(before);
    copied.delete(button);
  }, SHOWN);
}

/**
 * @param {HTMLElement} button
 * @param {string | Promise<string>} text
 * @param {string} [html] the same formatted, for programs that take it
 */
export async function copy(button, text, html = "") {
  const blob = Promise.resolve(text).then((words) => new Blob([words], { type: "text/plain" }));
  /** @type {Record<string, Blob | Promise<Blob>>} */
  const content = { "text/plain": blob };
  if (html) content["text/html"] = new Blob([html], { type: "text/html" });
  try {
    await navigator.clipboard.write([new ClipboardItem(content)]);
  } catch {
    // If the request for the text failed, report its reason. The browser reports "not allowed" for every failure.
    await blob;
    showComposerNotice(texts.notCopied);
    return;
  }
  showCopied(button);
}
