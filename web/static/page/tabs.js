// @ts-check
// Tabs over panels of one page (WAI-ARIA, Tabs pattern): one panel is shown, arrow keys go from tab to tab. A tab whose
// panel has nothing to show now is not offered.

import { element, elements } from "./elements.js";

export class Tabs {
  #tabs;
  #list;

  /** @param {HTMLElement} list the `tablist`; each tab names its panel by `aria-controls` */
  constructor(list) {
    this.#list = list;
    this.#tabs = elements('[role="tab"]', HTMLElement, list);
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.open(panelOf(tab)));
    list.addEventListener("keydown", (event) => this.#pressed(event));
    this.#show(this.#shown() ?? this.#tabs[0]);
  }

  /** Shows this panel. @param {string} panel its id */
  open(panel) {
    const tab = this.#tabs.find((one) => panelOf(one) === panel);
    if (tab !== undefined && !tab.hidden) this.#show(tab);
  }

  /**
   * Offers a panel from now on, or not any more; the first of the others then takes its place.
   *
   * @param {string} panel its id @param {boolean} offered @returns {boolean} whether that has changed
   */
  offer(panel, offered) {
    const tab = this.#tabs.find((one) => panelOf(one) === panel);
    if (tab === undefined || tab.hidden === !offered) return false;
    tab.hidden = !offered;
    this.#show(this.#shown() ?? this.#offered()[0]);
    return true;
  }

  /** Whether any panel is offered. */
  get any() {
    return this.#offered().length > 0;
  }

  #offered() {
    return this.#tabs.filter((tab) => !tab.hidden);
  }

  #shown() {
    return this.#offered().find((tab) => tab.getAttribute("aria-selected") === "true");
  }

  /** @param {HTMLElement | undefined} shown */
  #show(shown) {
    for (const tab of this.#tabs) {
      tab.setAttribute("aria-selected", String(tab === shown));
      tab.tabIndex = tab === shown ? 0 : -1;
      element(panelOf(tab)).hidden = tab !== shown;
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const offered = this.#offered();
    const at = offered.findIndex((tab) => tab === event.target);
    const next = nextTab(event.key, at, offered.length, getComputedStyle(this.#list).direction === "rtl");
    if (at < 0 || next === null) return;
    event.preventDefault();
    this.#show(offered[next]);
    offered[next].focus();
  }
}

/** @param {HTMLElement} tab */
const panelOf = (tab) => tab.getAttribute("aria-controls") ?? "";

/**
 * Where a key leads; null: nowhere. Arrows follow the eye, also from right to left.
 *
 * @param {string} key @param {number} at which tab has the focus @param {number} count @param {boolean} fromRight
 */
export function nextTab(key, at, count, fromRight) {
  const step = { ArrowRight: fromRight ? -1 : 1, ArrowLeft: fromRight ? 1 : -1 }[key];
  if (step !== undefined) return (at + step + count) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
