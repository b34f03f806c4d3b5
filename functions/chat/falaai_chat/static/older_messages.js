// @ts-check
// Load older messages above, one page at a time, without moving the visible ones.

import { make } from "./dom.js";
import { articleFor, log } from "./articles.js";
import { askForPage } from "./requests.js";
import { column, keepPlace, scroller, scrollToEnd } from "./scrolling.js";
import { on } from "./signals.js";

const RETRY = 3000; // milliseconds

export function startOlderMessages() {
  let path = log.dataset.older;
  if (!path) return;
  const above = make("div", "skeleton");
  above.append(make("i"), make("i"), make("i"));
  const watcher = new IntersectionObserver(load, { root: scroller, rootMargin: "800px 0px 0px" });

  /** @param {IntersectionObserverEntry[]} entries */
  async function load(entries) {
    if (!path || !entries.some((entry) => entry.isIntersecting)) return;
    watcher.unobserve(above);
    const page = await askForPage("GET", path).catch(() => null);
    if (!path) return; // another conversation is shown by now
    if (!page) {
      setTimeout(() => watcher.observe(above), RETRY);
      return;
    }
    path = page.next;
    keepPlace(() => {
      log.prepend(...page.items.map(articleFor));
      if (!path) above.remove();
    });
    if (path) watcher.observe(above);
  }

  on("new-conversation", () => {
    path = "";
    watcher.disconnect();
    above.remove();
  });
  column.prepend(above);
  requestAnimationFrame(() => {
    scrollToEnd();
    watcher.observe(above);
  });
}
