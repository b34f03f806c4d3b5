// @ts-check
// The list of conversations under its headings. Changes keep its place, its focus and the pages that were loaded.

import { cloneTemplate, get, make, part } from "./dom.js";
import { noteStored } from "./memory_chips.js";
import { openId, showConversation } from "./open_conversation.js";
import { askForPage, at, say } from "./requests.js";
import { texts } from "./sentences.js";
import { on } from "./signals.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */

const list = part("conversations");
/** @type {HTMLButtonElement} */
const more = part("load-more");
const PAGE = Number(list.dataset.page); // conversations
const LOADING = "conversation-list-loading";
/** @type {Conversation[]} */
let listed = [...list.querySelectorAll("li")].map(conversationOf);
let words = "";
let requests = 0;

/** @param {number} id @returns {HTMLElement | null} */
export const entryOf = (id) => list.querySelector(`li[data-id="${id}"]`);

/**
 * Return the conversation of an entry that the server has rendered.
 * @param {HTMLElement} entry
 * @returns {Conversation}
 */
function conversationOf(entry) {
  return {
    id: Number(entry.dataset.id),
    titulo_conversa: part("entry-title", entry).textContent ?? "",
    fixada: entry.dataset.pinned === "true",
    grupo: entry.closest("section")?.querySelector("h2")?.textContent ?? "",
    data_atualizacao: Number(entry.dataset.updated),
  };
}

/**
 * Return the query of the message that a search has found, or nothing. The id of a message in a hidden version is in it.
 * @param {Partial<Conversation>} conversation
 */
export function queryOf({ seq, outra_versao }) {
  if (!seq) return "";
  return outra_versao ? `?m=${seq}&v=${outra_versao}` : `?m=${seq}`;
}

/** @param {Conversation} item */
function entryFor(item) {
  const entry = cloneTemplate("entry");
  Object.assign(entry.dataset, { id: item.id, pinned: item.fixada, updated: item.data_atualizacao });
  /** @type {HTMLAnchorElement} */
  const link = get("a", entry);
  link.href = at(`/chat/${item.id}`);
  if (item.id === openId()) link.setAttribute("aria-current", "page");
  part("entry-title", entry).textContent = item.titulo_conversa;
  if (item.trecho) {
    const [before, words, after] = item.trecho;
    const excerpt = part("entry-excerpt", entry);
    if (item.outra_versao) excerpt.append(make("i", "", texts.otherVersion), " · ");
    if (item.anexo && item.anexo !== item.trecho.join("")) excerpt.append(make("i", "", item.anexo), " · ");
    excerpt.append(before, make("mark", "", words), after);
    excerpt.hidden = false;
    link.search = queryOf(item);
  }
  const options = get("button", entry);
  options.setAttribute("aria-label", options.getAttribute("aria-label") + item.titulo_conversa);
  return entry;
}

/** @param {string} name */
function groupFor(name) {
  const last = /** @type {HTMLElement | null} */ (list.lastElementChild);
  if (last?.dataset.name === name) return last;
  const group = cloneTemplate("group");
  group.dataset.name = name;
  get("h2", group).textContent = name;
  list.append(group);
  return group;
}

/** @param {Conversation[]} items */
function append(items) {
  for (const item of items) get("ul", groupFor(item.grupo)).append(entryFor(item));
}

/** Return a selector of the focused element in an entry; empty if the focus is elsewhere. */
function focusedInList() {
  const focused = document.activeElement;
  const entry = focused?.closest("li");
  if (!(entry instanceof HTMLElement) || !list.contains(entry)) return "";
  return `li[data-id="${entry.dataset.id}"] ${focused?.localName}`;
}

/** @param {Conversation[]} items */
function show(items) {
  const [place, focused] = [list.scrollTop, focusedInList()];
  listed = items;
  list.replaceChildren();
  append(items);
  list.scrollTop = place;
  if (focused)
    /** @type {HTMLElement | null} */ (list.querySelector(focused))?.focus({ preventScroll: true });
}

/** @param {string} path */
function offerMore(path) {
  more.hidden = !path;
  more.dataset.path = path;
}

/** @type {(count: number, hasMore: boolean) => void} */
function tellFound(count, hasMore) {
  const sentence = count > 1 ? "found" : count ? "foundOne" : "foundNone";
  part("search-status").textContent = words
    ? say(sentence, { words, count: count + (hasMore ? "+" : "") })
    : "";
}

const isRenaming = () => list.querySelector("input") !== null;

/** Load again as many conversations as are listed, or the first ones that a search finds. */
export async function refreshList() {
  const mine = ++requests;
  /** @type {Conversation[]} */
  const items = [];
  let path = `/conversations?${new URLSearchParams({ limit: String(PAGE), ...(words && { q: words }) })}`;
  const wanted = words ? PAGE : Math.max(listed.length, PAGE);
  while (path && items.length < wanted) {
    const page = await askForPage("GET", path).finally(() => list.classList.remove(LOADING));
    if (mine !== requests) return;
    items.push(...page.items);
    path = page.next;
  }
  if (isRenaming()) return;
  const open = listed.find(({ id }) => id === openId());
  const keepsOpen = open && path && !words && !items.some(({ id }) => id === open.id);
  show(keepsOpen ? [...items, open] : items);
  offerMore(path);
  tellFound(items.length, Boolean(path));
}

