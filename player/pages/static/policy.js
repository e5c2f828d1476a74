// @ts-check
// The trust policy: the public keys a verifier must know from a trusted source (C2SP tlog-policy,
// narrowed, with two lines of our own, `center` and `keys`). What this version cannot check (witnesses,
// other quorums) is refused, never skipped.
//
// A policy that comes from the center together with the evidence proves only that both agree.

import { equal, fromBase64, sha256, toHex } from "./bytes.js";
import { Malformed } from "./errors.js";
import { parseVerifierKey } from "./notes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * @typedef {object} TrustPolicy
 * @property {import("./notes.js").LogKeys} logKeys
 * @property {Bytes} center the key that signs what people and the system do
 * @property {boolean} trial whether the center's private keys lie unprotected on its server
 * @property {string} deployment
 * @property {string} fingerprint SHA-256 of the policy, which a court can register
 */

const LONGEST = 65_536;
const TYPES = Object.freeze({ 1: 32, 6: 1312 });

/** @param {Bytes} bytes @returns {[string, string][]} keyword and value of each line that means something */
function lines(bytes) {
  if (bytes.length > LONGEST) throw new Malformed("a policy of more than 64 kilobytes");
  if (bytes.at(-1) !== 10) throw new Malformed("a policy that does not end with a complete line");
  // Octets beyond ASCII are opaque; Latin-1 keeps each as it is.
  const whole = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(whole)) throw new Malformed("a policy with control characters");
  return whole
    .slice(0, -1)
    .split("\n")
    .map((line) => line.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const fields = line.split(/[ \t]+/);
      if (fields.length !== 2) throw new Malformed("a policy line that is not a keyword and one value");
      return /** @type {[string, string]} */ (fields);
    });
}

/** @param {Bytes} bytes @returns {Promise<TrustPolicy>} @throws {Malformed} */
export async function parsePolicy(bytes) {
  /** @type {Map<number, {name: string, publicKey: Bytes}>} */
  const logs = new Map();
  /** @type {Map<string, string>} */
  const once = new Map();
  for (const [keyword, value] of lines(bytes)) {
    if (keyword === "log") {
      const key = await parseVerifierKey(value);
      const length = TYPES[/** @type {1 | 6} */ (key.type)];
      if (!length || key.publicKey.length !== length) throw new Malformed("a log key of another type or length");
      if (logs.has(key.type)) throw new Malformed("two log keys of one type");
      logs.set(key.type, key);
    } else if (!["center", "keys", "quorum"].includes(keyword)) {
      throw new Malformed(`a policy line that is not known: ${keyword.slice(0, 40)}`);
    } else if (once.has(keyword)) {
      throw new Malformed(`a second ${keyword} line`);
    } else {
      once.set(keyword, value);
    }
  }
  const [plain, safe] = [logs.get(1), logs.get(6)];
  const keys = once.get("keys");
  if (!plain || !safe || !once.has("center") || !keys || !once.has("quorum")) {
    throw new Malformed("a policy needs two log lines, and one each of center, keys, quorum");
  }
  const deployment = /^amana\/([0-9a-f]{32})$/.exec(plain.name)?.[1];
  if (plain.name !== safe.name || !deployment) throw new Malformed("a policy whose log is not one deployment's");
  const center = fromBase64(once.get("center"));
  if (center.length !== 32 || equal(center, plain.publicKey)) throw new Malformed("the center has no key of its own");
  if (keys !== "trial" && keys !== "protected") throw new Malformed("keys are neither trial nor protected");
  if (once.get("quorum") !== "none") throw new Malformed("a quorum that this version does not check");
  return {
    logKeys: { origin: plain.name, ed25519: plain.publicKey, mldsa44: safe.publicKey },
    center,
    trial: keys === "trial",
    deployment,
    fingerprint: toHex(await sha256(bytes)),
  };
}
