// @ts-check
// Drawings that are not in the record yet, kept in this browser through a reload and without a network: encrypted under a key of this
// browser that no script can extract, and deleted once the record has them.
//
// Trusts: this browser's profile. Whoever copies it whole, with its key, can read what is kept.

import { utf8 } from "../proof/bytes.js";

const BASE = "amana-drawings", KEYS = "keys", KEPT = "kept", NAME = "key";
const AES = "AES-GCM";

/** @typedef {{iv: Bytes, data: ArrayBuffer}} Sealed */
/** `about`: JSON; `file`: the bytes of a picture. @typedef {{about: Sealed, file: Sealed | null}} Item */
/** @template T @typedef {{name: string, about: T, file: ArrayBuffer | null}} Kept */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) => new Promise((resolve, reject) => {
  request.addEventListener("success", () => resolve(request.result));
  request.addEventListener("error", () => reject(request.error));
});

/** @param {IDBTransaction} writing @returns {Promise<void>} */
const written = (writing) => new Promise((resolve, reject) => {
  writing.addEventListener("complete", () => resolve());
  writing.addEventListener("abort", () => reject(writing.error));
});

/** @template T what is known of a drawing, as JSON */
export class DrawingStore {
  #base;
  #key;

  /** @param {IDBDatabase} base @param {CryptoKey} key */
  constructor(base, key) {
    this.#base = base;
    this.#key = key;
  }

  /** @template T @returns {Promise<DrawingStore<T>>} @throws {unknown} where this browser keeps nothing */
  static async open() {
    const opening = indexedDB.open(BASE, 1);
    opening.addEventListener("upgradeneeded", () => {
      for (const name of [KEYS, KEPT]) opening.result.createObjectStore(name);
    });
    const base = await answered(opening);
    const made = await crypto.subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
    // Two pages may be opened at once: the first that writes decides, and both have its key.
    const writing = base.transaction(KEYS, "readwrite", { durability: "strict" });
    const done = written(writing);
    const keys = writing.objectStore(KEYS);
    const before = await answered(keys.get(NAME));
    if (!before) keys.put(made, NAME);
    await done;
    return new DrawingStore(base, before ?? made);
  }

  /** Keeps it under this name, in the place of `instead` where that is given; durable on return. @param {Kept<T>} kept @param {string} [instead] */
  async keep({ name, about, file }, instead) {
    const item = { about: await this.#encrypt(name, utf8(JSON.stringify(about))), file: file && (await this.#encrypt(name, new Uint8Array(file))) };
    const writing = this.#base.transaction(KEPT, "readwrite", { durability: "strict" });
    const done = written(writing);
    if (instead !== undefined) writing.objectStore(KEPT).delete(instead);
    writing.objectStore(KEPT).put(item, name);
    await done;
  }

  /** @param {string} name */
  async remove(name) {
    const writing = this.#base.transaction(KEPT, "readwrite", { durability: "strict" });
    const done = written(writing);
    writing.objectStore(KEPT).delete(name);
    await done;
  }

  /** Everything that is kept and can be read, by name; the rest stays. @returns {Promise<Kept<T>[]>} */
  async all() {
    const store = this.#base.transaction(KEPT).objectStore(KEPT);
    const [names, items] = await Promise.all([answered(store.getAllKeys()), answered(store.getAll())]);
    const read = await Promise.allSettled(names.map(async (key, at) => {
      const name = String(key), { about, file } = /** @type {Item} */ (items[at]);
      const text = new TextDecoder().decode(await this.#decrypt(name, about));
      return { name, about: JSON.parse(text), file: file && (await this.#decrypt(name, file)) };
    }));
    return read.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  /** @param {string} name @param {Bytes} bytes @returns {Promise<Sealed>} */
  async #encrypt(name, bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: AES, iv, additionalData: utf8(name) }, this.#key, bytes) };
  }

  /** @param {string} name @param {Sealed} sealed @returns {Promise<ArrayBuffer>} */
  #decrypt(name, { iv, data }) {
    return crypto.subtle.decrypt({ name: AES, iv, additionalData: utf8(name) }, this.#key, data);
  }
}
