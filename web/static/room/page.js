// @ts-check
// The capture machine's page. Setting up, it shows pictures and pickers; while recording, only the time and a
// small steady sign. It has nothing to press then, and whatever breaks, it mends by itself: devices that were
// unplugged, a network that was away, a page that was reloaded.

import { CameraLink, NoH264, page } from "./camera_link.js";
import {
  choose, listDevices, mediaTrouble, openCamera, openMicrophone, processing, remember, setProcessing,
} from "./devices.js";
import { StatusFeed } from "../interview/feed.js";
import { levelMeter, listen } from "../interview/level.js";
import { Refused } from "../page/requests.js";
import { wordsOf, writeWords } from "../page/trouble.js";
import { SafetyRecording } from "./safety_recording.js";
import { element, make } from "../page/elements.js";
import { clockOf, dayOf, known, say } from "../page/words.js";

/** @import { Place } from "./devices.js" */
/** @import { Status } from "../interview/feed.js" */

const room = element("room", HTMLElement);
const interview = room.dataset.interview ?? "";

const picker = {
  wide: element("wide-device", HTMLSelectElement),
  close: element("close-device", HTMLSelectElement),
  sound: element("sound-device", HTMLSelectElement),
};

const SETTLED = 1_500; // ms after connecting by which the recorder must know of it
const STILL = 3_000; // ms after connecting by which a picture must have arrived
const STUCK = 12_000; // ms after which a connection that carries nothing is made anew

/** @type {Map<Place, MediaStreamTrack>} */
const open = new Map();
let superseded = false;
let asking = false; // whether another device has the cameras, so that the console has to allow this one
let ended = false;
let opening = Promise.resolve();

const links = {
  wide: new CameraLink(interview, "wide", { state: showLink, trouble: showTrouble, well: hideTrouble }),
  close: new CameraLink(interview, "close", { state: showLink, trouble: showTrouble, well: hideTrouble }),
};

const safety = new SafetyRecording(interview, (name) => open.get(name), (working) => {
  element("room-note", HTMLElement).hidden = !working;
});

/** The second way must never stand in the way of the first. @param {() => void} deed */
function aside(deed) {
  try {
    deed();
  } catch (error) {
    console.warn("The safety recording:", error);
  }
}

// --- devices ------------------------------------------------------------------------------------------------

/** Open what is chosen, keeping what is already open and alive. One run at a time, in order. */
function openDevices() {
  opening = opening.then(openChosen, openChosen);
  return opening;
}

async function openChosen() {
  if (superseded || ended) return;
  let { cameras, microphones } = await listDevices();
  if (!cameras.some((device) => device.label) && !open.size) {
    // Names and ids stay hidden until use was allowed once; asking for anything brings the question up.
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: microphones.length > 0 });
      stream.getTracks().forEach((track) => track.stop());
    } catch (error) {
      return showMediaTrouble(error);
    }
    ({ cameras, microphones } = await listDevices());
  }
  const wide = choose("wide", cameras, []);
  const close = choose("close", cameras, [wide]);
  const sound = choose("sound", microphones, []);
  fill(picker.wide, cameras, wide, "device.unnamed");
  fill(picker.close, cameras, close, "device.unnamed");
  fill(picker.sound, microphones, sound, "device.microphone");

  const wideChanged = await place("wide", wide, openCamera);
  const soundChanged = await place("sound", sound, openMicrophone);
  const closeChanged = await place("close", close, openCamera);
  if (wideChanged || soundChanged) links.wide.use(tracks("wide", "sound"));
  if (closeChanged) links.close.use(tracks("close"));
  for (const link of Object.values(links)) if (link.tracks.length === 0) showLink(link.name, "off");
}

/** @param {Place[]} places */
const tracks = (...places) => places.flatMap((name) => open.get(name) ?? []);

/**
 * Make the open track of a place the chosen one. @returns whether it is another track than before
 * @param {Place} name @param {string} deviceId @param {(id: string) => Promise<MediaStreamTrack>} opener
 */
