// @ts-check
// The list of conversations under its headings.

import { cloneTemplate, get, make, part } from "./dom.js";
import { openId, showConversation } from "./open_conversation.js";
import { askForPage, at, say } from "./requests.js";
import { on } from "./signals.js";

/** @typedef {import("./open_conversation.js").Conversation} Conversation */

const list = part("conversations");
/** @type {HTMLButtonElement} */
const more = part("load-more");
const PAGE = Number(list.dataset.page); // conversations
const UNTITLED = list.dataset.untitled;
const FIRST_TITLE_WAIT = 700; // milliseconds; doubled at each try
const LAST_TITLE_WAIT = 12000;
const LOADING = "conversation-list-loading";
let shown = list.querySelectorAll("li").length;
let words = "";
let requests = 0;

/** @param {Conversation} item */
function entryFor(item) {
  const entry = cloneTemplate("entry");
  Object.assign(entry.dataset, { id: item.id, pinned: item.fixada });
  /** @type {HTMLAnchorElement} */
  const link = get("a", entry);
  link.href = at(`/chat/${item.id}`);
  if (item.id === openId()) link.setAttribute("aria-current", "page");
  part("entry-title", entry).textContent = item.titulo_conversa;
  if (item.trecho) {
    const [before, words, after] = item.trecho;
    const excerpt = part("entry-excerpt", entry);
    excerpt.append(before, make("mark", "", words), after);
    excerpt.hidden = false;
    link.search = `m=${item.seq}`;
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
  shown += items.length;
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

/**
 * Reload the list. The focused entry keeps the focus.
 * @returns {Promise<Conversation | null>} the open conversation, if it is listed
 */
export async function refreshList() {
  const mine = ++requests;
  /** @type {Conversation[]} */
  const items = [];
  let path = `/conversations?${new URLSearchParams({ limit: String(PAGE), ...(words && { q: words }) })}`;
  const wanted = words ? PAGE : Math.max(shown, PAGE);
  while (path && items.length < wanted) {
    const page = await askForPage("GET", path).finally(() => list.classList.remove(LOADING));
    if (mine !== requests) return null;
    items.push(...page.items);
    path = page.next;
  }
  if (list.querySelector("input")) return null; // a rename is in progress
  shown = 0;
  const focused = document.activeElement?.closest("li");
  const hadFocus = focused instanceof HTMLElement && list.contains(focused) ? Number(focused.dataset.id) : 0;
  list.replaceChildren();
  append(items);
  if (hadFocus) focusEntry(hadFocus);
  offerMore(path);
  tellFound(items.length, Boolean(path));
  return items.find(({ id }) => id === openId()) ?? null;
}

/**
 * Store the words of the next search, and show that it will begin. Without words, the list has all conversations.
 * @param {string} query
 */
export function announceSearch(query) {
  words = query;
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
  const first = shown;
  append(page.items);
  offerMore(page.next);
  /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("li a"))[first]?.focus();
}

/**
 * Reload the list until a worker has generated the title of a new conversation.
 * @param {number} wait milliseconds until the next try
 */
async function refreshTitles(wait) {
  const open = await refreshList().catch(() => null); // the next reply reloads it again
  if (!open) return;
  showConversation(open);
  const isWaiting = open.titulo_conversa === UNTITLED && wait < LAST_TITLE_WAIT;
  if (isWaiting) setTimeout(refreshTitles, wait, wait * 2);
}

/**
 * Focus the options of a conversation, or the search if it is not listed.
 * @param {number} id
 */
export function focusEntry(id) {
  const options = list.querySelector(`li[data-id="${id}"] [data-act=conversation-options]`);
  if (options instanceof HTMLElement) options.focus();
  else part("search-field").focus();
}

/**
 * Return the id of the conversation below this one, or above the last one; 0 if there is no other.
 * @param {number} id
 */
export function neighborOf(id) {
  const ids = [...list.querySelectorAll("li")].map((entry) => Number(entry.dataset.id));
  const here = ids.indexOf(id);
  return ids[here + 1] ?? ids[here - 1] ?? 0;
}

/**
 * Show a conversation that was changed.
 * @param {Conversation} conversation
 */
export async function showChanged(conversation) {
  if (conversation.id === openId()) showConversation(conversation);
  await refreshList();
}

export function startConversationList() {
  for (const group of list.children) {
    /** @type {HTMLElement} */ (group).dataset.name = get("h2", group).textContent ?? "";
  }
  more.addEventListener("click", loadMore);
  on("answering", (isAnswering) => {
    if (!isAnswering) refreshTitles(FIRST_TITLE_WAIT);
  });
  on("reply-started", () => {
    if (!list.querySelector("[aria-current]")) refreshList().catch(() => null); // the end of the reply reloads it again
  });
  on("new-conversation", () => list.querySelector("[aria-current]")?.removeAttribute("aria-current"));
}
