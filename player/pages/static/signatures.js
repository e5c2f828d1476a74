// @ts-check
// Checks one signature with the browser's own cryptography, or says that this browser cannot.
//
// Chromium knows Ed25519 and ML-DSA-44; other browsers may know only the first. A signature that could
// not be checked is never reported as checked: the caller gets "unsupported" and has to say so.

import { NotProved } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {"Ed25519" | "ML-DSA-44"} SignatureType */
/** @typedef {"verified" | "unsupported"} SignatureAnswer */

/**
 * @param {SignatureType} type
 * @param {Bytes} publicKey 32 bytes (Ed25519) or 1,312 bytes (ML-DSA-44)
 * @param {Bytes} signature 64 or 2,420 bytes
 * @param {Bytes} message
 * @param {string} whose for the error
 * @returns {Promise<SignatureAnswer>}
 * @throws {NotProved} "signature" where the signature is not by this key over this message
 */
export async function checkSignature(type, publicKey, signature, message, whose) {
  const format = /** @type {"raw"} */ (type === "Ed25519" ? "raw" : "raw-public");
  let key;
  try {
    key = await crypto.subtle.importKey(format, publicKey, { name: type }, false, ["verify"]);
  } catch (error) {
    // An unknown key format is a TypeError, an unknown algorithm a NotSupportedError.
    if (error instanceof TypeError) return "unsupported";
    if (error instanceof DOMException && error.name === "NotSupportedError") return "unsupported";
    throw new NotProved("signature", `${whose}: not a public key for ${type}`);
  }
  if (!(await crypto.subtle.verify({ name: type }, key, signature, message))) {
    throw new NotProved("signature", `${whose}: the ${type} signature is wrong`);
  }
  return "verified";
}
