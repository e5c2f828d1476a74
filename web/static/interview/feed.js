// @ts-check
// The recorder's state as the server reports it, several times a second. Silence is itself news: after
// `SILENCE` without a word the page must not show any more what was true before.

/**
 * @typedef {{ code: string, name?: string, since: string, at?: number, [value: string]: unknown }} Trouble
 *   `code` as in the sentences `lost.*`; `name` a camera or copy; `since` an RFC 3339 time
 * @typedef {{
 *   camera: string, device: string | null, holder: { id: string, kind: "person" | "room", name: string }, network: string,
 * }} Sender `device`: the id of its key; null where it proved none
 * @typedef {{ number: number, reason: string, since: string } & Sender} Attempt a device that was refused
 * @typedef {{
 *   connected: boolean, flowing: boolean, width: number, height: number, rate: number, page: string | null, sender: Sender,
 * }} CameraStatus `page`: which room page sends it
 * @typedef {{ name: string, until: number, whole: boolean, waiting: number, away: string | null }} CopyStatus
 *   `until` in µs on the part's timeline; `waiting`: bytes; `away`: since when it fails, an RFC 3339 time
 * @typedef {{
 *   at: string, state: string, practice: boolean, part: number, evidence: string | null, epoch: string | null,
 *   elapsed: number, safe: number, lasts: number | null, safety: string, copies: CopyStatus[], cameras: Record<string, CameraStatus>,
 *   sound: { connected: boolean, flowing: boolean, level: number },
 *   losses: Trouble[], cautions: Trouble[], journal: number, slips: number, attempts: Attempt[],
 * }} Status
 *   `elapsed`, `safe`: µs on the part's timeline; `lasts`: hours until the disk is full at the present
 *   rate, null where it is not known; `level`: 0 to 1; `journal`: how many entries the journal has;
 *   `slips` changes with what is passed in from next door
 */

import { AT_ONCE, read, Refused } from "../page/requests.js";

const SILENCE = 1_300; // ms; the recorder speaks four times a second
const BROKEN = 700; // ms, where the browser says that the connection is cut: a new one may be there before anybody is alarmed
const RENEW = 2_000; // ms after which a silent connection is opened anew

/**
 * Follows what the recorder of an interview says, while the page is open.
 *
 * @param {string} interview
 * @param {{ onStatus(status: Status): void, onSilence(sinceMs: number, signedOut: boolean): void }} listener
 * @param {{ events: string, asks: string }} [paths] where the stream is, and what says why it is refused
 */
export function followStatus(interview, listener, paths = { events: "events", asks: "status" }) {
  const base = `/interviews/${interview}`;
  let lastHeard = performance.now();
  let opened = lastHeard;
  let broken = false;
  let signedOut = false;
  /** @type {EventSource | null} */
  let source = null;

  /** A refused stream does not say why; a request does. */
  async function why() {
    try {
      await read(`${base}/${paths.asks}`, { within: AT_ONCE });
    } catch (error) {
      signedOut = error instanceof Refused && error.code === "not-signed-in";
    }
  }

  function open() {
    source?.close();
    opened = performance.now();
    source = new EventSource(`${base}/${paths.events}`);
    source.addEventListener("status", (event) => {
      lastHeard = performance.now();
      broken = signedOut = false;
      listener.onStatus(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      broken = true;
      void why();
    });
  }

  open();
  setInterval(() => {
    const now = performance.now();
    const silence = now - lastHeard;
    if (silence > (broken ? BROKEN : SILENCE)) listener.onSilence(silence, signedOut);
    // EventSource tries again by itself, but not after a refusal, and not while a dead connection looks open.
    if (silence > RENEW && now - opened > RENEW) open();
  }, 250);
}
