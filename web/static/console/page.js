// @ts-check
// The prosecutor's console. It shows what the recorder says and asks it to act; it decides nothing.

import { Alarm } from "./tone.js";
import { sentence, showChecks } from "../interview/checks.js";
import { darkSwitch } from "../page/dark.js";
import { asked } from "../page/dialogs.js";
import { StatusFeed } from "../interview/feed.js";
import { showEntries } from "./journal.js";
import { levelMeter } from "../interview/level.js";
import { LiveView } from "../interview/live.js";
import { takeMarks } from "./marks.js";
import { Desk } from "../interview/next_door.js";
import { showPresent } from "../interview/present.js";
import { Checklist } from "./protocol.js";
import { showQuestions } from "./questions.js";
import { refuse, tellRefused } from "../page/trouble.js";
import { AT_ONCE, change, read } from "../page/requests.js";
import { showSafety } from "./safety.js";
import { senderKey, showAttempts, showSenders } from "./senders.js";
import { LIVE, shown } from "../interview/state.js";
import { showTroubles } from "../interview/troubles.js";
import { element, make, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, dayOf, say } from "../page/words.js";

/** @import { CheckResult } from "../interview/checks.js" */
/** @import { Status } from "../interview/feed.js" */

const page = element("console", HTMLElement);
const interview = page.dataset.interview ?? "";
const url = (/** @type {string} */ deed) => `/interviews/${interview}/${deed}`;
const button = (/** @type {string} */ id) => element(id, HTMLButtonElement);

const SETTING_UP = ["waiting", "connected", "checked", "beginning", "interrupted"];
const CHECK_EVERY = 2_000; // ms
const GO_ON_WITHIN = 90_000; // ms

const alarm = new Alarm();
const live = new LiveView(interview);
const checklist = new Checklist(interview, enter);
const desk = new Desk(interview, ({ slips, ticks }) => {
  showQuestions(slips, page.dataset.me ?? "", settle);
  checklist.show(ticks);
});
const showLevel = levelMeter("level", "level-fill");

/** @type {Status | null} */
let status = null;
let heardAt = 0; // performance.now() of the newest status
let silence = 0;
let signedOut = false;
/** @type {CheckResult[]} */
let checks = [];
let journal = -1;
let beginning = false;

// --- what is shown --------------------------------------------------------------------------------------------

/** @param {Status} heard */
function take(heard) {
  if (status !== null && status.evidence === heard.evidence && heard.elapsed < status.elapsed) {
    // Where no recorder answers, nobody knows better than what was heard before.
    heard = { ...heard, elapsed: status.elapsed, safe: status.safe };
  }
  if (status !== null && LIVE.includes(status.state) && !LIVE.includes(heard.state)) {
    checks = []; // what was found before recording says nothing about now
    showChecks(checks);
  }
  status = heard;
  heardAt = performance.now();
  silence = 0;
  show();
  if (heard.evidence !== null && LIVE.includes(heard.state)) live.show(heard.evidence);
  if (!SETTING_UP.includes(heard.state) && !LIVE.includes(heard.state) || heard.state === "interrupted") live.hide();
  if (heard.journal !== journal) void readJournal(heard.journal);
  desk.heard(heard);
  checklist.begun(heard.evidence !== null);
  void goOn(heard);
}

function show() {
  const { word, colour, losses, cautions } = shown(status, silence, Date.now(), signedOut);
  const state = status?.state ?? "waiting";
  const active = status !== null && LIVE.includes(state);
  page.dataset.state = state;
  page.dataset.colour = colour;
  const said = status?.practice && word === "state.sealed" ? "state.practice-over" : word;
  setText("state-word", say(beginning && !active ? "state.beginning" : said));
  showTroubles(losses, cautions);
  alarm.set(losses.map((loss) => `${loss.code}.${loss.name ?? ""}`));
  element("tone", HTMLElement).hidden = !alarm.sounding || alarm.locked;
  element("tone-locked", HTMLElement).hidden = !active || !alarm.locked;
  element("before", HTMLElement).hidden = !SETTING_UP.includes(state);
  element("watch", HTMLElement).hidden = !active;
  showAfter(state);
  const reachable = active && silence === 0;
  for (const id of ["mark", "person"]) button(id).disabled = !reachable;
  button("stop").disabled = silence > 0 || !(active || state === "interrupted");
  element("mark-text", HTMLInputElement).disabled = !reachable;
  button("break").disabled = !reachable;
  const ended = !active && state !== "interrupted" && state !== "beginning";
  button("begin").hidden = !SETTING_UP.includes(state);
  element("begin-hint", HTMLElement).hidden = button("begin").hidden;
  button("break").hidden = state === "break" || !active;
  button("stop").hidden = ended;
  element("journal", HTMLElement).hidden = ended || state === "beginning";
  element("people", HTMLElement).hidden = !active;
  const over = state === "stopped" || state === "sealed";
  for (const id of ["questions", "protocol"]) document.getElementById(id)?.toggleAttribute("hidden", over);
  button("resume").hidden = state !== "break";
  button("resume").disabled = !reachable;
  showLevel(silence === 0 && status?.sound.flowing ? status.sound.level : 0);
  showFrames();
  showBegin();
  showSafety(status, silence === 0);
  showSenders(status);
  showAttempts(status?.attempts ?? [], status, decide);
}

