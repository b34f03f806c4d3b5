// @ts-check
// A table of a reply that is still being written. It begins when its second line is read. A row is shown when its line
// is complete.

import { make } from "./dom.js";
import { appendInline } from "./inline_text.js";

const ROW = /^ {0,3}\|/;
const SEPARATOR = /^[\s:|-]+$/;

/** @param {string} line */
export const isRow = (line) => ROW.test(line);

/** @param {string} line */
const cellsOf = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** @param {string} cell of the separator line */
function alignment(cell) {
  if (!cell.endsWith(":")) return "";
  return cell.startsWith(":") ? "align-center" : "align-right";
}

export class TailTable {
  constructor() {
    /** The first line, until the second line shows whether a table begins. */
    this.held = "";
    /** @type {HTMLTableElement | null} */
    this.table = null;
    /** @type {string[]} */
    this.alignments = [];
  }

  /**
   * Take a row.
   * @param {string} line
   * @returns {HTMLElement | null} the table, if it begins with this line
   */
  add(line) {
    if (this.table) {
      this.addRow(this.table.tBodies[0], "td", line);
      return null;
    }
    if (!this.held || !SEPARATOR.test(line) || !line.includes("-")) {
      this.held = line;
      return null;
    }
    this.alignments = cellsOf(line).map(alignment);
    this.table = make("table");
    this.addRow(this.table.createTHead(), "th", this.held);
    this.table.createTBody();
    this.held = "";
    const box = make("div", "reply-table");
    box.append(this.table);
    return box;
  }

  /** @type {(section: HTMLTableSectionElement, tag: "th" | "td", line: string) => void} */
  addRow(section, tag, line) {
    const row = section.insertRow();
    cellsOf(line).forEach((text, column) => {
      const cell = make(tag, this.alignments[column]);
      appendInline(cell, text, false);
      row.append(cell);
    });
  }

  /** End the table. Returns the first line if no table followed it. */
  end() {
    const { held } = this;
    this.held = "";
    this.table = null;
    return held;
  }
}
