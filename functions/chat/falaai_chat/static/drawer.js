// @ts-check
// The list of conversations: on small screens a drawer over the conversation, on others a column that can be collapsed.

import { closest, part } from "./dom.js";
import { keepLook } from "./look_cookies.js";
import { visit } from "./open_conversation.js";
import { on } from "./signals.js";

const sidebar = part("sidebar");
const opener = part("open-sidebar");
const closer = part("close-sidebar");
const collapser = part("collapse-sidebar");
/** Cookie of falaai_chat.routes.chat_pages, which renders a collapsed list. */
const COOKIE = "lista";
const COLLAPSED = "recolhida";
// The elements that the drawer covers. `main` and its heading stay in the outline of the page.
const BEHIND = "[data-part=main] > :not([data-part=topbar]), [data-part=topbar] > :not([data-part=title])";
const narrow = matchMedia("(max-width: 759px)");

const isOpen = () => sidebar.classList.contains("sidebar-open");

/** @param {boolean} open */
function show(open) {
  sidebar.classList.toggle("sidebar-open", open);
  opener.setAttribute("aria-expanded", String(open));
  for (const one of document.querySelectorAll(BEHIND)) one.toggleAttribute("inert", open && narrow.matches);
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

/** @param {boolean} collapsed */
function collapse(collapsed) {
  document.body.classList.toggle("chat-collapsed", collapsed);
  opener.setAttribute("aria-expanded", String(!collapsed));
  (collapsed ? opener : collapser).focus();
  keepLook(COOKIE, collapsed ? COLLAPSED : "");
}

export function startDrawer() {
  collapser.addEventListener("click", () => collapse(true));
  addEventListener("popstate", closeDrawer);
  on("new-conversation", closeDrawer);
  opener.addEventListener("click", () => (narrow.matches ? openDrawer(true) : collapse(false)));
  closer.addEventListener("click", () => openDrawer(false));
  document.addEventListener("click", (event) => {
    const isInside = closest(
      event,
      "[data-part=sidebar], [data-part=open-sidebar], [data-part=undo], [popover], dialog",
    );
    if (isOpen() && !isInside) openDrawer(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open], :popover-open")) return;
    event.preventDefault(); // it stops no reply
    openDrawer(false);
  });
}
