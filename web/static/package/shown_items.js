// @ts-check
// What a recording says was shown or drawn in the room, held against what is here.
//
// Part of step 12. An event names a picture by its id, its kind and the manifest that was sealed. A picture that is here
// as well must be that very one; of one that is not here nothing can be said.
//
// Trusts: what the steps before have proved. Specification: docs/spec/court-package.md.

import { NotProved } from "../proof/errors.js";
import { sealOf } from "../proof/recording/sealed_recording.js";
import { FILE_KINDS } from "./paths.js";

/** @import { FilmEvent } from "../proof/recording/contents.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */

/** Types of events that name another item. */
export const NAMING = Object.freeze(["exhibit.shown", "exhibit.hidden", "drawing.made"]);

/**
 * Each item that an event names and that is here is the one which the event describes: a file of the kind stated, with
 * the manifest stated, sealed before the recording was, in the same case.
 *
 * @param {readonly (Opening | FileOpening)[]} openings @throws {NotProved}
 */
export function checkShown(openings) {
  const here = new Map(openings.map((one) => [one.sealed.files.evidence, one]));
  for (const recording of openings) {
    if (!("events" in recording)) continue;
    const records = recording.records.filter(({ kind }) => kind === "event");
    for (const [at, event] of recording.events.entries()) {
      const shown = NAMING.includes(event.type) && here.get(/** @type {string} */ (event.evidence));
      if (shown) check(recording, event, shown, recording.film.where(records[at]));
    }
  }
}

/** @param {Opening} recording @param {FilmEvent} event @param {Opening | FileOpening} shown @param {string} where */
function check({ sealed: { chain } }, event, shown, where) {
  const wrong = (/** @type {string} */ why) => new NotProved("not-proved", why, where);
  const kind = FILE_KINDS.get(shown.sealed.files.kind);
  const sealed = shown.sealed.chain[0];
  if (!kind || event.kind !== kind) throw wrong("an item of another kind lies here under the id of what was shown or drawn");
  // Step 11 has held the manifest here against the one that the seal names.
  if (event.manifest !== sealed.statement.body.manifest) throw wrong("another item lies here under the id of what was shown or drawn");
  if (sealed.position >= sealOf(chain).position) throw wrong("what was shown or drawn was sealed after the recording");
  if (sealed.statement.case !== chain[0].statement.case) throw wrong("what was shown or drawn is of another case");
}
