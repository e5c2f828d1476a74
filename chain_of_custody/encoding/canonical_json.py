"""Canonical encodings: one value, one sequence of bytes.

Signed or hashed data must have exactly one encoding, or two people could have "the same" statement with two
digests. All JSON written here is RFC 8785 (JCS), further restricted to whole numbers below 2**53, so that
another verifier needs no rules for printing fractions, and to a depth that every reader can process. Parsing
serialises again and compares: other spacing, key order, escapes, duplicate keys or number spellings are
refused.

Trusts nothing: all input is hostile until it has passed. Raises only `Malformed`.

Specifications: RFC 8785; RFC 8259; RFC 4648 section 4 (base64); RFC 3339 (instants).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

import rfc8785

from chain_of_custody.encoding.signed_note import decode_base64
from chain_of_custody.errors import Malformed

Line = TypeVar("Line")

MAX_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader, a browser's included, holds exactly."""

MAX_DEPTH = 200
"""Maximum nesting of objects and lists. Without a limit of ours, each reader would have that of its own
stack, and two verifiers could get different results."""

_HEX = re.compile(r"[0-9a-f]*")
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_BEYOND = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
# Some versions of Python read 24:00 as the next day, others refuse it.
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")

_in_code_points = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
"""RFC 8785, but for the numbers that are refused here, and the order of keys beyond U+FFFF: it sorts by code
points, RFC 8785 by UTF-16. Several times as fast as `rfc8785`."""


def serialise(value: Any) -> bytes:
    """Return the RFC 8785 bytes of `value`.

    Allowed are objects with text keys, lists, text, whole numbers, booleans, null. Raises `Malformed` for
    fractions, numbers beyond 2**53 - 1, lone surrogates, other types, and values nested deeper than
    `MAX_DEPTH`.
    """
    try:
        if not _is_plain(value):  # or say what is wrong with it
            _refuse_depth(value, "canonical JSON")
            _refuse_fractions(value)
            return rfc8785.dumps(value)
        return _dumps(value)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not representable as canonical JSON: {error}") from error


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Read one canonical JSON object. `what` names it in errors ("statement", "manifest").

    Raises `Malformed` if `data` is not UTF-8, not JSON, not an object, not canonical, or nested deeper than
    `MAX_DEPTH`.
    """
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_float=_fraction, parse_constant=_fraction, parse_int=_whole)
        # Data with so few brackets cannot be nested so deep; check only the rest.
        if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
            _refuse_depth(value, what)
        canonical = _dumps(value)
    except (ValueError, RecursionError) as error:
        # Not the parser's own message, which differs between its versions: tests compare this sentence.
        raise Malformed(f"{what}: not canonical JSON") from error
    if not isinstance(value, dict):
        raise Malformed(f"{what}: not a JSON object")
    if canonical != data:
        raise Malformed(f"{what}: not in its canonical form (RFC 8785)")
    return value


def parse_lines(
    data: bytes, name: str, read: Callable[[bytes], Line], longest: int | None = None
) -> list[Line]:
    """Read lines, each ended by a newline, with `read`. `name` names the file in errors.

    Raises `Malformed` for more than `longest` bytes, for a last line without its end, and as `read`.
    """
    if longest is not None and len(data) > longest:
        raise Malformed(f"{name}: longer than {longest} bytes")
    if not data.endswith(b"\n"):
        raise Malformed(f"{name}: does not end with a complete line")
    objects = []
    for number, line in enumerate(data[:-1].split(b"\n"), start=1):
        try:
            objects.append(read(line))
        except Malformed as error:
            raise Malformed(f"{name} line {number}: {error}") from error
    return objects


def exact_keys(value: object, keys: frozenset[str], what: str) -> dict[str, Any]:
    """Return `value` if it is an object with exactly `keys`, else raise `Malformed`."""
    if not isinstance(value, dict):
        raise Malformed(f"{what}: not a JSON object")
    if value.keys() != keys:
        missing = ", ".join(sorted(keys - value.keys()))
        surplus = ", ".join(sorted(str(key)[:40] for key in value.keys() - keys))
        raise Malformed(f"{what}: keys differ (missing: {missing or 'none'}; not known: {surplus or 'none'})")
    return value


def integer(value: object, what: str, low: int = 0, high: int = MAX_INTEGER) -> int:
    """Return `value` if it is a whole number from `low` to `high` (a boolean is not one)."""
    if type(value) is not int or not low <= value <= high:
        raise Malformed(f"{what}: not a whole number from {low} to {high}")
    return value


def boolean(value: object, what: str) -> bool:
    """Return `value` if it is true or false."""
    if not isinstance(value, bool):
        raise Malformed(f"{what}: not true or false")
    return value


def hexadecimal(value: object, length: int, what: str) -> str:
    """Return `value` if it is `length` bytes written in lower-case hexadecimal digits."""
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
        raise Malformed(f"{what}: not {length} bytes in lower-case hexadecimal")
    return value


def identifier(value: object, what: str) -> str:
    """Return `value` if it is an id: 128 random bits as 32 lower-case hexadecimal digits."""
    return hexadecimal(value, 16, what)


def digest(value: object, what: str) -> str:
    """Return `value` if it is a SHA-256 digest as 64 lower-case hexadecimal digits."""
    return hexadecimal(value, 32, what)


def code(value: object, what: str) -> str:
    """Return `value` if it is a code: 1 to 64 of a-z, 0-9, dot, hyphen, underscore. Never free text."""
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise Malformed(f"{what}: not a code (1 to 64 of a-z 0-9 . _ -)")
    return value


def base64_bytes(value: object, length: int, what: str) -> bytes:
    """Return the `length` bytes that `value` encodes in standard, padded base64; refuse other encodings."""
    decoded = decode_base64(value, what) if isinstance(value, str) else None
    if decoded is None or len(decoded) != length:
        raise Malformed(f"{what}: not {length} bytes in base64")
    return decoded


def instant(value: object, what: str) -> str:
    """Return `value` if it is a UTC time like 2026-11-24T20:15:03.120Z that exists in the calendar."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Malformed(f"{what}: not a time like 2026-11-24T20:15:03.120Z")
    moment(value, what)
    return value


