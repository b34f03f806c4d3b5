// @ts-check
// Begin a new conversation.

import { closest } from "./dom.js";
import { ask, at } from "./requests.js";
import { emit } from "./signals.js";

export function startNewConversation() {
  document.addEventListener("click", async (event) => {
    if (!closest(event, "[data-act=new-conversation]")) return;
    await ask("POST", "/reset_chat").catch(() => null);
    location.assign(at("/chat"));
  });
  document.querySelector("[data-part=greeting]")?.addEventListener("click", (event) => {
    const suggestion = closest(event, "button");
    if (suggestion) emit("message-written", suggestion.textContent ?? "");
  });
}
