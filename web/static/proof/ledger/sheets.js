// @ts-check
// Sheets: several acts that their person signs at once, each a statement of its own. What is signed is the root of the
// Merkle tree over them; each statement has its place in that tree beside the signature. An act signed alone is a sheet
// of one.

import { fromHex, toHex } from "../bytes.js";
import { count, exactly } from "../canonical.js";
import { Malformed, NotProved } from "../errors.js";
import { leafHash, rootFromPath } from "../merkle.js";

/** @import { Signature, WebAuthnSignature } from "./signatures.js" */
/** Number `index` of `size` acts, from 0. `path`: the hashes from it to the root, its sibling first. @typedef {{index: number, size: number, path: readonly Bytes[]}} SheetPlace */

const MOST_ACTS = 64;
const LONGEST_PATH = 6;

/** @param {unknown} value @returns {SheetPlace} @throws {Malformed} */
export function parsePlace(value) {
  const fields = exactly(value, ["index", "path", "size"], "a place on a sheet");
  const [index, size] = [count(fields.index, "a place on a sheet"), count(fields.size, "the size of a sheet")];
  if (size > MOST_ACTS || index >= size) throw new Malformed(`place ${index} on a sheet of ${size}`);
  if (!Array.isArray(fields.path) || fields.path.length > LONGEST_PATH) {
    throw new Malformed(`a path on a sheet that is not a list of at most ${LONGEST_PATH} hashes`);
  }
  return { index, size, path: fields.path.map((one) => fromHex(one, 32)) };
}

/**
 * The challenge of the sheet that has this act at this place.
 *
 * @param {SheetPlace} place @param {Bytes} message what is signed of the act @returns {Promise<Bytes>} 32 bytes
 * @throws {NotProved} "signature" for a path with hashes too many or too few
 */
export async function challengeOf({ index, size, path }, message) {
  try {
    return await rootFromPath(await leafHash(message), index, size, path);
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    throw new NotProved("signature", `the act's place on its sheet: ${error.message}`);
  }
}

/** One act on one sheet. @param {WebAuthnSignature} signature @param {number} index */
function act({ key, authenticator, client, signature, sheet }, index) {
  return [key, toHex(authenticator), toHex(client), toHex(signature), sheet.size, index].join(" ");
}

/**
 * The sheets that people signed are whole and in order, from one statement of a chain to the next: one that
 * `before` does not end continues in `after`, and no other does.
 *
 * @param {readonly Signature[]} before verified, as `after`; none where there is no such statement
 * @param {readonly Signature[]} after @throws {NotProved} "incomplete"
 */
export function checkSheet(before, after) {
  const of = (/** @type {readonly Signature[]} */ signatures) => signatures.filter((one) => one.kind === "webauthn");
  const left = new Set(of(before).filter(({ sheet: { index, size } }) => index + 1 < size).map((one) => act(one, one.sheet.index + 1)));
  const continued = new Set(of(after).filter(({ sheet }) => sheet.index > 0).map((one) => act(one, one.sheet.index)));
  if ([...continued].some((one) => !left.has(one))) {
    throw new NotProved("incomplete", "a sheet that its person signed is not whole: the act before this one is missing");
  }
  if ([...left].some((one) => !continued.has(one))) {
    throw new NotProved("incomplete", "a sheet that its person signed is not whole: its next act is missing");
  }
}
