// @ts-check
// Prepare the server for the first reply while the user types: without it, the first message waits for imports.

import { part } from "./dom.js";
import { at } from "./requests.js";

const EVERY = 5 * 60 * 1000; // milliseconds
let sentAt = -Infinity;

function warmUp() {
  if (performance.now() - sentAt < EVERY) return;
  sentAt = performance.now();
  // Nothing depends on the answer: without streaming the path does not exist.
  fetch(at("/chat/warm-up"), { method: "POST", priority: "low" }).catch(() => {});
}

export function startWarmUp() {
  warmUp();
  part("message").addEventListener("focus", warmUp);
}
