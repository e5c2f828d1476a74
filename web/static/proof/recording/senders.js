// @ts-check
// Which device sent a camera of a recording, proved by a key that the device cannot give away: the header's senders and
// the events `sender`.
//
// The signature proves to which key a connection belongs. Whose key it is and from what network it came are claims of
// the center. Specification: docs/spec/manifest.md, *Sender*; FIPS 186-5 (ECDSA, P-256, SHA-256).

import { base64Of, code, digest, id, instant, members, objectOf, oneOf, orNull, textOf } from "../ledger/members.js";
import { concat, fromBase64, sha256Hex, utf8 } from "../bytes.js";
import { canonical } from "../canonical.js";
import { isUnsupported, Malformed, NotProved } from "../errors.js";

/** @typedef {{id: string, kind: "person" | "room", name: string}} Holder */
/**
 * @typedef {{at: string, evidence: string | null, fingerprint: string, key: string, nonce: string, signature: string, use: "camera" | "safety"}} Proof
 */
/** @typedef {{camera: string, holder: Holder, network: string, proof: Proof | null}} Sender */
/** @typedef {{confirmed: {id: string, name: string} | null, event: "joined" | "returned" | "replaced" | "refused", reason: string | null, sender: Sender}} SenderEvent */

export const SENDER = "sender"; // the type of its events
const CONTEXT = "amana room device v1\n";
const LONGEST_NAME = 200; // characters, not UTF-16 code units
const KEY = 65, SIGNATURE = 64; // bytes
const UNCOMPRESSED = 4; // SEC 1, 2.3.3

/** @type {import("../ledger/members.js").Schema} */
const PROOF = {
  at: instant,
  evidence: orNull(id),
  fingerprint: digest,
  key: (value, what) => {
    base64Of(KEY)(value, what);
    if (fromBase64(value)[0] !== UNCOMPRESSED) throw new Malformed(`${what} is not an uncompressed point`);
  },
  nonce: id,
  signature: base64Of(SIGNATURE),
  use: oneOf("camera", "safety"),
};
const NAMED = { id, name: textOf(1, LONGEST_NAME) };
const SENDER_MEMBERS = {
  camera: code,
  holder: objectOf({ ...NAMED, kind: oneOf("person", "room") }),
  network: oneOf("this-machine", "local", "public", "unknown"),
  proof: orNull(objectOf(PROOF)),
};
const EVENT = {
  confirmed: orNull(objectOf(NAMED)),
  event: oneOf("joined", "returned", "replaced", "refused"),
  reason: orNull(code),
  sender: objectOf(SENDER_MEMBERS),
};

/** @param {unknown} value @returns {Sender} @throws {Malformed} */
export const parseSender = (value) => /** @type {Sender} */ (members(value, SENDER_MEMBERS, "a sender"));

/**
 * What an event of this type says.
 *
 * @param {import("./contents.js").FilmEvent} event @returns {SenderEvent} @throws {Malformed}
 */
export function parseSenderEvent(event) {
  const fields = Object.entries(event).filter(([member]) => member !== "at" && member !== "type");
  const stated = /** @type {SenderEvent} */ (members(Object.fromEntries(fields), EVENT, "a sender event"));
  if (stated.confirmed === null && stated.event === "replaced") throw new Malformed("a sender replaced, and not confirmed by a person");
  if (stated.confirmed !== null && stated.event !== "joined" && stated.event !== "replaced") throw new Malformed("a sender confirmed that did not take over");
  if ((stated.event === "refused") !== (stated.reason !== null)) throw new Malformed("a sender refused, and without a reason, or the reverse");
  if (stated.sender.proof === null && stated.event !== "refused") throw new Malformed("a sender without a proof was not refused");
  return stated;
}

/** The ids of the devices that were checked, by their keys. @type {Map<string, string>} */
const ids = new Map();

/** The id of a device that was checked. @param {Proof} proof */
export const deviceOf = (proof) => ids.get(proof.key) ?? "";

/**
 * Proves that the device signed this connection, of this interview, for this use.
 *
 * @param {Sender} sender @param {string} interview @param {"camera" | "safety" | null} use null: any
 * @param {string | null} where @throws {NotProved}
 */
async function checkSender({ camera, proof }, interview, use, where) {
  if (proof === null) return;
  const { at, evidence, fingerprint, nonce } = proof;
  ids.set(proof.key, (await sha256Hex(fromBase64(proof.key))).slice(0, 16));
  if (use !== null && proof.use !== use) throw new NotProved("not-proved", `the device of camera ${camera} signed for another use`, where);
  const message = concat(utf8(CONTEXT), canonical({ at, camera, evidence, fingerprint, interview, nonce, use: proof.use }));
  if (!(await holds(fromBase64(proof.key), fromBase64(proof.signature), message))) {
    throw new NotProved("signature", `the signature of device ${deviceOf(proof)} for camera ${camera} does not hold`, where);
  }
}

/** @param {Bytes} key @param {Bytes} signature @param {Bytes} message */
async function holds(key, signature, message) {
  try {
    const known = await crypto.subtle.importKey("raw", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, known, signature, message);
  } catch (error) {
    if (isUnsupported(error)) throw error;
    return false; // no point of the curve
  }
}

/**
 * Proves what the device of an event signed; what was refused may be a safety recording.
 *
 * @param {import("./contents.js").FilmEvent} event of this type @param {string} interview @param {string | null} [where]
 * @throws {NotProved}
 */
export async function checkSenderEvent(event, interview, where = null) {
  const stated = parseSenderEvent(event);
  await checkSender(stated.sender, interview, stated.event === "refused" ? null : "camera", where);
}

/**
 * Proves the senders of a header; of a safety recording, that it was begun beside its part.
 *
 * @param {import("./contents.js").Header} header @param {string | undefined} beside @param {string | null} [where]
 */
export async function checkHeaderSenders({ interview, senders }, beside, where = null) {
  for (const sender of senders) {
    await checkSender(sender, interview, beside === undefined ? "camera" : "safety", where);
    if (beside !== undefined && sender.proof?.evidence !== beside) {
      throw new NotProved("not-proved", "the room's device signed for a recording beside another part", where);
    }
  }
}
