// @ts-check
// The scrolled area of the messages: it follows a growing reply only while the reader is at the end.

import { part } from "./dom.js";

const NEAR_END = 40; // pixels
export const scroller = part("scroller");
export const column = part("column");
const toEndButton = part("to-end");
const low = matchMedia("(max-height: 300px)"); // in such a low window, the whole page scrolls
let following = true;

export function scrollToEnd() {
  following = true;
  if (!part("log").childElementCount) return; // a greeting stays at its beginning
  if (low.matches) document.documentElement.scrollTop = document.documentElement.scrollHeight;
  scroller.scrollTop = scroller.scrollHeight;
}

/**
 * Show an element, and stop following the end.
 * @param {Element} element
 */
export function scrollTo(element) {
  following = false;
  element.scrollIntoView({ block: "center" });
}

/**
 * Make a change above the visible messages without moving them.
 * @param {() => void} change
 */
export function keepPlace(change) {
  const fromEnd = scroller.scrollHeight - scroller.scrollTop;
  change();
  scroller.scrollTop = scroller.scrollHeight - fromEnd;
}

function notePlace() {
  const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  following = below < NEAR_END;
  toEndButton.hidden = below < scroller.clientHeight / 2;
  part("topbar").classList.toggle("topbar-over-text", scroller.scrollTop > 0);
}

export function startScrolling() {
  const sizes = new ResizeObserver(() => following && scrollToEnd());
  sizes.observe(column);
  sizes.observe(scroller);
  scroller.addEventListener("scroll", notePlace, { passive: true });
  toEndButton.addEventListener("click", scrollToEnd);
}
