// @ts-check
// Where a room's machine goes from an interview that is over: to the room's next one, else back to waiting for it.

import { AT_ONCE, read, Refused } from "../page/requests.js";

/** @import { SafetyRecording } from "./safety_recording.js" */

/**
 * The next address of this page: null to ask again later, `""` to stay, where this browser is no room's machine.
 *
 * The next interview is not kept waiting for what is settled beside it: its page deals with what this one left.
 *
 * @param {Pick<SafetyRecording, "ended" | "settled">} safety @returns {Promise<string | null>}
 */
export async function placeAfter(safety) {
  try {
    const { to } = await read("/room/next", { within: AT_ONCE });
    if (to) return safety.ended ? to : null;
    return safety.settled ? "/room" : null;
  } catch (error) {
    return error instanceof Refused && error.status === 401 ? "" : null;
  }
}
