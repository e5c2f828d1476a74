"""Public keys and signatures of time-stamping authorities: the accepted algorithms, and nothing else.

An algorithm identifier is accepted in the exact bytes of these tables, so no two readers can differ about its
parameters. A key is accepted in one form: RSA of 2048 to 8192 bits with the exponent 65537, or an
uncompressed point of P-256 or P-384. Whatever has another form is *foreign*: a certificate may have it, but
proves nothing. Only after that a library gets the key, as numbers.

Trusts nothing. Raises only `Malformed`.

Specification: docs/spec/time.md section 8; RFC 4055, 5480, 5754, 5758; RFC 8017 section 8.2.2; SEC 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chain_of_custody.encoding.der import MAX_LENGTH, SEQUENCE, Element, Reader
from chain_of_custody.errors import Malformed

Kind: TypeAlias = Literal["rsa", "ec"]
Signing: TypeAlias = tuple[Kind, str]
"""How a signature was made: the kind of its key, and its hash."""

HASHES: Mapping[bytes, str] = {
    bytes.fromhex(identifier): name
    for name, identifiers in {
        "sha256": ("300b0609608648016503040201", "300d06096086480165030402010500"),
        "sha384": ("300b0609608648016503040202", "300d06096086480165030402020500"),
        "sha512": ("300b0609608648016503040203", "300d06096086480165030402030500"),
    }.items()
    for identifier in identifiers
}
"""Hashes in CMS: parameters absent, or NULL."""
DEFAULT_HASH = bytes.fromhex("300b0609608648016503040201")
"""What RFC 5816 calls the default, which is never written."""
SIGNATURES: Mapping[bytes, Signing] = {
    bytes.fromhex("300d06092a864886f70d01010b0500"): ("rsa", "sha256"),
    bytes.fromhex("300d06092a864886f70d01010c0500"): ("rsa", "sha384"),
    bytes.fromhex("300d06092a864886f70d01010d0500"): ("rsa", "sha512"),
    bytes.fromhex("300a06082a8648ce3d040302"): ("ec", "sha256"),
    bytes.fromhex("300a06082a8648ce3d040303"): ("ec", "sha384"),
    bytes.fromhex("300a06082a8648ce3d040304"): ("ec", "sha512"),
}
"""Signatures: of RSA the parameters are NULL, of ECDSA absent."""
RSA = bytes.fromhex("300d06092a864886f70d0101010500")
"""An RSA key; and in CMS a signature by one, whose hash is stated beside it."""

MODULUS = range(2048, 8193)
"""Accepted bits of an RSA modulus."""
EXPONENT = 65537


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve y² = x³ − 3x + b modulo p, with numbers of `size` bytes (FIPS 186-4, D.1.2)."""

    name: str
    size: int
    p: int
    b: int

    def has(self, x: int, y: int) -> bool:
        """Return whether this point is on the curve."""
        return x < self.p and y < self.p and (y * y - x * x * x + 3 * x - self.b) % self.p == 0


CURVES: Mapping[bytes, Curve] = {
    bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"): Curve(
        "P-256",
        32,
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    bytes.fromhex("301006072a8648ce3d020106052b81040022"): Curve(
        "P-384",
        48,
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
}
"""By the whole algorithm identifier: id-ecPublicKey, and the name of the curve."""

_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_NAMED = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA key with the exponent 65537."""

    modulus: int

    def signed(self, hash_: str, signature: bytes, message: bytes) -> bool:
        """Return whether it signed this with PKCS #1 v1.5; a signature is as long as the modulus."""
        if len(signature) != (self.modulus.bit_length() + 7) // 8:
            return False
        key = rsa.RSAPublicNumbers(EXPONENT, self.modulus).public_key()
        try:
            key.verify(signature, message, padding.PKCS1v15(), _HASHES[hash_])
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point of one of `CURVES`, uncompressed."""

    curve: Curve
    point: bytes

    def signed(self, hash_: str, signature: bytes, message: bytes) -> bool:
        """Return whether it signed this with ECDSA; a signature is two positive numbers in DER."""
        try:
            _check_pair(signature, self.curve.size)
        except Malformed:
            return False
        key = ec.EllipticCurvePublicKey.from_encoded_point(_NAMED[self.curve.name], self.point)
        try:
            key.verify(signature, message, ec.ECDSA(_HASHES[hash_]))
        except InvalidSignature:
            return False
        return True


PublicKey: TypeAlias = RsaKey | EcKey


def read_hash(reader: Reader, identifier: Element) -> str:
    """Return the hash that an algorithm identifier names."""
    if identifier.whole not in HASHES:
        raise reader.malformed("a hash that is not taken")
    return HASHES[identifier.whole]


def parse_key(spki: bytes) -> PublicKey | None:
    """Read a SubjectPublicKeyInfo; None if it is foreign."""
    try:
        outer = Reader(spki, "public key")
        reader = outer.inside(SEQUENCE)
        algorithm, bits = reader.take(SEQUENCE).whole, reader.bits()
        reader.end()
        outer.end()
        if algorithm == RSA:
            return _rsa_key(bits)
    except Malformed:
        return None
    return _ec_key(CURVES[algorithm], bits) if algorithm in CURVES else None


def verifies(key: PublicKey | None, signing: Signing | None, signature: bytes, message: bytes) -> bool:
    """Return whether this key made this signature in this way; False for a foreign key or algorithm."""
    if key is None or signing is None:
        return False
    kind, hash_ = signing
    return kind == kind_of(key) and key.signed(hash_, signature, message)


def kind_of(key: PublicKey) -> Kind:
    """Return the kind of key, as `Signing` names it."""
    return "rsa" if isinstance(key, RsaKey) else "ec"


def _rsa_key(bits: bytes) -> RsaKey | None:
    outer = Reader(bits, "public key")
    reader = outer.inside(SEQUENCE)
    modulus, exponent = reader.integer(limit=MAX_LENGTH), reader.integer(limit=MAX_LENGTH)
    reader.end()
    outer.end()
    accepted = modulus > 0 and modulus.bit_length() in MODULUS and modulus % 2 == 1 and exponent == EXPONENT
    return RsaKey(modulus) if accepted else None


def _ec_key(curve: Curve, point: bytes) -> EcKey | None:
    if len(point) != 1 + 2 * curve.size or point[0] != 0x04:
        return None
    x, y = int.from_bytes(point[1 : 1 + curve.size]), int.from_bytes(point[1 + curve.size :])
    return EcKey(curve, point) if curve.has(x, y) else None


def _check_pair(signature: bytes, size: int) -> None:
    """Raise `Malformed` unless these are two positive numbers of at most `size` bytes (RFC 3279, 2.2.3)."""
    outer = Reader(signature, "signature")
    reader = outer.inside(SEQUENCE)
    for number in (reader.integer(limit=size + 1), reader.integer(limit=size + 1)):
        if not 0 < number < 1 << 8 * size:
            raise reader.malformed("a number out of range")
    reader.end()
    outer.end()
