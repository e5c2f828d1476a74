"""Cosignatures: a witness's attestation that a checkpoint continues every earlier one it cosigned.

Without them a verifier knows only that the ledger signed a tree; its own keys could sign a second one. A
witness signs one history. This module makes and verifies both forms of C2SP tlog-cosignature:

- Ed25519, type 04, over `cosignature/v1`, the time, and the checkpoint's text;
- ML-DSA-44, type 06, over the message in `checkpoint.cosigned_message`.

Each is one line in the checkpoint's note and states a time: the witness's own claim, in seconds since
1970-01-01 UTC; 0 if a signer states no time.

Trusts: the keys that a policy names for its witnesses. Lines by other keys are ignored.

Specification: docs/spec/witnessing.md; https://c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from chain_of_custody.encoding.ed25519 import Ed25519Key
from chain_of_custody.encoding.signed_note import (
    ED25519_COSIGNATURE,
    MAX_COSIGNER,
    MLDSA44_COSIGNATURE,
    Note,
    Signature,
    VerifierKey,
)
from chain_of_custody.errors import Malformed, SignatureInvalid
from chain_of_custody.tlog.checkpoint import MAX_TIMESTAMP, Checkpoint, cosigned_message, verify_mldsa44
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.policy import TrustPolicy


@dataclass(frozen=True)
class CosigningWitness:
    """A witness that has cosigned with at least one of its keys.

    It counts only if no key is `lacking`. `at`: the latest time it states; 0 if one of its signatures states
    none.
    """

    name: str
    signed: tuple[str, ...]
    lacking: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Witnessing:
    """Who has cosigned a checkpoint.

    `cosigned`: the policy's name of the key → its stated time; `witnesses`: the same for each witness,
    ordered by name, as people count witnesses.
    """

    cosigned: Mapping[str, int]
    witnesses: tuple[CosigningWitness, ...]
    quorum_met: bool

    @property
    def whole(self) -> tuple[CosigningWitness, ...]:
        """Return the witnesses that have cosigned with all their keys."""
        return tuple(one for one in self.witnesses if not one.lacking)


def witnessed(note: Note, checkpoint: Checkpoint, policy: TrustPolicy | ThirdParties) -> Witnessing:
    """Verify every line in `note` by a key that the policy names, and compare them with its quorum.

    `checkpoint` must be the one opened from this very note (`open_checkpoint`). Raises `SignatureInvalid` if
    such a line is wrong, or present twice: a wrong line is not the same as none. A quorum that is not met is
    not an error here; the result states it.
    """
    others = policy.third_parties if isinstance(policy, TrustPolicy) else policy
    lines = {(line.name, line.key_id) for line in note.signatures}
    cosigned = {
        name: verify_cosignature(note, key, checkpoint)
        for name, key in others.witnesses.items()
        if (key.name, key.key_id) in lines
    }
    return Witnessing(cosigned, tuple(_cosigning_witnesses(others, cosigned)), others.quorum_met(cosigned))


def _cosigning_witnesses(parties: ThirdParties, cosigned: Mapping[str, int]) -> Iterator[CosigningWitness]:
    for witness in parties.named_witnesses:
        signed = tuple(key for key in witness.keys if key in cosigned)
        if signed:
            times = [cosigned[key] for key in signed]
            lacking = tuple(key for key in witness.keys if key not in cosigned)
            yield CosigningWitness(witness.name, signed, lacking, max(times) if all(times) else 0)


def verify_cosignature(note: Note, key: VerifierKey, checkpoint: Checkpoint) -> int:
    """Prove that `key` (type 04 or 06) cosigned the note's checkpoint, once; return the time it states.

    Raises `SignatureInvalid`.
    """
    if key.kind == MLDSA44_COSIGNATURE:
        return verify_mldsa44(note, key, checkpoint)
    if key.kind != ED25519_COSIGNATURE:
        raise ValueError("not a key for cosignatures")
    line = note.by(key)
    timestamp, signature = int.from_bytes(line[:8], "big"), line[8:]
    if timestamp > MAX_TIMESTAMP:
        raise SignatureInvalid("signature", f"the time in the cosignature by {key} is out of range")
    try:
        Ed25519Key(key.public_key).verify(signature, ed25519_message(timestamp, checkpoint))
    except SignatureInvalid:
        raise SignatureInvalid("signature", f"wrong Ed25519 cosignature by {key}") from None
    return timestamp


def ed25519_message(timestamp: int, checkpoint: Checkpoint) -> bytes:
    """Return what a type 04 signature covers. `timestamp` is in seconds since 1970-01-01 UTC."""
    return f"cosignature/v1\ntime {timestamp}\n{checkpoint.text()}".encode()


@dataclass(frozen=True)
class Cosigner:
    """A witness's name and two private keys. The same Ed25519 key must not be used under a second name."""

    name: str
    ed25519: Ed25519PrivateKey
    mldsa44: MLDSA44PrivateKey

    def __post_init__(self) -> None:
        if len(self.name.encode()) > MAX_COSIGNER:
            raise Malformed(f"a witness's name is longer than {MAX_COSIGNER} bytes")
        _ = self.keys

    @cached_property
    def keys(self) -> tuple[VerifierKey, VerifierKey]:
        """Return its public keys, Ed25519 first."""
        return (
            VerifierKey(self.name, ED25519_COSIGNATURE, self.ed25519.public_key().public_bytes_raw()),
            VerifierKey(self.name, MLDSA44_COSIGNATURE, self.mldsa44.public_key().public_bytes_raw()),
        )

    def cosign(self, checkpoint: Checkpoint, at: int) -> tuple[Signature, Signature]:
        """Return its two lines under this checkpoint, stating the time `at`, Ed25519 first.

        The caller must have checked that the checkpoint continues every one signed before, and must have made
        that durable.
        """
        if not 0 < at <= MAX_TIMESTAMP:
            raise ValueError("a witness states the time at which it signs")
        classical, quantum_safe = self.keys
        time = struct.pack(">Q", at)
        return (
            Signature(self.name, classical.key_id, time + self.ed25519.sign(ed25519_message(at, checkpoint))),
            Signature(
                self.name,
                quantum_safe.key_id,
                time + self.mldsa44.sign(cosigned_message(self.name, at, checkpoint)),
            ),
        )
