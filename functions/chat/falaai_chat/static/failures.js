// @ts-check
// Requests that fail without a handler of their own: the reason is shown above the message field.

import { showComposerNotice } from "./composer.js";
import { showRefusal } from "./questions.js";
import { Problem } from "./requests.js";

export function startFailures() {
  addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof Problem)) return;
    event.preventDefault();
    if (event.reason.status === 401) showRefusal(event.reason);
    else showComposerNotice(event.reason.message);
  });
}
