// @ts-check
// Begin a new conversation: in place, so that it needs no connection. Suggestions fill the message field.

import { fillComposer, readComposer, showComposerNotice } from "./composer.js";
import { showEmpty } from "./conversation_opener.js";
import { closest, cloneTemplate, part } from "./dom.js";
import { takeFirstMessage } from "./first_message.js";
import { goTo, openId, visit } from "./open_conversation.js";
import { ask } from "./requests.js";
import { isAnswering } from "./running_reply.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";
import { isTemporary, toggleTemporary } from "./temporary.js";
import { keepUnsent, readUnsent } from "./unsent.js";

const GAP = "___"; // place in a suggestion for the user's own words
let filled = ""; // text that the last suggestion put into the field

function begin() {
  // A reload of /chat shows the session's active conversation, so the server must clear it.
  ask("POST", "/reset_chat").catch(() => null);
  if (openId() || isAnswering()) goTo("/chat");
  else if (visit().drawer) history.back();
  showEmpty();
}

/** Make the new conversation a temporary one, or a common one again. A temporary one takes no files. */
function chooseTemporary() {
  if (!isTemporary() && !part("draft-files").hidden) showComposerNotice(texts.temporaryFiles);
  else toggleTemporary();
}

/** Begin a new temporary conversation. */
export function beginTemporary() {
  if (openId() || isAnswering()) begin();
  if (!isTemporary()) chooseTemporary();
}

/**
 * Put a suggestion into the field. Text that the user has already written replaces its gap.
 * @param {string} suggestion
 */
function suggest(suggestion) {
  const written = readComposer();
  const words = written === filled ? "" : written;
  const [before, ...rest] = suggestion.split(GAP); // only the first gap: a text of the user's own may have more
  filled = before + words + rest.join(GAP);
  fillComposer(filled, before.length + words.length);
}

/** Begin with the message that was written on the landing page: it is the draft of a new conversation. */
function beginWithFirstMessage() {
  const message = takeFirstMessage();
  if (!message) return;
  const draft = readUnsent("rascunho", "nova");
  keepUnsent("rascunho", "nova", draft ? `${message}\n\n${draft}` : message);
  if (openId()) begin();
}

export function startNewConversation() {
  beginWithFirstMessage();
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-act=new-conversation]")) begin();
    if (closest(event, "[data-act=temporary]")) chooseTemporary();
    const suggestion = closest(event, "[data-suggestion]")?.dataset.suggestion;
    if (suggestion) suggest(suggestion);
  });
  on("new-conversation", () => {
    if (!document.querySelector("[data-part=greeting]")) part("column").append(cloneTemplate("greeting"));
  });
}
