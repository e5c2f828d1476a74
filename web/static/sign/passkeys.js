// @ts-check
// The browser's part of passkeys: bytes to and from base64url, and one conversation with the authenticator.
// (`parseCreationOptionsFromJSON` and `toJSON` do the same, in newer browsers than centers have.)

import { json, read } from "../page/requests.js";

const WITHIN = 20_000; // ms for an answer

/** @param {string} text base64url */
function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer @returns {string} base64url without padding */
export function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Whether this browser has passkeys at all. */
export const supported = () => typeof PublicKeyCredential === "function" && "credentials" in navigator;

/**
 * @param {string} path @param {unknown} [body] @returns {Promise<any>}
 * @throws {import("../page/requests.js").Refused | import("../page/requests.js").Unreachable}
 */
export const post = (path, body = {}) => read(path, { ...json(body), within: WITHIN });

/** @param {any} options */
export async function answerWith(options) {
  const { id, rawId, type, response } = await asked(options);
  return {
    id,
    rawId: text(rawId),
    type,
    response: {
      authenticatorData: text(response.authenticatorData),
      clientDataJSON: text(response.clientDataJSON),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  };
}

/**
 * The browser's own question for a passkey.
 *
 * @param {any} options of which only some are allowed, or all are @returns {Promise<PublicKeyCredential & {response: AuthenticatorAssertionResponse}>}
 */
export async function asked({ allowCredentials, ...options }) {
  const publicKey = { ...options, challenge: bytes(options.challenge), ...(allowCredentials && { allowCredentials: known(allowCredentials) }) };
  const found = await navigator.credentials.get({ publicKey });
  if (!(found instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  return /** @type {PublicKeyCredential & {response: AuthenticatorAssertionResponse}} */ (found);
}

/** @param {{id: string, type: "public-key"}[]} credentials */
const known = (credentials) => credentials.map((one) => ({ ...one, id: bytes(one.id) }));

/** @param {any} options */
export async function make(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
    },
  };
}