function showFrames() {
  for (const name of ["wide", "close"]) {
    const frame = element(`film-${name}`, HTMLVideoElement).closest("figure");
    const camera = status?.cameras[name];
    if (frame === null || status === null) continue;
    frame.hidden = camera === undefined && LIVE.includes(status.state);
    // A still picture looks like a quiet room: what is not recorded now is not shown as if it were.
    frame.classList.toggle("not-now", status.state !== "recording" || silence > 0 || !camera?.flowing);
  }
}

function tick() {
  const now = new Date();
  setText("clock", `${dayOf(now)} · ${clockOf(now)}`);
  if (status === null) return;
  const running = LIVE.includes(status.state) && silence === 0;
  setText("elapsed", timecode(status.elapsed + (running ? (performance.now() - heardAt) * 1000 : 0)));
}

/** @param {string} state */
function showAfter(state) {
  const over = state === "sealed";
  element("after", HTMLElement).hidden = !over;
  if (!over || status === null) return;
  const sentenceCode = status.practice ? "after.practice" : "after.complete";
  setText("after-says", say(sentenceCode, { part: status.part, time: timecode(status.elapsed) }));
  setText("after-title", say(status.practice ? "after.title.practice" : "after.title"));
  const link = element("after-evidence", HTMLAnchorElement);
  link.hidden = status.practice;
  if (status.evidence !== null) link.href = `/evidence/${status.evidence}`;
  // Sealed is sealed; whoever has a passkey may say afterwards that it was them. Others' pages have no such form.
  const confirm = document.getElementById("after-confirm");
  if (confirm instanceof HTMLFormElement && status.evidence !== null) {
    confirm.action = `/evidence/${status.evidence}/confirm`;
    confirm.hidden = status.practice;
  }
}

/** @param {number} count */
async function readJournal(count) {
  journal = count;
  try {
    const { entries, present } = await read(url("status"), { within: AT_ONCE });
    showEntries(entries);
    showPresent(present, leaves, status !== null && LIVE.includes(status.state));
  } catch {
    journal = -1; // with the next status it is tried again
  }
}

// --- after an interruption ------------------------------------------------------------------------------------

let recordedAt = -Infinity; // performance.now() when this page last saw the interview being recorded
let goingOn = false;
/** Who sent each camera then. @type {Map<string, string>} */
const sentBy = new Map();

/**
 * A recorder that died takes seconds of testimony with it, and nobody in the room knows. Where this very page
 * saw the recording run a moment ago, the new recorder begins the next part as soon as a camera is back. Not
 * after a break, not after a failed disk, not on a page that was only just opened, not with another device than before:
 * then a person decides.
 * @param {Status} heard
 */
async function goOn(heard) {
  if (heard.state === "recording") {
    recordedAt = performance.now();
    for (const [name, { sender }] of Object.entries(heard.cameras)) sentBy.set(name, senderKey(sender));
  }
  if (heard.state === "break" || heard.state === "stopped" || heard.state === "sealed") recordedAt = -Infinity;
  const died = heard.state === "interrupted" && heard.losses.some((loss) => loss.code === "interrupted");
  const soon = performance.now() - recordedAt < GO_ON_WITHIN;
  const seen = Object.values(heard.cameras).some((camera) => camera.flowing);
  const same = Object.entries(heard.cameras).every(([name, { sender }]) => sentBy.get(name) === senderKey(sender));
  if (!died || !soon || !seen || !same || goingOn) return;
  goingOn = true;
  if (await act("begin")) tellRefused("again");
  else recordedAt = -Infinity;
  goingOn = false;
}

// --- before recording -----------------------------------------------------------------------------------------

const lacking = () => checks.filter((check) => check.state === "fail");

function showBegin() {
  const blocked = checks.some((check) => check.state === "fail" && check.blocking);
  const known = checks.length > 0 && status !== null && silence === 0;
  button("begin").disabled = !known || blocked || beginning || !SETTING_UP.includes(status?.state ?? "");
  const warned = checks.some((check) => check.state === "warn");
  const hint = !known ? "waiting" : blocked ? "blocked" : lacking().length > 0 ? "lacking" : warned ? "warned" : "ready";
  setText("begin-hint", say(`begin.${hint}`));
}

