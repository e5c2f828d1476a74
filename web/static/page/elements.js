// @ts-check
// Elements of a page: found, and of the kind that the script needs; or made, with text that never becomes markup.
//
// Templates and scripts of a page are written together: an element that is missing is a mistake in them, never
// something a person can do anything about.

/** @template {Element} T @typedef {new (...args: never[]) => T} Kind */

/**
 * @template {Element} T @param {unknown} found @param {Kind<T> | undefined} kind `HTMLElement` where none is named
 * @param {string} what @returns {T} @throws {TypeError} where it is none of that kind
 */
function ofKind(found, kind, what) {
  const wanted = kind ?? HTMLElement;
  if (!(found instanceof wanted)) throw new TypeError(`the page has no ${wanted.name} ${what}`);
  return /** @type {T} */ (found);
}

/**
 * The element with this id.
 *
 * @template {Element} [T=HTMLElement] @param {string} id @param {Kind<T>} [kind] @returns {T}
 */
export const element = (id, kind) => ofKind(document.getElementById(id), kind, `#${id}`);

/**
 * The element with this id; null on pages that have none.
 *
 * @template {Element} [T=HTMLElement] @param {string} id @param {Kind<T>} [kind] @returns {T | null}
 */
export function elementIfAny(id, kind) {
  const found = document.getElementById(id);
  return found && ofKind(found, kind, `#${id}`);
}

/**
 * The first element in another that a selector finds.
 *
 * @template {Element} [T=HTMLElement] @param {ParentNode} root @param {string} selector @param {Kind<T>} [kind] @returns {T}
 */
export const inside = (root, selector, kind) => ofKind(root.querySelector(selector), kind, selector);

/**
 * All elements that a selector finds, in the order of the page.
 *
 * @template {Element} [T=HTMLElement] @param {string} selector @param {Kind<T>} [kind] @param {ParentNode} [root] @returns {T[]}
 */
export const elements = (selector, kind, root = document) =>
  [...root.querySelectorAll(selector)].map((found) => ofKind(found, kind, selector));

/** A copy of what the `template` with this id holds, one element. @param {string} id @returns {HTMLElement} */
export const copyOf = (id) => ofKind(element(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true), HTMLElement, `in #${id}`);

/** Only what changes is written: a screen reader reads out every change. @param {string} id @param {string} text */
export function setText(id, text) {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
}

/** The same, of elements that are in another. @param {Element} place @param {Element[]} content */
export function setContent(place, content) {
  const before = [...place.childNodes];
  if (before.length !== content.length || content.some((one, at) => !one.isEqualNode(before[at]))) place.replaceChildren(...content);
}

/** The same, of an element that is shown only while it has something to say. @param {string} id @param {string | null} text */
export function setOrHide(id, text) {
  setText(id, text ?? "");
  element(id).hidden = !text;
}

/** Writes a tag: a word on a coloured ground. @param {HTMLElement} tag @param {string} text @param {string} colour "" for none */
export function setTag(tag, text, colour) {
  tag.className = colour ? `tag tag-${colour}` : "tag";
  tag.textContent = text;
}

/**
 * A new element, and what is in it.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {string | Partial<HTMLElementTagNameMap[K]>} [properties] its class alone, or these
 * @param {(string | Node)[]} content @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = "", ...content) {
  const made = document.createElement(tag);
  if (typeof properties !== "string") Object.assign(made, properties);
  else if (properties) made.className = properties;
  if (content.length > 0) made.append(...content);
  return made;
}

/** The same element, read from left to right in every language, as times are. @template {HTMLElement} T @param {T} made */
export function leftToRight(made) {
  made.dir = "ltr";
  return made;
}

/** Adds a term and its value to a list. @param {Element} list a `dl` @param {string} term @param {string | Node} value */
export function addFact(list, term, value) {
  list.append(make("dt", "", term), make("dd", "", value));
}

/**
 * A new element of a drawing.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Record<string, string | number>} [attributes] @returns {SVGElementTagNameMap[K]}
 */
export function makeSvg(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Has a button of the page do something, until a signal. @param {string} id @param {() => void} act @param {AbortSignal} [signal] */
export function onPress(id, act, signal) {
  element(id, HTMLButtonElement).addEventListener("click", act, { signal });
}

/** Has something act on the `detail` of each event of a kind. @param {EventTarget} target @param {string} type @param {(detail: any) => void} act */
export function onEvent(target, type, act) {
  target.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
}

/** A button without a form. @param {string | Partial<HTMLButtonElement>} properties as `make` takes them @param {string} text @param {() => void} act */
export function makeButton(properties, text, act) {
  const made = make("button", properties, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
