// @ts-check
// Tables sorted by a column, where the whole list is on the page: each heading with `data-sort`, the name of its column,
// becomes a button. A second press turns the order round. The address keeps the name of the column, "-" before it from
// last to first, and nothing else; so a page that is loaded again, or a link to it, has the same order.
//
// A list of several pages is sorted by the server, with the same addresses and headings (`sorting.html`).

import { elements, make } from "./elements.js";

const PARAMETER = "sort";

/**
 * The places of these values in their order; equal ones keep their order, and missing ones come last.
 *
 * @param {string[]} values @param {boolean} descending @param {string} language @returns {number[]}
 */
export function orderOf(values, descending, language) {
  const { compare } = new Intl.Collator(language, { numeric: true });
  /** @param {number} one @param {number} other */
  const before = (one, other) => {
    const missing = Number(values[one] === "") - Number(values[other] === "");
    return missing || (descending ? compare(values[other], values[one]) : compare(values[one], values[other]));
  };
  return values.map((_, at) => at).sort(before);
}

/** What a cell is sorted by: the time in it, or its text. @param {HTMLTableCellElement | undefined} cell */
const valueOf = (cell) => cell?.querySelector("time")?.dateTime ?? cell?.textContent?.trim() ?? "";

/** @param {HTMLTableCellElement} heading @param {boolean} descending */
function sort(heading, descending) {
  const body = heading.closest("table")?.tBodies[0];
  const rows = [...(body?.rows ?? [])];
  const values = rows.map((row) => valueOf(row.cells[heading.cellIndex]));
  body?.append(...orderOf(values, descending, document.documentElement.lang).map((at) => rows[at]));
  for (const one of heading.parentElement?.children ?? []) one.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

/** @param {HTMLTableCellElement} heading @param {string} column */
function press(heading, column) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  sort(heading, descending);
  const address = new URL(location.href);
  address.searchParams.set(PARAMETER, descending ? `-${column}` : column);
  history.replaceState(history.state, "", address);
}

for (const heading of elements("th[data-sort]", HTMLTableCellElement)) {
  const column = heading.dataset.sort ?? "";
  const button = make("button", { className: "sort", type: "button" }, ...heading.childNodes);
  button.addEventListener("click", () => press(heading, column));
  heading.append(button);
  const wanted = new URLSearchParams(location.search).get(PARAMETER);
  if (wanted === column || wanted === `-${column}`) sort(heading, wanted !== column);
}
