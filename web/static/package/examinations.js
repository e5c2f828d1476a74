// @ts-check
// The examination records of a court package: what they contain, and what they correct.
//
// Part of step 13. A record is the original of a document, whose pieces and SHA-256 are proved. It is one of the form
// that its statement names. The record that it corrects, if that is here as well, is the one under the manifest that it
// names, of the same case, and was sealed earlier.
//
// Trusts: what the steps before have proved. Specification: docs/spec/examination.md, section 5.

import { NotProved } from "../proof/errors.js";
import { formDigest, LONGEST_RECORD, parseExaminationRecord } from "../proof/recording/examination_record.js";
import { itemPath } from "./paths.js";

/** @import { Bag } from "./bags.js" */
/** @import { Corrected, ExaminationRecord } from "../proof/recording/examination_record.js" */
/** @import { FileOpening } from "./file_items.js" */
/** @import { Opening } from "./items.js" */

/**
 * @param {readonly (Opening | FileOpening)[]} openings @param {Bag} bag
 * @returns {Promise<Map<string, ExaminationRecord>>} by evidence id @throws {NotProved}
 */
export async function checkExaminations(openings, bag) {
  const here = new Map(openings.map((one) => [one.sealed.files.evidence, one]));
  /** @type {Map<string, ExaminationRecord>} */
  const records = new Map();
  for (const [evidence, one] of here) {
    if ("description" in one && one.sealed.chain[0].statement.body.form !== undefined) records.set(evidence, await recordOf(one, bag));
  }
  for (const [evidence, { corrects }] of records) {
    const correction = here.get(evidence);
    const corrected = corrects && here.get(corrects.evidence);
    if (correction && corrected) checkCorrected(correction, corrects, corrected);
  }
  return records;
}

/** @param {FileOpening} opening @param {Bag} bag */
async function recordOf({ sealed: { files, chain }, original }, bag) {
  const path = itemPath(files.kind, files.evidence, original);
  const { body } = chain[0].statement;
  const size = Math.min(bag.sizes.get(path) ?? 0, LONGEST_RECORD + 1);
  const record = parseExaminationRecord(await bag.part(path, 0, size));
  if ((await formDigest(record.form)) !== body.form) throw new NotProved("not-proved", "the record is of another form than was stated", path);
  if (record.corrects?.evidence !== body.corrects) throw new NotProved("not-proved", "the record corrects another one than was stated", path);
  return record;
}

/** @param {Opening | FileOpening} correction @param {Corrected} named @param {Opening | FileOpening} corrected */
function checkCorrected({ sealed: { files, chain } }, { manifest }, corrected) {
  const wrong = (/** @type {string} */ why) => new NotProved("not-proved", why, itemPath(files.kind, files.evidence, "original.examination"));
  const [seal] = corrected.sealed.chain;
  if (seal.statement.body.form === undefined) throw wrong("it corrects something else than the record of an examination");
  if (seal.statement.body.manifest !== manifest) throw wrong("it corrects another record than lies here under that id");
  if (seal.position >= chain[0].position) throw wrong("it was sealed before the record that it corrects");
  if (seal.statement.case !== chain[0].statement.case) throw wrong("it corrects a record of another case");
}
