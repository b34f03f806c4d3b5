// @ts-check
// "/" at the beginning of the message lists the user's saved prompts. Two of them are suggestions of an empty page.

import { fillComposer, readComposer } from "./composer.js";
import { closest, make, part } from "./dom.js";
import { ask, say } from "./requests.js";
import { texts } from "./sentences.js";
import { announce, on } from "./signals.js";

/** @typedef {{ id: number, titulo: string, texto: string }} SavedPrompt */

const GAP = "___"; // place in a text for the user's own words
const SUGGESTED = 2; // own prompts among the suggestions
const START = "/";

/** @type {HTMLTextAreaElement} */
const field = part("message");
const panel = part("prompt-panel");
const list = part("prompt-list");
/** @type {Promise<SavedPrompt[]> | null} */
let loading = null;
let chosen = 0;

/** Load the prompts, once for each page. @returns {Promise<SavedPrompt[]>} */
function load() {
  loading ??= ask("GET", "/prompts").catch(() => {
    loading = null; // the next use tries again
    return [];
  });
  return loading;
}

/** @type {(text: string) => string} */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Return the words after the "/", or null if the message does not begin with it or has several lines. */
function wanted() {
  const text = readComposer();
  return text.startsWith(START) && !text.includes("\n") ? plain(text.slice(1).trim()) : null;
}

const options = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=option]")]);

function close() {
  panel.hidden = true;
  list.replaceChildren();
  field.removeAttribute("aria-activedescendant");
}

/** @param {number} index */
function choose(index) {
  const all = options();
  if (!all.length) return;
  chosen = (index + all.length) % all.length;
  for (const [number, option] of all.entries())
    option.setAttribute("aria-selected", String(number === chosen));
  field.setAttribute("aria-activedescendant", all[chosen].id);
  all[chosen].scrollIntoView({ block: "nearest" });
}

/**
 * Put a text into the field, with the caret in its first gap.
 * @param {string} text
 */
function use(text) {
  close();
  const caret = text.indexOf(GAP);
  fillComposer(caret < 0 ? text : text.replace(GAP, ""), caret < 0 ? text.length : caret);
}

/** @param {SavedPrompt} prompt */
function optionFor({ id, titulo, texto }) {
  const option = make("div", "prompt-option");
  option.id = `prompt-${id}`;
  option.setAttribute("role", "option");
  option.dataset.text = texto;
  option.append(make("b", "", titulo), make("small", "", texto.slice(0, 120)));
  return option;
}

async function show() {
  const words = wanted();
  if (words === null) return close();
  const prompts = await load();
  if (wanted() !== words) return; // more was typed meanwhile
  const found = prompts.filter(({ titulo, texto }) => plain(`${titulo} ${texto}`).includes(words));
  if (!found.length && words) return close(); // an ordinary message
  list.replaceChildren(...found.map(optionFor));
  list.hidden = !found.length;
  panel.hidden = false;
  choose(0);
  announce(found.length === 1 ? texts.promptsFoundOne : say("promptsFound", { count: found.length }));
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (panel.hidden || event.isComposing) return;
  const option = options()[chosen];
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter" && !event.shiftKey && option) use(option.dataset.text ?? "");
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Enter would send the message
}

/** Show the newest prompts in place of the last suggestions. */
async function suggest() {
  const greeting = document.querySelector("[data-part=greeting]");
  const own = greeting ? (await load()).slice(0, SUGGESTED) : [];
  const places = /** @type {HTMLElement[]} */ ([...(greeting?.querySelectorAll("[data-suggestion]") ?? [])]);
  for (const [number, { titulo, texto }] of own.entries()) {
    const place = places[places.length - own.length + number];
    if (!place) continue;
    place.textContent = titulo;
    place.dataset.suggestion = texto;
  }
}

export function startSavedPrompts() {
  field.addEventListener("input", show);
  field.addEventListener("keydown", press, true); // before the composer's own keys
  for (const element of [field, panel])
    element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget !== field && !panel.contains(/** @type {Node | null} */ (relatedTarget))) close();
    });
  list.addEventListener("mousedown", (event) => {
    const option = closest(event, "[role=option]");
    if (!option) return;
    event.preventDefault();
    use(option.dataset.text ?? "");
  });
  on("new-conversation", suggest);
  suggest();
}
