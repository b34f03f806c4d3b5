// @ts-check
// Emphasis, code and links within a line of Markdown that is still being written, as elements and text.

import { make } from "./dom.js";

const MARKER = /^(\*\*|__|~~|\*|_)/;
const LINK = /^!?\[([^\]]{0,600})\]\([^)\s]{0,2000}(?:\s"[^"]{0,600}")?\)/;
const OPEN_LINK = /^!?\[([^\]]{0,600})(?:\](?:\([^)]{0,2000})?)?$/;
const PLAIN = /^[^\\`*_~[!]+/;
/** @type {Record<string, "strong" | "em" | "s">} */
const TAGS = { "**": "strong", __: "strong", "*": "em", _: "em", "~~": "s" };

/** @typedef {{ marker: string, element: HTMLElement | DocumentFragment }} Open */

/** @param {string} text */
function withoutTrailingMarkers(text) {
  let end = text.length;
  while (end && "*_~`".includes(text[end - 1])) end--;
  return text.slice(0, end);
}

class InlineText {
  /**
   * @param {HTMLElement | DocumentFragment} target
   * @param {string} text
   * @param {boolean} isGrowing whether the line may go on
   */
  constructor(target, text, isGrowing) {
    this.isGrowing = isGrowing;
    // Leave out a marker at the end: the next characters decide whether it opens or closes an element.
    this.text = isGrowing ? withoutTrailingMarkers(text) : text;
    this.at = 0;
    /** @type {Open[]} */
    this.open = [{ marker: "", element: target }];
  }

  append() {
    while (this.at < this.text.length) {
      const rest = this.text.slice(this.at);
      this.at +=
        this.plain(rest) ||
        this.escaped(rest) ||
        this.code(rest) ||
        this.link(rest) ||
        this.marker(rest) ||
        this.add(rest[0]);
    }
  }

  /** @param {string | HTMLElement} node */
  add(node) {
    this.open[this.open.length - 1].element.append(node);
    return typeof node === "string" ? node.length : 0;
  }

  // Each of these returns the number of characters it has taken; 0 if the text is something else.

  /** @param {string} rest */
  plain(rest) {
    return this.add(rest.match(PLAIN)?.[0] ?? "");
  }

  /** @param {string} rest */
  escaped(rest) {
    if (!/^\\[!-/:-@[-`{-~]/.test(rest)) return 0;
    this.add(rest[1]);
    return 2;
  }

  /** @param {string} rest */
  code(rest) {
    const fence = rest.match(/^`+/)?.[0];
    if (!fence) return 0;
    const end = rest.indexOf(fence, fence.length);
    if (end < 0 && !this.isGrowing) return this.add(fence);
    this.add(make("code", "", (end < 0 ? rest.slice(fence.length) : rest.slice(fence.length, end)).trim()));
    return end < 0 ? rest.length : end + fence.length;
  }

  /** @param {string} rest */
  link(rest) {
    const found = rest.match(LINK) ?? (this.isGrowing ? rest.match(OPEN_LINK) : null);
    if (!found) return 0;
    this.add(make("span", "reply-link", found[1]));
    return found[0].length;
  }

  /** @param {string} rest */
  marker(rest) {
    const marker = rest.match(MARKER)?.[0];
    if (!marker) return 0;
    const before = this.text[this.at - 1] ?? " ";
    const after = rest[marker.length] ?? " ";
    const isOpen = this.open.findLastIndex((one) => one.marker === marker);
    const isInWord = marker[0] === "_" && /\w/.test(before) && /\w/.test(after);
    if (isInWord) return this.add(marker);
    if (isOpen > 0 && /\S/.test(before)) this.open.length = isOpen;
    else if (/\S/.test(after)) this.begin(marker);
    else return this.add(marker);
    return marker.length;
  }

  /** @param {string} marker */
  begin(marker) {
    const element = make(TAGS[marker]);
    this.add(element);
    this.open.push({ marker, element });
  }
}

/**
 * Append a line's text to an element.
 * @param {HTMLElement | DocumentFragment} target
 * @param {string} text
 * @param {boolean} isGrowing whether the line may go on: an unclosed marker counts as closed at its end
 */
export function appendInline(target, text, isGrowing) {
  new InlineText(target, text, isGrowing).append();
}
