// @ts-check
// Who is watching, and when, over the picture: name, organisation, and UTC to the second. Where it lies changes, near
// the edges; its style moves it there slowly.
//
// It deters, and says where a careless picture of a screen came from. Whoever controls the browser can take it away: it
// prevents nothing (docs/limitations.md).

const MOVES = 20_000; // ms; where it lies is not to be predicted by who wants to crop it away
const PLACES = ["a", "b", "c", "d"];

/** Tells every mark of the page the time, from now on. @returns {() => void} ends that */
export function markViewer() {
  const tell = () => {
    const now = new Date();
    const place = PLACES[Math.floor(now.getTime() / MOVES) % PLACES.length];
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".viewer-mark"))) {
      mark.dataset.place = place;
      const time = mark.querySelector(".viewer-time");
      if (time) time.textContent = `${now.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    }
  };
  tell();
  const telling = setInterval(tell, 1000);
  return () => clearInterval(telling);
}