def moment(text: str, what: str = "time") -> datetime:
    """Return the aware `datetime` of an instant."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{what}: no such time") from error


def instant_text(when: datetime) -> str:
    """Format an aware `datetime` as an instant: UTC, milliseconds, rounded down."""
    if when.tzinfo is None:
        raise Malformed("time without a time zone")
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dumps(value: Any) -> bytes:
    """Return the RFC 8785 bytes of what is plain. Raises `ValueError` for lone surrogates."""
    text = _in_code_points(value)
    return rfc8785.dumps(value) if _BEYOND.search(text) else text.encode("utf-8")


def _is_plain(value: object) -> bool:
    """Return whether there is nothing in `value` but what is allowed, in Python's own types."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for member in level:
            kind = type(member)
            if kind is dict:
                if not all(type(key) is str for key in member):
                    return False
                inner.extend(member.values())
            elif kind is list or kind is tuple:
                inner.extend(member)
            elif kind is int:
                if not -MAX_INTEGER <= member <= MAX_INTEGER:
                    return False
            elif kind is not str and kind is not bool and member is not None:
                return False
        if not inner:
            return True
        level = inner
    return False


def _refuse_depth(value: object, what: str) -> None:
    """Refuse too deep a value, level by level, so that the check itself needs no deep stack."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for one in level
            if isinstance(one, Mapping | list | tuple)
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]
        if not level:
            return
    raise Malformed(f"{what}: nested deeper than {MAX_DEPTH}")


def _refuse_fractions(value: object) -> None:
    if isinstance(value, float):
        raise Malformed("canonical JSON here has whole numbers only")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_fractions(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_fractions(item)


def _fraction(text: str) -> NoReturn:
    raise ValueError("numbers must be whole")


def _whole(text: str) -> int:
    if not -MAX_INTEGER <= (number := int(text)) <= MAX_INTEGER:
        raise ValueError("numbers must be below 2**53")
    return number
