// @ts-check
// Seals what is typed to unlock the vault to the keyholder, before it leaves the browser (docs/spec/unlocking.md).
// The field has no name, so no form ever sends it; the form sends the key that it was sealed to, and the sealed bytes.

import { element, inside } from "../page/elements.js";
import { read } from "../page/requests.js";
import { concat, fromBase64, fromHex, toBase64, utf8 } from "../proof/bytes.js";
import { seal } from "../proof/hpke.js";

const AES_256_GCM = 2;
const PLAIN_SIZE = 4096; // bytes: all passphrases are sent in one length
const LABEL = "amana/unlock/v1\0";

/**
 * @param {string} typed @param {{ key: string, vault: string }} to Base64 of 32 bytes; recipient id of the vault key, 16 hex
 * digits @param {CryptoKeyPair} [pair] Fixed in tests
 * @returns {Promise<string>} base64
 */
export async function sealed(typed, { key, vault }, pair = undefined) {
  const text = utf8(typed);
  if (text.length > PLAIN_SIZE - 2) throw new RangeError("too long for a passphrase");
  const plain = new Uint8Array(PLAIN_SIZE);
  new DataView(plain.buffer).setUint16(0, text.length);
  plain.set(text, 2);
  const info = concat(utf8(LABEL), fromHex(vault, 8));
  return toBase64(await seal(AES_256_GCM, fromBase64(key), info, plain, undefined, pair));
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const typed = inside(form, "#passphrase", HTMLInputElement);
  const to = await read("/vault/key", { method: "POST", within: 20_000 });
  for (const [name, value] of Object.entries({ key: to.key, sealed: await sealed(typed.value, to) })) {
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    field.value = value;
  }
  typed.value = "";
  form.submit();
}

const form = /** @type {HTMLFormElement | null} */ (globalThis.document?.getElementById("unlocking") ?? null);
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = inside(form, "button", HTMLButtonElement);
  const failed = element("not-sealed");
  button.disabled = true;
  failed.hidden = true;
  send(form).catch(() => {
    failed.hidden = false;
    button.disabled = false;
  });
});
