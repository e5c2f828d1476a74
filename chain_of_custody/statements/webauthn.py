"""A person's own signature: a WebAuthn assertion whose challenge is the root of a sheet of acts (`sheets`).

The authenticator (a passkey, a security key) signs its own data and the digest of the browser's client data,
which names the challenge and the page it came from. A valid assertion proves that the holder of that
credential, verified by the authenticator (PIN, finger, face), signed exactly this challenge on a page of that
host. It does not prove that the page showed the content of the challenge.

Verification is offline and from bytes alone. The signature counter is not checked: a statement's number and
predecessor make every challenge different, so there is nothing to replay.

Trusts nothing. Raises `Malformed` for bytes of invalid form, `SignatureInvalid` for a failed check. Counting
brackets and fixing key forms ensure that every verifier gets the same result.

Specifications: docs/spec/statement.md; W3C WebAuthn Level 2, sections 5.8.1, 6.1 and 7.2; RFC 8410, RFC 5480.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from chain_of_custody.encoding.ed25519 import KEY_SIZE, Ed25519Key
from chain_of_custody.errors import Malformed, SignatureInvalid

MIN_AUTHENTICATOR = 37
"""Minimum bytes: digest of the host name, flags, counter. Extensions may follow; signed but not read."""
MAX_CLIENT = 4096
"""Maximum bytes of clientDataJSON."""
MAX_BRACKETS = 64
"""Maximum objects and lists in clientDataJSON. Real ones have one or two; parsers differ in depth limits."""
RSA_BITS = range(2048, 8193)
RSA_EXPONENT = 65537
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""SubjectPublicKeyInfo of a point of P-256 up to its x and y, 32 bytes each (RFC 5480)."""
P256_SIZE = 32
"""Bytes of a coordinate."""
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""SubjectPublicKeyInfo of a key of Ed25519 up to the key itself, 32 bytes (RFC 8410)."""

_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04
_PORT = r"(?::[1-9][0-9]{0,4})?"
_HTTPS = re.compile(rf"https://([a-z0-9.-]{{1,253}}){_PORT}")
_LOCALHOST = re.compile(rf"http://(localhost){_PORT}")

_STEP = "signature"

CredentialKey: TypeAlias = ec.EllipticCurvePublicKey | Ed25519Key | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Assertion:
    """An authenticator's assertion: its data, the browser's clientDataJSON, and the signature over both."""

    authenticator: bytes
    client: bytes
    signature: bytes


def challenge_of(message: bytes) -> bytes:
    """Return the 32-byte challenge for a sign-in with `message`."""
    return hashlib.sha256(message).digest()


def load_key(algorithm: str, key: bytes) -> CredentialKey:
    """Return the public key in a SubjectPublicKeyInfo.

    Raises `Malformed` unless `key` is the only DER form of a key of `algorithm`: an uncompressed point of
    P-256, on the curve; Ed25519, as `Ed25519Key` accepts it; RSA of 2,048 to 8,192 bits, exponent 65537.
    """
    refused = Malformed(f"credential: not the one form of a key for {algorithm}")
    if algorithm == "eddsa":
        if key[:-KEY_SIZE] != ED25519_PREFIX:
            raise refused
        return Ed25519Key(key[-KEY_SIZE:])
    try:
        loaded = load_der_public_key(key)
        canonical = loaded.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise refused from error
    if canonical == key:
        match algorithm, loaded:
            case ("es256", ec.EllipticCurvePublicKey()) if key.startswith(P256_PREFIX):
                return loaded
            case ("rs256", RSAPublicKey()) if _is_usual(loaded):
                return loaded
    raise refused


def _is_usual(key: RSAPublicKey) -> bool:
    # An even modulus is not a key; libraries detect that at different times.
    numbers = key.public_numbers()
    return key.key_size in RSA_BITS and numbers.e == RSA_EXPONENT and numbers.n % 2 == 1


def verify_assertion(assertion: Assertion, *, algorithm: str, key: bytes, rp: str, challenge: bytes) -> None:
    """Prove that the credential `key` (DER, of host `rp`) signed `challenge` with its user verified.

    1. The authenticator's data is for this host, and its user was present and verified.
    2. The browser requested a signature of exactly this challenge, on a page of this host itself.
    3. The signature covers both.

    Raises `SignatureInvalid`; `Malformed` for an invalid key.
    """
    public = load_key(algorithm, key)
    _check_authenticator(assertion.authenticator, rp)  # 1
    _check_client(assertion.client, rp, challenge)  # 2
    _check_signature(  # 3
        public, assertion.signature, assertion.authenticator + hashlib.sha256(assertion.client).digest()
    )


def _check_authenticator(data: bytes, rp: str) -> None:
    if len(data) < MIN_AUTHENTICATOR:
        raise SignatureInvalid(_STEP, "the authenticator's data is too short")
    if data[:32] != hashlib.sha256(rp.encode()).digest():
        raise SignatureInvalid(_STEP, "the authenticator signed for another host")
    if not data[32] & _USER_PRESENT or not data[32] & _USER_VERIFIED:
        raise SignatureInvalid(_STEP, "the authenticator did not verify its user")


def _check_client(client: bytes, rp: str, challenge: bytes) -> None:
    fields = _read_client(client)
    if fields.get("type") != "webauthn.get":
        raise SignatureInvalid(_STEP, "the browser was not asked for a signature")
    if fields.get("challenge") != urlsafe_b64encode(challenge).rstrip(b"=").decode():
        raise SignatureInvalid(_STEP, "the person's signature is over another statement")
    if not _is_origin_of(fields.get("origin"), rp):
        raise SignatureInvalid(_STEP, "the person signed on a page of another host")
    if fields.get("crossOrigin", False) is not False:
        raise SignatureInvalid(_STEP, "the person signed in a page inside another one")


def _read_client(client: bytes) -> dict[str, Any]:
    if len(client) > MAX_CLIENT or client.count(b"{") + client.count(b"[") > MAX_BRACKETS:
        raise SignatureInvalid(_STEP, "the browser's data is too long or too deep")
    try:
        fields = json.loads(client.decode("utf-8"), parse_constant=_no_number)
    except ValueError as error:
        raise SignatureInvalid(_STEP, "the browser's data is not JSON") from error
    if not isinstance(fields, dict):
        raise SignatureInvalid(_STEP, "the browser's data is not a JSON object")
    return fields


def _is_origin_of(origin: object, rp: str) -> bool:
    if not isinstance(origin, str):
        return False
    match = _HTTPS.fullmatch(origin) or _LOCALHOST.fullmatch(origin)
    return match is not None and (match[1] == rp or match[1].endswith("." + rp))


def _check_signature(public: CredentialKey, signature: bytes, message: bytes) -> None:
    try:
        match public:
            case ec.EllipticCurvePublicKey():
                public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
            case Ed25519Key():
                public.verify(signature, message)
            case RSAPublicKey():
                public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, SignatureInvalid, ValueError) as error:
        raise SignatureInvalid(_STEP, "the person's signature does not hold") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
