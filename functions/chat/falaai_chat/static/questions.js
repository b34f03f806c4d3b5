// @ts-check
// Send a question, edit it, ask for another reply, and go on with what an earlier page has left.

import {
  addQuestion,
  addReply,
  addVersion,
  bodyOf,
  log,
  questionOf,
  showEnd,
  showVersions,
  versionsOf,
} from "./articles.js";
import { showAttachments } from "./attachment_list.js";
import {
  draftPlace,
  focusComposer,
  giveBack,
  hideNotice,
  showComposerNotice,
  submit,
  takeGivenBack,
} from "./composer.js";
import { make, makeButton, part } from "./dom.js";
import { modeField } from "./modes.js";
import { openId } from "./open_conversation.js";
import { ask, at } from "./requests.js";
import { isAnswering, run } from "./running_reply.js";
import { texts } from "./sentences.js";
import { emit, on } from "./signals.js";
import { isTemporary, temporaryField } from "./temporary.js";
import { keepUnsent, owner, pendingIn, removeUnsent } from "./unsent.js";
import { isSearchOn, searchField, setSearch } from "./web_search.js";

/** @typedef {import("./reply_events.js").ReplyRequest} ReplyRequest */
/** @typedef {import("./requests.js").Problem} Problem */
/** @typedef {import("./draft_files.js").SentFiles} SentFiles */

/** Show an edited question as it was before. Needed until the server has stored the edit. @type {WeakMap<HTMLElement, () => void>} */
const undoEdit = new WeakMap();

const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** The files of a question that the server may not have stored. @type {WeakMap<HTMLElement, SentFiles>} */
const filesOf = new WeakMap();
const NO_FILES = { files: [], reread: [] };

/**
 * Store a copy of a message that the server has not acknowledged. A temporary conversation leaves nothing here.
 * @param {string} clientId
 * @param {string} message
 */
function keepPending(clientId, message) {
  if (!isTemporary()) keepUnsent("pendente", clientId, message);
}

/**
 * Send a new question.
 * @param {string} text
 * @param {string} [clientId]
 * @param {SentFiles} [sent]
 * @param {boolean} [searches] the same each time that the question is sent again: the server refuses another value
 */
export async function send(text, clientId = newId(), sent = NO_FILES, searches = isSearchOn()) {
  if (isAnswering()) {
    removeUnsent("pendente", clientId);
    giveBack(text, sent);
    return;
  }
  // Store the text once, not at each try: a page of another user may have removed it, and it must not come back.
  keepPending(
    clientId,
    JSON.stringify({ text, clientId, place: draftPlace(), at: Date.now(), sent, searches }),
  );
  const question = addQuestion(text, sent.files);
  Object.assign(question.dataset, { clientId, searches });
  filesOf.set(question, sent);
  await sendQuestion(question, addReply());
}

/** Return the fields of a request for the files of a question; none without files. @type {(sent: SentFiles) => object} */
function fileFields({ files, reread }) {
  const ids = (/** @type {SentFiles["files"]} */ list) => list.map(({ id }) => id);
  return {
    ...(files.length ? { anexos: ids(files) } : {}),
    ...(reread.length ? { reler: ids(reread) } : {}),
  };
}

/**
 * Return the request that stores a question of the page. It may be repeated: the server knows its client id.
 * @param {HTMLElement} question
 * @returns {ReplyRequest}
 */
function requestFor(question) {
  const text = bodyOf(question).textContent ?? "";
  const { clientId = "", edited, searches } = question.dataset;
  const body = { message: text, client_id: clientId, ...modeField(), ...searchField(searches === "true") };
  if (edited)
    return { stream: { ...body, edit: Number(edited) }, path: `/chat/messages/${edited}/edit`, body };
  // Always name the conversation: another tab may have changed the session's active conversation.
  const place = openId() ? { conversation_id: openId() } : { nova: true, ...temporaryField(clientId) };
  const whole = { ...body, user_id: owner, ...place, ...fileFields(filesOf.get(question) ?? NO_FILES) };
  return { stream: whole, path: "/chat/message", body: whole };
}

/**
 * Show the files of an edited question again: each version of a question has files of its own.
 * @param {HTMLElement} question
 */
async function renewAttachments(question) {
  const seq = Number(question.dataset.seq);
  if (!question.dataset.edited || part("attachments", question).hidden) return;
  const [stored] = await ask("GET", `/conversation/${openId()}?limit=1&before=${seq + 1}`);
  if (stored?.seq === seq) showAttachments(question, stored.anexos);
}

/** @type {(question: HTMLElement, article: HTMLElement) => Promise<void>} */
async function sendQuestion(question, article) {
  const text = bodyOf(question).textContent ?? "";
  const problem = await run(article, requestFor(question), true);
  if (!problem) return renewAttachments(question);
  removeUnsent("pendente", question.dataset.clientId ?? "");
  article.remove();
  const undo = undoEdit.get(question);
  if (undo) undo();
  else question.remove();
  const sent = undo ? NO_FILES : (filesOf.get(question) ?? NO_FILES);
  giveBack(text, sent);
  const hasFiles = sent.files.length + sent.reread.length > 0;
  if (problem.status === 404 && hasFiles) showComposerNotice(texts.fileGone);
  else
    showRefusal(problem, texts.sendWithoutSearch, () => {
      if (undo && takeGivenBack(text)) editQuestion(question, text);
      else submit();
    });
}

