"""A strict reader for DER: one value has one encoding, and anything else is refused.

It supports only what timestamps and their certificates need: tags of one byte, definite lengths in their
shortest form, and the few types that occur. There is no tree and no recursion. The caller states what must
come next, so nothing is skipped unread.

Trusts nothing. Raises only `Malformed`; the message begins with `what`, the name of the thing read.

Specification: docs/spec/time.md section 8; ITU-T X.690 (DER), sections 8, 10 and 11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from chain_of_custody.errors import Malformed

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTF8_STRING, PRINTABLE_STRING, IA5_STRING = 0x0C, 0x13, 0x16
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

MAX_LENGTH = 2**24 - 1
"""Maximum bytes of one value's content; a timestamp has a few thousand."""
MAX_INTEGER = 32
"""Maximum bytes of a whole number, unless its reader gives another limit."""

_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
_TIME = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,5}[1-9]))?Z")
_YEARS = range(1970, 2150)
"""Years of a token's time: in microseconds since 1970 they are whole numbers in every language, with the
largest accuracy added, too."""
_UTC_TIME, _CERTIFICATE_TIME = re.compile(rb"([0-9]{12})Z"), re.compile(rb"([0-9]{14})Z")
_FIRST_YEAR = 1950
"""The first year that a certificate can name, in either type of time."""


def context(number: int, *, constructed: bool = True) -> int:
    """Return the context tag [number], such as [0]."""
    return (0xA0 if constructed else 0x80) | number