/** Return whether one conversation comes before another one in the list. @type {(one: Conversation, other: Conversation) => boolean} */
function isBefore(one, other) {
  if (one.fixada !== other.fixada) return one.fixada;
  return (
    one.data_atualizacao - other.data_atualizacao > 0 ||
    (one.data_atualizacao === other.data_atualizacao && one.id > other.id)
  );
}

/**
 * Load the first page of the list and show what has changed on it. The pages after it stay.
 * @returns {Promise<Conversation | null>} the open conversation, if it is on that page
 */
export async function checkList() {
  const mine = ++requests;
  const { items, next } = await askForPage("GET", `/conversations?limit=${PAGE}`);
  if (mine !== requests || isRenaming()) return null;
  /** @type {Conversation | undefined} */
  const open = items.find((/** @type {Conversation} */ { id }) => id === openId());
  if (open) {
    showConversation(open);
    noteStored(open.guardados ?? 0).catch(() => null); // the page of the memory has them
  }
  if (!words) mergeFirst(items, next);
  return open ?? null;
}

/** @type {(items: Conversation[], next: string) => void} */
function mergeFirst(items, next) {
  const ids = new Set(items.map(({ id }) => id));
  const last = items[items.length - 1];
  const rest = next ? listed.filter((one) => !ids.has(one.id) && isBefore(last, one)) : [];
  const all = [...items, ...rest];
  if (!rest.length) offerMore(next);
  if (JSON.stringify(all) !== JSON.stringify(listed)) show(all);
}

/**
 * Store the words of the next search, and show that it will begin. Without words, the list has all conversations.
 * @param {string} query
 */
export function announceSearch(query) {
  words = query;
  requests++;
  list.classList.toggle(LOADING, Boolean(query));
}

async function loadMore() {
  more.disabled = true;
  const current = words;
  let page = null;
  // A page of search results can be empty and still have a next page.
  try {
    for (let path = more.dataset.path; path && !page?.items.length; path = page?.next) {
      page = await askForPage("GET", path);
    }
  } finally {
    more.disabled = false;
  }
  if (!page || current !== words) return; // the list is that of another search now
  const ids = new Set(listed.map(({ id }) => id));
  const items = page.items.filter((/** @type {Conversation} */ { id }) => !ids.has(id));
  // The open conversation may be listed before the page that it is on.
  show([...listed, ...items].sort((one, other) => (isBefore(one, other) ? -1 : 1)));
  offerMore(page.next);
  if (items.length) get("a", /** @type {HTMLElement} */ (entryOf(items[0].id))).focus();
}

/**
 * Focus the options of a conversation, or the search if it is not listed.
 * @param {number} id
 */
export function focusEntry(id) {
  const options = entryOf(id)?.querySelector("[data-act=conversation-options]");
  if (options instanceof HTMLElement) options.focus();
  else part("search-field").focus();
}

/**
 * Return the id of the conversation below this one, or above the last one; 0 if there is no other.
 * @param {number} id
 */
export function neighborOf(id) {
  const ids = listed.map((one) => one.id);
  const here = ids.indexOf(id);
  return ids[here + 1] ?? ids[here - 1] ?? 0;
}

/**
 * Show a conversation that was renamed or pinned.
 * @param {Conversation} changed
 */
export async function showChanged(changed) {
  if (changed.id === openId()) showConversation(changed);
  if (words) {
    await refreshList();
    return;
  }
  requests++; // the answer to an earlier request may be older than this
  const others = listed.filter(({ id }) => id !== changed.id);
  const after = others.findIndex((other) => isBefore(changed, other));
  const isOnLaterPage = after < 0 && !more.hidden;
  show(isOnLaterPage ? others : others.toSpliced(after < 0 ? others.length : after, 0, changed));
}

function markOpen() {
  list.querySelector("[aria-current]")?.removeAttribute("aria-current");
  entryOf(openId())?.querySelector("a")?.setAttribute("aria-current", "page");
}

/** Scroll the list so that the open conversation is seen. */
function scrollToOpen() {
  const open = list.querySelector("[aria-current]")?.getBoundingClientRect();
  const { top, bottom, height } = list.getBoundingClientRect();
  if (open && (open.top < top || open.bottom > bottom)) list.scrollTop += open.top - top - height / 2;
}

export function startConversationList() {
  scrollToOpen();
  for (const group of list.children) {
    /** @type {HTMLElement} */ (group).dataset.name = get("h2", group).textContent ?? "";
  }
  more.addEventListener("click", loadMore);
  on("reply-started", () => checkList().catch(() => null)); // a later check shows it
  on("new-conversation", markOpen);
  on("conversation-opened", markOpen);
}
