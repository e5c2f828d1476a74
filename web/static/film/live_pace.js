// @ts-check
// How a film of what is being recorded keeps close to what happens now, without running into its end. Pure.

import { SECOND } from "../page/times.js";

export const LIVE_BEHIND = 0.8 * SECOND; // behind the newest media; fragments are a second long, so ≈ 2 s behind now
const TOO_FAR = 2.5 * SECOND;

/** How fast it plays with so much media left, 1 is the speed of life: a change too small to notice. @param {number} left µs */
export function liveSpeed(left) {
  if (left > 2 * LIVE_BEHIND) return 1.08;
  return left < LIVE_BEHIND / 2 ? 0.95 : 1;
}

/** Whether so much media is left that only a jump brings it back. @param {number} left µs */
export const isTooFar = (left) => left >= TOO_FAR;
