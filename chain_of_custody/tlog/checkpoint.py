"""Checkpoints: the ledger's signed statement of its size and root.

Form: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) without extension lines, which the
ML-DSA-44 signature would not cover. The ledger signs two lines, with its origin as key name:

- Ed25519, type 01, over the note text;
- ML-DSA-44, type 06, over `cosigned_message` of https://c2sp.org/tlog-cosignature, with the time
  of signing. FIPS 204 with an empty context.

**Both are required**: that is a rule of ours (docs/spec/ledger.md). A forger would have to break an
algorithm that has been studied for decades *and* one made against quantum computers.

Only `open_checkpoint` turns bytes into a verified checkpoint.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from chain_of_custody.encoding.signed_note import (
    ED25519,
    MAX_COSIGNER,
    MLDSA44_COSIGNATURE,
    Note,
    Signature,
    VerifierKey,
    check_key_name,
    decode_base64,
    encode_base64,
    verify_ed25519,
)
from chain_of_custody.errors import Malformed, SignatureInvalid
from chain_of_custody.tlog.merkle import HASH_SIZE, MAX_SIZE

MAX_ORIGIN = 255
"""Maximum bytes of UTF-8, since the cosigned message gives the origin's length in one byte."""
MAX_TIMESTAMP = 253_402_300_799
"""Maximum seconds since 1970: 9999-12-31T23:59:59Z. Neither a statement nor an authority can name a later
time, and a report could not show one."""
_LABEL = b"subtree/v1\n\x00"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree of `size` leaves with root hash `root` (32 bytes), of the log called `origin`.

    `signed_at` is the time of signing in the log's verified ML-DSA-44 line, in seconds since
    1970-01-01 UTC; None if no signature was checked. It is the log's own claim.
    """

    origin: str
    size: int
    root: bytes
    signed_at: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        check_key_name(self.origin)
        if len(self.origin.encode()) > MAX_ORIGIN:
            raise Malformed(f"the checkpoint's origin is longer than {MAX_ORIGIN} bytes")
        if not 0 <= self.size <= MAX_SIZE:
            raise Malformed("the checkpoint's size is out of range")
        if len(self.root) != HASH_SIZE:
            raise Malformed("the checkpoint's root is not 32 bytes long")

    def text(self) -> str:
        """Return the note text: three lines."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Parse the note text. Raises `Malformed`, also if there are extension lines."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise Malformed("the checkpoint does not have exactly three lines")
        return cls(
            lines[0], parse_decimal(lines[1], "the checkpoint's size"), decode_base64(lines[2], "the root")
        )


@dataclass(frozen=True)
class LogKeys:
    """The ledger's two public keys (32 and 1312 bytes) and its origin, which is their key name.

    A verifier needs nothing else from a trusted source. Raises `Malformed` for impossible keys.
    """

    origin: str
    ed25519: bytes
    mldsa44: bytes

    def __post_init__(self) -> None:
        Checkpoint(self.origin, 0, bytes(HASH_SIZE))  # the origin's own rules
        _ = self.ed25519_key, self.mldsa44_key

    @classmethod
    def from_vkeys(cls, ed25519: str, mldsa44: str) -> LogKeys:
        """Parse two vkeys of types 01 and 06 under one name. Raises `Malformed`."""
        first, second = VerifierKey.parse(ed25519), VerifierKey.parse(mldsa44)
        if first.kind != ED25519 or second.kind != MLDSA44_COSIGNATURE or first.name != second.name:
            raise Malformed("a log has one Ed25519 and one ML-DSA-44 key under the same name")
        return cls(first.name, first.public_key, second.public_key)

    def vkeys(self) -> tuple[str, str]:
        """Return their text forms, Ed25519 first."""
        return self.ed25519_key.vkey(), self.mldsa44_key.vkey()

    @cached_property
    def ed25519_key(self) -> VerifierKey:
        """Return the Ed25519 key (type 01) under the origin as key name."""
        return VerifierKey(self.origin, ED25519, self.ed25519)

    @cached_property
    def mldsa44_key(self) -> VerifierKey:
        """Return the ML-DSA-44 cosignature key (type 06) under the origin as key name."""
        return VerifierKey(self.origin, MLDSA44_COSIGNATURE, self.mldsa44)


def open_checkpoint(note: bytes, keys: LogKeys) -> Checkpoint:
    """Return the checkpoint in these bytes, after verifying both of the log's signatures.

    1. The note and the checkpoint in it are well formed, without extension lines; else `Malformed`.
    2. It is of the expected log.
    3. The Ed25519 line is present once and valid.
    4. The ML-DSA-44 line is present once and valid.

    2–4 raise `SignatureInvalid`, which says what is missing or wrong. Lines by others are ignored.
    """
    parsed = Note.parse(note)  # 1
    checkpoint = Checkpoint.parse(parsed.text)
    if checkpoint.origin != keys.origin:  # 2
        raise SignatureInvalid("signature", f"the checkpoint is of another log than {keys.origin}")
    verify_ed25519(parsed, keys.ed25519_key)  # 3
    signed_at = verify_mldsa44(parsed, keys.mldsa44_key, checkpoint)  # 4
    return Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, signed_at)


