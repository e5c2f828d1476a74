// @ts-check
// A recording committed to once more, under SHA-512, while SHA-256 is still sound: the tree over it, made again.
//
//   leaf = SHA-512(0x00 ‖ salt (16) ‖ canonical record ‖ SHA-512(content) (64))
//   node = SHA-512(0x01 ‖ left ‖ right)
//
// Pure computation; records, salts and contents must have been proved before. Specification: docs/spec/time.md.

import { concat, sha512, toHex } from "../bytes.js";
import { canonical } from "../canonical.js";
import { NotProved } from "../errors.js";
import { Tree } from "../merkle.js";

/** @import { FilmRecord } from "./records.js" */
/** @typedef {{record: FilmRecord, salt: Bytes, content: Bytes}} RehashedPiece `content`: its SHA-512 */

/**
 * @param {Record<string, any>} body of an `evidence.rehashed` @param {Bytes} manifest the file's bytes
 * @param {readonly RehashedPiece[]} pieces all records, in order
 * @throws {NotProved} "altered" unless the statement is of exactly this
 */
export async function checkRehashed(body, manifest, pieces) {
  const wrong = (/** @type {string} */ why) => new NotProved("altered", why);
  if (toHex(await sha512(manifest)) !== body.manifest) throw wrong("the manifest is not the one that was rehashed");
  if (pieces.length !== body.records) throw wrong("the recording has not as many records as were rehashed");
  const leaves = await Promise.all(pieces.map(leafOf512));
  const root = await (await Tree.over(leaves, sha512)).root(leaves.length);
  if (toHex(root) !== body.root) throw wrong("the recording is not the one that was rehashed");
}

/** @param {RehashedPiece} piece */
function leafOf512({ record, salt, content }) {
  return sha512(concat(Uint8Array.of(0), salt, canonical(record), content));
}
