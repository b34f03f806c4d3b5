// @ts-check
// Load older messages above, one page at a time, without moving the visible ones.

import { articleFor, log } from "./articles.js";
import { make } from "./dom.js";
import { askForPage } from "./requests.js";
import { column, keepPlace, scroller, scrollToEnd } from "./scrolling.js";
import { on } from "./signals.js";

const RETRY = 3000; // milliseconds
const MOST = 2000; // messages that are loaded to print them or to find one of them
let path = log.dataset.older ?? "";
const above = make("div", "skeleton");

/** Load one page. Rejects with the Problem of the request. */
async function loadPage() {
  const asked = path;
  const page = await askForPage("GET", asked);
  if (path !== asked) return; // another conversation is shown, or another request was faster
  path = page.next;
  keepPlace(() => {
    log.prepend(...page.items.map(articleFor));
    if (!path) above.remove();
  });
}

/**
 * Load older messages until `isEnough` returns true.
 * @param {() => boolean} isEnough
 */
export async function loadUntil(isEnough) {
  while (path && !isEnough() && log.childElementCount < MOST) await loadPage();
}

export function startOlderMessages() {
  above.append(make("i"), make("i"), make("i"));
  const watcher = new IntersectionObserver(load, { root: scroller, rootMargin: "800px 0px 0px" });

  /** @param {IntersectionObserverEntry[]} entries */
  async function load(entries) {
    if (!path || !entries.some((entry) => entry.isIntersecting)) return;
    watcher.unobserve(above);
    const wait = await loadPage().then(
      () => 0,
      () => RETRY,
    );
    setTimeout(() => path && watcher.observe(above), wait);
  }

  /** @param {string} older path of the messages before the shown ones; empty if there are none */
  function begin(older) {
    path = older;
    watcher.disconnect();
    above.remove();
    if (!path) return;
    column.prepend(above);
    requestAnimationFrame(() => watcher.observe(above));
  }

  on("new-conversation", () => begin(""));
  on("conversation-opened", ({ older }) => begin(older));
  begin(path);
  requestAnimationFrame(scrollToEnd);
}
