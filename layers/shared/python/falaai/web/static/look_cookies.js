// @ts-check
// Cookies with the user's choices about the look of the pages. The server reads them: a page is right when it is first
// painted.

import { root } from "./requests.js";

const YEAR = 31536000; // seconds

/**
 * Store a choice for a year.
 * @param {string} name
 * @param {string} value empty to remove the choice
 */
export function keepLook(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = value ? YEAR : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it; the Cookie Store API needs HTTPS
  document.cookie = `${name}=${value}; Path=${root || "/"}; Max-Age=${age}; SameSite=Lax${secure}`;
}
