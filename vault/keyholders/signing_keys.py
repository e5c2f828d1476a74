"""The keys that are usable from boot: the ledger's two and the center's to sign, the catalogue's to seal.

They are not under a passphrase: after a power cut at night a recording must be sealed and its statements
signed without a person present. They are in a file that only the service's user may read, or sealed under a
protection that this machine can open by itself (`vault.keyholders.boot_keys`). The threat model says what an
attacker could do with stolen keys, and why that would not deceive a court that consults the witnesses.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from vault.key_protection.canonical_file import parse_canonical, to_bytes, to_text
from vault.sealing.catalogue_key import CatalogueKey

_CATALOGUE = "catalogue"
_FIRST = ("center", "ledger-ed25519", "ledger-mldsa44")
_NAMES = (_CATALOGUE, *_FIRST)


@dataclass(frozen=True)
class SigningKeys:
    """Four 32-byte seeds and the keys derived from them."""

    seeds: dict[str, bytes] = field(repr=False)
    """By name: `catalogue`, `center`, `ledger-ed25519`, `ledger-mldsa44`. Files older than the catalogue
    have three, until `completed`."""

    def __post_init__(self) -> None:
        if tuple(sorted(self.seeds)) not in (_NAMES, _FIRST) or any(
            len(seed) != 32 for seed in self.seeds.values()
        ):
            raise ValueError("four keys, 32 bytes each")

    @classmethod
    def generate(cls) -> SigningKeys:
        """Generate four independent random seeds."""
        return cls({name: secrets.token_bytes(32) for name in _NAMES})

    @property
    def complete(self) -> bool:
        """Whether there is a catalogue key."""
        return _CATALOGUE in self.seeds

    def completed(self) -> SigningKeys:
        """Return these, with a new catalogue key if there was none."""
        return self if self.complete else SigningKeys({_CATALOGUE: secrets.token_bytes(32), **self.seeds})

    @cached_property
    def catalogue(self) -> CatalogueKey:
        """Return the catalogue key. Raises `KeyError` unless `complete`."""
        return CatalogueKey(self.seeds[_CATALOGUE])

    @cached_property
    def center(self) -> Ed25519PrivateKey:
        """Return the Ed25519 private key that signs the center's statements."""
        return Ed25519PrivateKey.from_private_bytes(self.seeds["center"])

    @cached_property
    def ledger_ed25519(self) -> Ed25519PrivateKey:
        """Return the private key of the first signature of checkpoints, Ed25519."""
        return Ed25519PrivateKey.from_private_bytes(self.seeds["ledger-ed25519"])

    @cached_property
    def ledger_mldsa44(self) -> MLDSA44PrivateKey:
        """Return the private key of the second signature of checkpoints, ML-DSA-44."""
        return MLDSA44PrivateKey.from_seed_bytes(self.seeds["ledger-mldsa44"])

    def public(self) -> dict[str, bytes]:
        """Return the public halves by name: 32 bytes for Ed25519, 1312 for ML-DSA-44."""
        return {
            "center": self.center.public_key().public_bytes_raw(),
            "ledger-ed25519": self.ledger_ed25519.public_key().public_bytes_raw(),
            "ledger-mldsa44": self.ledger_mldsa44.public_key().public_bytes_raw(),
        }

    def public_fields(self) -> dict[str, Any]:
        """Return the cleartext fields of a sealed file."""
        return {"public": {name: to_text(key) for name, key in self.public().items()}}

    def serialise(self) -> bytes:
        """Return the file's bytes: canonical JSON (RFC 8785) with all seeds in base64."""
        seeds = {name: to_text(seed) for name, seed in self.seeds.items()}
        return rfc8785.dumps({"kind": "signing-keys", "seeds": seeds, "v": 1})

    @classmethod
    def parse(cls, data: bytes) -> SigningKeys:
        """Parse a file. Raises `Altered` for anything that `serialise` would not have written."""

        def build(fields: Any) -> SigningKeys:
            return cls({str(name): to_bytes(text) for name, text in fields["seeds"].items()})

        return parse_canonical(data, "signing keys", build)
