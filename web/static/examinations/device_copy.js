// @ts-check
// What this device keeps of a draft while the center does not answer: encrypted, so that a tablet that is found tells
// nothing. The key is not on the device: the center gives it with the draft's page, to those who may open the draft.
//
//   localStorage["examination " + draft] = base64(nonce (12) ‖ AES-256-GCM of the JSON of {version, content})

import { concat, fromBase64, text, toBase64, utf8 } from "../proof/bytes.js";

const NONCE = 12; // bytes
const NAME = "examination ";

/** @template T @typedef {{version: number, content: T}} Kept made to a version that the center had */

/** @template T */
export class DeviceCopy {
  #name;
  #key;
  #latest = 0;

  /** @param {string} draft @param {string} key base64 of 32 bytes */
  constructor(draft, key) {
    this.#name = NAME + draft;
    this.#key = crypto.subtle.importKey("raw", fromBase64(key), "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  /** @param {Kept<T>} kept @returns {Promise<boolean>} whether this device keeps it: its storage may be full, or shut off */
  async keep(kept) {
    const turn = (this.#latest += 1);
    const iv = crypto.getRandomValues(new Uint8Array(NONCE));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#key, utf8(JSON.stringify(kept)));
    if (turn !== this.#latest) return true; // what is newer is kept, or was dropped since the center has it
    try {
      localStorage.setItem(this.#name, toBase64(concat(iv, new Uint8Array(sealed))));
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return false;
    }
  }

  /** @returns {Promise<Kept<T> | null>} null: there is none that this key opens */
  async kept() {
    const stored = localStorage.getItem(this.#name);
    if (stored === null) return null;
    try {
      const bytes = fromBase64(stored);
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, NONCE) }, await this.#key, bytes.slice(NONCE));
      return JSON.parse(text(new Uint8Array(plain)));
    } catch {
      return null; // of another key, or damaged: nobody can read it any more
    }
  }

  drop() {
    this.#latest += 1;
    localStorage.removeItem(this.#name);
  }
}
