"""Senders: which device sent a camera of a recording, proved by a key that the device cannot give away.

The browser in a room has a P-256 key that no script can extract. With it the browser signs the SHA-256
fingerprint of the DTLS certificate of each connection, together with the interview, the camera and a nonce of
the recorder. The header of a recording names the senders that were connected when it began; `sender` events
name those that joined, returned, replaced another one, or were refused.

Trusts nothing that is parsed. The signature proves to which key a connection belongs. Whose key it is
(`holder`) and from what network it came are claims of the center.

Specification: docs/spec/manifest.md, *Sender*; FIPS 186-5 (ECDSA, P-256, SHA-256); RFC 8122 (fingerprints).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import (
    Code,
    Digest,
    Identifier,
    Instant,
    JsonObject,
    base64_bytes,
    one_of,
    or_none,
    text,
)
from chain_of_custody.errors import Malformed, NotProved, SignatureInvalid
from chain_of_custody.statements.keys import key_id

CONTEXT = b"amana room device v1\n"
"""Precedes what a device signs, so that the signature means nothing elsewhere."""
KEY_BYTES, SIGNATURE_BYTES = 65, 64
"""A point of P-256, uncompressed (SEC 1, 2.3.3); r and s, 32 bytes each (IEEE P1363)."""
UNCOMPRESSED = 4
CAMERA, SAFETY = "camera", "safety"
"""What a device signs for: a camera's connection, or a safety recording."""
NETWORKS = ("this-machine", "local", "public", "unknown")
"""From where a request came: the same machine, a private or link-local address, any other, none known."""


@dataclass(frozen=True, slots=True)
class Holder(JsonObject):
    """Whose device it is: an enrolled room machine's, or, ad hoc, the signed-in person's."""

    what: ClassVar[str] = "sender's holder"

    id: Identifier
    """Of the enrolment or of the person."""
    kind: Annotated[Literal["person", "room"], one_of(("person", "room"))]
    name: Annotated[str, text(1, 200)]
    """The person's name, or the room's code."""


@dataclass(frozen=True, slots=True)
class Proof(JsonObject):
    """What the device signed, and its signature."""

    what: ClassVar[str] = "sender's proof"

    at: Instant
    """When the recorder gave the nonce, by its clock."""
    evidence: Identifier | None
    """The part that was open then; None: none. Of a safety recording the part that it accompanies."""
    fingerprint: Digest
    """SHA-256 of the DTLS certificate; of a safety recording, of the page's key for the transfer."""
    key: Annotated[bytes, base64_bytes(KEY_BYTES)]
    nonce: Identifier
    signature: Annotated[bytes, base64_bytes(SIGNATURE_BYTES)]
    use: Annotated[Literal["camera", "safety"], one_of((CAMERA, SAFETY))]

    def check(self) -> None:
        """Raise `Malformed` unless the key is an uncompressed point: each key has one form."""
        if self.key[0] != UNCOMPRESSED:
            raise Malformed("sender's proof key: not an uncompressed point")

    def message(self, interview: str, camera: str) -> bytes:
        """Return the bytes that the device signs."""
        return signed_bytes(
            at=self.at,
            camera=camera,
            evidence=self.evidence,
            fingerprint=self.fingerprint,
            interview=interview,
            nonce=self.nonce,
            use=self.use,
        )


def signed_bytes(**claims: str | None) -> bytes:
    """Return the bytes that a device signs: `at`, `camera`, `evidence`, `fingerprint`, `interview`, `nonce`,
    `use`."""
    return CONTEXT + canonical_json.serialise(claims)


@dataclass(frozen=True, slots=True)
class Sender(JsonObject):
    """A device that sends one camera."""

    what: ClassVar[str] = "sender"

    camera: Code
    holder: Holder
    network: Annotated[str, one_of(NETWORKS)]
    proof: Proof | None
    """None only where a device was refused because it proved nothing."""

    @property
    def device(self) -> str | None:
        """Return the id of the device's key, 16 hexadecimal digits; None if it proved none."""
        return None if self.proof is None else key_id(self.proof.key)

    def verify(self, interview: str, use: str | None) -> None:
        """Prove that the device signed this connection, of this interview, for this use (None: for any).

        Nothing is proved of one that was refused without a proof. Raises `SignatureInvalid`, `NotProved`.
        """
        proof = self.proof
        if proof is None:
            return
        if use is not None and proof.use != use:
            raise NotProved("sender", f"the device of camera {self.camera} signed for another use")
        x, y = int.from_bytes(proof.signature[:32]), int.from_bytes(proof.signature[32:])
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), proof.key)
            message = proof.message(interview, self.camera)
            public.verify(encode_dss_signature(x, y), message, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid(
                "sender", f"the signature of device {self.device} for camera {self.camera} does not hold"
            ) from error


@dataclass(frozen=True, slots=True)
class Confirmer(JsonObject):
    """The person at the console who confirmed that another device takes over."""

    what: ClassVar[str] = "sender's confirmation"

    id: Identifier
    name: Annotated[str, text(1, 200)]


@dataclass(frozen=True, slots=True)
class SenderEvent(JsonObject):
    """The fields of a `sender` event: what became of a device's connection."""

    what: ClassVar[str] = "sender event"
    TYPE: ClassVar[str] = "sender"

    confirmed: Confirmer | None
    """Of `replaced`, and of `joined` where it had to be confirmed."""
    event: Annotated[
        Literal["joined", "returned", "replaced", "refused"],
        one_of(("joined", "returned", "replaced", "refused")),
    ]
    reason: Annotated[str | None, or_none(canonical_json.code)]
    """Of `refused` only: a code."""
    sender: Sender

    def check(self) -> None:
        """Raise `Malformed` unless exactly the members are given that its `event` has."""
        if self.confirmed is None and self.event == "replaced":
            raise Malformed("sender event: replaced, and not confirmed by a person")
        if self.confirmed is not None and self.event not in ("joined", "replaced"):
            raise Malformed("sender event: confirmed by a person, and neither replaced nor joined")
        if (self.event == "refused") != (self.reason is not None):
            raise Malformed("sender event: refused, and without a reason, or the reverse")
        if self.sender.proof is None and self.event != "refused":
            raise Malformed("sender event: a device without a proof was not refused")

    def verify(self, interview: str) -> None:
        """Prove what the device signed; what was refused may be a safety recording. Raises `NotProved`."""
        self.sender.verify(interview, None if self.event == "refused" else CAMERA)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> SenderEvent:
        """Read the fields of an event of this type. Raises `Malformed`."""
        return cls.from_json(dict(fields))
