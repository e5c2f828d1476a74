// @ts-check
// Who is watching, and when, over the picture: name, organisation, and the center's local time to the second. Its
// place changes, near the edges; its style moves it there slowly.
//
// It deters, and says where a careless picture of a screen came from. The user of a browser can take it away: it prevents
// nothing (docs/limitations.md).

import { localTime } from "../page/times.js";

const MOVES = 20_000; // ms; where it is cannot be predicted, and so not cropped away
const PLACES = ["a", "b", "c", "d"];

/** Tells every mark of a page the time, from now on. @param {Document} [page] @returns {() => void} ends that */
export function markViewer(page = document) {
  const update = () => {
    const now = new Date();
    const place = PLACES[Math.floor(now.getTime() / MOVES) % PLACES.length];
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll(".viewer-mark"))) {
      mark.dataset.place = place;
      const time = /** @type {HTMLElement | null} */ (mark.querySelector(".viewer-time"));
      if (time) time.textContent = `${localTime(now, Number(time.dataset.ahead))} ${time.dataset.zone}`;
    }
  };
  update();
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
}
