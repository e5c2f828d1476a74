// @ts-check
// The browser's part of passkeys: bytes to and from base64url, and one conversation with the authenticator.
// (`parseCreationOptionsFromJSON` and `toJSON` do the same, in newer browsers than centers have.)

import { json, read } from "../page/requests.js";
import { toBase64 } from "../proof/bytes.js";

const WITHIN = 20_000; // ms for an answer

/** @param {string} text base64url */
function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer @returns {string} base64url without padding */
const text = (buffer) =>
  buffer ? toBase64(new Uint8Array(buffer)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : "";

/** As `toJSON` gives it. @param {PublicKeyCredential} credential @param {Record<string, ArrayBuffer | null>} response */
const written = ({ id, rawId, type }, response) => ({
  id,
  rawId: text(rawId),
  type,
  response: Object.fromEntries(Object.entries(response).map(([name, buffer]) => [name, text(buffer)])),
});

/** Whether this browser has passkeys at all. */
export const supported = () => typeof PublicKeyCredential === "function" && "credentials" in navigator;

/**
 * @param {string} path @param {unknown} [body] @returns {Promise<any>}
 * @throws {import("../page/requests.js").Refused | import("../page/requests.js").Unreachable}
 */
export const post = (path, body = {}) => read(path, { ...json(body), within: WITHIN });

/** The answer to the browser's own question for a passkey. @param {any} options of which only some are allowed, or all are */
export async function answerWith({ allowCredentials, ...options }) {
  const publicKey = { ...options, challenge: bytes(options.challenge), ...(allowCredentials && { allowCredentials: known(allowCredentials) }) };
  const found = await navigator.credentials.get({ publicKey });
  if (!(found instanceof PublicKeyCredential)) throw new DOMException("no passkey", "NotAllowedError");
  const { authenticatorData, clientDataJSON, signature, userHandle } = /** @type {AuthenticatorAssertionResponse} */ (found.response);
  return written(found, { authenticatorData, clientDataJSON, signature, userHandle });
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
  const { clientDataJSON, attestationObject } = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return written(made, { clientDataJSON, attestationObject });
}
