"""Millions of real statements: signed and chained, as a center's recorders and people make them.

    python -m bench.statements FILE COUNT NUMBER

Each recording begins, makes progress every half minute, is sealed, viewed and exported: a hundred statements
in its chain, of sixteen recordings at a time. The file is a stream of leaves, each preceded by its length in
two bytes. NUMBER makes the chains of several files different. For these statements the standard library's
JSON is that of RFC 8785, in a fifth of the time; every thousandth leaf is parsed and verified to check that.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.statements.keys import KeyRecord, key_id
from chain_of_custody.statements.statement import SIGNING_PREFIX, SignedStatement

AT_ONCE = 16
"""Number of concurrent recordings."""
LENGTH = 100
"""Statements in the chain of each."""
CHECKED = 1000
DEPLOYMENT, CASE, PERSON = "d0" * 16, "c0" * 16, "a0" * 16
CENTER = Ed25519PrivateKey.from_private_bytes(b"c" * 32)
RECORDER = Ed25519PrivateKey.from_private_bytes(b"r" * 32)


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


KEYS = {
    key_id(public(CENTER)): KeyRecord(public(CENTER), "center"),
    key_id(public(RECORDER)): KeyRecord(public(RECORDER), "recorder"),
}


def leaves(count: int, number: int) -> Iterator[bytes]:
    """Yield this many leaves, in an order that their chains accept."""
    made = 0
    batch = 0
    while made < count:
        chains = [f"{number:08x}{batch:016x}{recording:08x}" for recording in range(AT_ONCE)]
        previous: list[str | None] = [None] * AT_ONCE
        for place in range(LENGTH):
            for recording, chain in enumerate(chains):
                leaf = _leaf(chain, place, previous[recording])
                previous[recording] = hashlib.sha256(b"\x00" + leaf).hexdigest()
                if made % CHECKED == 0:
                    SignedStatement.parse(leaf).verify(KEYS)
                yield leaf
                made += 1
                if made == count:
                    return
        batch += 1


def read(path: Path) -> Iterator[bytes]:
    """Yield the leaves in a file that `main` wrote."""
    with path.open("rb") as file:
        while length := file.read(2):
            yield file.read(int.from_bytes(length, "big"))


def _leaf(chain: str, place: int, previous: str | None) -> bytes:
    type_, body = _act(place)
    recorded = type_.startswith("recording.")
    statement = {
        "actor": {
            "id": DEPLOYMENT if recorded else PERSON,
            "organisation": "one-stop-center" if recorded else "court",
            "role": "recorder" if recorded else "court",
        },
        "at": f"2026-11-24T{place // 60:02d}:{place % 60:02d}:03.120Z",
        "body": body,
        "case": CASE,
        "details": None if recorded else hashlib.sha256(f"{chain}{place}".encode()).hexdigest(),
        "evidence": chain,
        "number": place,
        "previous": previous,
        "purpose": "testimony" if recorded else "hearing",
        "type": type_,
        "v": 1,
    }
    key = RECORDER if recorded else CENTER
    signature = {
        "key": key_id(public(key)),
        "kind": "ed25519",
        "signature": encode_base64(key.sign(SIGNING_PREFIX + _canonical(statement))),
    }
    return _canonical({"signatures": [signature], "statement": statement})


def _act(place: int) -> tuple[str, dict[str, Any]]:
    digest = hashlib.sha256(place.to_bytes(8, "big")).hexdigest()
    if place == 0:
        body = {
            "header": digest,
            "interview": "1e" * 16,
            "not_before": {"root": digest, "size": 1},
            "part": 1,
            "recorder": key_id(public(RECORDER)),
            "wrap": digest,
        }
        return "recording.started", body
    if place < LENGTH - 4:
        return "recording.progress", {"records": 90 * place, "root": digest}
    if place == LENGTH - 4:
        return "recording.sealed", {"manifest": digest, "records": 8640, "root": digest, "state": "complete"}
    if place < LENGTH - 1:
        return "evidence.viewed", {}
    return "evidence.exported", {"excerpt": None, "package": digest, "registry": 3}


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def main(path: str, count: str, number: str) -> None:
    with Path(path).open("wb") as file:
        for leaf in leaves(int(count), int(number)):
            file.write(len(leaf).to_bytes(2, "big") + leaf)


if __name__ == "__main__":
    main(*sys.argv[1:])
