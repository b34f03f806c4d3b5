// @ts-check
// The commands of the palette: each does what a control of the page does.

import { log } from "./articles.js";
import { beginRecording, canRecordSound } from "./attaching.js";
import { actOnOpen } from "./conversation_menu.js";
import { canDictate } from "./dictation.js";
import { get, part } from "./dom.js";
import { otherModes } from "./modes.js";
import { beginTemporary } from "./new_conversation.js";
import { chosenOpen, openId } from "./open_conversation.js";
import { canRead } from "./reading.js";
import { at, say } from "./requests.js";
import { isAnswering } from "./running_reply.js";
import { texts } from "./sentences.js";
import { emit } from "./signals.js";
import { searchCommands } from "./web_search.js";

/** `keys` do the same without the palette. @typedef {{ label: string, keys?: string, run: () => unknown }} Command */

/** Return the newest reply that can be copied. @returns {HTMLElement | null} */
const lastReply = () =>
  log.querySelector("[data-kind=reply][data-id]:nth-last-child(1 of [data-kind=reply])");

/** @returns {Command[]} */
function ofReplies() {
  const reply = lastReply();
  /** @type {Command[]} */
  const found = [];
  if (isAnswering()) found.push({ label: texts.stopReply, keys: "Escape", run: () => emit("stop", null) });
  else if (reply) {
    found.push({ label: texts.copyLast, run: () => get("[data-act=copy]", reply).click() });
    if (canRead())
      found.push({ label: texts.listenLast, run: () => get("[data-act=listen]", reply).click() });
  }
  if (canDictate()) found.push({ label: texts.dictate, run: () => part("dictate").click() });
  return found;
}

/** @param {string} format */
const download = (format) => () => location.assign(at(`/conversation/${openId()}/export?format=${format}`));

/** @returns {Command[]} */
function ofConversation() {
  if (!openId()) return [];
  return [
    { label: texts.renameThis, run: () => actOnOpen("rename") },
    { label: chosenOpen().isPinned ? texts.unpinThis : texts.pinThis, run: () => actOnOpen("pin") },
    { label: say("downloadThis", { format: "Markdown" }), run: download("md") },
    { label: say("downloadThis", { format: "JSON" }), run: download("json") },
    { label: texts.printThis, run: () => actOnOpen("print") },
    { label: texts.deleteThis, run: () => actOnOpen("delete") },
  ];
}

/** @returns {Command[]} */
const ofModes = () =>
  otherModes().map(([name, option]) => ({ label: say("modeIs", { name }), run: () => option.click() }));

/** @returns {Command[]} */
const ofThemes = () =>
  [...document.querySelectorAll("[data-behavior=theme] label")].map((label) => ({
    label: say("themeIs", { name: label.textContent ?? "" }),
    run: () => get("input", label).click(),
  }));

/** Return the commands that are possible now. */
export const commands = () => [
  {
    label: texts.newChat,
    keys: "Control+Shift+O",
    run: () => get("[data-act=new-conversation]").click(),
  },
  { label: texts.newTemporaryChat, run: beginTemporary },
  { label: texts.attach, run: () => part("choose-files").click() },
  ...(canRecordSound() ? [{ label: texts.record, run: beginRecording }] : []),
  { label: texts.toComposer, keys: "Shift+Escape", run: () => part("message").focus() },
  ...ofModes(),
  ...searchCommands(),
  ...ofReplies(),
  ...ofConversation(),
  ...ofThemes(),
  { label: texts.profile, run: () => location.assign(at("/profile")) },
  { label: texts.memory, run: () => location.assign(at("/memoria")) },
  { label: texts.prompts, run: () => location.assign(at("/mensagens-prontas")) },
  { label: texts.exportData, run: () => location.assign(at("/profile#about-data")) },
  { label: texts.keyList, keys: "Control+/", run: () => emit("key-list", null) },
  { label: texts.signOut, run: () => part("logout").click() },
];