async function place(name, deviceId, opener) {
  const before = open.get(name);
  const alive = before !== undefined && before.readyState === "live";
  if (alive && before.getSettings().deviceId === deviceId) return false;
  before?.stop();
  open.delete(name);
  if (deviceId !== "") {
    try {
      const track = await opener(deviceId);
      track.addEventListener("ended", () => void openDevices());
      open.set(name, track);
    } catch (error) {
      showMediaTrouble(error);
    }
  }
  if (name !== "sound") showPicture(name);
  return before !== undefined || open.has(name);
}

/** @param {HTMLSelectElement} select @param {MediaDeviceInfo[]} devices @param {string} chosen @param {string} unnamed */
function fill(select, devices, chosen, unnamed) {
  const options = devices.map((device, index) => {
    const option = make("option", "", device.label || say(unnamed, { number: index + 1 }));
    option.value = device.deviceId;
    return option;
  });
  const none = make("option", "", say("device.none"));
  none.value = "";
  select.replaceChildren(...options, none);
  select.value = chosen;
}

/** @param {"wide" | "close"} name */
function showPicture(name) {
  const picture = element(`${name}-picture`, HTMLVideoElement);
  const track = open.get(name);
  picture.srcObject = track ? new MediaStream([track]) : null;
  picture.closest(".camera-frame")?.classList.toggle("has-picture", track !== undefined);
  if (track) void picture.play().catch(() => {});
}

for (const name of /** @type {Place[]} */ (["wide", "close", "sound"])) {
  picker[name].addEventListener("change", () => {
    const chosen = picker[name].value;
    // Two places cannot use one camera: the other gives it up and takes what is left.
    const other = name === "wide" ? "close" : name === "close" ? "wide" : null;
    if (other && chosen !== "" && picker[other].value === chosen) remember(other, open.get(name) ? picker[name].dataset.before ?? "" : "");
    remember(name, chosen);
    void openDevices();
  });
  picker[name].addEventListener("focus", () => { picker[name].dataset.before = picker[name].value; });
}

const clean = element("sound-processing", HTMLInputElement);
clean.checked = processing();
clean.addEventListener("change", () => {
  setProcessing(clean.checked);
  open.get("sound")?.stop();
  void openDevices();
});

navigator.mediaDevices?.addEventListener("devicechange", () => void openDevices());

// --- what the page shows --------------------------------------------------------------------------------------

/** @param {string} name @param {import("./camera_link.js").LinkState} state */
function showLink(name, state) {
  const tag = element(`${name}-state`, HTMLElement);
  const unused = state === "off" && picker[name === "wide" ? "wide" : "close"].value === "";
  tag.textContent = say(unused ? "camera.none" : `camera.${state}`);
  tag.className = `tag ${state === "connected" ? "tag-green" : state === "off" ? "" : "tag-amber"}`.trim();
}

/** @param {import("../page/requests.js").Words} words */
function tell(words) {
  writeWords(words);
  element("trouble").hidden = false;
}

/** @param {string} code */
const tellOf = (code) => tell(wordsOf(code));

/** @param {unknown} error */
const showMediaTrouble = (error) => tellOf(mediaTrouble(error));

/** @param {unknown} error */
function showTrouble(error) {
  if (error instanceof NoH264) return tellOf("media.codec");
  if (!(error instanceof Refused)) return tellOf("network");
  asking ||= error.code === "sender.other";
  const own = `refused.${error.code}`;
  return tell(!known(`${own}.what`) && error.words ? error.words : wordsOf(own));
}

function hideTrouble() {
  asking = false;
  if (Object.values(links).every((link) => link.connected || link.tracks.length === 0)) {
    element("trouble", HTMLElement).hidden = true;
  }
}

/** @type {Record<string, string>} */
const signs = { recording: "recording", break: "break", stopped: "ended", sealed: "ended" };

/** @param {string} sign */
function showSign(sign) {
  room.dataset.sign = sign;
  element("room-word", HTMLElement).textContent = say(`room.${sign}`);
}

