"""Strict parsing of a TSTInfo: what an authority states about data, its time above all.

Trusts nothing. Raises only `Malformed`.

Specification: docs/spec/time.md section 8.6; RFC 3161 section 2.4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chain_of_custody.encoding.der import INTEGER, SEQUENCE, Reader, context
from chain_of_custody.timestamping.certificate_form import read_extensions
from chain_of_custody.timestamping.public_keys import read_hash

MAX_ACCURACY = 2**31 - 1
"""Maximum accuracy, in seconds."""


@dataclass(frozen=True)
class TstInfo:
    """The authority's statement.

    `imprint`: digest of the data by `hash`; `serial`: its own number for this; `accuracy`: None if it states
    none.
    """

    hash: str
    imprint: bytes
    serial: int
    at: datetime
    accuracy: timedelta | None
    nonce: int | None


def parse_tst_info(content: bytes) -> TstInfo:
    """Read a TSTInfo. Raises `Malformed`."""
    whole = Reader(content, "timestamp")
    reader = whole.inside(SEQUENCE)
    whole.end()
    reader.expect(reader.integer() == 1, "a TSTInfo of another version than 1")
    reader.oid()  # the authority's policy; a verifier here has none to compare with
    imprint = reader.inside(SEQUENCE)
    name, digest = read_hash(imprint, imprint.take(SEQUENCE)), imprint.octets()
    imprint.end()
    serial = reader.integer()
    at = reader.time()
    accuracy = _accuracy(reader.inside(SEQUENCE)) if reader.next_is(SEQUENCE) else None
    reader.default_false()  # whether it orders its tokens, which `consider` does not rely on
    nonce = reader.integer() if reader.next_is(INTEGER) else None
    if reader.next_is(context(0)):
        reader.take()  # the authority's name, which its certificate gives
    if reader.next_is(context(1)):
        conditions = read_extensions(reader.inside(context(1))).values()
        critical = any(is_critical for is_critical, _ in conditions)
        reader.expect(not critical, "an extension that is critical and not known")
    reader.end()
    return TstInfo(name, digest, serial, at, accuracy, nonce)


def _accuracy(reader: Reader) -> timedelta:
    seconds = reader.integer() if reader.next_is(INTEGER) else 0
    parts = []
    for number in (0, 1):
        tag = context(number, constructed=False)
        part = reader.integer(tag) if reader.next_is(tag) else None
        reader.expect(part is None or 1 <= part <= 999, "an accuracy out of range")
        parts.append(part or 0)
    reader.end()
    reader.expect(0 <= seconds <= MAX_ACCURACY, "an accuracy out of range")
    return timedelta(seconds=seconds, milliseconds=parts[0], microseconds=parts[1])
