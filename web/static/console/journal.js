// @ts-check
// Marks, breaks, people coming and going, cameras lost and back: what has happened in this recording so far.

import { lasted } from "./break_clock.js";
import { personWords } from "../interview/present.js";
import { deviceWords } from "./senders.js";
import { element, leftToRight, make, makeButton } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { isolate, known, say } from "../page/words.js";

/**
 * @typedef {{ at: number, type: string, [field: string]: unknown }} Entry `at` in µs on the part's timeline
 */

/** What later entries say of earlier ones. @type {Readonly<Record<string, string>>} */
const LATER = Object.freeze({ mark: "mark.corrected", break: "break.explained" });

/** @param {string} reason a code, or words */
const reasonWord = (reason) => (known(`reason.${reason}`) ? say(`reason.${reason}`) : reason);

/** @param {Entry} entry @returns {string | null} null for what needs no line of its own */
function words(entry) {
  const field = (/** @type {string} */ name) => String(entry[name] ?? "");
  switch (entry.type) {
    case "mark":
      return field("text") ? isolate(field("text")) : say("entry.mark");
    case "break": {
      if (!field("reason")) return say("entry.break.plain");
      const reason = reasonWord(field("reason"));
      return say("entry.break", { reason: field("text") ? `${reason}: ${isolate(field("text"))}` : reason });
    }
    case "exhibit.shown":
    case "exhibit.hidden":
      return say(`entry.${entry.type}.${field("kind")}`, { number: field("number") });
    case "drawing.made":
      return say("entry.drawing.made", { number: field("number") });
    case "phase":
      return say("entry.phase", { phase: isolate(field("text")) });
    case "resume":
      return say("entry.resume");
    case "person":
      return say(`entry.${field("event")}`, { who: personWords({ who: field("who"), role: field("role") }) });
    case "disconnected":
    case "reconnected":
      return say(`entry.${entry.type}`, { camera: say(`name.${field("camera")}`) });
    case "sender": {
      const sender = /** @type {import("../interview/feed.js").Sender} */ (entry.sender);
      const values = { camera: say(`name.${sender.camera}`), device: deviceWords(sender) };
      return say(`entry.sender.${field("event")}`, values);
    }
    default:
      return null;
  }
}

/**
 * @param {Entry[]} entries in the order in which they happened
 * @param {((mark: number, text: string) => void) | null} correct asks for other words of a mark; null: not now
 */
export function showEntries(entries, correct) {
  const rows = entries.flatMap((entry) => {
    const correction = entries.findLast((one) => one.type === LATER[entry.type] && one[entry.type] === entry.at);
    const now = correction ? { ...entry, text: correction.text, reason: correction.reason } : entry;
    const text = words(now);
    if (text === null) return [];
    const time = leftToRight(make("span", "entry-time numeral", timecode(entry.at)));
    const row = make("li", `entry entry-${entry.type}`, time, make("span", "entry-words", text));
    const length = entry.type === "break" ? lasted(entry, entries) : null;
    if (length !== null) row.lastElementChild?.append(make("span", "entry-lasted quiet", say("entry.lasted", { time: timecode(length) })));
    if (entry.type === "mark" && correct) {
      const properties = { className: "link", ariaLabel: say("entry.correct.which", { at: timecode(entry.at) }) };
      row.append(makeButton(properties, say("entry.correct"), () => correct(entry.at, String(now.text ?? ""))));
    }
    return [row];
  });
  // The newest on top: the list grows where one looks.
  element("entries").replaceChildren(...rows.reverse());
  element("entries-empty").hidden = rows.length > 0;
}
