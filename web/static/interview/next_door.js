// @ts-check
// What is passed in from next door, as every page of the interview lists it.

import { AT_ONCE, read } from "../page/requests.js";
import { leftToRight, make } from "../page/elements.js";
import { clockOf, isolate, say, word } from "../page/words.js";

/** @import { Present } from "./present.js" */
/**
 * @typedef {{
 *   number: number, kind: "question" | "break-requested", by: string, who: string, role: string, text: string,
 *   sent: string, state: string, recorded: boolean,
 * }} Slip `sent`: an RFC 3339 time; `recorded`: whether it is in a part, else it waits for one
 * @typedef {{ evidence: string, kind: string, number: number }} Exhibit a picture of the case
 * @typedef {{ chosen: Exhibit | null, shown: Exhibit | null, failed: boolean }} Exhibits `failed`: the tablet could not open it
 * @typedef {{ known: boolean, slips: Slip[], ticks: import("../console/protocol.js").Tick[], phase: import("../console/protocol.js").EnteredPhase | null, exhibits: Exhibits, waiting: number, present: Present[], revision: number }} Passed
 *   `known`: whether it comes from a recorder; else nothing is known, and what is shown stays
 */

const SETTLED = ["asked", "aside", "taken"];

/** @param {Slip} slip */
export const open = (slip) => !SETTLED.includes(slip.state);
/** @param {Slip} slip */
export const isQuestion = (slip) => slip.kind === "question";

/** Reads the desk anew whenever the recorder says that something on it has changed. */
export class Desk {
  /** @param {string} interview @param {(passed: Passed) => void} show */
  constructor(interview, show) {
    this.url = `/interviews/${interview}/next-door`;
    this.show = show;
    this.seen = "";
    this.reading = false;
  }

  /** @param {import("./feed.js").Status} status the newest heard */
  onStatus(status) {
    // A new recorder begins to count anew, and people who come and go are in the journal.
    const now = `${status.evidence} ${status.state} ${status.slips} ${status.journal}`;
    if (now === this.seen || this.reading) return;
    void this.read(now);
  }

  /** @param {string} now */
  async read(now) {
    this.reading = true;
    try {
      const passed = await read(this.url, { within: AT_ONCE });
      if (passed.known) this.show(passed);
      this.seen = now;
    } catch {
      // With the next status it is tried again.
    } finally {
      this.reading = false;
    }
  }
}

/** @param {Slip} slip @param {string} me the reader's id */
export function sender(slip, me) {
  if (slip.by === me) return say("sender.me");
  const role = word("sender", slip.role);
  return slip.who ? say("sender.other", { who: isolate(slip.who), role }) : role;
}

/**
 * One of them as a line of a list.
 * @param {Slip} slip @param {string} me @param {HTMLElement[]} [buttons]
 */
export function slipItem(slip, me, buttons = []) {
  const text = make("p", { className: "slip-text", dir: "auto" }, isQuestion(slip) ? slip.text : say("slip.break"));
  const time = leftToRight(make("span", "numeral", clockOf(new Date(slip.sent))));
  const waits = slip.state === "sent" && !slip.recorded;
  const state = make("span", `slip-state${open(slip) ? " slip-open" : ""}`, say(`slip.${waits ? "waits" : slip.state}`));
  const about = make("p", "slip-about quiet", time, ` · ${sender(slip, me)} · `, state);
  const acts = buttons.length > 0 ? [make("p", "slip-deeds", ...buttons)] : [];
  return make("li", `slip slip-${slip.state} ${isQuestion(slip) ? "slip-question" : "slip-break"}`, text, about, ...acts);
}
