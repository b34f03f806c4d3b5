// @ts-check
// A search has found a message of a hidden version: say so, and show that version if the user asks for it.

import { showComposerNotice } from "./composer.js";
import { reopen } from "./conversation_opener.js";
import { makeButton } from "./dom.js";
import { showFound } from "./found_message.js";
import { ask } from "./requests.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";

/** @param {{ id: number, seq: number }} message */
function offer({ id, seq }) {
  const button = makeButton(texts.showVersion, "show-version");
  showComposerNotice(texts.inOtherVersion, "refusal", button);
  button.addEventListener("click", async () => {
    await ask("POST", `/chat/messages/${id}/version`, {});
    emit("version-shown", null);
    await reopen();
    await showFound(seq);
  });
  button.focus({ preventScroll: true });
}

export const startOtherVersion = () => on("version-found", offer);
