// @ts-check
// Find and make elements. Behaviors find their elements by data attributes, never by class or position.

/**
 * Return the first element that matches.
 * @template {Element} [E=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {E} Throws if there is none.
 */
export function get(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`missing element: ${selector}`);
  return /** @type {E} */ (found);
}

/**
 * Return the element with `data-part="name"`.
 * @template {Element} [E=HTMLElement]
 * @param {string} name
 * @param {ParentNode} [within]
 * @returns {E} Throws if there is none.
 */
export function part(name, within = document) {
  return get(`[data-part="${name}"]`, within);
}

/**
 * Call `start` for every element with `data-behavior="name"`.
 * @template {Element} [E=HTMLElement]
 * @param {string} name
 * @param {(element: E) => void} start
 */
export function connect(name, start) {
  for (const element of document.querySelectorAll(`[data-behavior~="${name}"]`))
    start(/** @type {E} */ (element));
}

/**
 * Return a copy of the content of `<template data-template="name">`, which has one element.
 * @param {string} name
 * @returns {HTMLElement}
 */
export function cloneTemplate(name) {
  const { content } = /** @type {HTMLTemplateElement} */ (get(`[data-template="${name}"]`));
  return /** @type {HTMLElement} */ (document.importNode(content, true).firstElementChild);
}

/**
 * Return a new element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/**
 * Return a new button. `act` is its name for the behavior that handles its clicks.
 * @param {string} label
 * @param {string} act
 * @param {string} [className]
 */
export function makeButton(label, act, className = "button quiet small") {
  const button = make("button", className, label);
  button.type = "button";
  button.dataset.act = act;
  return button;
}

/**
 * Return the closest element to an event's target that matches.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}
