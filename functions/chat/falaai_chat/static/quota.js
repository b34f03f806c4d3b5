// @ts-check
// The number of messages that are left today in the mode Rápido. The switch of modes shows the other number.

import { part } from "./dom.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

const place = part("left");

/** @param {number | null | undefined} left */
function showLeft(left) {
  if (left === null || left === undefined) return;
  if (left === 1) place.textContent = texts.leftOne;
  else place.textContent = left ? say("left", { count: left.toLocaleString("pt-BR") }) : texts.leftNone;
}

export function startQuota() {
  showLeft(Number(place.dataset.left));
  on("left-changed", ({ restam, modo }) => {
    if (modo === "rapido") showLeft(restam);
  });
}
