"""Rehashing: the same recording under another hash, and nothing else under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.errors import Altered, Incomplete
from chain_of_custody.items.record import Record, seal_leaf
from chain_of_custody.items.rehashing import Piece, check_rehashed, rehash
from chain_of_custody.statements import types

MANIFEST = b'{"the":"manifest"}'


def piece(index: int) -> Piece:
    salt, content = bytes((index % 256,)) * 16, b"content %d" % index
    record = seal_leaf(
        index=index,
        kind="event",
        track=0,
        number=index,
        start=index,
        duration=0,
        key=True,
        init=None,
        salt=salt,
        content=content,
        message=salt + content,
    )
    return record, salt, sha512(content).digest()


def leaf_of(one: Piece) -> bytes:
    record, salt, content = one
    return sha512(b"\x00" + salt + record.canonical() + content).digest()


def root_by_definition(leaves: Sequence[bytes]) -> bytes:
    """As RFC 6962 section 2.1 writes it: cut at the largest power of two below the size."""
    if len(leaves) == 1:
        return leaves[0]
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    return sha512(b"\x01" + root_by_definition(leaves[:cut]) + root_by_definition(leaves[cut:])).digest()


@given(st.integers(1, 70))
def test_the_tree_is_that_of_rfc_6962_with_another_hash(size: int) -> None:
    pieces = [piece(index) for index in range(size)]
    body = rehash(MANIFEST, pieces)
    assert body == {
        "algorithm": "sha-512",
        "manifest": sha512(MANIFEST).hexdigest(),
        "records": size,
        "root": root_by_definition([leaf_of(one) for one in pieces]).hex(),
    }
    types.check_body("evidence.rehashed", body)
    check_rehashed(body, MANIFEST, pieces)


def _with_other_content(one: Piece) -> Piece:
    return one[0], one[1], sha512(b"other").digest()


def _with_other_salt(one: Piece) -> Piece:
    return one[0], bytes(16), one[2]


def _with_other_record(one: Piece) -> Piece:
    other: Record = replace(one[0], start=one[0].start + 1)
    return other, one[1], one[2]


@pytest.mark.parametrize("alter", [_with_other_content, _with_other_salt, _with_other_record])
def test_another_content_salt_or_record_is_noticed(alter: object) -> None:
    pieces = [piece(index) for index in range(1, 12)]
    body = rehash(MANIFEST, pieces)
    for at in range(len(pieces)):
        altered = list(pieces)
        altered[at] = alter(pieces[at])  # type: ignore[operator]
        with pytest.raises(Altered, match="not the one that was rehashed"):
            check_rehashed(body, MANIFEST, altered)


def test_order_number_and_manifest_are_covered() -> None:
    pieces = [piece(index) for index in range(5)]
    body = rehash(MANIFEST, pieces)
    with pytest.raises(Altered, match="not the one that was rehashed"):
        check_rehashed(body, MANIFEST, pieces[::-1])
    with pytest.raises(Altered, match="not as many records"):
        check_rehashed(body, MANIFEST, pieces[:-1])
    with pytest.raises(Altered, match="manifest"):
        check_rehashed(body, MANIFEST + b" ", pieces)
    with pytest.raises(Incomplete, match="no records"):
        rehash(MANIFEST, [])