def verify_mldsa44(note: Note, key: VerifierKey, checkpoint: Checkpoint) -> int:
    """Prove that `key` (type 06) signed the note's checkpoint, once; return the time it states.

    Seconds since 1970-01-01 UTC; 0 if the signer states no time. Raises `SignatureInvalid`.
    """
    if key.kind != MLDSA44_COSIGNATURE:
        raise ValueError("not a key for ML-DSA-44 cosignatures")
    line = note.by(key)
    timestamp, signature = int.from_bytes(line[:8], "big"), line[8:]
    if timestamp > MAX_TIMESTAMP:
        raise SignatureInvalid("signature", f"the time in the ML-DSA-44 signature by {key} is out of range")
    try:
        MLDSA44PublicKey.from_public_bytes(key.public_key).verify(
            signature, cosigned_message(key.name, timestamp, checkpoint)
        )
    except InvalidSignature:
        raise SignatureInvalid("signature", f"wrong ML-DSA-44 signature by {key}") from None
    return timestamp


def cosigned_message(cosigner: str, timestamp: int, checkpoint: Checkpoint) -> bytes:
    """Return what a type 06 signature of `cosigner` over a whole tree covers (C2SP tlog-cosignature).

    `timestamp` is in seconds since 1970-01-01 UTC. Raises `Malformed` for a name of more than 255 bytes.
    """
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    if len(name) > MAX_COSIGNER:
        raise Malformed(f"the name of a cosigner is longer than {MAX_COSIGNER} bytes")
    return b"".join((
        _LABEL,
        bytes([len(name)]), name,
        struct.pack(">Q", timestamp),
        bytes([len(origin)]), origin,
        struct.pack(">QQ", 0, checkpoint.size),
        checkpoint.root,
    ))  # fmt: skip


class Signer(Protocol):
    """The holder of the ledger's private keys: this process, or a keyholder behind a socket."""

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """Return the signed note over this checkpoint, with both of the log's lines and no others.

        `previous`: the checkpoint it is built on (None: the ledger begins); `consistency`: the proof that it
        continues that tree, empty after an empty tree. A signer that signs one history checks both.
        """
        ...

    def confirm(self, checkpoint: Checkpoint) -> None:
        """Note that this checkpoint is stored, before any receipt for its entries is returned.

        A signer that signs one history continues none without it from now on. Raises nothing.
        """


class CheckpointSigner:
    """Builds the signed note; the two private keys may be anywhere.

    `sign_ed25519` and `sign_mldsa44` get the exact message to sign and return 64 and 2420 bytes. Their
    exceptions pass through. `now` returns seconds since 1970-01-01 UTC.
    """

    def __init__(
        self,
        keys: LogKeys,
        sign_ed25519: Callable[[bytes], bytes],
        sign_mldsa44: Callable[[bytes], bytes],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.keys = keys
        self._sign_ed25519 = sign_ed25519
        self._sign_mldsa44 = sign_mldsa44
        self._now = now

    def sign_checkpoint(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, consistency: Sequence[bytes] = ()
    ) -> bytes:
        """Sign as `Signer`, without checking `previous`. Raises `ValueError` for another log's checkpoint."""
        keys = self.keys
        if checkpoint.origin != keys.origin:
            raise ValueError(f"these keys do not sign for {checkpoint.origin}")
        text, timestamp = checkpoint.text(), int(self._now())
        message = cosigned_message(keys.origin, timestamp, checkpoint)
        classical = Signature(keys.origin, keys.ed25519_key.key_id, self._sign_ed25519(text.encode()))
        quantum_safe = Signature(
            keys.origin, keys.mldsa44_key.key_id, struct.pack(">Q", timestamp) + self._sign_mldsa44(message)
        )
        return Note(text, (classical, quantum_safe)).serialise()

    def confirm(self, checkpoint: Checkpoint) -> None:
        """See `Signer`; these keys sign any history."""


class LocalSigner(CheckpointSigner):
    """A signer whose private keys are in this process."""

    def __init__(
        self,
        ed25519_private: Ed25519PrivateKey,
        mldsa44_private: MLDSA44PrivateKey,
        origin: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        keys = LogKeys(
            origin,
            ed25519_private.public_key().public_bytes_raw(),
            mldsa44_private.public_key().public_bytes_raw(),
        )
        super().__init__(keys, ed25519_private.sign, mldsa44_private.sign, now)


def parse_decimal(text: str, what: str) -> int:
    """Parse an ASCII decimal without sign or leading zeroes, at most 2**53 - 1. Raises `Malformed`."""
    # 2**53 - 1 has sixteen digits; longer numbers would make int() slow before they are refused.
    if not (text.isascii() and text.isdigit() and len(text) <= 16) or (text[0] == "0" and text != "0"):
        raise Malformed(f"{what} is not a decimal number without leading zeroes")
    value = int(text)
    if value > MAX_SIZE:
        raise Malformed(f"{what} is larger than 2^53 - 1")
    return value
