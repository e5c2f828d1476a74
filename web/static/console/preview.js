// @ts-check
// What the cameras see before anything is recorded: one picture after the other, as the recorder receives it, from which it
// keeps nothing. Once recording begins the pictures come from what is recorded (interview/live.js).

import { element, make } from "../page/elements.js";
import { poll } from "../page/poll.js";
import { ask, AT_ONCE, whole } from "../page/requests.js";

/** @import { Status } from "../interview/feed.js" */

const EVERY = 1_000; // ms
const WITHIN = .01; // s: a time in the only picture of a film
const CAMERAS = ["wide", "close"];

export class Preview {
  #base;
  /** What the cameras do now; null while nothing is shown. @type {Status | null} */
  #status = null;

  /** @param {string} interview */
  constructor(interview) {
    this.#base = `/interviews/${interview}/preview`;
    for (const camera of CAMERAS) void poll(EVERY, () => this.#look(camera));
  }

  /** @param {Status | null} status of a room that is set up; null: show nothing */
  show(status) {
    this.#status = status;
    for (const camera of CAMERAS) if (!status?.cameras[camera]?.flowing) this.#present(camera, false);
  }

  /** @param {string} camera */
  async #look(camera) {
    if (!this.#status?.cameras[camera]?.flowing) return null;
    try {
      const answer = await ask(`${this.#base}/${camera}`, { within: AT_ONCE });
      if (answer.status !== 204) await draw(await whole(answer.blob()), element(`preview-${camera}`, HTMLCanvasElement));
      this.#present(camera, answer.status !== 204 && this.#status !== null);
    } catch (error) {
      console.warn("preview", error); // the state and the checks show what is lost
    }
    return null; // without end
  }

  /** @param {string} camera @param {boolean} present */
  #present(camera, present) {
    element(`preview-${camera}`, HTMLCanvasElement).closest("figure")?.classList.toggle("without-picture", !present);
  }
}

/** @param {Blob} film of one picture @param {HTMLCanvasElement} canvas */
async function draw(film, canvas) {
  const video = make("video");
  const url = URL.createObjectURL(film);
  try {
    await new Promise((resolve, reject) => {
      video.addEventListener("loadedmetadata", () => { video.currentTime = WITHIN; }, { once: true });
      video.addEventListener("seeked", resolve, { once: true }); // only then is there something to draw
      video.addEventListener("error", () => reject(new Error(`no picture: ${video.error?.message}`)), { once: true });
      setTimeout(() => reject(new Error("no picture in time")), AT_ONCE);
      video.muted = true;
      video.src = url;
    });
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
  } finally {
    URL.revokeObjectURL(url);
  }
}
