// @ts-check
// The prosecutor's console. It shows what the recorder says and asks it to act; it decides nothing.

import { Alarm } from "./tone.js";
import { sentence, showChecks } from "../interview/checks.js";
import { darkSwitch } from "../page/dark.js";
import { showAfter } from "./after.js";
import { ExhibitChoice } from "./exhibits.js";
import { showBreak } from "./break_clock.js";
import { Resuming } from "./resuming.js";
import { showEntries } from "./journal.js";
import { levelMeter } from "../interview/level.js";
import { MARK_KEY, Marks } from "./marks.js";
import { Desk } from "../interview/next_door.js";
import { showPresent } from "../interview/present.js";
import { Checklist } from "./protocol.js";
import { Preview } from "./preview.js";
import { showQuestions } from "./questions.js";
import { actOnKey } from "../page/keys.js";
import { showRefusal, showRefusalOf } from "../page/trouble.js";
import { poll } from "../page/poll.js";
import { AT_ONCE, change, read } from "../page/requests.js";
import { showSafety } from "./safety.js";
import { showAttempts, showSenders } from "./senders.js";
import { LIVE, OVER } from "../interview/state.js";
import { showTroubles } from "../interview/troubles.js";
import { Watch } from "../interview/watch.js";
import { Tabs } from "../page/tabs.js";
import { element, elementIfAny, make, setText } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { CheckResult } from "../interview/checks.js" */
/** @import { Status } from "../interview/feed.js" */

const page = element("console");
const interview = page.dataset.interview ?? "";
const url = (/** @type {string} */ command) => `/interviews/${interview}/${command}`;
const button = (/** @type {string} */ id) => element(id, HTMLButtonElement);

const SETTING_UP = ["waiting", "connected", "checked", "beginning", "interrupted"];
const CHECK_EVERY = 2_000; // ms

const alarm = new Alarm();
const checklist = elementIfAny("protocol") && new Checklist(interview, ask);
const exhibits = elementIfAny("exhibits") && new ExhibitChoice((evidence) => ask("exhibit", { evidence }));
const desk = new Desk(interview, ({ slips, ticks, phase, exhibits: now }) => {
  showQuestions(slips, page.dataset.me ?? "", (slip, state) => ask(`questions/${slip.number}/${state}`));
  checklist?.show(ticks, phase);
  exhibits?.show(now);
});
const showLevel = levelMeter("level", "level-fill");
const rail = new Tabs(element("rail-tabs"));
const watch = new Watch(interview, { onStatus, show });
const preview = new Preview(interview);
const resuming = new Resuming(async () => {
  const begun = await act("begin");
  if (begun) showRefusalOf("again");
  return begun;
});

/** @type {CheckResult[]} */
let checks = [];
let journal = -1;
/** @type {import("./journal.js").Entry[]} */
let happened = [];
let beginning = false;

// --- what is shown --------------------------------------------------------------------------------------------

/** @param {Status} status @param {Status | null} before */
function onStatus(status, before) {
  const { state, evidence } = status;
  if (before !== null && LIVE.includes(before.state) && !watch.active) {
    checks = []; // what was found before recording says nothing about now
    showChecks(checks);
  }
  show();
  if (evidence !== null && watch.active) watch.live.show(evidence);
  if ((!SETTING_UP.includes(state) && !watch.active) || state === "interrupted") watch.live.hide();
  if (status.journal !== journal) void readJournal(status.journal);
  desk.onStatus(status);
  checklist?.begun(evidence !== null);
  void resuming.onStatus(status);
}

function show() {
  const { status, state, active } = watch;
  const { word, colour, losses, cautions } = watch.summary;
  page.dataset.state = state;
  page.dataset.colour = colour;
  const code = status?.practice && word === "state.sealed" ? "state.practice-over" : word;
  setText("state-word", say(beginning && !active ? "state.beginning" : code));
  showTroubles(losses, cautions);
  alarm.set(losses.map((loss) => `${loss.code}.${loss.name ?? ""}`));
  element("tone").hidden = !alarm.sounding || alarm.locked;
  element("tone-locked").hidden = !active || !alarm.locked;
  element("watch").hidden = !active;
  preview.show(SETTING_UP.includes(state) && watch.silence === 0 ? status : null);
  element("preview").hidden = !SETTING_UP.includes(state);
  showAfter(status);
  const reachable = active && watch.silence === 0;
  for (const id of ["mark", "person", "break", "resume"]) button(id).disabled = !reachable;
  element("mark-text", HTMLInputElement).disabled = !reachable;
  button("stop").disabled = watch.silence > 0 || !(active || state === "interrupted");
  const ended = !active && state !== "interrupted" && state !== "beginning";
  button("begin").hidden = element("begin-hint").hidden = !SETTING_UP.includes(state);
  button("break").hidden = state === "break" || !active;
  button("stop").hidden = ended;
  element("mark-form").hidden = !active;
  showRail(ended);
  showBreak(status, watch.elapsed, happened);
  button("resume").hidden = state !== "break";
  showLevel(watch.silence === 0 && status?.sound.flowing ? status.sound.level : 0);
  watch.showFrames();
  showBegin();
  showSafety(status, watch.silence === 0);
  showSenders(status);
  showAttempts(status?.attempts ?? [], status, ({ number }, decision) => ask(`senders/${number}/${decision}`));
}

/** @param {boolean} ended */
function showRail(ended) {
  const { state, active } = watch;
  const settingUp = SETTING_UP.includes(state);
  for (const panel of ["questions", "protocol", "exhibits"]) rail.offer(panel, !OVER.includes(state));
  rail.offer("journal", !ended && state !== "beginning");
  rail.offer("people", active);
  if (rail.offer("before", settingUp) && settingUp) rail.open("before"); // an interruption, too, begins with what to do
  element("rail").hidden = !rail.any;
}

