// @ts-check
// Open a conversation in the page: a click in the list, Back and Forward. The list stays as it is. Without this script,
// and with a modified click, the links of the list load a page.

import { articleFor, log } from "./articles.js";
import { entryOf } from "./conversation_list.js";
import { closest, part } from "./dom.js";
import { closeDrawer } from "./drawer.js";
import { showFound } from "./found_message.js";
import { goTo, idInAddress, openId, setOpen, visit } from "./open_conversation.js";
import { Problem, askForPage, at } from "./requests.js";
import { fromEnd, scrollToEnd, scrollToPlace } from "./scrolling.js";
import { announce, emit } from "./signals.js";
import { texts } from "./sentences.js";
import { isTemporary } from "./temporary.js";

const PAGE = 50; // messages
const LOADING = "messages-loading";
const scroller = part("scroller");

/** The reader's place in each conversation, in pixels from its end. @type {Map<number, number>} */
const places = new Map();
let requests = 0;

/** Store the reader's place, and end everything that belongs to the shown conversation. */
function leave() {
  if (openId()) places.set(openId(), fromEnd());
  emit("conversation-left", null);
}

/** Show a new, empty conversation. The caller has changed the address. */
export function showEmpty() {
  requests++;
  leave();
  log.replaceChildren();
  emit("new-conversation", null);
}

/**
 * Load the newest messages of a conversation and show them.
 * @param {number} id
 * @param {() => void} arrive changes the address
 * @returns {Promise<boolean>} whether they are shown: another one may be opened meanwhile. Rejects with a Problem.
 */
async function show(id, arrive) {
  const mine = ++requests;
  scroller.classList.add(LOADING);
  const page = await askForPage("GET", `/conversation/${id}?limit=${PAGE}`).finally(() => {
    if (mine === requests) scroller.classList.remove(LOADING);
  });
  if (mine !== requests) return false;
  leave();
  arrive();
  document.querySelector("[data-part=greeting]")?.remove();
  log.replaceChildren(...page.items.map(articleFor));
  const entry = entryOf(id);
  const { title = texts.newChat, pinned = false } = visit();
  if (entry) setOpen(id, part("entry-title", entry).textContent ?? "", entry.dataset.pinned === "true");
  else setOpen(id, title, pinned);
  emit("conversation-opened", { older: page.next });
  return true;
}

/**
 * Open a conversation of the list.
 * @param {number} id
 * @param {string} found the query of a message that a search has found, or nothing
 */
export async function openConversation(id, found) {
  const query = new URLSearchParams(found);
  const [seq, hidden] = [Number(query.get("m")), Number(query.get("v"))];
  try {
    if (!(await show(id, () => goTo(`/chat/${id}${found}`)))) return;
  } catch (problem) {
    // The page of a deleted conversation, or of an ended session, says what happened.
    if (!(problem instanceof Problem) || problem.status === 0) throw problem;
    location.assign(at(`/chat/${id}`));
    return;
  }
  closeDrawer();
  announce(part("title").textContent ?? "");
  if (seq && !hidden) return showFound(seq);
  scrollToEnd();
  if (hidden) emit("version-found", { id: hidden, seq });
}

/** Show the conversation of the address at the place where the reader left it. */
async function follow() {
  const id = idInAddress();
  if (id === openId() || (!id && isTemporary())) return; // only the drawer was closed
  if (!id) {
    showEmpty();
    return;
  }
  try {
    if (await show(id, () => {})) scrollToPlace(places.get(id) ?? 0);
  } catch {
    location.reload();
  }
}

/** Load the messages of the open conversation again: more than its end has changed. */
export async function reopen() {
  const place = fromEnd();
  if (await show(openId(), () => {})) scrollToPlace(place);
}

export function startConversationOpener() {
  part("conversations").addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (closest(event, "a"));
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
    if (!link || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    openConversation(Number(link.closest("li")?.dataset.id), link.search);
  });
  addEventListener("popstate", follow);
}
