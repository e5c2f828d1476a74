// @ts-check
// Opens one sealed message with the key released for that message alone.
//
// Format: C2SP chunked-encryption, Cobblestone-256 (AES-256-GCM). A message is
//   salt (24) ‖ commitment (32) ‖ chunks of 16,384 + 16 bytes, the last one shorter
// and the key a viewer gets is the message's HKDF output: key (32) ‖ base nonce (12) ‖ commitment (32).
// The context of a message (which recording, which track, which place) went into that HKDF at the
// vault, so a key opens exactly one message and a message moved elsewhere has no key that opens it.
//
// Nothing is trusted here but the key. Nothing is released before every chunk has been authenticated.

import { equal } from "./bytes.js";
import { NotProved } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const KEY_LENGTH = 76;

const HEAD = 56;
const CHUNK = 16384;
const TAG = 16;

/**
 * The chunk's number XORed into the last five bytes of the base nonce. The key is used for one
 * message only, so numbering the chunks is enough to never repeat a nonce.
 *
 * @param {Bytes} base 12 bytes @param {number} number below 2³⁸
 */
function nonce(base, number) {
  const out = base.slice();
  const view = new DataView(out.buffer);
  view.setUint32(8, (view.getUint32(8) ^ (number >>> 0)) >>> 0);
  view.setUint8(7, view.getUint8(7) ^ Math.floor(number / 2 ** 32));
  return out;
}

/**
 * @param {Bytes} key 76 bytes
 * @param {Bytes} message the whole sealed message
 * @returns {Promise<Bytes>} the plaintext
 * @throws {NotProved} "altered" where the key is another message's, a chunk was changed, or the end is missing
 */
export async function openMessage(key, message) {
  if (key.length !== KEY_LENGTH) throw new NotProved("altered", `a message key of ${key.length} bytes`);
  const rest = (message.length - HEAD) % (CHUNK + TAG);
  // A last chunk is never full: a message that ends on a chunk boundary has lost its end.
  if (message.length < HEAD || rest < TAG) throw new NotProved("altered", "the sealed message is cut short");
  if (!equal(key.subarray(44), message.subarray(24, HEAD))) {
    throw new NotProved("altered", "the sealed message does not commit to this key");
  }
  const aes = await crypto.subtle.importKey("raw", key.subarray(0, 32), "AES-GCM", false, ["decrypt"]);
  const base = key.slice(32, 44);
  const chunks = (message.length - HEAD - rest) / (CHUNK + TAG) + 1;
  const plain = new Uint8Array(message.length - HEAD - chunks * TAG);
  try {
    await Promise.all(
      Array.from({ length: chunks }, async (_, number) => {
        const start = HEAD + number * (CHUNK + TAG);
        const opened = await crypto.subtle.decrypt(
          { name: "AES-GCM", iv: nonce(base, number) },
          aes,
          message.subarray(start, start + CHUNK + TAG),
        );
        plain.set(new Uint8Array(opened), number * CHUNK);
      }),
    );
  } catch (error) {
    plain.fill(0);
    if (!(error instanceof DOMException)) throw error;
    throw new NotProved("altered", "the sealed message was changed after it was sealed");
  }
  return plain;
}
