"""Ed25519: the one place where a public key is read and a signature is verified.

Libraries accept keys that RFC 8032 refuses, or that are unsafe. Under a key of small order the signature R =
1, S = 0 is valid for every message, or for one message in eight, without any private key. So no module but
this one makes a library's public key out of bytes; a test over the syntax tree ensures it.

The library does the curve arithmetic. Here encodings are compared with the field's prime, the group's order
and the y of the eight points of small order, so that the verdict does not depend on the library.

Trusts nothing. Specification: docs/spec/signatures.md; RFC 8032, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chain_of_custody.errors import Malformed, SignatureInvalid

KEY_SIZE = 32
SIGNATURE_SIZE = 64

_PRIME = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset((0, 1, _ORDER_8, _PRIME - _ORDER_8, _PRIME - 1))
"""The y of the eight points of small order: each has one x, or two that the sign bit tells apart."""


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """A public key, 32 bytes.

    Raises `Malformed` unless it is a canonical encoding of no point of small order. Whether it is a point at
    all shows at the first signature: under one that is none, no signature is valid.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_SIZE:
            raise Malformed(f"an Ed25519 public key is not {KEY_SIZE} bytes")
        if (why := _refused(self.raw)) is not None:
            raise Malformed(f"an Ed25519 public key is {why}")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Prove that this key signed `message`: S·B = R + k·A, without the cofactor.

        Raises `SignatureInvalid`.
        """
        if len(signature) != SIGNATURE_SIZE or _refused(signature[:32]) is not None:
            raise SignatureInvalid("signature", "the R of an Ed25519 signature is not in its one form")
        if int.from_bytes(signature[32:], "little") >= _ORDER:
            raise SignatureInvalid("signature", "the S of an Ed25519 signature is out of range")
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError) as error:  # ValueError: it is not a point
            raise SignatureInvalid("signature", "the Ed25519 signature is wrong") from error


def _refused(point: bytes) -> str | None:
    """Return why an encoded point (32 bytes) is refused, or None."""
    y = int.from_bytes(point, "little") & (2**255 - 1)  # the highest bit is the sign of x
    if y >= _PRIME:
        return "not in the canonical encoding"
    if y in _SMALL_ORDER:
        return "a point of small order, for which anybody can sign"
    return None
