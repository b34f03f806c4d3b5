// @ts-check
// On small screens the list of conversations is a drawer over the conversation.

import { closest, part } from "./dom.js";
import { visit } from "./open_conversation.js";
import { on } from "./signals.js";

const sidebar = part("sidebar");
const opener = part("open-sidebar");
const closer = part("close-sidebar");
const narrow = matchMedia("(max-width: 759px)");

const isOpen = () => sidebar.classList.contains("sidebar-open");

/** @param {boolean} open */
function show(open) {
  sidebar.classList.toggle("sidebar-open", open);
  opener.setAttribute("aria-expanded", String(open));
  part("main").inert = open && narrow.matches;
  if (narrow.matches) (open ? closer : opener).focus();
}

/**
 * Open or close the drawer. An open one is an entry of the history, so that Back closes it.
 * @param {boolean} open
 */
export function openDrawer(open) {
  if (open === isOpen()) return;
  show(open);
  if (!narrow.matches) return;
  if (open) history.pushState({ ...visit(), drawer: true }, "");
  else if (visit().drawer) history.back();
}

/** Close the drawer after the page has gone to another address. */
export function closeDrawer() {
  if (isOpen()) show(false);
}

export function startDrawer() {
  addEventListener("popstate", closeDrawer);
  on("new-conversation", closeDrawer);
  opener.addEventListener("click", () => openDrawer(true));
  closer.addEventListener("click", () => openDrawer(false));
  document.addEventListener("click", (event) => {
    const isInside = closest(event, "[data-part=sidebar], [data-part=open-sidebar], [popover], dialog");
    if (isOpen() && !isInside) openDrawer(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open], :popover-open")) return;
    event.preventDefault(); // it stops no reply
    openDrawer(false);
  });
}
