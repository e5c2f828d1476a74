// @ts-check
// What the recorder's word means for the links of this page: which to connect anew, and whether another page has the
// cameras. Nothing here touches the page.

/** @import { Status } from "../interview/feed.js" */
/**
 * A camera's link, as far as it matters here: `since` and `accepted` on the page's clock, 0 for not connected and never.
 *
 * @typedef {{name: string, connected: boolean, since: number, accepted: number}} Link
 */

const SETTLED = 1_500; // ms after connecting by which the recorder must know of it
const STILL = 3_000; // ms after connecting by which a picture must have arrived
const STUCK = 12_000; // ms after which a connection that carries nothing is made anew

/**
 * A connection can be open and carry nothing: a camera that has stopped, an encoder that is stuck. The recorder
 * knows; this page connects it anew, not too often.
 *
 * @param {Link} link @param {Status} status @param {string} page this one @param {number} now on its clock
 * @returns {{shows: "still" | "connected" | null, again: boolean}} what to show, null: as it is
 */
export function upkeep(link, status, page, now) {
  const camera = status.cameras[link.name];
  const open = now - link.since;
  if (!link.connected || open < SETTLED) return { shows: null, again: false };
  // A recorder that does not know a camera that is connected is a new one; the old is gone with the line.
  if (camera === undefined) return { shows: null, again: true };
  if (camera.page !== page) return { shows: null, again: false };
  const still = !camera.flowing && open > STILL;
  return { shows: still ? "still" : "connected", again: still && open > STUCK };
}

/** Whether another page, opened later, has a camera of this one. @param {Link} link @param {Status} status @param {string} page @param {number} now */
export function isTaken(link, status, page, now) {
  const owner = status.cameras[link.name]?.page ?? null;
  return link.accepted > 0 && now - link.accepted > SETTLED && owner !== null && owner !== page;
}
