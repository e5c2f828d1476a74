// @ts-check
// The line that matters most: up to which second the recording is safe, here and in each copy. Under it, in
// small letters, what waits on this machine for a copy, since when one is away, and how long the disk lasts.

import { element, make, setContent } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { clockOf, say } from "../page/words.js";

/** @import { Status, CopyStatus } from "../interview/feed.js" */

const COPY_BEHIND = 30e6; // µs: more than two segments behind is worth a look
const MANY_HOURS = 99;

/** @param {Status | null} status @param {boolean} fresh whether it was heard just now */
export function showSafety(status, fresh) {
  const place = element("safety");
  showWaiting(fresh ? status : null);
  if (status?.state === "sealed" && status.practice) {
    place.replaceChildren(); // there is nothing that could be safe
    return;
  }
  if (status === null || status.evidence === null) {
    place.replaceChildren(make("span", "quiet", say("safety.none")));
    return;
  }
  const { safe, copies } = status;
  const here = make("span", `tag ${fresh ? "tag-green" : ""}`.trim(), say("safety.here", { time: timecode(safe) }));
  const tags = copies.map((copy) => {
    const { name, until, whole } = copy;
    const near = copy.away === null && !behind(copy, safe);
    const code = whole ? "whole" : until > 0 ? "until" : "none";
    const text = say(`safety.copy.${code}`, { copy: say(`copy.${name}`), time: timecode(until) });
    const colour = !fresh || (code === "none" && near) ? "" : near ? "tag-green" : "tag-amber";
    return make("span", `tag ${colour}`.trim(), text);
  });
  place.replaceChildren(here, ...tags);
}

/** @param {CopyStatus} copy @param {number} safe */
const behind = (copy, safe) => !copy.whole && copy.until <= safe - COPY_BEHIND;

/** @param {Status | null} status null where nothing is known for now */
function showWaiting(status) {
  const place = element("waiting");
  const lines = status === null || status.evidence === null ? [] : waiting(status);
  setContent(place, lines.map((line) => make("li", "", line)));
  place.hidden = lines.length === 0;
}

/** @param {Status} status */
function waiting({ safe, copies, lasts, safety, state }) {
  const late = copies.filter((copy) => !copy.whole && (copy.away !== null || behind(copy, safe)));
  const lines = late.map((copy) => {
    const size = Math.ceil(copy.waiting / 1e6);
    const since = copy.away === null ? "" : clockOf(new Date(copy.away));
    const code = copy.away === null ? "catching-up" : "away";
    return say(`waiting.${code}`, { copy: say(`name.${copy.name}`), since, size, time: timecode(safe - copy.until) });
  });
  if (safety === "recording") lines.push(say("waiting.room"));
  if (lasts === null || (state !== "recording" && state !== "break")) return lines;
  const hours = Math.floor(lasts);
  if (hours > MANY_HOURS) return lines;
  return [...lines, hours >= 2 ? say("waiting.hours", { n: hours }) : say("waiting.minutes", { n: Math.floor(lasts * 60) })];
}
