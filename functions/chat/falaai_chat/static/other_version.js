// @ts-check
// Tell the user that a message found by a search is in a hidden version, and show that version on request.

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
