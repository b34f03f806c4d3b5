// @ts-check
// Theme menu.

import { connect } from "./dom.js";
import { keepLook } from "./look_cookies.js";

/** @param {HTMLInputElement} option */
function choose({ value, dataset }) {
  const { documentElement } = document;
  if (dataset.theme) documentElement.dataset.theme = dataset.theme;
  else delete documentElement.dataset.theme;
  keepLook("tema", value);
}

export function startTheme() {
  connect("theme", (menu) => {
    menu.hidden = false;
    menu.addEventListener("change", ({ target }) => choose(/** @type {HTMLInputElement} */ (target)));
  });
}
