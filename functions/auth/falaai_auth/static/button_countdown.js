// @ts-check
// Disable a button for some seconds, with a countdown in it.

import { say } from "./requests.js";

/** @param {number} seconds */
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

/**
 * @param {HTMLButtonElement} button
 * @param {string} sentence name of the sentence with the countdown
 * @param {number} until milliseconds since 1970
 */
export function countDown(button, sentence, until) {
  button.dataset.label ??= button.textContent ?? "";
  const label = button.dataset.label;
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? say(sentence, { wait: clock(seconds) }) : label;
    if (seconds > 0) setTimeout(tick, 1000);
  };
  tick();
}

/** @type {(button: HTMLButtonElement, sentence: string, seconds: number) => void} */
export const countDownFor = (button, sentence, seconds) =>
  countDown(button, sentence, Date.now() + seconds * 1000);

/**
 * Store when another email may be requested.
 * @param {number} seconds
 */
export const pauseEmails = (seconds) =>
  sessionStorage.setItem("emailAfter", String(Date.now() + seconds * 1000));

export const areEmailsPaused = () => Number(sessionStorage.getItem("emailAfter")) > Date.now();
