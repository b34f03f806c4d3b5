// @ts-check
// Signals between the behaviors of the page, which otherwise do not know each other.

/** @typedef {"rapido" | "pensar"} Mode */
/** @typedef {{ conversation_id: number, question_id: number, message_id: number, seq: number, restam: number | null, modo: Mode }} Start */

/** A message as it was written. @typedef {import("./draft_files.js").SentFiles & { text: string }} Written */

/**
 * answering: a reply begins (true) or has ended (false); reply-started: the server has stored a question;
 * message-written: the user sends a text, with files; stop: the user stops the reply; announcement: a sentence for screen readers;
 * outcome-unknown: the connection ended before the answer to a request, so the server may have done it;
 * left-changed: the number of messages left today in a mode, if it is known;
 * new-conversation: the page shows a new, empty conversation; conversation-left: it will show another one;
 * conversation-opened: it shows another one, whose older messages have this path;
 * version-found: a search has found a message of a hidden version; version-shown: the page shows another version;
 * files-changed: the draft of this conversation has other files, or one of them has another state;
 * searched: a reply has searched the web, and counts in the searches of the day;
 * palette, key-list: open these dialogs; reading-aloud: the page begins to speak; dictating: it begins to listen;
 * recording: it begins to record.
 * @typedef {{
 *   "answering": boolean,
 *   "reply-started": Start,
 *   "message-written": Written,
 *   "files-changed": string,
 *   "recording": null,
 *   "stop": null,
 *   "announcement": string,
 *   "outcome-unknown": null,
 *   "left-changed": { restam?: number | null, modo?: Mode },
 *   "new-conversation": null,
 *   "conversation-left": null,
 *   "conversation-opened": { older: string },
 *   "version-found": { id: number, seq: number },
 *   "version-shown": null,
 *   "searched": null,
  "palette": null,
 *   "key-list": null,
 *   "reading-aloud": null,
 *   "dictating": null,
 * }} Signals
 */

const target = new EventTarget();

/**
 * @template {keyof Signals} N
 * @param {N} name
 * @param {Signals[N]} detail
 */
export function emit(name, detail) {
  target.dispatchEvent(new CustomEvent(name, { detail }));
}

/**
 * @template {keyof Signals} N
 * @param {N} name
 * @param {(detail: Signals[N]) => void} listener
 */
export function on(name, listener) {
  target.addEventListener(name, (event) => listener(/** @type {CustomEvent<Signals[N]>} */ (event).detail));
}

/** @param {string} sentence */
export const announce = (sentence) => emit("announcement", sentence);