def encoded(tag: int, content: bytes) -> bytes:
    """Return the encoding of one value."""
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    length = bytes((size,)) if size < 0x80 else bytes((0x80 | len(octets),)) + octets
    return bytes((tag,)) + length + content


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its tag, its content, and `whole`: all its bytes including tag and length."""

    tag: int
    content: bytes
    whole: bytes


class Reader:
    """Reads one value after another from `data`."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._what, self._at = data, what, 0

    def __bool__(self) -> bool:
        """Return whether values are left."""
        return self._at < len(self._data)

    def next_is(self, tag: int) -> bool:
        """Return whether the next value has this tag."""
        return self._at < len(self._data) and self._data[self._at] == tag

    def take(self, tag: int | None = None) -> Element:
        """Return the next value, which must exist and have the given tag, if any."""
        data, start = self._data, self._at
        if len(data) < start + 2:
            raise self.malformed("ends too early")
        tag_found = data[start]
        if tag_found & 0x1F == 0x1F:
            raise self.malformed("a tag of more than one byte")
        if tag is not None and tag_found != tag:
            raise self.malformed(f"tag {tag_found:#04x} where {tag:#04x} must be")
        content, length = self._length(start + 1)
        self._at = content + length
        if len(data) < self._at:
            raise self.malformed("ends too early")
        return Element(tag_found, data[content : self._at], data[start : self._at])

    def inside(self, tag: int) -> Reader:
        """Return a reader for the content of the next value, which must have this tag."""
        return Reader(self.take(tag).content, self._what)

    def end(self) -> None:
        """Raise `Malformed` if anything is left."""
        if self:
            raise self.malformed("something lies behind what must be there")

    def rest(self) -> list[Element]:
        """Return all values that are left."""
        elements = []
        while self:
            elements.append(self.take())
        return elements

    def set_of(self, tag: int = SET) -> list[Element]:
        """Return the members of the next value, a SET OF, which must ascend by their bytes, none twice."""
        members = self.inside(tag).rest()
        wholes = [member.whole for member in members]
        if any(a >= b for a, b in pairwise(wholes)):
            raise self.malformed("a set that is not in order")
        return members

    def integer(self, tag: int = INTEGER, limit: int = MAX_INTEGER) -> int:
        """Return the next value, a whole number of at most `limit` bytes."""
        content = self.take(tag).content
        if not 0 < len(content) <= limit:
            raise self.malformed("a number without digits, or with too many")
        if len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7:
            raise self.malformed("a number that is not written in the shortest way")
        return int.from_bytes(content, signed=True)

    def default_false(self) -> bool:
        """Return an optional BOOLEAN DEFAULT FALSE: DER writes it only where it is true, as FF."""
        if not self.next_is(BOOLEAN):
            return False
        if self.take().content != b"\xff":
            raise self.malformed("a default that is written out, or a truth that is not FF")
        return True

    def octets(self) -> bytes:
        """Return the next value, an OCTET STRING."""
        return self.take(OCTET_STRING).content

    def bits(self) -> bytes:
        """Return the next value, a BIT STRING of whole bytes."""
        content = self.take(BIT_STRING).content
        if content[:1] != b"\x00":
            raise self.malformed("bits that are not whole bytes")
        return content[1:]

    def text(self) -> str:
        """Return the next value, a string of one of the three types that are accepted."""
        element = self.take()
        content = element.content
        try:
            if element.tag == UTF8_STRING:
                return content.decode("utf-8")
            if element.tag == IA5_STRING or (
                element.tag == PRINTABLE_STRING and _PRINTABLE.fullmatch(content)
            ):
                return content.decode("ascii")
        except UnicodeDecodeError as error:
            raise self.malformed("a string with bytes that its type does not have") from error
        raise self.malformed("a string of a type that is not accepted, or beyond its alphabet")

    def oid(self) -> str:
        """Return the next value, an object identifier, as numbers with dots."""
        content = self.take(OID).content
        if not 0 < len(content) <= 64 or content[-1] & 0x80:
            raise self.malformed("an object identifier that does not end")
        arcs: list[int] = []
        arc, fresh = 0, True
        for byte in content:
            if fresh and byte == 0x80:
                raise self.malformed("an object identifier that is not written in the shortest way")
            arc, fresh = arc << 7 | byte & 0x7F, not byte & 0x80
            if fresh:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(one) for one in (first, arcs[0] - 40 * first, *arcs[1:]))

    def time(self) -> datetime:
        """Return the next value, a token's time: a GeneralizedTime in UTC, to the microsecond."""
        match = _TIME.fullmatch(self.take(GENERALIZED_TIME).content)
        if match is None:
            raise self.malformed("not a time like 20261124201503.12Z")
        second = self._second(match[1])
        if second.year not in _YEARS:
            raise self.malformed(f"a time before {_YEARS.start} or from {_YEARS.stop} on")
        return second + timedelta(microseconds=int((match[2] or b"").ljust(6, b"0")))

    def certificate_time(self) -> datetime:
        """Return the next value, a certificate's time: a UTCTime, or a GeneralizedTime, to the second."""
        element = self.take()
        if element.tag == UTC_TIME and (match := _UTC_TIME.fullmatch(element.content)):
            return self._second((b"20" if match[1] < b"50" else b"19") + match[1])
        if element.tag == GENERALIZED_TIME and (match := _CERTIFICATE_TIME.fullmatch(element.content)):
            second = self._second(match[1])
            if second.year >= _FIRST_YEAR:
                return second
        raise self.malformed("not a time of a certificate")

    def expect(self, holds: bool, why: str) -> None:
        """Raise `Malformed` unless this holds; `why` says what is wrong."""
        if not holds:
            raise self.malformed(why)

    def malformed(self, why: str) -> Malformed:
        """Return the error to raise; `why` follows the name of what is read."""
        return Malformed(f"{self._what}: {why}")

    def _second(self, digits: bytes) -> datetime:
        """Return the time that YYYYMMDDhhmmss names."""
        month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
        try:
            return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise self.malformed("no such time") from error

    def _length(self, at: int) -> tuple[int, int]:
        """Return (where the content begins, its length)."""
        first = self._data[at]
        if first < 0x80:
            return at + 1, first
        octets = self._data[at + 1 : at + 1 + (first & 0x7F)]
        length = int.from_bytes(octets)
        # An indefinite length (0x80) has no octets.
        if not octets or len(octets) != first & 0x7F or not octets[0] or length < 0x80 or length > MAX_LENGTH:
            raise self.malformed("a length that is not written in the shortest way, or is too large")
        return at + 1 + len(octets), length
