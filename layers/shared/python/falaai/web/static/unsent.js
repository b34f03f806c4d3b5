// What a person wrote in this browser and has not sent: drafts ("rascunho", one for each conversation) and messages
// that the server has not acknowledged ("pendente", by the client's id). The next person may use the same browser:
// every key carries the id of its owner, and the chat page removes all others.

export const owner = Number(document.body.dataset.user);
const OURS = /^(rascunho|pendente):/;
const OWNED = new RegExp(`^(rascunho|pendente):${owner}:`);

const keyOf = (kind, name) => `${kind}:${owner}:${name}`;

export const readUnsent = (kind, name) => localStorage.getItem(keyOf(kind, name));
export const keepUnsent = (kind, name, text) => localStorage.setItem(keyOf(kind, name), text);
export const removeUnsent = (kind, name) => localStorage.removeItem(keyOf(kind, name));

// The owner's messages on their way to `place`, oldest first: [{clientId, text, place, at}].
export const pendingIn = (place) =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(keyOf("pendente", "")))
    .map((key) => JSON.parse(localStorage.getItem(key)))
    .filter((message) => message.place === place)
    .sort((one, other) => one.at - other.at);

// Keys of earlier versions say nothing about their owner, so they go as well.
export function removeUnsentOfOthers() {
  for (const key of Object.keys(localStorage)) if (OURS.test(key) && !OWNED.test(key)) localStorage.removeItem(key);
}

// For the end of a session or an account; the answers say the same to the browser with Clear-Site-Data.
export function forgetPerson() {
  localStorage.clear();
  sessionStorage.clear();
}
