// @ts-check
// Ordering a film or pictures: the clock in its picture is that of the reader's place, and what is missing is said on the page.

import { element, elementIfAny, inside } from "../page/elements.js";
import { readWholeTime } from "../page/times.js";
import { showZone } from "./reader_zone.js";

const form = elementIfAny("order", HTMLFormElement);

/** What is missing or cannot be, as a code of the page's own sentences. @param {FormData} given */
function missing(given) {
  if (given.get("picture") === null) return "picture";
  const [begin = "", end = ""] = ["begin", "end"].map((name) => String(given.get(name)).trim());
  const [from, to] = [readWholeTime(begin), readWholeTime(end)];
  if (given.get("kind") === "still") {
    if (from === null) return "moment";
  } else if (given.get("extent") === "part" && (begin || end)) {
    if (from === null || to === null) return "times";
    if (to <= from) return "nothing";
  }
  return given.get("purpose") === null ? "purpose" : null;
}

/** @param {HTMLFormElement} order */
function prepare(order) {
  showZone(order);
  const fit = () => {
    const given = new FormData(order);
    const still = given.get("kind") === "still";
    elementIfAny("sounds")?.toggleAttribute("hidden", given.get("kind") !== "composed-film");
    element("extents").hidden = still; // of one moment of one part
    element("minutes").hidden = !still && given.get("extent") !== "part";
    element("until").hidden = element("whole-hint").hidden = still;
  };
  order.addEventListener("change", fit);
  fit();
  order.addEventListener("submit", (event) => {
    const code = missing(new FormData(order));
    element("trouble").hidden = code === null;
    if (code === null) return;
    event.preventDefault();
    const sentence = inside(element("missing"), `[data-code=${code}]`);
    element("trouble-what").textContent = sentence.textContent;
    element("trouble-todo").textContent = sentence.dataset.todo ?? "";
    element("trouble").focus();
  });
}

if (form) prepare(form);
