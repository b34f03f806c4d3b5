// @ts-check
// A code block of a reply that is still being written.

import { make } from "./dom.js";
import { CHUNK_LINES } from "./long_code.js";
import { texts } from "./sentences.js";

export class CodeBox {
  /**
   * @param {string} fence the characters that begin and end the block
   * @param {string} language
   * @param {number} indent spaces before the fence, which its lines have too
   */
  constructor(fence, language, indent) {
    this.end = new RegExp(`^ *${fence[0]}{${fence.length},} *$`);
    this.indent = new RegExp(`^ {0,${indent}}`);
    this.element = make("div", "code");
    const head = make("div", "code-language");
    head.append(make("span", "", language || texts.code));
    this.body = make("code");
    const pre = make("pre");
    pre.append(this.body);
    this.element.append(head, pre);
    this.lines = 0;
    this.chunk = this.body;
    this.text = this.beginLine();
  }

  /** When text grows, the browser lays out its chunk again, but not the chunks before it. */
  beginLine() {
    if (this.lines++ % CHUNK_LINES === 0) {
      this.chunk = make("span", "code-lines");
      this.body.append(this.chunk);
    }
    const text = document.createTextNode("");
    if (this.text?.parentElement === this.chunk) this.text.after(text);
    else this.chunk.append(text);
    return text;
  }

  /**
   * Show the line that is being written.
   * @param {string} line
   */
  write(line) {
    const isPerhapsEnd = /^ *(`+|~+) *$/.test(line);
    this.text.data = isPerhapsEnd ? "" : line.replace(this.indent, "");
  }

  /**
   * @param {string} line
   * @returns {boolean} whether it ends the block
   */
  finishLine(line) {
    if (this.end.test(line)) return true;
    this.text.data = `${line.replace(this.indent, "")}\n`;
    this.text = this.beginLine();
    return false;
  }
}
