// @ts-check
// The scrolled area of the messages: it follows a growing reply only while the reader is at the end.

import { part } from "./dom.js";
import { on } from "./signals.js";

const NEAR_END = 40; // pixels
export const scroller = part("scroller");
export const column = part("column");
const toEndButton = part("to-end");
const low = matchMedia("(max-height: 300px)"); // in such a low window, the whole page scrolls
let following = true;
let place = 0; // the place at the last check
let isGrowing = false; // a reply is being generated

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

/** Return the pixels below the visible messages. */
export const fromEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;

/**
 * Show the place that is so many pixels above the end.
 * @param {number} pixels
 */
export function scrollToPlace(pixels) {
  if (pixels < NEAR_END) {
    scrollToEnd();
    return;
  }
  following = false;
  scroller.scrollTop = scroller.scrollHeight - scroller.clientHeight - pixels;
}

/** Leave the place as it is, also when the page grows. */
export function stopFollowing() {
  following = false;
}

/**
 * Make a change above the visible messages without moving them.
 * @param {() => void} change
 */
export function keepPlace(change) {
  const place = scroller.scrollHeight - scroller.scrollTop;
  change();
  scroller.scrollTop = scroller.scrollHeight - place;
}

function notePlace() {
  const below = fromEnd();
  // Text that has come since the last check lies below, too: only a way up is the reader's.
  if (below < NEAR_END) following = true;
  else if (scroller.scrollTop < place) following = false;
  place = scroller.scrollTop;
  toEndButton.hidden = below < (isGrowing ? NEAR_END : scroller.clientHeight / 2);
  part("topbar").classList.toggle("topbar-over-text", scroller.scrollTop > 0);
}

export function startScrolling() {
  const sizes = new ResizeObserver(() => (following ? scrollToEnd() : notePlace()));
  sizes.observe(column);
  sizes.observe(scroller);
  scroller.addEventListener("scroll", notePlace, { passive: true });
  toEndButton.addEventListener("click", scrollToEnd);
  on("answering", (isAnswering) => {
    isGrowing = isAnswering;
    requestAnimationFrame(notePlace); // later, so that the browser lays out the new messages once
  });
}
