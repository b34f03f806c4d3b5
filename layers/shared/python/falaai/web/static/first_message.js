// @ts-check
// A message that a visitor wrote on the landing page waits until the visitor has signed in.
//
// It waits in the tab. Sign-up and sign-in copy it, with the email address of the form, to the browser's storage: the
// confirmation link opens another tab. A sign-in with another address removes it, because browsers are shared.

const KEY = "primeira-mensagem";
const HOURS = 24; // the lifetime of a confirmation link

/** @param {string} text */
export function keepFirstMessage(text) {
  if (text.trim()) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

export const readFirstMessage = () => sessionStorage.getItem(KEY) ?? "";

/** @returns {{ text: string, email: string, at: number } | null} */
const readWaiting = () => JSON.parse(localStorage.getItem(KEY) ?? "null");

/** @param {string} email */
export function giveFirstMessageTo(email) {
  const text = readFirstMessage();
  if (text) localStorage.setItem(KEY, JSON.stringify({ text, email, at: Date.now() }));
  else if (readWaiting()?.email !== email) localStorage.removeItem(KEY);
}

/** Return the message that waits, once; empty if there is none. */
export function takeFirstMessage() {
  const waiting = readWaiting();
  const isFresh = waiting && Date.now() - waiting.at < HOURS * 3_600_000;
  const text = isFresh ? waiting.text : readFirstMessage();
  localStorage.removeItem(KEY);
  sessionStorage.removeItem(KEY);
  return text;
}