/** @param {number} count */
async function readJournal(count) {
  journal = count;
  try {
    const { entries, present } = await read(url("status"), { within: AT_ONCE });
    happened = entries;
    showEntries(entries, watch.active ? correct : null);
    showPresent(present, leaves, watch.active);
  } catch {
    journal = -1; // with the next status it is tried again
  }
}

// --- before recording -----------------------------------------------------------------------------------------

const lacking = () => checks.filter((check) => check.state === "fail");

function showBegin() {
  const blocked = checks.some((check) => check.state === "fail" && check.blocking);
  const known = checks.length > 0 && watch.status !== null && watch.silence === 0;
  button("begin").disabled = !known || blocked || beginning || !SETTING_UP.includes(watch.status?.state ?? "");
  const warned = checks.some((check) => check.state === "warn");
  const hint = !known ? "waiting" : blocked ? "blocked" : lacking().length > 0 ? "lacking" : warned ? "warned" : "ready";
  setText("begin-hint", say(`begin.${hint}`));
}

async function check() {
  try {
    if (watch.status !== null && SETTING_UP.includes(watch.state) && !beginning && watch.silence === 0) {
      ({ checks } = await change(url("check"), {}, 1));
      showChecks(checks);
      showBegin();
    }
  } catch {
    // The feed says more plainly than a failed check that the server is away.
  }
  return null; // without end
}

// --- commands -------------------------------------------------------------------------------------------------

/**
 * Ask for a change; a refusal is shown.
 * @param {string} path @param {Record<string, unknown>} [body] @returns {Promise<any>} the answer; null: refused
 */
async function ask(path, body = {}) {
  try {
    return await change(url(path), body);
  } catch (error) {
    showRefusal(error);
    return null;
  }
}

/** Ask in a dialog; resolves to the pressed button's value, `""` for no. @param {string} id @returns {Promise<string>} */
function answerTo(id) {
  const box = element(id, HTMLDialogElement);
  box.returnValue = "";
  box.showModal();
  return new Promise((resolve) => box.addEventListener("close", () => resolve(box.returnValue), { once: true }));
}

/**
 * Send a command. It names the part that it is meant for, so that a late one cannot change another.
 * @param {string} name @param {Record<string, unknown>} [body]
 */
const act = (name, body = {}) => ask(name, { ...body, evidence: watch.status?.evidence ?? null });

button("begin").addEventListener("click", async () => {
  alarm.unlock();
  const reason = element("begin-reason", HTMLTextAreaElement);
  const unconsented = lacking().some((one) => one.check === "consent");
  reason.value = "";
  reason.disabled = element("begin-reason-field").hidden = !unconsented;
  element("begin-gap").hidden = lacking().every((one) => one.check === "consent");
  if (lacking().length > 0) {
    element("begin-lacks", HTMLUListElement).replaceChildren(...lacking().map((one) => make("li", "", sentence(one))));
    if ((await answerTo("begin-dialog")) !== "begin") return;
  }
  beginning = true;
  show();
  await act("begin", unconsented ? { reason: reason.value.trim() } : {});
  beginning = false;
  show();
});

button("break").addEventListener("click", async () => {
  if (!(await act("break"))) return; // at once: what is said from now on is not recorded, whatever the reason
  const words = element("break-words", HTMLInputElement);
  words.value = "";
  const answer = await answerTo("break-dialog");
  const reason = new FormData(element("break-form", HTMLFormElement)).get("reason") ?? "";
  if (answer === "explain") await act("explain", { reason, text: words.value.trim() });
  if (answer === "resume") await act("resume");
});

button("resume").addEventListener("click", () => void act("resume"));

button("stop").addEventListener("click", async () => {
  if ((await answerTo("stop-dialog")) !== "stop") return;
  await act("stop", { reason: element("stop-reason", HTMLSelectElement).value });
});

button("person").addEventListener("click", async () => {
  const who = element("person-who", HTMLInputElement);
  who.value = "";
  if ((await answerTo("person-dialog")) !== "enters") return;
  await act("person", { event: "enters", who: who.value.trim(), role: element("person-role", HTMLSelectElement).value });
});

/** @param {import("../interview/present.js").Present} person */
const leaves = ({ who, role }) => void act("person", { event: "leaves", who, role });

/** @param {number} mark @param {string} now its words */
async function correct(mark, now) {
  const words = element("mark-words", HTMLInputElement);
  words.value = now;
  if ((await answerTo("mark-dialog")) === "correct") await act("correct", { mark, text: words.value.trim() });
}

const marks = new Marks(element("mark-form", HTMLFormElement), element("mark-text", HTMLInputElement), {
  mark: (text, ago) => act("mark", { text, ago }),
  name: async (made, text, ago) => {
    const mark = await made;
    if (mark) await act("correct", { mark: mark.at, text });
    else await act("mark", { text, ago }); // the word need not be lost as well
  },
});

// --- keyboard, sound, light -----------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea, dialog[open]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  actOnKey(event, {
    [MARK_KEY]: () => { if (!button("mark").disabled) marks.press(); },
    b: () => (button("resume").hidden ? button("break") : button("resume")).click(),
    p: () => button("person").click(),
    s: () => button("listen").click(),
  });
});

button("silence").addEventListener("click", () => { alarm.silence(); show(); });
button("tone-unlock").addEventListener("click", () => { alarm.unlock(); setTimeout(show, 100); });
document.addEventListener("pointerdown", () => { if (watch.active) alarm.unlock(); });

darkSwitch("console", matchMedia("(prefers-color-scheme: dark)").matches);
show();
showPresent([], leaves, false);
void poll(CHECK_EVERY, check);
