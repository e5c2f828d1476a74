// @ts-check
// What the console says once the recording is sealed, and where it leads.

import { element, elementIfAny, setText } from "../page/elements.js";
import { timecode } from "../page/times.js";
import { say } from "../page/words.js";

/** @import { Status } from "../interview/feed.js" */

/** @param {Status | null} status */
export function showAfter(status) {
  element("after").hidden = status?.state !== "sealed";
  if (status?.state !== "sealed") return;
  const { practice, part, elapsed, evidence } = status;
  setText("after-says", say(practice ? "after.practice" : "after.complete", { part, time: timecode(elapsed) }));
  setText("after-title", say(practice ? "after.title.practice" : "after.title"));
  const link = element("after-evidence", HTMLAnchorElement);
  link.hidden = practice;
  if (evidence === null) return;
  link.href = `/evidence/${evidence}`;
  // A person with a passkey may confirm afterwards that they sealed it. Other pages have no such form.
  const confirm = elementIfAny("after-confirm", HTMLFormElement);
  if (!confirm) return;
  confirm.action = `/evidence/${evidence}/confirm`;
  confirm.hidden = practice;
}
