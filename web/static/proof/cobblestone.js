// @ts-check
// C2SP chunked-encryption, Cobblestone-256 (AES-256-GCM): one sealed message, opened whole, or where it is needed.
//
// A message is   salt (24) ‖ commitment (32) ‖ chunks of 16,384 + 16 bytes, the last one shorter
// and its key    key (32) ‖ base nonce (12) ‖ commitment (32), which is HKDF output.
//
// A viewer is given that key for each message alone: the context of a message (which recording, which track, which
// place) went into the HKDF at the vault, so a key opens exactly one message, and one moved elsewhere has no key that
// opens it. A court package's key comes from its passphrase (package/sealed.js).
//
// Nothing is trusted here but the key. Nothing is released before its chunk has been authenticated.

import { concat, equal, utf8 } from "./bytes.js";
import { NotProved } from "./errors.js";

const KEY_LENGTH = 76;
export const SALT = 24;
export const HEAD = 56;
export const CHUNK = 16384;
export const SEALED_CHUNK = CHUNK + 16;

const TAG = 16;
const LABEL = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

/** @param {Bytes} key 32 uniformly random bytes @returns {Promise<CryptoKey>} for `messageKey` */
export const importRoot = (key) => crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);

/**
 * The key of one message, by HKDF-Expand with SHA-512 (RFC 5869): 76 bytes are its first block and a part of its second.
 *
 * @param {CryptoKey} hmac for HMAC with SHA-512, of 32 uniformly random bytes @param {Bytes} context @param {Bytes} salt 24 bytes
 * @returns {Promise<Bytes>} 76 bytes
 */
export async function messageKey(hmac, context, salt) {
  const info = concat(LABEL, salt, context);
  const first = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(info, Uint8Array.of(1))));
  const second = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, concat(first, info, Uint8Array.of(2))));
  return concat(first, second).slice(0, KEY_LENGTH);
}

/** Bytes of plaintext in a message of `length` bytes. @param {number} length @returns {number | null} null where no message has it */
export function plainLength(length) {
  const rest = (length - HEAD) % SEALED_CHUNK;
  // A last chunk is never full: a message that ends on a chunk boundary has lost its end.
  if (length < HEAD || rest < TAG) return null;
  return ((length - HEAD - rest) / SEALED_CHUNK) * CHUNK + rest - TAG;
}

/** Opens chunks of one message, from any place. */
export class ChunkOpener {
  /** @param {CryptoKey} aes @param {Bytes} base 12 bytes @param {Bytes} commitment 32 bytes */
  constructor(aes, base, commitment) {
    this.#aes = aes;
    this.#base = base;
    this.#commitment = commitment;
  }

  #aes;
  #base;
  #commitment;

  /** @param {Bytes} key 76 bytes @returns {Promise<ChunkOpener>} */
  static async with(key) {
    const aes = await crypto.subtle.importKey("raw", key.slice(0, 32), "AES-GCM", false, ["decrypt"]);
    return new ChunkOpener(aes, key.slice(32, 44), key.slice(44));
  }

  /** Whether this key opens the message that begins so. @param {Bytes} head 56 bytes */
  opens(head) {
    return equal(this.#commitment, head.subarray(SALT, HEAD));
  }

  /**
   * @param {number} first number of the first chunk @param {Bytes} sealed chunks one after the other; only the
   *   message's last may be shorter @param {import("./buffers.js").Room} [room] to put the plaintext into
   * @returns {Promise<Bytes>} their plaintext @throws {ChunkAltered}
   */
  async open(first, sealed, room) {
    const count = Math.ceil(sealed.length / SEALED_CHUNK);
    const length = sealed.length - count * TAG;
    const buffer = room?.take("opened", length) ?? new ArrayBuffer(length);
    const plain = new Uint8Array(buffer, 0, length);
    // All at once: the browser spreads them over its threads.
    const opened = [];
    for (let i = 0; i < count; i += 1) {
      const chunk = sealed.subarray(i * SEALED_CHUNK, (i + 1) * SEALED_CHUNK);
      const opening = crypto.subtle.decrypt({ name: "AES-GCM", iv: chunkNonce(this.#base, first + i) }, this.#aes, chunk);
      opened.push(
        opening.then(
          (content) => plain.set(new Uint8Array(content), i * CHUNK),
          (error) => {
            throw error instanceof DOMException ? new ChunkAltered(first + i) : error;
          },
        ),
      );
    }
    await Promise.all(opened);
    room?.keep("opened", buffer);
    return plain;
  }
}

/**
 * The chunk's number XORed into the last five bytes of the base nonce. The key is used for one message only, so
 * numbering the chunks is enough to never repeat a nonce.
 *
 * @param {Bytes} base 12 bytes @param {number} number below 2³⁸
 */
export function chunkNonce(base, number) {
  const out = base.slice();
  const view = new DataView(out.buffer);
  view.setUint32(8, (view.getUint32(8) ^ (number >>> 0)) >>> 0);
  view.setUint8(7, view.getUint8(7) ^ Math.floor(number / 2 ** 32));
  return out;
}

/** A chunk that does not authenticate. */
export class ChunkAltered extends NotProved {
  /** @param {number} chunk its number */
  constructor(chunk) {
    super("altered", "the sealed message was changed after it was sealed");
    this.chunk = chunk;
  }
}

/**
 * @param {Bytes} key 76 bytes
 * @param {Bytes} message the whole sealed message
 * @returns {Promise<Bytes>} the plaintext
 * @throws {NotProved} "altered" where the key is another message's, a chunk was changed, or the end is missing
 */
export async function openMessage(key, message) {
  if (key.length !== KEY_LENGTH) throw new NotProved("altered", `a message key of ${key.length} bytes`);
  if (plainLength(message.length) === null) throw new NotProved("altered", "the sealed message is cut short");
  const opener = await ChunkOpener.with(key);
  if (!opener.opens(message)) throw new NotProved("altered", "the sealed message does not commit to this key");
  return opener.open(0, message.subarray(HEAD));
}
