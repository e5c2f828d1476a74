// @ts-check
// Puts into the page's lists what has come into the case since the page was made. What is open on the page, typed into it
// or going on in it stays as it is.

import { element, elements, inside } from "../page/elements.js";
import { ask } from "../page/requests.js";

const ITEM = "a[href]"; // by which an item of a list is known

/**
 * Reads the page anew and takes over what this one does not have: items of each `section[data-list]`, and as a whole
 * whatever has `data-anew`.
 *
 * @throws {import("../page/requests.js").Refused | import("../page/requests.js").Unreachable}
 */
export async function renew() {
  const text = await (await ask(location.href, { headers: { accept: "text/html" } })).text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const section of elements("section[data-list]")) {
    const theirs = inside(fresh, `#${section.id}`);
    if (section.querySelector("ul") === null) section.replaceChildren(...theirs.cloneNode(true).childNodes); // it was empty
    else if (theirs.querySelector("ul") !== null) merge(inside(section, "ul"), inside(theirs, "ul"));
  }
  for (const { id } of elements("[data-anew]")) {
    element(id).replaceChildren(...inside(fresh, `#${id}`).childNodes);
  }
}

/** @param {HTMLElement} list @param {HTMLElement} fresh */
function merge(list, fresh) {
  const address = (/** @type {Element} */ item) => item.querySelector(ITEM)?.getAttribute("href") ?? "";
  const here = new Map([...list.children].map((item) => [address(item), item]));
  /** @type {Element | null} */
  let before = null;
  for (const item of [...fresh.children]) {
    const known = here.get(address(item));
    if (known === undefined) list.insertBefore(item, before === null ? list.firstElementChild : before.nextElementSibling);
    before = known ?? item;
  }
}
