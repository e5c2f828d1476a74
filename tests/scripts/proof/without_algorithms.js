// A browser that does not know some algorithms of WebCrypto, for as long as a test runs.

/** @param {import("node:test").TestContext} of @param {string[]} names as "Ed25519" */
export function withoutAlgorithms(of, ...names) {
  for (const [method, place] of [["importKey", 2], ["digest", 0]]) {
    const known = crypto.subtle[method].bind(crypto.subtle);
    of.mock.method(crypto.subtle, method, (...given) =>
      names.includes(given[place].name ?? given[place]) ? Promise.reject(new DOMException("", "NotSupportedError")) : known(...given),
    );
  }
}
