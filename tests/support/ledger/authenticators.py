"""Authenticators made of software: real keys, real assertions, and whatever a test wants wrong in them."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.statements.keys import KeyRecord, key_id
from chain_of_custody.statements.sheets import ALONE
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.webauthn import Assertion, challenge_of

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | Ed25519PrivateKey | rsa.RSAPrivateKey

RP = "amana.example"
PERSON = "a0" * 16
VERIFIED = 0x05
"""Flags: user present, user verified."""


@dataclass(frozen=True)
class Authenticator:
    """One credential, in the hands of its person."""

    algorithm: str
    private: PrivateKey
    rp: str = RP
    person: str = PERSON

    @property
    def key(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def id(self) -> str:
        return key_id(self.key)

    @property
    def enrolment(self) -> dict[str, str]:
        """The body of its `credential.enrolled`, as its person's first one."""
        return {
            "algorithm": self.algorithm,
            "key": encode_base64(self.key),
            "person": self.person,
            "proof": "link",
            "rp": self.rp,
        }

    def record(self, **fields: Any) -> KeyRecord:
        given: dict[str, Any] = {"enrolled": 0, "person": self.person}
        return KeyRecord(self.key, "person", algorithm=self.algorithm, rp=self.rp, **(given | fields))

    def sign(self, authenticator: bytes, client: bytes) -> Assertion:
        """The assertion over these bytes, whatever they say."""
        message = authenticator + hashlib.sha256(client).digest()
        match self.private:
            case ec.EllipticCurvePrivateKey() as key:
                algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
                signature = key.sign(message, algorithm)
            case Ed25519PrivateKey() as key:
                signature = key.sign(message)
            case rsa.RSAPrivateKey() as key:
                signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return Assertion(authenticator, client, signature)

    def answer(self, message: bytes, **client: Any) -> Assertion:
        """As a browser and an authenticator would."""
        return self.sign(authenticator_data(self.rp), client_data(message, self.rp, **client))

    def over(self, asked: bytes, /, **client: Any) -> Assertion:
        """The answer to a challenge, as that of a sheet."""
        challenge = urlsafe_b64encode(asked).rstrip(b"=").decode()
        return self.answer(b"", **({"challenge": challenge} | client))

    def beside(self, message: bytes) -> WebAuthnSignature:
        """The person's signature over an act, alone on its sheet."""
        return WebAuthnSignature(self.id, self.answer(alone(message)), ALONE)

    def signature(self, statement: Statement) -> WebAuthnSignature:
        """The person's signature under a statement, alone on its sheet."""
        return self.beside(statement.signed_message())


def alone(message: bytes) -> bytes:
    """What has the challenge of a sheet with this act alone: its leaf in the tree."""
    return b"\x00" + message


def authenticator_data(rp: str = RP, flags: int = VERIFIED, counter: int = 1) -> bytes:
    return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")


def client_data(message: bytes, rp: str = RP, **changes: Any) -> bytes:
    fields = {
        "type": "webauthn.get",
        "challenge": urlsafe_b64encode(challenge_of(message)).rstrip(b"=").decode(),
        "origin": f"https://{rp}",
        "crossOrigin": False,
    }
    fields = {name: value for name, value in (fields | changes).items() if value is not None}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def es256(seed: int = 1, **fields: Any) -> Authenticator:
    return Authenticator("es256", ec.derive_private_key(seed, ec.SECP256R1()), **fields)


def eddsa(seed: int = 1, **fields: Any) -> Authenticator:
    return Authenticator("eddsa", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), **fields)


def rs256(seed: int = 1, **fields: Any) -> Authenticator:
    return Authenticator("rs256", _rsa_key(seed), **fields)


def rsa_public(bits: int, exponent: int = 65537) -> bytes:
    """A public RSA key of this size that nobody has the other half of."""
    modulus = int.from_bytes(hashlib.shake_256(b"modulus").digest(bits // 8 + 1), "big")
    modulus = modulus % 2**bits | 1 << (bits - 1) | 1
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


_TO_PRIME = (568, 546, 264, 1270)
"""From a number that anybody can make to the next prime: looked for once."""


@cache
def _rsa_key(seed: int) -> rsa.RSAPrivateKey:
    """The same 2,048-bit key for the same seed (1 or 2), so that vectors can be made again."""
    p, q = sorted((_prime(2 * seed - 1), _prime(2 * seed)), reverse=True)
    public = rsa.RSAPublicNumbers(65537, p * q)
    d = pow(public.e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _prime(which: int) -> int:
    made = int.from_bytes(hashlib.shake_256(b"prime %d" % which).digest(128), "big")
    return (made | (3 << 1022) | 1) + _TO_PRIME[which - 1]
