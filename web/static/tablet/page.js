// @ts-check
// The interviewer's tablet: one question at a time, a picture of the case, or a sheet to draw on. It makes no sound and no sudden
// movement, and there is nothing on it by which a recording could be ended. What is pressed or drawn while the network is away is
// sent when it is back. A picture that is shown covers the sheet, and a sheet that is open covers the questions.

import { TabletDrawing } from "./drawing.js";
import { TabletExhibit } from "./exhibit.js";
import { followStatus } from "../interview/feed.js";
import { Desk, isQuestion, open, sender } from "../interview/next_door.js";
import { pause } from "../page/poll.js";
import { change, Refused, requestNumber } from "../page/requests.js";
import { LIVE, OVER } from "../interview/state.js";
import { element, setOrHide, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

/** @import { Status } from "../interview/feed.js" */
/** @import { Slip } from "../interview/next_door.js" */

const AGAIN = 2_000; // ms until what could not be sent is tried again
const QUIETLY = 3_000; // ms without a word from the recorder until that is said
const REST = 600; // ms after a new question in which a finger on its way to the last one does nothing

const page = element("tablet");
const interview = page.dataset.interview ?? "";
const me = page.dataset.me ?? "";
const buttons = { asked: element("asked", HTMLButtonElement), later: element("later", HTMLButtonElement) };

const exhibit = new TabletExhibit(interview);
const drawing = new TabletDrawing({ interview, caseId: page.dataset.case ?? "", person: me }, show);
const desk = new Desk(interview, (passed) => {
  slips = passed.slips;
  if (!OVER.includes(status?.state ?? "")) void exhibit.follow(passed.exhibits, show);
  show();
});

/** @type {Status | null} */
let status = null;
let heardAt = performance.now();
let silence = 0;
/** @type {Slip[]} */
let slips = [];
/** What was decided here, by number of the question; it may still be on its way. @type {Map<number, string>} */
const decided = new Map();
let shownNumber = 0;

function show() {
  const state = status?.state ?? "waiting";
  const over = OVER.includes(state);
  if (over) exhibit.end();
  const put = over ? [] : slips.filter((slip) => isQuestion(slip) && slip.state === "put" && !decided.has(slip.number));
  const [now] = put;
  const text = element("question"), from = element("from");
  if ((now?.number ?? 0) !== shownNumber) {
    shownNumber = now?.number ?? 0;
    text.textContent = now?.text ?? "";
    text.dir = "auto";
    from.textContent = now === undefined ? "" : sender(now, me);
    for (const button of Object.values(buttons)) button.disabled = true;
    setTimeout(() => { for (const button of Object.values(buttons)) button.disabled = false; }, REST);
  }
  const covered = exhibit.shown || drawing.open;
  for (const id of ["question", "from", "deeds"]) element(id).hidden = now === undefined || covered;
  element("none").hidden = now !== undefined || over || covered;
  element("drawing").hidden = !drawing.open || exhibit.shown;
  element("draw").hidden = covered || over;
  element("way-out").hidden = !over || drawing.open;
  const unseen = covered ? put.length : put.length - 1;
  setOrHide("more", unseen < 1 ? null : say(covered ? "tablet.waiting" : "tablet.more", { n: unseen }));
  element("break-wanted").hidden = over || !slips.some((slip) => !isQuestion(slip) && open(slip));
  element("offline").hidden = silence < QUIETLY && !stuck;
  page.dataset.state = state;
  const word = LIVE.includes(state) ? state : over ? "over" : "not";
  setText("state-word", say(`tablet.${word}`));
}

function tick() {
  if (status === null) return;
  // The clock runs for some seconds without a word: a short cut of the network must not distract.
  const running = LIVE.includes(status.state) && silence < QUIETLY;
  if (running) setText("elapsed", timecode(status.elapsed + (performance.now() - heardAt) * 1000));
}

// --- what became of a question ----------------------------------------------------------------------------------

/** @type {{ number: number, state: string, request: string }[]} */
const outgoing = [];
let sending = false, stuck = false; // stuck: the last attempt to send had no answer

/** @param {"asked" | "later"} state */
function decide(state) {
  if (shownNumber === 0) return;
  const number = shownNumber;
  decided.set(number, state);
  outgoing.push({ number, state, request: requestNumber() });
  show();
  void send();
}

async function send() {
  if (sending) return;
  sending = true;
  for (let next = outgoing[0]; next !== undefined; next = outgoing[0]) {
    try {
      await change(`/interviews/${interview}/questions/${next.number}/${next.state}`, {}, 1, next.request);
      outgoing.shift();
      stuck = false;
    } catch (error) {
      if (error instanceof Refused && error.code !== "recorder.away" && error.code !== "not-signed-in") {
        // What was refused is not sent again. As a rule another person has dealt with it; if it is here all the same,
        // it is shown again: what was pressed is not in the record.
        outgoing.shift();
        stuck = false;
        await desk.read("");
        decided.delete(next.number);
        show();
      } else {
        stuck = true;
        show();
        await pause(AGAIN);
      }
    }
  }
  sending = false;
  desk.seen = "";
}

buttons.asked.addEventListener("click", () => decide("asked"));
buttons.later.addEventListener("click", () => decide("later"));

followStatus(interview, {
  onStatus: (newest) => {
    status = newest;
    heardAt = performance.now();
    silence = 0;
    for (const slip of slips) if (slip.state !== "put" && !outgoing.some((one) => one.number === slip.number)) decided.delete(slip.number);
    desk.onStatus(newest);
    show();
  },
  onSilence: (ms) => { silence = ms; show(); },
}, { events: "observe/events", asks: "next-door" });
setInterval(tick, 250);
show();
