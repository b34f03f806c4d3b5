// @ts-check
// Show a notice before sound or text leaves the device for the browser's speech service, until the user has agreed once.

import { part } from "./dom.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";

/** @typedef {"dictation" | "reading"} Use */

/** @type {HTMLDialogElement} */
const dialog = part("speech-notice");
/** A word of the user agent, with browser and company. The first match counts. @type {[RegExp, string, string][]} */
const BROWSERS = [
  [/Edg/, "Edge", "Microsoft"],
  [/SamsungBrowser/, "Samsung Internet", "Samsung"],
  [/OPR|Opera/, "Opera", "Google"],
  [/CriOS|Chrome|Chromium/, "Chrome", "Google"],
  [/Safari/, "Safari", "Apple"],
];

/** Names of the sentences: heading, text with a company and without, button. @type {Record<Use, string[]>} */
const SENTENCES = {
  dictation: ["dictationHeading", "dictationNotice", "dictationNoticeOther", "dictationAgree"],
  reading: ["readingHeading", "readingNotice", "readingNoticeOther", "readingAgree"],
};

/**
 * Return whether the user agrees, now or earlier in this browser.
 * @param {Use} use
 * @returns {Promise<boolean>}
 */
export async function agrees(use) {
  const key = `aviso:${use}`;
  if (localStorage.getItem(key)) return true;
  const [heading, known, other, agree] = SENTENCES[use];
  const [, browser, company] = BROWSERS.find(([word]) => word.test(navigator.userAgent)) ?? [];
  part("speech-heading", dialog).textContent = texts[heading];
  part("speech-sentence", dialog).textContent =
    browser && company ? say(known, { browser, company }) : texts[other];
  part("speech-agree", dialog).textContent = texts[agree];
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "agree") return false;
  localStorage.setItem(key, "sim");
  return true;
}
