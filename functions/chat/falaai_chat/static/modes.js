// @ts-check
// The switch of modes at the composer, Rápido and Pensar mais. The choice is kept for the person in this browser and
// counts for every reply that is asked for from then on. A deployment without the second mode has no switch.

import { part } from "./dom.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";
import { keepUnsent, readUnsent } from "./unsent.js";

/** @typedef {import("./signals.js").Mode} Mode */

const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-part=mode]"));
/** @type {HTMLInputElement[]} */
const options = place ? [...place.querySelectorAll("input")] : [];

/** @returns {Mode} */
export const chosenMode = () =>
  /** @type {Mode} */ (options.find((option) => option.checked)?.value ?? "rapido");

/** Return the field of a request for a reply. Without the switch there is none: the server has one mode. */
export const modeField = () => (place ? { modo: chosenMode() } : {});

/** Return the label of each mode that is not chosen, and its option. @returns {[string, HTMLInputElement][]} */
export const otherModes = () =>
  options
    .filter((option) => !option.checked)
    .map((option) => [option.closest("label")?.textContent?.trim() ?? "", option]);

/** @param {number} left replies of today in this mode, or with a search */
export function leftInWords(left) {
  if (left === 1) return texts.thinkingLeftOne;
  return left ? say("thinkingLeft", { count: left.toLocaleString("pt-BR") }) : texts.thinkingLeftNone;
}

export function startModes() {
  if (!place) return;
  const sentence = part("mode-left", place);
  let left = Number(place.dataset.left);

  function show() {
    sentence.textContent = chosenMode() === "pensar" ? leftInWords(left) : "";
  }

  const kept = readUnsent("modo", "");
  for (const option of options) if (option.value === kept) option.checked = true;
  show();
  place.addEventListener("change", () => {
    keepUnsent("modo", "", chosenMode());
    show();
  });
  on("left-changed", ({ restam, modo }) => {
    if (modo !== "pensar" || restam === null || restam === undefined) return;
    left = restam;
    show();
  });
}
