// @ts-check
// Small pictures, fetched sealed and opened in this browser when they come into sight.
//
// Each message is held against its record (size, SHA-256, leaf) before it is shown; its key opens nothing else.

import { fromBase64 } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { pictureAddress } from "../viewing/opened_file.js";
import { checkRecord, openRecord } from "../proof/recording/records.js";
import { make } from "../page/elements.js";
import { post } from "../viewing/server.js";

const TOGETHER = 24;

/** What is watched for a frame: what lies in an item that is not rendered yet would have to be laid out in order to be
 * looked at, in a list of 500. @param {HTMLElement} frame @returns {Element} */
const placeOf = (frame) => frame.closest("li") ?? frame;

export class SmallPictures {
  /**
   * @param {string} viewing its id @param {(error: unknown) => void} troubled
   */
  constructor(viewing, troubled) {
    this.#url = `/viewings/${viewing}/small-pictures`;
    this.#troubled = troubled;
    this.#sight = new IntersectionObserver((seen) => this.#seen(seen), { rootMargin: "300px" });
  }

  #url;
  #troubled;
  #sight;
  /** @type {Map<string, HTMLElement>} frames in sight, by the picture's id */
  #wanted = new Map();
  #fetching = false;

  /** @param {Iterable<HTMLElement>} frames each with the id of its picture */
  watch(frames) {
    for (const frame of frames) this.#sight.observe(placeOf(frame));
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #seen(seen) {
    for (const { target, isIntersecting } of seen) {
      const frame = /** @type {HTMLElement} */ (target.querySelector(".frame") ?? target);
      const id = frame.dataset.id ?? "";
      if (isIntersecting) this.#wanted.set(id, frame);
      else this.#wanted.delete(id);
    }
    void this.#fetch();
  }

  async #fetch() {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      while (this.#wanted.size) {
        const batch = new Map([...this.#wanted].slice(0, TOGETHER));
        const { pictures } = await post(this.#url, { ids: [...batch.keys()] });
        for (const [id, frame] of batch) {
          this.#wanted.delete(id);
          this.#sight.unobserve(placeOf(frame));
        }
        await Promise.all(pictures.map((/** @type {any} */ one) => this.#show(one, batch.get(one.id))));
      }
    } catch (error) {
      this.#troubled(error);
    } finally {
      this.#fetching = false;
    }
  }

  /** @param {{record: unknown, message: string, key: string}} one @param {HTMLElement | undefined} frame */
  async #show(one, frame) {
    if (!frame) return;
    const record = checkRecord(one.record);
    if (record.kind !== "piece" || record.track !== 2) throw new NotProved("altered", "not a small picture");
    const image = make("img");
    image.alt = ""; // its name stands beside it, in the same link
    image.src = await pictureAddress(await openRecord(record, fromBase64(one.message), fromBase64(one.key)));
    frame.replaceChildren(image);
  }
}
