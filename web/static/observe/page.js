// @ts-check
// The page of those who watch from the next room: what is recorded, and questions to whoever asks them in there.

import { darkSwitch } from "../page/dark.js";
import { StatusFeed } from "../interview/feed.js";
import { LiveView } from "../interview/live.js";
import { Desk, slipItem } from "../interview/next_door.js";
import { showPresent } from "../interview/present.js";
import { refuse } from "../page/trouble.js";
import { change } from "../page/requests.js";
import { LIVE, shown } from "../interview/state.js";
import { showTroubles } from "../interview/troubles.js";
import { element, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, dayOf, say } from "../page/words.js";

/** @import { Status } from "../interview/feed.js" */

const MAX_TEXT = 500; // characters in a question
const SAID_FOR = 8_000; // ms for which it is said that something has arrived

const page = element("observe", HTMLElement);
const interview = page.dataset.interview ?? "";
const me = page.dataset.me ?? "";

const live = new LiveView(interview);
const desk = new Desk(interview, showDesk);

/** @type {Status | null} */
let status = null;
let heardAt = 0; // performance.now() of the newest status
let silence = 0;
let signedOut = false;

/** @param {Status} heard */
function take(heard) {
  if (status !== null && status.evidence === heard.evidence && heard.elapsed < status.elapsed) {
    heard = { ...heard, elapsed: status.elapsed, safe: status.safe };
  }
  status = heard;
  heardAt = performance.now();
  silence = 0;
  show();
  if (heard.evidence !== null && LIVE.includes(heard.state)) live.show(heard.evidence);
  else if (heard.state !== "stopped") live.hide();
  desk.heard(heard);
}

function show() {
  const { word, colour, losses, cautions } = shown(status, silence, Date.now(), signedOut);
  const state = status?.state ?? "waiting";
  const active = LIVE.includes(state);
  page.dataset.state = state;
  page.dataset.colour = colour;
  setText("state-word", say(word));
  // What to look after is said on the console; here only what changes what can be seen and heard.
  showTroubles(losses, silence > 0 ? cautions : []);
  element("watch", HTMLElement).hidden = !active;
  element("nothing", HTMLElement).hidden = active;
  const over = state === "stopped" || state === "sealed";
  setText("nothing-says", say(over ? "nothing.over" : state === "interrupted" ? "nothing.between" : "nothing.before"));
  for (const name of ["wide", "close"]) {
    const frame = element(`film-${name}`, HTMLVideoElement).closest("figure");
    const camera = status?.cameras[name];
    if (frame === null || status === null) continue;
    frame.hidden = camera === undefined && active;
    frame.classList.toggle("not-now", status.state !== "recording" || silence > 0 || !camera?.flowing);
  }
  for (const id of ["ask", "ask-break", "ask-text"]) {
    const control = document.getElementById(id);
    if (control instanceof HTMLButtonElement || control instanceof HTMLTextAreaElement) control.disabled = over;
  }
}

/** @param {import("../interview/next_door.js").Passed} passed */
function showDesk({ slips, present }) {
  element("slips", HTMLOListElement).replaceChildren(...slips.toReversed().map((slip) => slipItem(slip, me)));
  element("slips-empty", HTMLElement).hidden = slips.length > 0;
  showPresent(present, null, false);
}

function tick() {
  const now = new Date();
  setText("clock", `${dayOf(now)} · ${clockOf(now)}`);
  if (status === null) return;
  const running = LIVE.includes(status.state) && silence === 0;
  setText("elapsed", timecode(status.elapsed + (running ? (performance.now() - heardAt) * 1000 : 0)));
}

// --- asking ---------------------------------------------------------------------------------------------------

const form = document.getElementById("ask-form");
if (form instanceof HTMLFormElement) asking(form);

/** @param {HTMLFormElement} form */
function asking(form) {
  const text = element("ask-text", HTMLTextAreaElement);
  const left = () => setText("ask-left", `${text.value.length} / ${MAX_TEXT}`);
  text.addEventListener("input", left);
  left();
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = text.value.trim();
    if (!asked) return text.focus();
    const sent = await send("questions", { text: asked });
    if (sent === null) return; // what was written is still there
    text.value = "";
    left();
    said(sent.recorded ? "sent.question" : "sent.waits");
  });
  element("ask-break", HTMLButtonElement).addEventListener("click", async () => {
    const sent = await send("break-requests", {});
    if (sent !== null) said("sent.break");
  });
}

/** @param {string} name @param {Record<string, unknown>} body @returns {Promise<import("../interview/next_door.js").Slip | null>} */
async function send(name, body) {
  const buttons = [element("ask", HTMLButtonElement), element("ask-break", HTMLButtonElement)];
  for (const button of buttons) button.disabled = true; // two presses are one question
  try {
    return await change(`/interviews/${interview}/${name}`, body);
  } catch (error) {
    refuse(error);
    return null;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let forgetting;
function said(/** @type {string} */ code) {
  setText("sent", say(code));
  clearTimeout(forgetting);
  forgetting = setTimeout(() => setText("sent", ""), SAID_FOR);
}

// --- sound, light -----------------------------------------------------------------------------------------------

const listen = element("listen", HTMLButtonElement);
listen.addEventListener("click", () => {
  live.listen(!live.hears);
  setText("listen-word", say(live.hears ? "listen.on" : "listen.off"));
});
darkSwitch("observe", true);

new StatusFeed(interview, {
  heard: take,
  silent: (ms, out) => { silence = ms; signedOut = out; show(); },
}, { events: "observe/events", asks: "next-door" });
setInterval(tick, 250);
tick();
show();
showPresent([], null, false);
