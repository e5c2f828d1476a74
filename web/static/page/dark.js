// @ts-check
// A dark screen for a dim room, chosen on each page for itself and remembered by the browser.

import { element } from "./elements.js";
import { say } from "./words.js";

/** @param {string} page a word for the page @param {boolean} usual what holds until a choice is made */
export function darkSwitch(page, usual) {
  const button = element("dark", HTMLButtonElement);
  const key = `amana.${page}.dark`;
  const set = (/** @type {boolean} */ on) => {
    document.body.classList.toggle("dark", on);
    button.textContent = say(on ? "dark.light" : "dark.dark");
    localStorage.setItem(key, on ? "on" : "off");
  };
  set((localStorage.getItem(key) ?? (usual ? "on" : "off")) === "on");
  button.addEventListener("click", () => set(!document.body.classList.contains("dark")));
}
