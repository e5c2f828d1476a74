"""Witnesses and authorities with fixed keys, for policies that name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from chain_of_custody.encoding.signed_note import VerifierKey
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import Group, ThirdParties
from tests.support.packages.court_packages import key


def cosigner(name: str) -> Cosigner:
    seed = sha256(name.encode()).digest()
    return Cosigner(name, key(seed[0]), MLDSA44PrivateKey.from_seed_bytes(seed))


COURT, BAR, MINISTRY = (cosigner(f"{who}.example/witness") for who in ("court", "bar", "ministry"))


def keys_of(witnesses: Mapping[str, Cosigner]) -> dict[str, VerifierKey]:
    """Both keys of each, under the names that `amana policy add-witness` gives them."""
    return {
        f"{name}-{suffix}": public
        for name, witness in witnesses.items()
        for suffix, public in zip(("ed25519", "mldsa44"), witness.keys, strict=True)
    }


def both_of(*names: str) -> dict[str, Group]:
    return {name: Group(2, (f"{name}-ed25519", f"{name}-mldsa44")) for name in names}


def certificate(name: str, seed: int = 1) -> bytes:
    """A certificate that signs itself, in DER."""
    private = ec.derive_private_key(seed, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256(), ecdsa_deterministic=True)
        .public_bytes(Encoding.DER)
    )


TWO_OF_THREE = ThirdParties(
    witnesses=keys_of({"court": COURT, "bar": BAR, "ministry": MINISTRY}),
    groups=both_of("court", "bar", "ministry") | {"two": Group(2, ("court", "bar", "ministry"))},
    quorum="two",
    authorities={"first": certificate("first"), "second": certificate("second", 2)},
    timestamps=1,
    urls={
        ("witness", "court-ed25519"): "https://court.example/",
        ("authority", "first"): "http://t.example/",
    },
)
