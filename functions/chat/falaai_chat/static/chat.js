// The chat page: connect buttons, menus and keys, and resume unfinished work when it opens.

import { ask, at } from "./requests.js";
import { texts } from "./sentences.js";
import { bodyOf, log, startMessages } from "./messages.js";
import { startComposer } from "./composer.js";
import { refresh, rename, startSidebar } from "./sidebar.js";
import { openMenu, startMenus } from "./menus.js";
import { startTheme } from "./theme.js";
import { again, announce, conversation, isAnswering, openEditor, send, sendPending, settle, show, showConversation, showLeft, startNew, stop } from "./asking.js";
import { forgetPerson, removeUnsent, removeUnsentOfOthers } from "./unsent.js";
import { startWarmUp } from "./warm_up.js";

const $ = (id) => document.getElementById(id);

// Copy a reply as Markdown. The page has only its HTML, so the text is requested when it is needed.
function copy(button, text) {
  const item = { "text/plain": Promise.resolve(text).then((words) => new Blob([words], { type: "text/plain" })) };
  navigator.clipboard.write([new ClipboardItem(item)]).then(() => {
    const icon = button.querySelector("use");
    const before = icon ? icon.getAttribute("href") : button.textContent;
    const put = (value) => (icon ? icon.setAttribute("href", value) : (button.textContent = value));
    put(icon ? "#icon-done" : texts.copied);
    announce(texts.copied);
    setTimeout(put, 1500, before);
  }).catch((problem) => announce(problem.message));
}

const written = async (article) => (await ask("GET", `/chat/replies/${article.dataset.id}`)).conteudo;

const tools = {
  copy: (article, button) => copy(button, article.matches(".asked") ? bodyOf(article).textContent : written(article)),
  "copy-code": (_, button) => copy(button, button.closest(".code").querySelector("code").textContent),
  again: (article) => isAnswering() || again(article),
  edit: (article) => openEditor(article),
};

log.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-act]");
  if (button) tools[button.dataset.act](button.closest(".message"), button);
});

$("greeting")?.addEventListener("click", ({ target }) => {
  if (target.closest("button")) send(target.textContent);
});

$("new-chat").addEventListener("click", startNew);

$("logout").addEventListener("click", async () => {
  const answer = await ask("POST", "/logout");
  forgetPerson();
  location.assign(answer.redirect_url);
});

const open = () => ({ id: conversation(), title: $("title").textContent, isPinned: $("pin").getAttribute("aria-pressed") === "true", place: $("title") });
$("more").addEventListener("click", () => openMenu($("more"), open()));
$("pin").addEventListener("click", () => actions.pin(open()));

async function changed(item) {
  if (item.id === conversation()) showConversation(item);
  await refresh();
}

const actions = {
  rename: ({ id, title, place }) => rename(place, id, title, (item) => (announce(texts.titleChanged), changed(item))),
  pin: async ({ id, isPinned }) => changed(await ask("PATCH", `/conversation/${id}`, { fixada: !isPinned })),
  print: () => print(),
  delete: ({ id, title }, opener) => {
    const dialog = $("delete-dialog");
    dialog.querySelector("[data-title]").textContent = title;
    dialog.returnValue = "";
    dialog.onclose = async () => {
      if (dialog.returnValue !== "delete") return opener?.focus();
      await ask("DELETE", `/conversation/${id}`);
      removeUnsent("rascunho", id);
      if (id === conversation()) return location.assign(at("/chat"));
      announce(texts.conversationDeleted);
      await refresh();
    };
    dialog.showModal();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isAnswering() && !document.querySelector("dialog[open], :popover-open")) stop();
});

const isRunning = (article) => article.dataset.state === "gerando";

removeUnsentOfOthers();
startTheme();
startSidebar();
startMenus(actions);
showLeft(Number($("left").dataset.left));
startComposer(conversation(), send, () => isAnswering() && (stop(), true));
startMessages((article) => {
  if (!article.matches(".answered") || isRunning(article)) return;
  const { state, error } = article.dataset;
  settle(article, state, error, article.querySelector(".reply-problem").textContent.trim());
});
startWarmUp($("message"));
if (conversation()) history.replaceState(null, "", at(`/chat/${conversation()}`));

// Resume a reply that is still being generated, and send questions that were not sent.
const running = [...log.querySelectorAll(".answered")].find(isRunning);
if (running) {
  const follow = () => show(running, (reply) => reply.follow(Number(running.dataset.id)), { retry: follow });
  follow();
} else sendPending();
