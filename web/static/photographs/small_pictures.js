// @ts-check
// Small pictures, fetched sealed and opened in this browser when they come into sight.
//
// Each message is held against its record (size, SHA-256, leaf) before it is shown; its key opens nothing else.

import { fromBase64 } from "../proof/bytes.js";
import { NotProved } from "../proof/errors.js";
import { pictureAddress } from "../viewing/opened_file.js";
import { checkRecord, openRecord, SMALL } from "../proof/recording/records.js";
import { make } from "../page/elements.js";
import { post } from "../viewing/server.js";

/** @typedef {{id: string, record: unknown, message: string, key: string}} Sent */

const TOGETHER = 24;

/** What is watched for a frame: an item that is not rendered yet would have to be laid out in order to be
 * looked at, in a list of 500. @param {HTMLElement} frame @returns {Element} */
const placeOf = (frame) => frame.closest("li") ?? frame;

/**
 * @param {string} viewing its id @param {(error: unknown) => void} troubled
 * @returns {(frames: Iterable<HTMLElement>) => void} watches these frames, each with the id of its picture
 */
export function smallPictures(viewing, troubled) {
  /** @type {Map<string, HTMLElement>} frames in sight, by the picture's id */
  const wanted = new Map();
  let fetching = false;

  const sight = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      const frame = /** @type {HTMLElement} */ (target.querySelector(".frame") ?? target);
      const id = frame.dataset.id ?? "";
      if (isIntersecting) wanted.set(id, frame);
      else wanted.delete(id);
    }
    void fetchWanted();
  }, { rootMargin: "300px" });

  async function fetchWanted() {
    if (fetching) return;
    fetching = true;
    try {
      while (wanted.size) {
        const batch = new Map([...wanted].slice(0, TOGETHER));
        const { pictures } = await post(`/viewings/${viewing}/small-pictures`, { ids: [...batch.keys()] });
        for (const [id, frame] of batch) {
          wanted.delete(id);
          sight.unobserve(placeOf(frame));
        }
        await Promise.all(pictures.map((/** @type {Sent} */ one) => show(one, batch.get(one.id))));
      }
    } catch (error) {
      troubled(error);
    } finally {
      fetching = false;
    }
  }

  return (frames) => {
    for (const frame of frames) sight.observe(placeOf(frame));
  };
}

/** @param {Sent} sent @param {HTMLElement | undefined} frame */
async function show({ record: stated, message, key }, frame) {
  if (!frame) return;
  const record = checkRecord(stated);
  if (record.kind !== "piece" || record.track !== SMALL) throw new NotProved("altered", "not a small picture");
  const image = make("img");
  image.alt = ""; // its name is beside it, in the same link
  image.src = await pictureAddress(await openRecord(record, fromBase64(message), fromBase64(key)));
  frame.replaceChildren(image);
}
