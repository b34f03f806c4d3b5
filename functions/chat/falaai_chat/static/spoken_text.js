// @ts-check
// A reply as sentences to be read aloud. Code and long formulas are named and left out.

import { say } from "./requests.js";
import { texts } from "./sentences.js";

// Chrome stops after 15 seconds of one utterance, which are about 250 characters.
const LONGEST = 180;
const BLOCKS = "p, li, h1, h2, h3, h4, h5, h6, blockquote, pre, tr, div, hr";

/** @param {Element} code the box of a code block */
function nameCode(code) {
  const language = code.querySelector(".code-language")?.firstChild?.textContent?.trim() || texts.code;
  const count = (code.querySelector("code")?.textContent ?? "").trimEnd().split("\n").length;
  return say(count === 1 ? "codeSkippedOne" : "codeSkipped", { language, count });
}

/** @param {Element} math */
function nameFormula(math) {
  const text = math.textContent?.trim() ?? "";
  return math.querySelectorAll("mi, mn, mo, mtext").length === 1 ? text : texts.formula;
}

/** @param {string} text */
const nameSigns = (text) =>
  text
    .replace(/\u2610 /, texts.taskOpen)
    .replace(/\u2611 /, texts.taskDone)
    .replace(/https?:\/\/(?:www\.)?([^\s/?#]+)\S*/g, (_, host) => say("linkTo", { host }));

/**
 * Return the text of a node; a line break ends a block.
 * @param {Node} node
 * @returns {string}
 */
function textOf(node) {
  if (!(node instanceof Element)) return nameSigns(node.textContent ?? "").replace(/\s+/g, " ");
  if (node.matches(".code")) return `\n${nameCode(node)}\n`;
  if (node.localName === "math") return ` ${nameFormula(node)} `;
  if (node.matches("button, .code-language, .citation, [hidden]")) return "";
  const inside = [...node.childNodes].map(textOf).join("");
  if (node.matches("td, th")) return `${inside.trim()}; `;
  return node.matches(BLOCKS) ? `\n${numberOf(node)}${inside}\n` : inside;
}

/** @param {Element} element */
function numberOf(element) {
  const list = element.parentElement;
  if (element.localName !== "li" || !(list instanceof HTMLOListElement)) return "";
  return `${list.start + [...list.children].indexOf(element)}. `;
}

/**
 * Return a text in parts of at most LONGEST characters that end at a sentence, a comma or a blank, if there is one.
 * @param {string} text
 */
function split(text) {
  const parts = [];
  let rest = text;
  while (rest.length > LONGEST) {
    const start = rest.slice(0, LONGEST + 1);
    const ends = [/^[\s\S]*[.!?…](?=\s)/, /^[\s\S]*[,;:](?=\s)/, /^[\s\S]*\S(?=\s)/].map(
      (end) => start.match(end)?.[0].length,
    );
    const cut = ends.find((end) => end) ?? LONGEST;
    parts.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return [...parts, rest];
}

/**
 * Return the parts of a reply in which it is read aloud.
 * @param {Element} body
 */
export const spokenParts = (body) =>
  textOf(body)
    .split("\n")
    .map((block) => block.replace(/[\s;]+$/, "").trim())
    .filter((block) => /[\p{L}\p{N}]/u.test(block))
    .flatMap(split);
