// @ts-check
// Theme menu. The choice is a cookie: the server reads it, so a page never flashes in the wrong theme.

import { connect } from "./dom.js";
import { root } from "./requests.js";

const YEAR = 31536000; // seconds

/** @param {HTMLInputElement} option */
function choose({ value, dataset }) {
  const { documentElement } = document;
  if (dataset.theme) documentElement.dataset.theme = dataset.theme;
  else delete documentElement.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = value ? YEAR : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it; the Cookie Store API needs HTTPS
  document.cookie = `tema=${value}; Path=${root || "/"}; Max-Age=${age}; SameSite=Lax${secure}`;
}

export function startTheme() {
  connect("theme", (menu) => {
    menu.hidden = false;
    menu.addEventListener("change", ({ target }) => choose(/** @type {HTMLInputElement} */ (target)));
  });
}
