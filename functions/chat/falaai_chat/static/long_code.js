// @ts-check
// Long code blocks in chunks of lines: the browser lays out the visible ones only (code.css). Without chunks, the end of a
// block of 32,000 characters blocks the main thread of a slow phone for more than 50 ms.

import { make } from "./dom.js";

export const CHUNK_LINES = 20;
const LINE_HEIGHT = 1.6; // of code.css

/**
 * Return where the line with this number of a text ends; the text's length if it has fewer lines.
 * @param {string} text
 * @param {number} lines
 */
function endOf(text, lines) {
  let end = 0;
  for (; lines > 0 && end < text.length; lines--) end = text.indexOf("\n", end) + 1 || text.length;
  return end;
}

class Chunks {
  constructor() {
    /** @type {HTMLElement[]} */
    this.all = [];
    this.lines = CHUNK_LINES; // in the last chunk; a full one is followed by another
  }

  /** @param {ChildNode} node */
  append(node) {
    if (this.lines >= CHUNK_LINES) {
      this.all.push(make("span", "code-lines"));
      this.lines = 0;
    }
    this.all[this.all.length - 1].append(node);
    const text = node.textContent ?? "";
    const lines = this.lines + text.split("\n").length - 1;
    // A chunk ends at the end of a line, and within plain text only.
    this.lines = node instanceof Text && text.endsWith("\n") ? lines : Math.min(lines, CHUNK_LINES - 1);
  }

  /** @param {Text} text */
  appendText(text) {
    for (let rest = text; ; ) {
      const end = endOf(rest.data, this.lines < CHUNK_LINES ? CHUNK_LINES - this.lines : CHUNK_LINES);
      const next = end < rest.data.length ? rest.splitText(end) : null;
      this.append(rest);
      if (!next) return;
      rest = next;
    }
  }
}

/** @param {HTMLElement} code */
function split(code) {
  const chunks = new Chunks();
  for (const node of [...code.childNodes]) {
    if (node instanceof Text) chunks.appendText(node);
    else chunks.append(node);
  }
  for (const chunk of chunks.all) {
    // The height that code.css assumes for 20 lines, for as many lines as there are.
    const lines = (chunk.textContent ?? "").replace(/\n$/, "").split("\n").length;
    chunk.style.containIntrinsicBlockSize = `auto ${lines * LINE_HEIGHT}em`;
  }
  code.replaceChildren(...chunks.all);
}

/**
 * Split the long code blocks of a finished reply.
 * @param {ParentNode} within
 */
export function splitLongCode(within) {
  for (const code of within.querySelectorAll("pre > code:not(:has(> .code-lines))")) {
    if (endOf(code.textContent ?? "", 2 * CHUNK_LINES) < (code.textContent ?? "").length) {
      split(/** @type {HTMLElement} */ (code));
    }
  }
}