/**
 * Send a question again that the server did not store.
 * @param {HTMLElement} article its reply
 */
export async function sendAgain(article) {
  const question = questionOf(article);
  if (question && !isAnswering()) await sendQuestion(question, article);
}

/** Send questions that the server has not acknowledged, from an earlier page of the same conversation. */
async function sendPending() {
  const place = draftPlace();
  for (const { text, clientId, edited, sent, searches = false } of pendingIn(place)) {
    if (draftPlace() !== place) return;
    if (edited) await sendPendingEdit(edited, text, clientId, searches);
    else await send(text, clientId, sent, searches);
  }
}

/** @type {(edited: number, text: string, clientId: string, searches: boolean) => Promise<void> | void} */
function sendPendingEdit(edited, text, clientId, searches) {
  const questions = /** @type {HTMLElement[]} */ ([...log.querySelectorAll("[data-kind=question]")]);
  const question = questions.find(({ dataset }) => Number(dataset.id) === edited);
  if (question) return editQuestion(question, text, clientId, searches);
  // The server has stored the edit, or the question is further up than the loaded messages.
  removeUnsent("pendente", clientId);
  if (!questions.some((one) => bodyOf(one).textContent === text)) giveBack(text);
}

/**
 * Ask for another reply in place of this one. If this one has text, it stays as a version.
 * @param {HTMLElement} article
 */
export async function regenerate(article) {
  if (isAnswering()) return;
  const id = Number(article.dataset.id);
  const before = [...bodyOf(article).childNodes];
  const { state = "", error = "" } = article.dataset;
  const sentence = part("notice", article).querySelector("span")?.textContent ?? "";
  const hasText = bodyOf(article).textContent?.trim() !== "";
  const hadSources = !part("sources", article).hidden;
  const body = { ...modeField(), ...searchField(isSearchOn()) };
  const request = { stream: { ...body, regenerate: id }, path: `/chat/replies/${id}/regenerate`, body };
  const problem = await run(article, request, false);
  if (!problem) {
    if (hasText) addVersion(article);
    return;
  }
  bodyOf(article).replaceChildren(...before);
  part("sources", article).hidden = !hadSources;
  showEnd(article, state, error, sentence);
  showRefusal(problem, texts.againWithoutSearch, () => regenerate(article));
}

/**
 * Show another version of a question in its place. The server keeps the old one, with everything after it.
 * @param {HTMLElement} question
 * @param {string} text
 * @param {string} [clientId]
 * @param {boolean} [searches]
 */
export async function editQuestion(question, text, clientId = newId(), searches = isSearchOn()) {
  const id = question.dataset.id ?? "";
  if (isAnswering()) {
    removeUnsent("pendente", clientId);
    giveBack(text);
    return;
  }
  const pending = { text, clientId, edited: Number(id), place: draftPlace(), at: Date.now(), searches };
  keepPending(clientId, JSON.stringify(pending));
  const bubble = bodyOf(question);
  const before = bubble.textContent;
  const after = [...log.children].slice([...log.children].indexOf(question) + 1);
  const shown = versionsOf(question);
  undoEdit.set(question, () => {
    log.append(...after);
    bubble.textContent = before;
    showVersions(question, shown);
  });
  bubble.textContent = text;
  addVersion(question);
  Object.assign(question.dataset, { clientId, edited: id, searches });
  for (const article of after) article.remove();
  await sendQuestion(question, addReply());
}

/**
 * Return a button that switches the search off and then sends the same again.
 * @param {string} label
 * @param {() => unknown} sendAgain
 */
function withoutSearch(label, sendAgain) {
  const button = makeButton(label, "");
  button.addEventListener("click", () => {
    if (isAnswering()) return;
    setSearch(false);
    hideNotice();
    sendAgain();
  });
  return button;
}

/**
 * Show in the composer why a question was refused, with an action.
 * @param {Problem} problem
 * @param {string} [label] of the button that sends it without a search, when the searches of the day are used up
 * @param {() => unknown} [sendAgain]
 */
export function showRefusal(problem, label = "", sendAgain) {
  if (problem.status === 401) {
    const link = make("a", "button small", texts.signIn);
    link.href = at(`/login?destino=/chat${openId() ? `/${openId()}` : ""}`);
    showComposerNotice(texts.sessionEnded, "refusal", link);
  } else if (problem.status === 404) {
    showComposerNotice(texts.gone, "refusal", makeButton(texts.newChat, "new-conversation"));
  } else if (problem.code === "daily_searches" && sendAgain) {
    showComposerNotice(problem.message, "refusal", withoutSearch(label, sendAgain));
  } else {
    if (problem.code === "thinking_quota_reached") emit("left-changed", { restam: 0, modo: "pensar" });
    showComposerNotice(problem.message);
  }
}

/** @param {HTMLElement} article */
async function resume(article) {
  await run(article, { follow: Number(article.dataset.id) }, true);
}

/** Follow the reply that is being generated, or send what an earlier page of the conversation has not sent. */
export function takeUp() {
  if (isAnswering()) return;
  const article = /** @type {HTMLElement | null} */ (
    log.querySelector("[data-kind=reply][data-state=gerando]")
  );
  if (article) resume(article);
  else sendPending();
}

export function startQuestions() {
  on("message-written", ({ text, ...sent }) => send(text, newId(), sent));
  on("conversation-opened", takeUp);
  takeUp();
  if (!isAnswering()) focusComposer();
}