async function check() {
  try {
    if (status !== null && SETTING_UP.includes(status.state) && !beginning && silence === 0) {
      ({ checks } = await change(url("check"), {}, 1));
      showChecks(checks);
      showBegin();
    }
  } catch {
    // The feed says more plainly than a failed check that the server is away.
  } finally {
    setTimeout(check, CHECK_EVERY);
  }
}

// --- deeds ----------------------------------------------------------------------------------------------------

/**
 * Ask for a deed; what is refused is told. Every deed names the part it is meant for, so that one that comes
 * late cannot touch another.
 * @param {string} name @param {Record<string, unknown>} [body] @returns {Promise<boolean>}
 */
async function act(name, body = {}) {
  try {
    await change(url(name), { ...body, evidence: status?.evidence ?? null });
    return true;
  } catch (error) {
    refuse(error);
    return false;
  }
}

button("begin").addEventListener("click", async () => {
  alarm.unlock();
  if (lacking().length > 0) {
    element("begin-lacks", HTMLUListElement).replaceChildren(...lacking().map((one) => make("li", "", sentence(one))));
    if ((await asked("begin-dialog")) !== "begin") return;
  }
  beginning = true;
  show();
  await act("begin");
  beginning = false;
  show();
});

button("break").addEventListener("click", takeBreak);
async function takeBreak() {
  element("break-words", HTMLInputElement).value = "";
  if ((await asked("break-dialog")) !== "break") return;
  const chosen = element("break-form", HTMLFormElement).elements.namedItem("reason");
  const reason = chosen instanceof RadioNodeList ? chosen.value : "";
  await act("break", { reason, text: element("break-words", HTMLInputElement).value.trim() });
}

button("resume").addEventListener("click", () => void act("resume"));

button("stop").addEventListener("click", async () => {
  if ((await asked("stop-dialog")) !== "stop") return;
  await act("stop", { reason: element("stop-reason", HTMLSelectElement).value });
});

button("person").addEventListener("click", enters);
async function enters() {
  const who = element("person-who", HTMLInputElement);
  who.value = "";
  if ((await asked("person-dialog")) !== "enters") return;
  await act("person", { event: "enters", who: who.value.trim(), role: element("person-role", HTMLSelectElement).value });
}

/** @param {import("../interview/present.js").Present} person */
function leaves(person) {
  void act("person", { event: "leaves", who: person.who, role: person.role });
}

/** @type {import("./protocol.js").Enter} */
async function enter(item) {
  try {
    await change(url("checklist"), item);
    return true;
  } catch (error) {
    refuse(error);
    return false;
  }
}

/** @type {import("./senders.js").Decide} */
async function decide(attempt, decision) {
  try {
    await change(url(`senders/${attempt.number}/${decision}`), {});
  } catch (error) {
    refuse(error);
  }
}

/** @param {import("../interview/next_door.js").Slip} slip @param {string} state */
async function settle(slip, state) {
  try {
    await change(url(`questions/${slip.number}/${state}`), {});
  } catch (error) {
    refuse(error);
  }
}

takeMarks((text, ago) => void act("mark", { text, ago }));

// --- keyboard, sound, light -----------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea, dialog[open]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  // `code` is the key's place: with an Arabic keyboard the M key types another letter.
  /** @type {Record<string, () => void>} */
  const keys = {
    KeyM: () => element("mark-text", HTMLInputElement).focus(),
    KeyB: () => (button("resume").hidden ? button("break") : button("resume")).click(),
    KeyP: () => button("person").click(),
    KeyS: () => button("listen").click(),
  };
  const deed = keys[event.code];
  if (deed === undefined) return;
  event.preventDefault();
  deed();
});

button("silence").addEventListener("click", () => { alarm.silence(); show(); });
button("tone-unlock").addEventListener("click", () => { alarm.unlock(); setTimeout(show, 100); });
document.addEventListener("pointerdown", () => { if (status !== null && LIVE.includes(status.state)) alarm.unlock(); });

button("listen").addEventListener("click", () => {
  live.listen(!live.hears);
  setText("listen-word", say(live.hears ? "listen.on" : "listen.off"));
});

darkSwitch("console", matchMedia("(prefers-color-scheme: dark)").matches);

new StatusFeed(interview, {
  heard: take,
  silent: (ms, out) => { silence = ms; signedOut = out; show(); },
});
setInterval(tick, 250);
tick();
show();
showPresent([], leaves, false);
void check();
