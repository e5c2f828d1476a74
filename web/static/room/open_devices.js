// @ts-check
// The cameras and the microphone that are open: those that are chosen in the pickers, opened again whenever they are lost,
// and shown.

import { chooseAll, listDevices, openDevice, processing, remember } from "./devices.js";
import { element, make } from "../page/elements.js";
import { say } from "../page/words.js";

/** @import { Place } from "./devices.js" */
/** What is chosen cannot be sent as it is: the code of a sentence, and the device that it names. @typedef {{code: string, device: string}} Unfit */
/**
 * Who hears of them. `use`: the tracks of a link are others now; `trouble`: one could not be opened; `chosen`: what was
 * chosen fits (null) or does not, called when that changes.
 *
 * @typedef {{
 *   use(link: "wide" | "close", tracks: MediaStreamTrack[]): void, idle(): void, trouble(error: unknown): void,
 *   chosen(unfit: Unfit | null): void,
 * }} Hearer
 */

const PLACES = /** @type {const} */ (["wide", "close", "sound"]);
const TRY_AGAIN = 5_000; // ms: a camera that was busy or unplugged is tried again without anybody touching the machine

export class OpenDevices {
  /** @type {Map<Place, MediaStreamTrack>} */
  #open = new Map();
  /** What each place shall use. @type {Record<Place, string>} */
  #wanted = { wide: "", close: "", sound: "" };
  #unfit = ""; // the last that was reported
  #opening = Promise.resolve();
  #released = false;
  #hearer;

  /** @param {Hearer} hearer */
  constructor(hearer) {
    this.#hearer = hearer;
    for (const name of PLACES) {
      this.#picker(name).addEventListener("change", () => this.#chosen(name));
    }
    const clean = element("sound-processing", HTMLInputElement);
    clean.checked = processing();
    clean.addEventListener("change", () => {
      remember("processing", clean.checked ? "on" : "off");
      this.track("sound")?.stop();
      void this.open();
    });
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.open());
    setInterval(() => void this.open(), TRY_AGAIN);
    void this.open();
  }

  /** What is open now. @param {Place} place */
  track(place) {
    return this.#open.get(place);
  }

  /** Whether a place is to have no device. @param {Place} place */
  isUnused(place) {
    return this.#picker(place).value === "";
  }

  /** The cameras are let go: nothing is watched longer than it must be. */
  release() {
    this.#released = true;
    for (const track of this.#open.values()) track.stop();
    this.#open.clear();
  }

  /** Open what is chosen, keeping what is already open and alive. One run at a time, in order. */
  open() {
    const run = () => this.#openChosen();
    this.#opening = this.#opening.then(run, run);
    return this.#opening;
  }

  /** @param {Place} place */
  #picker(place) {
    return element(`${place}-device`, HTMLSelectElement);
  }

  async #openChosen() {
    if (this.#released) return;
    let { cameras, microphones } = await listDevices();
    if (!cameras.some((device) => device.label) && !this.#open.size) {
      // Names and ids stay hidden until use was allowed once; asking for anything brings the question up.
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: microphones.length > 0 });
        stream.getTracks().forEach((track) => track.stop());
      } catch (error) {
        return this.#hearer.trouble(error);
      }
      ({ cameras, microphones } = await listDevices());
    }
    const { wide, close, sound, twice } = chooseAll(cameras, microphones);
    this.#wanted = { wide, close, sound };
    fill(this.#picker("wide"), cameras, wide, "device.unnamed");
    fill(this.#picker("close"), cameras, close, "device.unnamed");
    fill(this.#picker("sound"), microphones, sound, "device.microphone");

    this.#reportChoice(twice, (wide === "") !== (sound === ""));
    // One that is opened twice may be busy: the place that does not have it lets it go first.
    const closed = twice !== "" && (await this.#place("close", ""));
    const wideChanged = await this.#place("wide", wide);
    const soundChanged = await this.#place("sound", sound);
    const closeChanged = closed || (twice === "" && (await this.#place("close", close)));
    if (wideChanged || soundChanged) this.#hearer.use("wide", this.#tracks("wide", "sound"));
    if (closeChanged) this.#hearer.use("close", this.#tracks("close"));
    this.#hearer.idle();
  }

  /** @param {string} twice a device, or `""` @param {boolean} alone whether of wide camera and microphone one is not to be used */
  #reportChoice(twice, alone) {
    const code = twice ? "media.twice" : alone ? "media.alone" : "";
    if (this.#unfit === code + twice) return;
    this.#unfit = code + twice;
    const device = this.#picker("wide").selectedOptions[0]?.text ?? "";
    this.#hearer.chosen(code ? { code, device } : null);
  }

  /** @param {Place[]} places */
  #tracks(...places) {
    return places.flatMap((name) => this.#open.get(name) ?? []);
  }

  /**
   * Make the open track of a place the chosen one. @returns whether it is another track than before
   * @param {Place} name @param {string} deviceId
   */
  async #place(name, deviceId) {
    const before = this.#open.get(name);
    if (before?.readyState === "live" && before.getSettings().deviceId === deviceId) return false;
    before?.stop();
    this.#open.delete(name);
    if (deviceId !== "") {
      try {
        const track = await openDevice(name, deviceId);
        track.addEventListener("ended", () => void this.open());
        this.#open.set(name, track);
      } catch (error) {
        this.#hearer.trouble(error);
      }
    }
    if (name !== "sound") this.#showPicture(name);
    return before !== undefined || this.#open.has(name);
  }

  /** @param {"wide" | "close"} name */
  #showPicture(name) {
    const picture = element(`${name}-picture`, HTMLVideoElement);
    const track = this.#open.get(name);
    picture.srcObject = track ? new MediaStream([track]) : null;
    picture.closest(".camera-frame")?.classList.toggle("has-picture", track !== undefined);
    if (track) void picture.play().catch(() => {});
  }

  /** @param {Place} name */
  #chosen(name) {
    const { value: chosen } = this.#picker(name);
    const before = this.#wanted[name];
    // Two places cannot use one camera: the other takes what this one gives up.
    const other = name === "wide" ? "close" : name === "close" ? "wide" : null;
    if (other !== null && before !== "" && this.#wanted[other] === chosen) this.#want(other, before);
    this.#want(name, chosen);
    void this.open();
  }

  /** @param {Place} name @param {string} deviceId */
  #want(name, deviceId) {
    remember(name, deviceId);
    this.#wanted[name] = deviceId;
  }
}

/** @param {HTMLSelectElement} select @param {MediaDeviceInfo[]} devices @param {string} chosen @param {string} unnamed */
function fill(select, devices, chosen, unnamed) {
  const options = devices.map(({ deviceId, label }, index) =>
    make("option", { value: deviceId }, label || say(unnamed, { number: index + 1 })));
  select.replaceChildren(...options, make("option", { value: "" }, say("device.none")));
  select.value = chosen;
}
