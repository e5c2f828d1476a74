// @ts-check
// The trust policy: the public keys a verifier must know from a trusted source (C2SP tlog-policy, narrowed, with
// lines of our own: `center` and `keys` here, `authority` and `timestamps` with the witnesses in third_parties.js).
// What is not known is refused, never skipped.
//
// A policy that comes from the center together with the evidence proves only that both agree.

import { equal, fromBase64, sha256, toHex } from "../bytes.js";
import { ORIGIN } from "./members.js";
import { ed25519Key } from "../ed25519.js";
import { Malformed } from "../errors.js";
import { ED25519, MLDSA44, parseVerifierKey } from "./notes.js";
import { KEYWORDS, ThirdPartyLines } from "./third_parties.js";

/**
 * @typedef {object} Keys
 * @property {import("./notes.js").LogKeys} logKeys
 * @property {Bytes} center the key that signs what people and the system do
 * @property {boolean} trial whether the center's private keys are unprotected on its server
 * @property {string} deployment
 * @property {string} fingerprint SHA-256 of the policy, which a court can register
 */
/** @typedef {Keys & import("./third_parties.js").ThirdParties} TrustPolicy */

export const LONGEST_POLICY = 65_536;

/** @param {Bytes} bytes @returns {string[][]} keyword and values of each line that means something */
function lines(bytes) {
  if (bytes.length > LONGEST_POLICY) throw new Malformed("a policy of more than 64 kilobytes");
  if (bytes.at(-1) !== 10) throw new Malformed("a policy that does not end with a complete line");
  // Octets beyond ASCII are opaque, and allowed in remarks; Latin-1 keeps each as it is.
  const whole = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(whole)) throw new Malformed("a policy with control characters");
  return whole
    .slice(0, -1)
    .split("\n")
    .map((line) => line.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      if (/[^\t\x20-\x7e]/.test(line)) throw new Malformed("a policy line with characters beyond ASCII");
      return line.split(/[ \t]+/);
    });
}

/** @param {Bytes} bytes @returns {Promise<TrustPolicy>} @throws {Malformed} */
export async function parsePolicy(bytes) {
  /** @type {Map<number, import("./notes.js").VerifierKey>} */
  const logs = new Map();
  /** @type {Map<string, string>} */
  const once = new Map();
  const others = new ThirdPartyLines();
  for (const [keyword = "", ...values] of lines(bytes)) {
    const [value = ""] = values;
    if (KEYWORDS.has(keyword)) {
      await others.add(keyword, values);
    } else if (!["log", "center", "keys"].includes(keyword)) {
      throw new Malformed(`a policy line that is not known: ${keyword.slice(0, 40)}`);
    } else if (values.length !== 1) {
      throw new Malformed(`a policy line that is not ${keyword} and one value`);
    } else if (keyword === "log") {
      const key = await parseVerifierKey(value);
      if (key.type !== ED25519 && key.type !== MLDSA44) throw new Malformed("a log key of another type");
      if (logs.has(key.type)) throw new Malformed("two log keys of one type");
      logs.set(key.type, key);
    } else if (once.has(keyword)) {
      throw new Malformed(`a second ${keyword} line`);
    } else {
      once.set(keyword, value);
    }
  }
  const thirdParties = others.end();
  const [plain, safe] = [logs.get(ED25519), logs.get(MLDSA44)];
  const keys = once.get("keys");
  if (!plain || !safe || !once.has("center") || !keys) {
    throw new Malformed("a policy needs two log lines, and one each of center, keys, quorum");
  }
  const deployment = ORIGIN.exec(plain.name)?.[1];
  if (plain.name !== safe.name || !deployment) throw new Malformed("a policy whose log is not one deployment's");
  const center = ed25519Key(fromBase64(once.get("center")));
  if (equal(center, plain.publicKey)) throw new Malformed("the center has no key of its own");
  if (keys !== "trial" && keys !== "protected") throw new Malformed("keys are neither trial nor protected");
  for (const witness of thirdParties.witnesses.values()) {
    const own = [plain, safe].some((log) => log.name === witness.name && log.keyId === witness.keyId);
    if (own || [plain.publicKey, safe.publicKey, center].some((key) => equal(key, witness.publicKey))) {
      throw new Malformed("a witness that signs with a key of the center's own"); // the log would vouch for itself
    }
  }
  return {
    logKeys: { origin: plain.name, ed25519: plain.publicKey, mldsa44: safe.publicKey },
    center,
    trial: keys === "trial",
    deployment,
    ...thirdParties,
    fingerprint: toHex(await sha256(bytes)),
  };
}
