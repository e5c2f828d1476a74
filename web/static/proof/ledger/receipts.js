// @ts-check
// A court's receipt inside a `custody.transferred`: signed with a key of the court's own, over
// "amana/receipt/v1\0" ‖ canonical({at, organisation, outcome, package, v: 1}). Whose key that is, the court
// itself has to say.

import { concat, fromBase64, utf8 } from "../bytes.js";
import { canonical } from "../canonical.js";
import { NotProved } from "../errors.js";
import { checkSignature } from "./signatures.js";

const PREFIX = utf8("amana/receipt/v1\0");

/**
 * @param {Record<string, any>} body of a `custody.transferred`, its form checked (`bodies.js`)
 * @throws {NotProved} "signature"
 */
export async function verifyReceipt(body) {
  const { at, key, organisation, outcome, package: digest, signature } = body.receipt;
  const message = concat(PREFIX, canonical({ at, organisation, outcome, package: digest, v: 1 }));
  try {
    await checkSignature("Ed25519", fromBase64(key), fromBase64(signature), message, "receipt");
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    throw new NotProved("signature", "the court's signature on its receipt does not hold");
  }
}
