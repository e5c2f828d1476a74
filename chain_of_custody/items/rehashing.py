"""Rehashing: commit to a recording again, under SHA-512, while SHA-256 is still sound.

Every proof about a recording depends on SHA-256. If it weakens, only what was stated before that day counts.
So an `evidence.rehashed` states the same recording under a stronger hash, and a timestamp then says when.
This is the hash-tree renewal of RFC 4998, with this project's tree instead of its ArchiveTimeStamp
structures.

The tree is that of RFC 6962 with SHA-512 instead of SHA-256, over all records in order:

    leaf = SHA-512(0x00 ‖ salt (16) ‖ canonical record ‖ SHA-512(content) (64))
    node = SHA-512(0x01 ‖ left ‖ right)

The salt is that of the record's own leaf: without it, anyone who guesses a content could confirm the guess.

Pure computation, which gives only the new hash. Records, salts and contents must have been proved before, or
be the center's own, just opened.

Specification: docs/spec/time.md; RFC 4998 section 5.3; RFC 6962 section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha512
from typing import Any

from chain_of_custody.errors import Altered, Incomplete
from chain_of_custody.items.record import SALT_SIZE, Record

ALGORITHM = "sha-512"
DIGEST_SIZE = 64

Piece = tuple[Record, bytes, bytes]
"""A record, its salt (16 bytes), and the SHA-512 of its content (64 bytes)."""


def rehash(manifest: bytes, pieces: Iterable[Piece]) -> dict[str, Any]:
    """Return the body of an `evidence.rehashed`.

    `manifest`: the bytes of manifest.json; `pieces`: all its records, in order, at least one.
    """
    # The right border of the tree: one complete subtree for each 1-bit of the count, largest first.
    border: list[bytes] = []
    count = 0
    for record, salt, content in pieces:
        border.append(_leaf(record, salt, content))
        count += 1
        for _ in range((count & -count).bit_length() - 1):
            right = border.pop()
            border.append(_node(border.pop(), right))
    if not border:
        raise Incomplete("rehashing", "there are no records")
    root = border.pop()
    while border:
        root = _node(border.pop(), root)
    return {
        "algorithm": ALGORITHM,
        "manifest": sha512(manifest).hexdigest(),
        "records": count,
        "root": root.hex(),
    }


def check_rehashed(body: Mapping[str, Any], manifest: bytes, pieces: Iterable[Piece]) -> None:
    """Raise `Altered` unless an `evidence.rehashed` with this body is of this manifest and these pieces."""
    records = rehash(manifest, pieces)
    for name, what in (
        ("manifest", "the manifest is not the one that was rehashed"),
        ("records", "the recording has not as many records as were rehashed"),
        ("root", "the recording is not the one that was rehashed"),
    ):
        if records[name] != body[name]:
            raise Altered("rehashing", what)


def _leaf(record: Record, salt: bytes, content: bytes) -> bytes:
    if len(salt) != SALT_SIZE or len(content) != DIGEST_SIZE:
        raise ValueError("a salt has 16 bytes and a SHA-512 digest 64")
    return sha512(b"\x00" + salt + record.canonical() + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha512(b"\x01" + left + right).digest()
