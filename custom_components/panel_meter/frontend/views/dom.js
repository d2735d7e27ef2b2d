// Makes elements. Names come from outside: they are put into pages as text and in no other way.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag name of the element, with classes: "div.row.wide"
 * @param {Record<string, any>} [attributes] attributes; functions are listeners, `style` is an object
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  set(element, attributes);
  element.append(...children.flat().filter(shown).map(text));
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children.flat().filter(shown).map(text));
  return element;
}

/**
 * A value under its name.
 * @param {Child} label
 * @param {Child} value
 * @param {string} key by which the value is found
 * @param {...Child} more
 */
export const figure = (label, value, key, ...more) =>
  el("div.figure", {}, el("span.quiet.small", {}, label), el("b", { "data-value": key, dir: "auto" }, value), ...more);

/** @param {Child} child @returns {child is Node | string | number} */
const shown = (child) => child !== null && child !== undefined && child !== false;

/** @param {Node | string | number} child */
const text = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

/** @param {Element} element @param {Record<string, any>} attributes */
function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "style") for (const [name, each] of Object.entries(value)) /** @type {HTMLElement} */ (element).style.setProperty(name, each);
    else element.setAttribute(key, value === true ? "" : value);
  }
}
