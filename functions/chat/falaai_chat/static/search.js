// @ts-check
// Search of conversations: the list keeps those that are found. Escape empties the field.

import { connect, part } from "./dom.js";
import { announceSearch, refreshList } from "./conversation_list.js";

const PAUSE = 200; // milliseconds without typing before a search

/** @param {HTMLFormElement} form */
function start(form) {
  /** @type {HTMLInputElement} */
  const field = part("search-field", form);
  let pause = 0;
  const search = () => {
    clearTimeout(pause);
    announceSearch(field.value.trim());
    pause = setTimeout(refreshList, PAUSE);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field.value) return;
    event.stopPropagation(); // the drawer stays open
    field.value = "";
    search();
  });
}

export const startSearch = () => connect("search", start);
