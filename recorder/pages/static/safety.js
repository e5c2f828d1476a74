// @ts-check
// The line that matters most: up to which second the recording is safe, here and in each copy.

import { duration, element, make, say } from "./words.js";

/** @typedef {import("./feed.js").Status} Status */

const COPY_BEHIND = 30e6; // µs: more than two segments behind is worth a look

/** @param {Status | null} status @param {boolean} fresh whether it was heard just now */
export function showSafety(status, fresh) {
  const place = element("safety", HTMLElement);
  if (status?.state === "sealed" && status.practice) {
    place.replaceChildren(); // there is nothing that could be safe
    return;
  }
  if (status === null || status.evidence === null) {
    place.replaceChildren(make("span", "quiet", say("safety.none")));
    return;
  }
  const { safe, copies } = status;
  const here = make("span", `tag ${fresh ? "tag-green" : ""}`.trim(), say("safety.here", { time: duration(safe) }));
  const tags = copies.map(({ name, until, whole }) => {
    const near = whole || until > safe - COPY_BEHIND;
    const code = whole ? "whole" : until > 0 ? "until" : "none";
    const text = say(`safety.copy.${code}`, { copy: say(`copy.${name}`), time: duration(until) });
    const colour = !fresh || code === "none" ? "" : near ? "tag-green" : "tag-amber";
    return make("span", `tag ${colour}`.trim(), text);
  });
  place.replaceChildren(here, ...tags);
}
