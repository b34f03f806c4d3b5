// @ts-check
// The keys of the page, and their names on the user's keyboard: Control is Command on a Mac.

import { closest, get, part } from "./dom.js";
import { emit, on } from "./signals.js";

const isMac = /^(Mac|iP)/.test(navigator.platform);
/** @type {Record<string, string>} */
const NAMES = { Control: "Ctrl", Meta: "⌘", Shift: isMac ? "⇧" : "Shift", Escape: "Esc" };

/** @type {[string, () => void][]} */
const KEYS = [
  ["Control+K", () => emit("palette", null)],
  ["Control+/", () => emit("key-list", null)],
  ["Control+Shift+O", () => get("[data-act=new-conversation]").click()],
  ["Shift+Escape", () => part("message").focus()],
];

/**
 * Return whether an event is these keys, such as "Control+K".
 * @param {KeyboardEvent} event
 * @param {string} keys
 */
function isPressed(event, keys) {
  const names = keys.split("+");
  const key = names[names.length - 1].toLowerCase();
  const hasControl = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (event.key.toLowerCase() !== key || event.altKey) return false;
  if (hasControl !== names.includes("Control")) return false;
  // On many keyboards a sign such as / needs Shift.
  return !/\w/.test(key) || event.shiftKey === names.includes("Shift");
}

/** @param {string} keys */
const onThisKeyboard = (keys) => (isMac ? keys.replace("Control", "Meta") : keys);

/**
 * Return keys as they are written on the user's keyboard: "Ctrl K" or "⌘K".
 * @param {string} keys
 */
export const keysInWords = (keys) =>
  onThisKeyboard(keys)
    .split("+")
    .map((name) => NAMES[name] ?? name)
    .join(isMac ? "" : " ");

/** Show keys in the elements that name them, and tell them to screen readers. */
function nameKeys() {
  for (const element of document.querySelectorAll("[aria-keyshortcuts]")) {
    element.setAttribute(
      "aria-keyshortcuts",
      onThisKeyboard(element.getAttribute("aria-keyshortcuts") ?? ""),
    );
  }
  for (const element of document.querySelectorAll("[data-keys]")) {
    element.textContent = keysInWords(/** @type {HTMLElement} */ (element).dataset.keys ?? "");
  }
}

/** @param {KeyboardEvent} event */
function press(event) {
  const [keys, act] = KEYS.find(([keys]) => isPressed(event, keys)) ?? [];
  if (!act) return;
  event.preventDefault();
  const open = /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]"));
  if (open && !open.dataset.openedBy) return; // the dialog waits for a decision
  open?.close();
  if (open?.dataset.openedBy !== keys) act();
}

export function startKeys() {
  nameKeys();
  /** @type {HTMLDialogElement} */
  const list = part("key-list");
  on("key-list", () => list.showModal());
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-act=palette], [data-act=key-list]");
    if (!button) return;
    closest(event, "[popover]")?.hidePopover(); // first: the dialog returns the focus to the menu's button
    emit(/** @type {"palette" | "key-list"} */ (button.dataset.act), null);
  });
  document.addEventListener("keydown", press);
}
