"""The key of a room's device, without a browser: the same as `web/static/room/device_key.js`.

For the demonstration, tests and benchmarks. In a browser the key cannot be extracted; here it is in this
process's memory. Signatures are deterministic (RFC 6979), so that examples are reproducible.

Specification: docs/spec/room.md, docs/spec/manifest.md (*Sender*).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.sender import CAMERA, Proof, signed_bytes

_FINGERPRINT = re.compile(r"^a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})\r?$", re.MULTILINE)


@dataclass(frozen=True)
class DeviceKey:
    """A P-256 key that signs connections and safety recordings."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @classmethod
    def numbered(cls, number: int) -> DeviceKey:
        """Return the key whose secret is this number: a reproducible one."""
        return cls(ec.derive_private_key(number, ec.SECP256R1()))

    @property
    def public(self) -> bytes:
        """The uncompressed point, 65 bytes."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def encoded(self) -> str:
        """The same in base64, as a page enrols it."""
        return encode_base64(self.public)

    def prove(
        self, interview: str, camera: str, fingerprint: str, challenge: Mapping[str, Any], use: str = CAMERA
    ) -> Proof:
        """Sign a connection; `challenge`: the recorder's `at`, `evidence` and `nonce`."""
        claims = {
            "at": str(challenge["at"]),
            "evidence": challenge["evidence"],
            "fingerprint": fingerprint,
            "nonce": str(challenge["nonce"]),
        }
        message = signed_bytes(**claims, camera=camera, interview=interview, use=use)
        scheme = ec.ECDSA(SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(self.private.sign(message, scheme))
        signature = r.to_bytes(32) + s.to_bytes(32)
        return Proof.from_json(
            {**claims, "key": self.encoded, "signature": encode_base64(signature), "use": use}
        )


def fingerprint_of(sdp: str) -> str:
    """Return the SHA-256 of the DTLS certificate that an offer names, as 64 hexadecimal digits."""
    match = _FINGERPRINT.search(sdp)
    return "" if match is None else match[1].replace(":", "").lower()
