"""Keys, and what a person's authenticator signs. What is altered is signed again, so that it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.webauthn import challenge_of, load_key, verify_assertion
from tests.fuzz import material
from tests.fuzz.readers.reader import Reader, quiet
from tests.support.ledger.authenticators import es256


def _key(data: bytes) -> list[str]:
    """The algorithms for which these bytes are a key."""
    found = []
    for algorithm in ("eddsa", "es256", "rs256"):
        try:
            load_key(algorithm, data)
        except Malformed:
            continue
        found.append(algorithm)
    if not found:
        raise Malformed("a key of no algorithm")
    return found


def _client(data: bytes) -> None:
    """The browser's data, signed as it is."""
    given = es256().answer(b"message")
    _verify(es256().sign(given.authenticator, data))


def _authenticator(data: bytes) -> None:
    given = es256().answer(b"message")
    _verify(es256().sign(data, given.client))


def _signature(data: bytes) -> None:
    given = es256().answer(b"message")
    _verify(type(given)(given.authenticator, given.client, data))


def _verify(assertion: Any) -> None:
    person = es256()
    verify_assertion(
        assertion,
        algorithm=person.algorithm,
        key=person.key,
        rp=person.rp,
        challenge=challenge_of(b"message"),
    )


def _credential() -> list[Any]:
    """Everything that the scripts need in order to sign like the person: they have the key in PKCS #8."""
    person, given = es256(), es256().answer(b"message")
    private = person.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    parts = (given.authenticator, given.client, person.key, private)
    return [*(encode_base64(one) for one in parts), person.rp]


ASSERTION = """(async () => {
  const [authenticator, client, key, pkcs8] = known.slice(0, 4).map(b.fromBase64);
  const assertion = { authenticator, client, PART: bytes };
  const der = (raw) => {
    const number = (digits) => {
      let at = 0;
      while (at < 31 && digits[at] === 0) at += 1;
      const cut = digits.slice(at);
      return cut[0] >= 0x80 ? [2, cut.length + 1, 0, ...cut] : [2, cut.length, ...cut];
    };
    const both = [...number(raw.slice(0, 32)), ...number(raw.slice(32))];
    return Uint8Array.of(0x30, both.length, ...both);
  };
  if (!assertion.signature) {
    const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const own = await crypto.subtle.importKey("pkcs8", pkcs8, how, false, ["sign"]);
    const message = b.concat(assertion.authenticator, await b.sha256(assertion.client));
    assertion.signature = der(new Uint8Array(await crypto.subtle.sign(how, own, message)));
  }
  const challenge = await b.sha256(b.utf8("message"));
  await it.verifyAssertion(assertion, { algorithm: "es256", key, rp: known[4] }, challenge);
})()"""


KEY = """(async () => {
  const found = [];
  for (const algorithm of ["eddsa", "es256", "rs256"]) {
    try {
      await it.loadKey(algorithm, bytes);
      found.push(algorithm);
    } catch (error) {
      if (error.reason !== "malformed") throw error;
    }
  }
  if (found.length === 0) throw new (await load("proof/errors")).Malformed("a key of no algorithm");
  return found;
})()"""


READERS: Mapping[str, Reader] = {
    "ed25519_key": Reader(
        quiet(Ed25519Key),
        "proof/ed25519",
        "void it.ed25519Key(bytes)",
        lambda: [material.policy().log_keys.ed25519, bytes(31) + b"\x80", b"\xff" * 32],
    ),
    "credential_key": Reader(_key, "proof/ledger/webauthn", KEY, material.credential_keys),
    "assertion_client": Reader(
        _client,
        "proof/ledger/webauthn",
        ASSERTION.replace("PART", "client"),
        lambda: [es256().answer(b"message").client],
        _credential,
    ),
    "assertion_authenticator": Reader(
        _authenticator,
        "proof/ledger/webauthn",
        ASSERTION.replace("PART", "authenticator"),
        lambda: [es256().answer(b"message").authenticator],
        _credential,
    ),
    "assertion_signature": Reader(
        _signature,
        "proof/ledger/webauthn",
        ASSERTION.replace("PART", "signature"),
        lambda: [es256().answer(b"message").signature],
        _credential,
    ),
}
