// @ts-check
// The policy that a court registered beforehand: its own copy of the file, or the fingerprint on its trust sheet. That
// the package has another one is said at once, with both fingerprints, before anything of the package is believed.
//
// A typed fingerprint identifies the file: if the policy in the package has exactly this SHA-256, it is the
// registered policy to the last bit, since no other file with the same one can be made. So the package's copy
// may be used, and nothing of it was believed before.
//
// A file proves less: a browser does not say where it was. One that is plainly the package's own is refused; a copy of
// that looks like the court's, so the answer says under which file it holds, and never that it was registered.

import { sha256, toHex } from "../bytes.js";
import { latinDigits } from "../digits.js";
import { Unavailable } from "../errors.js";
import { LONGEST_POLICY } from "./policy.js";

/** @import { Chosen } from "../../verifier/choosing.js" */
/** @import { PackageSource } from "../../package/source.js" */
/**
 * @typedef {{by: "typed", typed: string} | {by: "file", file: File | null} | {by: "none"}} Registered
 */

const DIGITS = 64;
const PATH = "data/policy.txt";

/** The fingerprint that was typed, or that of the court's file, is another one than that of the package's policy. */
export class OtherFingerprint extends Error {
  /** @param {string} typed @param {string} found */
  constructor(typed, found) {
    super("the package's policy has another fingerprint");
    this.typed = typed;
    this.found = found;
  }
}

/**
 * A fingerprint as people type it: in groups, in capitals, with the digits of an Arabic keyboard.
 *
 * @param {string} typed @returns {{hex: string, missing: number, wrong: string}} `missing`: how many signs are still
 *   to come, negative if there are too many; `wrong`: the first letter that a fingerprint cannot have, or ""
 */
export function readFingerprint(typed) {
  const plain = latinDigits(typed.normalize("NFKC"))
    .toLowerCase()
    .replace(/^\s*sha-?256\s*[:=]?/, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
  const wrong = /[^0-9a-f]/u.exec(plain)?.[0] ?? "";
  return { hex: plain, missing: DIGITS - [...plain].length, wrong };
}

/**
 * Whether this policy is the one in the chosen folder, as far as a browser can see.
 *
 * @param {Chosen} chosen @param {File} policy
 */
export function cameWith(chosen, policy) {
  if (chosen.kind !== "folder") return false;
  const own = chosen.files.find(({ webkitRelativePath: path }) => path === `${chosen.name}/${PATH}`);
  return own?.name === policy.name && own.size === policy.size && own.lastModified === policy.lastModified;
}

/**
 * The bytes to verify under, or null where nothing was registered.
 *
 * @param {PackageSource} source @param {Registered} registered @returns {Promise<Bytes | null>}
 * @throws {OtherFingerprint} @throws {Unavailable} where the court's copy cannot be read
 */
export async function registeredPolicy(source, registered) {
  /** @type {Bytes | null} */
  let copy = null;
  if (registered.by === "file" && registered.file) {
    const content = await registered.file.slice(0, LONGEST_POLICY + 1).arrayBuffer().catch(() => {
      throw new Unavailable("policy", "the court's copy of the policy cannot be read");
    });
    copy = new Uint8Array(content);
  }
  if (copy === null && registered.by !== "typed") return null;
  const hex = copy ? toHex(await sha256(copy)) : readFingerprint(registered.by === "typed" ? registered.typed : "").hex;
  const size = source.sizes.get(PATH) ?? 0;
  if (size === 0 || size > LONGEST_POLICY) return copy; // the step that looks for the policy says what is wrong with it
  const policy = await source.read(PATH, 0, size);
  const found = toHex(await sha256(policy));
  if (found !== hex) throw new OtherFingerprint(hex, found);
  return policy;
}
