// @ts-check
// The command palette: conversations and commands in one list, found by typing, chosen by keyboard or pointer. The
// focus stays in the field; aria-activedescendant names the chosen option.

import { commands } from "./commands.js";
import { entryOf, queryOf } from "./conversation_list.js";
import { openConversation } from "./conversation_opener.js";
import { closest, make, part } from "./dom.js";
import { openDrawer } from "./drawer.js";
import { keysInWords } from "./keys.js";
import { openId } from "./open_conversation.js";
import { Problem, askForPage, at, say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */
/** @typedef {{ label: string, keys?: string, excerpt?: Conversation["trecho"], isOtherVersion?: boolean, attachment?: string, run: () => unknown }} Option */

const PAUSE = 200; // milliseconds without typing before a search
const SHOWN = 5; // conversations
/** @type {HTMLDialogElement} */
const dialog = part("palette");
/** @type {HTMLInputElement} */
const field = part("palette-field");
const list = part("palette-list");
const status = part("palette-status");
/** @type {Map<string, Option>} */
const shown = new Map();
let searches = 0;
let pause = 0;

/** @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** @param {string} query */
function commandsFor(query) {
  const words = plain(query).split(/\s+/);
  return commands().filter(({ label }) => words.every((word) => plain(label).includes(word)));
}

/** @type {(found: Partial<Conversation> & { id: number, titulo_conversa: string }) => Option} */
const toOption = (found) => ({
  label: found.titulo_conversa,
  excerpt: found.trecho,
  isOtherVersion: Boolean(found.outra_versao),
  attachment: found.anexo,
  run: () => {
    if (entryOf(found.id)) openConversation(found.id, queryOf(found));
    else location.assign(at(`/chat/${found.id}${queryOf(found)}`)); // the list has not loaded it
  },
});

/** Return the newest other conversations of the list beside the messages. */
const recent = () =>
  /** @type {HTMLElement[]} */ ([...part("conversations").querySelectorAll("li[data-id]")])
    .filter((entry) => Number(entry.dataset.id) !== openId())
    .slice(0, SHOWN)
    .map((entry) =>
      toOption({
        id: Number(entry.dataset.id),
        titulo_conversa: part("entry-title", entry).textContent ?? "",
      }),
    );

/** @param {Option} option */
function elementFor(option) {
  const element = make("div", "palette-option");
  element.id = `palette-${shown.size}`;
  element.role = "option";
  const text = make("span", "palette-text");
  text.append(make("span", "palette-label", option.label));
  if (option.excerpt) {
    const [before, words, after] = option.excerpt;
    const excerpt = make("span", "palette-excerpt");
    if (option.isOtherVersion) excerpt.append(make("i", "", texts.otherVersion), " · ");
    if (option.attachment && option.attachment !== option.excerpt.join(""))
      excerpt.append(make("i", "", option.attachment), " · ");
    excerpt.append(before, make("mark", "", words), after);
    text.append(excerpt);
  }
  element.append(text);
  if (option.keys) element.append(make("kbd", "", keysInWords(option.keys)));
  shown.set(element.id, option);
  return element;
}

/** @type {(heading: string, options: Option[]) => void} */
function addGroup(heading, options) {
  if (!options.length) return;
  const group = make("div", "palette-group");
  group.role = "group";
  group.setAttribute("aria-label", heading);
  const title = make("div", "palette-heading", heading);
  title.setAttribute("aria-hidden", "true");
  group.append(title, ...options.map(elementFor));
  list.append(group);
}

/** @returns {HTMLElement[]} */
const elements = () =>
  [...list.querySelectorAll("[role=option]")].map((one) => /** @type {HTMLElement} */ (one));

/** @param {HTMLElement | undefined} element */
function choose(element) {
  for (const one of elements()) one.setAttribute("aria-selected", String(one === element));
  field.setAttribute("aria-activedescendant", element?.id ?? "");
  element?.scrollIntoView({ block: "nearest" });
}

const chosen = () => elements().find((one) => one.id === field.getAttribute("aria-activedescendant"));

/** @param {number} count */
function tellCount(count) {
  const query = field.value.trim();
  if (count) status.textContent = say(count === 1 ? "optionsOne" : "options", { count });
  else status.textContent = say("foundNone", { words: query });
  status.classList.toggle("visually-hidden", count > 0);
}

function show() {
  const query = field.value.trim();
  list.replaceChildren();
  shown.clear();
  if (!query) addGroup(texts.recent, recent());
  addGroup(texts.commands, commandsFor(query));
  choose(elements()[0]);
  searches++;
  clearTimeout(pause);
  if (!query) return tellCount(shown.size);
  status.textContent = texts.searching;
  status.classList.toggle("visually-hidden", shown.size > 0);
  pause = setTimeout(search, PAUSE, query, searches);
}

/** @type {(query: string, mine: number) => Promise<void>} */
async function search(query, mine) {
  /** @type {Conversation[]} */
  const found = [];
  try {
    // A page of search results can be empty and still have a next page.
    let path = `/conversations?${new URLSearchParams({ limit: String(SHOWN), q: query })}`;
    while (path && !found.length && mine === searches) {
      const page = await askForPage("GET", path);
      found.push(...page.items);
      path = page.next;
    }
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (mine !== searches) return;
    status.textContent = problem.message;
    status.classList.remove("visually-hidden");
    return;
  }
  if (mine !== searches) return;
  addGroup(texts.conversations, found.map(toOption));
  if (!chosen()) choose(elements()[0]);
  tellCount(shown.size);
}

/** @param {HTMLElement | undefined} element */
function run(element) {
  const option = element && shown.get(element.id);
  if (!option) return;
  dialog.close(); // first: it moves the focus back, and the command may move it on
  option.run();
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.isComposing) return;
  const all = elements();
  const here = all.indexOf(/** @type {HTMLElement} */ (chosen()));
  const there = new Map([
    ["ArrowDown", here + 1],
    ["ArrowUp", here - 1],
    ["PageDown", Math.min(here + 5, all.length - 1)],
    ["PageUp", Math.max(here - 5, 0)],
  ]).get(event.key);
  if (there !== undefined && all.length) choose(all.at(there % all.length));
  else if (event.key === "Enter") run(chosen());
  else return;
  event.preventDefault();
}

function open() {
  openDrawer(false); // some commands focus an element that it covers
  field.value = "";
  dialog.showModal();
  field.focus();
  show();
}

export function startPalette() {
  on("palette", open);
  field.addEventListener("input", show);
  field.addEventListener("keydown", press);
  list.addEventListener("click", (event) => run(closest(event, "[role=option]") ?? undefined));
  list.addEventListener("pointermove", (event) => {
    const element = closest(event, "[role=option]");
    if (element && element !== chosen()) choose(element);
  });
  dialog.addEventListener("close", () => searches++);
  for (const one of document.querySelectorAll("dialog[data-opened-by]")) {
    one.addEventListener("click", (event) => {
      if (event.target === one) /** @type {HTMLDialogElement} */ (one).close(); // a click beside the dialog
    });
  }
}
