// @ts-check
// Whether this browser can check and play a recording.

/**
 * Why this browser can check nothing, so that the page asks for nothing: a code of the page's troubles. Browsers do
 * cryptography only over secure connections.
 */
export const lacks = () => (!isSecureContext ? "insecure" : typeof MediaSource === "undefined" ? "no-player" : null);