/** The server says nothing: what is recorded then is recorded here. @param {number} ms */
function silent(ms) {
  aside(() => safety.silent(ms));
  // Where pictures still go out, the recorder needs no server to keep them.
  const cut = Object.values(links).every((link) => !link.connected);
  if (room.dataset.shows === "quiet" && safety.active && cut && ms > 3_000) showSign("kept");
}

/** @param {Status} status */
function heard(status) {
  aside(() => safety.heard(status));
  const sign = signs[status.state];
  const flowing = Object.values(status.cameras).some((camera) => camera.flowing);
  const nothing = safety.active && sign !== "break" && sign !== "ended" ? "kept" : "waiting";
  const asks = asking && Object.values(links).every((link) => !link.connected);
  const shown = sign === "recording" && asks ? "asks" : sign === "recording" && !flowing ? nothing : sign ?? nothing;
  // Once recording has begun, pictures and pickers never come back by themselves: an interruption in front of
  // a child is not the moment for them. A new setting up is a new page.
  if (sign !== undefined || room.dataset.shows === "quiet") room.dataset.shows = "quiet";
  document.body.dataset.shows = room.dataset.shows ?? "";
  showSign(shown);
  if (status.state === "sealed" && !ended) release();
  mend(status);
  yieldToNewerPage(status);
}

/**
 * A connection can stand and carry nothing: a camera that has stopped, an encoder that is stuck. The recorder
 * knows; this page connects it anew, not too often.
 * @param {Status} status
 */
function mend(status) {
  for (const link of Object.values(links)) {
    const seen = status.cameras[link.name];
    if (!link.connected || performance.now() - link.since < SETTLED) continue;
    if (seen === undefined) {
      // A recorder that does not know a camera that is connected is a new one; the old is gone with the line.
      link.again(0);
      continue;
    }
    if (seen.page !== page) continue;
    const still = !seen.flowing && performance.now() - link.since > STILL;
    showLink(link.name, still ? "still" : "connected");
    if (still && performance.now() - link.since > STUCK) link.again(0);
  }
}

/** The cameras are let go: nothing is watched longer than it must be. */
function release() {
  ended = true;
  links.wide.use([]);
  links.close.use([]);
  for (const track of open.values()) track.stop();
  open.clear();
}

/** Another page that was opened later has the cameras: this one steps back instead of fighting for them. @param {Status} status */
function yieldToNewerPage(status) {
  if (superseded || ended) return;
  for (const link of Object.values(links)) {
    const owner = status.cameras[link.name]?.page ?? null;
    const settled = link.accepted > 0 && performance.now() - link.accepted > SETTLED;
    if (settled && owner !== null && owner !== page) superseded = true;
  }
  if (!superseded) return;
  aside(() => void safety.end());
  release();
  tellOf("room.elsewhere");
}

function tick() {
  const now = new Date();
  element("room-time", HTMLTimeElement).textContent = clockOf(now);
  element("room-date", HTMLElement).textContent = dayOf(now);
}

// --- keeping the machine awake --------------------------------------------------------------------------------

async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  // A refusal (battery low) is no reason to trouble anybody: the machine is set up not to sleep.
  await navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", () => void stayAwake());
window.addEventListener("online", () => Object.values(links).forEach((link) => { if (!link.connected) link.again(0); }));
element("again", HTMLButtonElement).addEventListener("click", () => {
  void openDevices().then(() => Object.values(links).forEach((link) => { if (!link.connected) link.again(0); }));
});
element("whole-screen", HTMLButtonElement).addEventListener("click", () => {
  void document.documentElement.requestFullscreen?.().catch(() => {});
});

listen(() => links.wide.peer, levelMeter("sound-level", "sound-fill"));
new StatusFeed(interview, { heard, silent });
tick();
setInterval(tick, 250);
void stayAwake();
void openDevices();
// A camera that was busy or unplugged is tried again without anybody touching the machine.
setInterval(() => { if (!superseded && !ended) void openDevices(); }, 5_000);
