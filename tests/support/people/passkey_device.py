"""A device with passkeys, made of software: what a browser would send, with real keys and signatures."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.ledger.authenticators import VERIFIED, Authenticator, authenticator_data

ATTESTED = 0x40


def text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def read(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Device:
    """Keeps one passkey for each host. `counts`: its authenticator counts its signatures."""

    counts: bool = True
    counter: int = 0
    flags: int = VERIFIED
    held: dict[str, tuple[Authenticator, bytes, bytes]] = field(default_factory=dict)
    """Host → key, id of the credential, handle of the person."""

    @staticmethod
    def make_key(host: str) -> Authenticator:
        """A new key for a host."""
        return Authenticator("es256", ec.generate_private_key(ec.SECP256R1()), host)

    def make(self, options: Mapping[str, Any], origin: str, cose: bytes | None = None) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, as JSON. `cose`: another key in place of its own."""
        host = options["rp"]["id"]
        made = self.make_key(host)
        assert isinstance(made.private, ec.EllipticCurvePrivateKey)
        numbers = made.private.public_key().public_numbers()
        handle = hashlib.sha256(numbers.x.to_bytes(32, "big")).digest()[:16]
        self.held[host] = made, handle, read(options["user"]["id"])
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        data = authenticator_data(host, self.flags | ATTESTED, 0)
        data += bytes(16) + len(handle).to_bytes(2, "big") + handle + (cose or cbor2.dumps(key))
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._told(
            handle,
            clientDataJSON=_client("webauthn.create", options["challenge"], origin),
            attestationObject=cbor2.dumps(attestation),
        )

    def answer(self, options: Mapping[str, Any], origin: str, **changed: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` gives, as JSON; `changed`: fields that are something else."""
        key, handle, user = self.held[options["rpId"]]
        self.counter += self.counts
        client = _client("webauthn.get", options["challenge"], origin)
        signed = key.sign(authenticator_data(options["rpId"], self.flags, self.counter), client)
        fields = {
            "authenticatorData": signed.authenticator,
            "clientDataJSON": signed.client,
            "signature": signed.signature,
            "userHandle": user,
        }
        return self._told(handle, **(fields | changed))

    def signature(self, options: Mapping[str, Any], origin: str) -> dict[str, str]:
        """What the page's script posts to have an act signed, from `publicKey`."""
        answer = self.answer(options, origin)
        assert answer["id"] in [one["id"] for one in options["allowCredentials"]]
        response = answer["response"]
        return {
            "credential": answer["id"],
            "authenticator": response["authenticatorData"],
            "client": response["clientDataJSON"],
            "signature": response["signature"],
        }

    @staticmethod
    def _told(handle: bytes, **response: bytes) -> dict[str, Any]:
        return {
            "id": text(handle),
            "rawId": text(handle),
            "type": "public-key",
            "response": {name: text(value) for name, value in response.items()},
        }


def _client(type_: str, challenge: str, origin: str) -> bytes:
    return json.dumps(
        {"type": type_, "challenge": challenge, "origin": origin, "crossOrigin": False}
    ).encode()
