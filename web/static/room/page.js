// @ts-check
// The capture machine's page. Setting up, it shows pictures and pickers; while recording, only the time and a
// small steady sign. It has nothing to press then, and whatever breaks, it mends by itself: devices that were
// unplugged, a network that was away, a page that was reloaded.

import { CameraLink, NoH264, page } from "./camera_link.js";
import { mediaTrouble } from "./devices.js";
import { placeAfter } from "./leaving.js";
import { isTaken, upkeep } from "./link_upkeep.js";
import { OpenDevices } from "./open_devices.js";
import { followStatus } from "../interview/feed.js";
import { levelMeter, listen } from "../interview/level.js";
import { poll } from "../page/poll.js";
import { Refused } from "../page/requests.js";
import { refusedWords, wordsOf, writeWords } from "../page/trouble.js";
import { SafetyRecording } from "./safety_recording.js";
import { element, setTag, setText } from "../page/elements.js";
import { clockOf, dayOf, isolate, say } from "../page/words.js";

/** @import { Status } from "../interview/feed.js" */

const LEAVE_EVERY = 3_000; // ms between two looks at where this machine goes once its interview is over

const room = element("room");
const interview = room.dataset.interview ?? "";

let superseded = false;
let asking = false; // whether another device has the cameras, so that the console has to allow this one
let ended = false;
/** Why what is chosen cannot be sent as it is. @type {import("../page/requests.js").Words | null} */
let unfit = null;

const links = {
  wide: new CameraLink(interview, "wide", { state: showLink, trouble: showError, well: hideTrouble }),
  close: new CameraLink(interview, "close", { state: showLink, trouble: showError, well: hideTrouble }),
};

const all = Object.values(links);
const devices = new OpenDevices({
  use: (name, tracks) => links[name].use(tracks),
  idle: () => all.filter(({ whole }) => !whole).forEach(({ name }) => showLink(name, "off")),
  trouble: (error) => showTroubleOf(mediaTrouble(error)),
  chosen: (now) => {
    unfit = now && wordsOf(now.code, { device: isolate(now.device) });
    if (unfit) showTrouble(unfit);
    else hideTrouble();
  },
});

const safety = new SafetyRecording(interview, (name) => devices.track(name), (working) => {
  element("room-note").hidden = !working;
});

/** The safety recording must never stop the live one. @param {() => void} act */
function aside(act) {
  try {
    act();
  } catch (error) {
    console.warn("The safety recording:", error);
  }
}

// --- what the page shows --------------------------------------------------------------------------------------

/** @param {string} name @param {import("./camera_link.js").LinkState} state */
function showLink(name, state) {
  const unused = state === "off" && devices.isUnused(name === "wide" ? "wide" : "close");
  const colour = state === "connected" ? "green" : state === "off" ? "" : "amber";
  setTag(element(`${name}-state`), say(unused ? "camera.none" : `camera.${state}`), colour);
}

/** @param {import("../page/requests.js").Words} words */
function showTrouble(words) {
  writeWords(words);
  element("trouble").hidden = false;
}

/** @param {string} code */
const showTroubleOf = (code) => showTrouble(wordsOf(code));

/** @param {unknown} error */
function showError(error) {
  if (error instanceof NoH264) return showTroubleOf("media.codec");
  if (!(error instanceof Refused)) return showTroubleOf("network");
  asking ||= error.code === "sender.other";
  return showTrouble(refusedWords(error.code, error.fields));
}

function hideTrouble() {
  asking = false;
  if (!all.every((link) => link.connected || link.tracks.length === 0)) return;
  if (unfit) showTrouble(unfit);
  else element("trouble").hidden = true;
}

/** @type {Record<string, string>} */
const signs = { recording: "recording", break: "break", stopped: "ended", sealed: "ended" };

/** @param {string} sign */
function showSign(sign) {
  room.dataset.sign = sign;
  element("room-word").textContent = say(`room.${sign}`);
}

/** The server says nothing: what is recorded then is recorded here. @param {number} ms */
function onSilence(ms) {
  aside(() => safety.onSilence(ms));
  // Where pictures still go out, the recorder needs no server to keep them.
  const cut = all.every((link) => !link.connected);
  if (room.dataset.shows === "quiet" && safety.active && cut && ms > 3_000) showSign("kept");
}

/** @param {Status} status */
function onStatus(status) {
  aside(() => safety.onStatus(status));
  const sign = signs[status.state];
  const flowing = Object.values(status.cameras).some((camera) => camera.flowing);
  const nothing = safety.active && sign !== "break" && sign !== "ended" ? "kept" : "waiting";
  const asks = asking && all.every((link) => !link.connected);
  const shown = sign === "recording" && asks ? "asks" : sign === "recording" && !flowing ? nothing : sign ?? nothing;
  // Once recording has begun, pictures and pickers never come back by themselves: an interruption in front of
  // a child is not the moment for them. A new setting up is a new page.
  if (sign !== undefined || room.dataset.shows === "quiet") room.dataset.shows = "quiet";
  document.body.dataset.shows = room.dataset.shows ?? "";
  showSign(shown);
  if (status.state === "sealed" && !ended) void leave();
  mend(status);
  yieldToNewerPage(status);
}

/** @param {Status} status */
function mend(status) {
  for (const link of all) {
    const { shows, again } = upkeep(link, status, page, performance.now());
    if (shows) showLink(link.name, shows);
    if (again) link.again(0);
  }
}

function release() {
  ended = true;
  for (const link of all) link.use([]);
  devices.release();
}

/** It is over: a room's machine goes back by itself, and the next interview finds it waiting. */
async function leave() {
  release();
  const to = await poll(LEAVE_EVERY, () => placeAfter(safety));
  if (to) location.replace(to);
}

/** Another page that was opened later has the cameras: this one steps back instead of fighting for them. @param {Status} status */
function yieldToNewerPage(status) {
  if (superseded || ended || !all.some((link) => isTaken(link, status, page, performance.now()))) return;
  superseded = true;
  aside(() => void safety.end());
  release();
  showTroubleOf("room.elsewhere");
}

function tick() {
  const now = new Date();
  setText("room-time", clockOf(now));
  setText("room-date", dayOf(now));
}

// --- keeping the machine awake --------------------------------------------------------------------------------

async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  // A refusal (battery low) is no reason to trouble anybody: the machine is set up not to sleep.
  await navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", () => void stayAwake());
const reconnect = () => all.filter(({ connected }) => !connected).forEach((link) => link.again(0));
addEventListener("online", reconnect);
element("again").addEventListener("click", () => void devices.open().then(reconnect));
element("whole-screen", HTMLButtonElement).addEventListener("click", () => {
  void document.documentElement.requestFullscreen?.().catch(() => {});
});

listen(() => links.wide.peer, levelMeter("sound-level", "sound-fill"));
followStatus(interview, { onStatus, onSilence });
tick();
setInterval(tick, 250);
void stayAwake();
