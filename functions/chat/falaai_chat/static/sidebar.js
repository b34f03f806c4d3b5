// The conversation list: search, rename, pin, delete, and the drawer on small screens.

import { ask, askForPage, at, say } from "./requests.js";
import { texts } from "./sentences.js";
import { openMenu } from "./menus.js";

const $ = (id) => document.getElementById(id);
const list = $("conversations");
const search = $("search");
const sidebar = $("sidebar");
const narrow = matchMedia("(max-width: 759px)");
const PAGE = 30;
const PAUSE = 200; // milliseconds without typing before a search
let shown = list.querySelectorAll("li").length;
let asked = 0;

export const isWaitingForTitle = (entry) => entry.titulo_conversa === "Nova Conversa";

const current = () => Number($("messages").dataset.conversation);
const words = () => search.value.trim();

function entry(item) {
  const made = $("entry-template").content.firstElementChild.cloneNode(true);
  made.dataset.id = item.id;
  made.dataset.pinned = item.fixada;
  const link = made.querySelector("a");
  link.href = at(`/chat/${item.id}`);
  if (item.id === current()) link.setAttribute("aria-current", "page");
  made.querySelector(".entry-title").textContent = item.titulo_conversa;
  const menu = made.querySelector(".entry-menu");
  menu.setAttribute("aria-label", menu.getAttribute("aria-label") + item.titulo_conversa);
  return made;
}

function append(items) {
  for (const item of items) {
    let group = list.lastElementChild;
    if (group?.dataset.name !== item.grupo) {
      group = $("group-template").content.firstElementChild.cloneNode(true);
      group.dataset.name = item.grupo;
      group.querySelector("h2").textContent = item.grupo;
      list.append(group);
    }
    group.querySelector("ul").append(entry(item));
  }
  shown += items.length;
}

// Reload the list. Return the entry of the open conversation, if it is listed.
export async function refresh() {
  const mine = ++asked;
  const query = words();
  const items = [];
  let path = `/conversations?${new URLSearchParams({ limit: PAGE, ...(query && { q: query }) })}`;
  const wanted = query ? PAGE : Math.max(shown, PAGE);
  while (path && items.length < wanted) {
    const page = await askForPage("GET", path).catch(() => null);
    if (!page || mine !== asked) return null;
    items.push(...page.items);
    path = page.next;
  }
  if (list.querySelector("input")) return null; // a rename is in progress
  shown = 0;
  list.classList.remove("loading");
  list.replaceChildren();
  append(items);
  offerMore(path);
  tellFound(query, items.length, path);
  return items.find(({ id }) => id === current()) ?? null;
}

function offerMore(path) {
  $("load-more").hidden = !path;
  $("load-more").dataset.path = path ?? "";
}

function tellFound(query, count, more) {
  const gaps = { words: query, count: count + (more ? "+" : "") };
  $("search-status").textContent = query ? say(count > 1 ? "found" : count ? "foundOne" : "foundNone", gaps) : "";
}

async function loadMore() {
  const button = $("load-more");
  button.disabled = true;
  let page = null;
  // A page of search results can be empty and still have a next page.
  for (let path = button.dataset.path; path && !page?.items.length; path = page?.next) {
    page = await askForPage("GET", path).catch(() => null);
  }
  button.disabled = false;
  if (!page) return;
  const first = shown;
  append(page.items);
  offerMore(page.next);
  list.querySelectorAll("li a")[first]?.focus();
}

let pause;
function searchSoon() {
  clearTimeout(pause);
  list.classList.toggle("loading", Boolean(words()));
  pause = setTimeout(refresh, PAUSE);
}

// Edit the name in place. Enter saves it, Escape cancels.
export function rename(place, id, title, onchange) {
  const input = document.createElement("input");
  input.className = "rename";
  input.value = title;
  input.maxLength = 50; // maximum of the database column
  input.setAttribute("aria-label", texts.rename);
  const before = [...place.childNodes];
  place.replaceChildren(input);
  input.focus();
  input.select();
  let settled = false;
  const settle = async (keep) => {
    if (settled) return;
    settled = true;
    const name = input.value.trim();
    place.replaceChildren(...before);
    if (!keep || !name || name === title) return;
    onchange(await ask("PATCH", `/conversation/${id}`, { titulo_conversa: name }));
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.isComposing) settle(true);
    if (event.key === "Escape") settle(false);
  });
  input.addEventListener("click", (event) => event.preventDefault());
  input.addEventListener("blur", () => settle(true));
}

function openDrawer(open) {
  sidebar.classList.toggle("open", open);
  $("open-sidebar").setAttribute("aria-expanded", String(open));
  $("main").inert = open && narrow.matches;
  if (narrow.matches) (open ? $("close-sidebar") : $("open-sidebar")).focus();
}

export function startSidebar() {
  for (const group of list.querySelectorAll(".group")) group.dataset.name = group.querySelector("h2").textContent;
  $("open-sidebar").addEventListener("click", () => openDrawer(true));
  $("close-sidebar").addEventListener("click", () => openDrawer(false));
  $("load-more").addEventListener("click", loadMore);
  $("search-form").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", searchSoon);
  list.addEventListener("click", ({ target }) => {
    const button = target.closest(".entry-menu");
    if (!button) return;
    const item = button.closest("li");
    const place = item.querySelector("a");
    const title = item.querySelector(".entry-title").textContent;
    openMenu(button, { id: Number(item.dataset.id), title, isPinned: item.dataset.pinned === "true", place });
  });
  document.addEventListener("click", ({ target }) => {
    if (sidebar.classList.contains("open") && !target.closest("#sidebar, #open-sidebar, .menu, dialog")) openDrawer(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (narrow.matches) openDrawer(true);
      search.focus();
      search.select();
    }
    if (event.key === "Escape" && document.activeElement === search && search.value) {
      search.value = "";
      searchSoon();
    } else if (event.key === "Escape" && sidebar.classList.contains("open")) openDrawer(false);
  });
}
