// @ts-check
// The form for taking a specimen: the body map beside its list of places. Each chooses in the other. Without this script
// the list alone is enough.

import { element, elements } from "../page/elements.js";

const places = element("place", HTMLSelectElement);
const sides = elements(".sides input", HTMLInputElement);
const drawings = elements(".region");
const regions = elements(".place", SVGElement);

/** @param {string} side */
function turnTo(side) {
  for (const drawing of drawings) drawing.hidden = drawing.dataset.side !== side;
  for (const radio of sides) radio.checked = radio.value === side;
}

/** The place that a region stands for, as the list has it. @param {SVGElement} region */
function placeOf(region) {
  const drawing = /** @type {HTMLElement} */ (region.closest(".region"));
  return `${drawing.dataset.side}:${region.dataset.region}`;
}

/** Marks on the drawings what the list has chosen. */
function mark() {
  for (const region of regions) region.setAttribute("aria-pressed", String(placeOf(region) === places.value));
}

/** @param {SVGElement} region */
function choose(region) {
  places.value = placeOf(region);
  mark();
}

for (const radio of sides) radio.addEventListener("change", () => turnTo(radio.value));
for (const region of regions) {
  region.addEventListener("click", () => choose(region));
  region.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(region);
  });
}
places.addEventListener("change", () => {
  if (places.value) turnTo(places.value.split(":")[0]);
  mark();
});
mark(); // a browser that came back restores the list
