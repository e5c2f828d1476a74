// @ts-check
// The cameras and microphones of the capture machine: which there are, which were chosen, and opening them.

const WIDTH = 1280, HEIGHT = 720, RATE = 30;

/** @typedef {"wide" | "close" | "sound"} Place what a device is chosen for */

const memory = "amana.room.";

/** The device chosen for a place before, `""` for "none", or null. @param {Place | "processing"} place */
const remembered = (place) => localStorage.getItem(memory + place);

/** @param {Place | "processing"} place @param {string} chosen a device id; for `processing` on or off */
export const remember = (place, chosen) => localStorage.setItem(memory + place, chosen);

/** Whether the browser may process the sound. Off unless it was chosen. */
export const processing = () => remembered("processing") === "on";

/** All cameras and microphones; labels are empty until their use was allowed. */
export async function listDevices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  return {
    cameras: all.filter((device) => device.kind === "videoinput"),
    microphones: all.filter((device) => device.kind === "audioinput"),
  };
}

/**
 * What a place shall use: the remembered device while it is plugged in, else the first that no other place uses.
 * @param {Place} place @param {MediaDeviceInfo[]} devices @param {string[]} taken
 * @returns {string} a device id, or `""` for none
 */
function choose(place, devices, taken) {
  const before = remembered(place);
  if (before === "") return "";
  if (before !== null && devices.some((device) => device.deviceId === before)) return before;
  return devices.find((device) => !taken.includes(device.deviceId))?.deviceId ?? "";
}

/**
 * What all places shall use. Where both cameras are set to one device (`twice`), it is the wide camera: the microphone
 * travels with that one. Nobody chose so where a camera is unplugged and the other takes its place: then both send it.
 *
 * @param {MediaDeviceInfo[]} cameras @param {MediaDeviceInfo[]} microphones
 * @returns {Record<Place, string> & { twice: string }} device ids, `""` for none
 */
export function chooseAll(cameras, microphones) {
  const wide = choose("wide", cameras, []);
  const close = choose("close", cameras, [wide]);
  const own = [null, wide].includes(remembered("wide")); // not in the place of another
  const twice = wide === close && own ? wide : "";
  return { wide, close, sound: choose("sound", microphones, []), twice };
}

/**
 * Echo cancellation, noise suppression and automatic gain change what was said; they stay off by default.
 * @param {Place} place @param {string} id of the device @returns {Promise<MediaStreamTrack>}
 */
export async function openDevice(place, id) {
  const deviceId = { exact: id };
  const clean = processing();
  const stream = await navigator.mediaDevices.getUserMedia(place === "sound"
    ? { audio: { deviceId, echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean } }
    : { video: { deviceId, width: { ideal: WIDTH }, height: { ideal: HEIGHT }, frameRate: { ideal: RATE } } });
  return stream.getTracks()[0];
}

/**
 * Which sentence an error of the browser belongs to.
 * @param {unknown} error @returns {"media.refused" | "media.missing" | "media.busy"}
 */
export function mediaTrouble(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "media.refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "media.missing";
  return "media.busy";
}
