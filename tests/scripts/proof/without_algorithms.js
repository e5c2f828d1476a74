// A browser that does not know some algorithms of WebCrypto, for as long as a test runs.

/** @param {import("node:test").TestContext} of @param {string[]} names as "Ed25519" */
export function withoutAlgorithms(of, ...names) {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  of.mock.method(crypto.subtle, "importKey", (format, key, algorithm, ...rest) =>
    names.includes(algorithm.name ?? algorithm)
      ? Promise.reject(new DOMException("", "NotSupportedError"))
      : importKey(format, key, algorithm, ...rest),
  );
}
