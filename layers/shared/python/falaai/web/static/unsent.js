// @ts-check
// Unsent text in the browser's storage: drafts ("rascunho", one for each conversation) and messages that the server
// has not acknowledged ("pendente", by client id; an edit has the id of the `edited` question). Beside them the chosen
// mode ("modo") and the files of drafts ("anexos"). Several users may share a browser: every key has its owner's id, and the chat page removes the keys of
// other users.

/** @typedef {"rascunho" | "pendente" | "modo" | "anexos"} Kind */
/** @typedef {{ text: string, clientId: string, place: string, at: number, edited?: number, sent?: any, searches?: boolean }} Pending */

export const owner = Number(document.body.dataset.user);
const OURS = /^(rascunho|pendente|modo|anexos):/;
const OWNED = new RegExp(`^(rascunho|pendente|modo|anexos):${owner}:`);

/** @type {(kind: Kind, name: string | number) => string} */
export const keyOf = (kind, name) => `${kind}:${owner}:${name}`;

/** @type {(kind: Kind, name: string | number) => string | null} */
export const readUnsent = (kind, name) => localStorage.getItem(keyOf(kind, name));

/**
 * Store a copy of unsent text. A browser whose storage is full or refused has no copy, but the page still has the text
 * and sends it.
 * @type {(kind: Kind, name: string | number, text: string) => void}
 */
export function keepUnsent(kind, name, text) {
  try {
    localStorage.setItem(keyOf(kind, name), text);
  } catch (error) {
    // biome-ignore lint/suspicious/noConsole: the user loses nothing, so only a developer needs to know
    console.warn("unsent text not stored", error);
  }
}

/** @type {(kind: Kind, name: string | number) => void} */
export const removeUnsent = (kind, name) => localStorage.removeItem(keyOf(kind, name));

/**
 * Return the owner's unacknowledged messages for `place`, oldest first.
 * @param {string} place
 * @returns {Pending[]}
 */
export const pendingIn = (place) =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(keyOf("pendente", "")))
    .map((key) => JSON.parse(localStorage.getItem(key) ?? "{}"))
    .filter((message) => message.place === place)
    .sort((one, other) => one.at - other.at);

/** Also remove keys of earlier versions, which have no owner's id. */
export function removeUnsentOfOthers() {
  for (const key of Object.keys(localStorage))
    if (OURS.test(key) && !OWNED.test(key)) localStorage.removeItem(key);
}

/** Used when a session or account ends. The answers also send Clear-Site-Data, which needs HTTPS. */
export function forgetPerson() {
  localStorage.clear();
  sessionStorage.clear();
}
