// @ts-check
// Tell screen readers the state of the page, but not every piece of a reply.

import { part } from "./dom.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

const SAY_AGAIN = 15000; // milliseconds between two announcements that the reply is still being generated

export function startAnnouncer() {
  const status = part("status");
  let progress = 0;
  on("announcement", (sentence) => {
    status.textContent = sentence;
  });
  on("answering", (isAnswering) => {
    clearInterval(progress);
    if (!isAnswering) return;
    status.textContent = texts.answering;
    progress = setInterval(() => {
      status.textContent = texts.stillAnswering;
    }, SAY_AGAIN);
  });
}
