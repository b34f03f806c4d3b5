// @ts-check
// The unfinished end of a reply, formatted while it grows: lists, headings, code, tables and emphasis already look as
// in the server's HTML. It consists of elements and text: only the server's sanitizer may supply HTML.
//
// Text is read line by line. A finished line is never touched again; the last one is drawn anew when it grows. So the
// work for a piece of text does not depend on the length of the reply.

import { make } from "./dom.js";
import { appendInline } from "./inline_text.js";
import { CodeBox } from "./tail_code.js";
import { TailTable, isRow } from "./tail_table.js";

// None of these may take time that grows with the square of a line's length: a line can have 32,000 characters.
const FENCE = /^( *)(`{3,}(?!`)|~{3,}(?!~))(?=[^`]*$) *([^`\s]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+([\s\S]*)/;
const ITEM = /^( *)([-*+]|(\d{1,9})[.)])\s+([\s\S]*)/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const RULE = /^ {0,3}([-*_])(?: *\1){2,} *$/;
// The beginning of a line that can still become one of the above; it is shown when it is longer.
const UNDECIDED = /^ *(?:[`~]\S* *|#{1,6} *|[-*_+>][-*_+> ]*|\d{1,9}[.)]? *)?$/;
const LONGEST = 600; // characters of the last line that are drawn again; the beginning of a longer line is final

/** @typedef {{ list: HTMLElement, indent: number, content: number }} OpenList */

/**
 * Return a heading's text without the number signs that may close it.
 * @param {string} text
 */
function withoutClosing(text) {
  const trimmed = text.trimEnd();
  let end = trimmed.length;
  while (trimmed[end - 1] === "#") end--;
  const isClosed = end < trimmed.length && (end === 0 || /\s/.test(trimmed[end - 1]));
  return isClosed ? trimmed.slice(0, end).trimEnd() : trimmed;
}

/**
 * Return where the beginning of a long line ends: after a blank, or else within a word, but not within a character.
 * @param {string} line
 */
function cutOf(line) {
  const afterBlank = line.lastIndexOf(" ", LONGEST) + 1;
  if (afterBlank) return afterBlank;
  return /[\uD800-\uDBFF]/.test(line[LONGEST - 1]) ? LONGEST - 1 : LONGEST;
}

export class Tail {
  constructor(text = "") {
    this.element = make("div", "reply-tail");
    this.line = "";
    this.isWithinLine = false; // whether the beginning of the line is finished
    this.isAfterBlank = false;
    /** The element for the next line, unless that line begins a new block. @type {HTMLElement | null} */
    this.target = null;
    /** @type {OpenList[]} */
    this.lists = [];
    /** @type {CodeBox | null} */
    this.code = null;
    this.table = new TailTable();
    this.caret = make("span", "reply-caret");
    /** The nodes of the last line, and the target and lists before it: they undo its drawing. @type {{ nodes: ChildNode[], target: HTMLElement | null, lists: OpenList[] }} */
    this.drawn = { nodes: [], target: null, lists: [] };
    this.append(text);
  }

  /** @param {string} text */
  append(text) {
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) this.finishLine(this.line + line);
    this.line += last;
    if (last && this.code) this.code.write(this.line);
    else if (last) this.drawGrowing();
    (this.code?.chunk ?? this.target ?? this.element).append(this.caret);
  }

  /** @param {string} line */
  finishLine(line) {
    this.line = "";
    if (this.code) {
      if (this.code.finishLine(line)) this.code = null;
      return;
    }
    this.draw(line, false);
    if (/^H\d$/.test(this.target?.nodeName ?? "")) this.target = null;
    this.drawn.target = this.target;
    this.isAfterBlank = !line.trim() && !this.isWithinLine;
    this.isWithinLine = false;
  }

  drawGrowing() {
    if (this.line.length > LONGEST && !this.target) this.draw(this.line.slice(0, LONGEST), true);
    // A row is shown when it is whole, and so is the first line of a code block.
    const isWhole = !this.isWithinLine && (isRow(this.line) || FENCE.test(this.line));
    while (this.line.length > LONGEST && this.target && !isWhole) {
      const cut = cutOf(this.line);
      this.draw(this.line.slice(0, cut), false);
      this.isWithinLine = true;
      this.line = this.line.slice(cut);
    }
    this.draw(this.line, true);
  }

  /**
   * Draw the last line, in place of its shorter beginning.
   * @param {string} line
   * @param {boolean} isGrowing whether the line may go on
   */
  draw(line, isGrowing) {
    for (const node of this.drawn.nodes) node.remove();
    this.target = this.drawn.target;
    this.lists = this.drawn.lists;
    this.drawn = { nodes: [], target: this.target, lists: [...this.lists] };
    if (this.isWithinLine) this.addText(line, isGrowing);
    else this.drawBlock(line, isGrowing);
    if (!isGrowing) this.drawn = { nodes: [], target: this.target, lists: this.lists };
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  drawBlock(line, isGrowing) {
    if (isGrowing && (UNDECIDED.test(line) || isRow(line))) return;
    if (isRow(line)) return this.addRow(line);
    const held = this.table.end();
    if (held) this.addParagraph(held, false);
    if (!line.trim()) this.target = null;
    else if (FENCE.test(line)) this.openCode(line, isGrowing);
    else if (HEADING.test(line)) this.addHeading(line, isGrowing);
    else if (RULE.test(line)) this.put(this.element, make("hr"));
    else if (ITEM.test(line)) this.addItem(line, isGrowing);
    else if (QUOTE.test(line)) this.addQuote(line, isGrowing);
    else this.addParagraph(line, isGrowing);
  }

  /**
   * @template {HTMLElement} E
   * @param {HTMLElement} parent
   * @param {E} element
   */
  put(parent, element) {
    parent.append(element);
    this.drawn.nodes.push(element);
    return element;
  }

  /**
   * Return the element for a block with this indentation: the last item of the innermost list that it belongs to.
   * @param {number} indent
   */
  parentFor(indent) {
    while (this.lists.length && indent < this.lists[this.lists.length - 1].content) this.lists.pop();
    const list = this.lists.at(-1)?.list;
    return /** @type {HTMLElement} */ (list?.lastElementChild ?? this.element);
  }

  /** @type {(text: string, isGrowing: boolean) => void} */
  addText(text, isGrowing) {
    if (!this.target) return;
    const made = document.createDocumentFragment();
    appendInline(made, text, isGrowing);
    for (const node of made.childNodes) this.drawn.nodes.push(node);
    this.target.append(made);
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  addParagraph(line, isGrowing) {
    if (this.target) return this.addText(`${this.isWithinLine ? "" : "\n"}${line.trimStart()}`, isGrowing);
    const parent = this.parentFor(line.search(/\S/));
    if (parent.parentElement && parent.localName === "li") this.loosen(parent.parentElement);
    this.target = this.put(parent, make("p"));
    this.addText(line.trimStart(), isGrowing);
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  addHeading(line, isGrowing) {
    const [, marks, text] = line.match(HEADING) ?? ["", "#", ""];
    const level = /** @type {"h2"} */ (`h${Math.min(6, marks.length + 1)}`); // the page has its own h1
    this.target = this.put(this.parentFor(0), make(level));
    this.addText(withoutClosing(text), isGrowing);
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  addItem(line, isGrowing) {
    const [, { length: indent }, mark, number, text] = /** @type {RegExpMatchArray} */ (line.match(ITEM));
    const tag = number ? "ol" : "ul";
    while (this.lists.length && indent < this.lists[this.lists.length - 1].indent) this.lists.pop();
    let open = this.lists.at(-1);
    const isSame = open && indent < open.content && open.list.localName === tag;
    if (!open || !isSame) {
      const list = this.put(this.parentFor(indent), make(tag));
      if (number) /** @type {HTMLOListElement} */ (list).start = Number(number);
      open = { list, indent, content: indent + mark.length + 1 };
      this.lists.push(open);
    }
    this.target = this.put(open.list, make("li"));
    if (this.isAfterBlank && isSame) this.loosen(open.list);
    this.addText(text, isGrowing);
  }

  /**
   * Give the items of a list paragraphs: there is a blank line between them.
   * @param {HTMLElement} list
   */
  loosen(list) {
    for (const item of list.children) {
      if (item.firstElementChild?.localName === "p") continue;
      const paragraph = make("p");
      const nested = [...item.childNodes].findIndex((node) => /^(UL|OL|DIV|P)$/.test(node.nodeName));
      paragraph.append(...[...item.childNodes].slice(0, nested < 0 ? undefined : nested));
      item.prepend(paragraph);
      if (item === this.target) this.target = paragraph;
    }
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  addQuote(line, isGrowing) {
    const [, text] = /** @type {RegExpMatchArray} */ (line.match(QUOTE));
    if (this.target?.parentElement?.localName === "blockquote") return this.addText(`\n${text}`, isGrowing);
    const quote = this.put(this.parentFor(0), make("blockquote"));
    this.target = make("p");
    quote.append(this.target);
    this.addText(text, isGrowing);
  }

  /** @param {string} line */
  addRow(line) {
    const box = this.table.add(line);
    if (box) this.put(this.parentFor(0), box);
    this.target = null;
  }

  /** @type {(line: string, isGrowing: boolean) => void} */
  openCode(line, isGrowing) {
    if (isGrowing) return;
    const [, indent, fence, language] = /** @type {RegExpMatchArray} */ (line.match(FENCE));
    this.code = new CodeBox(fence, language, indent.length);
    this.put(this.parentFor(indent.length), this.code.element);
    this.target = null;
  }
}
