"""JSON objects as frozen dataclasses: a table of fields, each with the reader of its member.

    @dataclass(frozen=True)
    class Manifest(CanonicalObject):
        what: ClassVar[str] = "manifest"
        fixed: ClassVar[Mapping[str, object]] = {"kind": "recording", "v": 1}

        evidence: Identifier
        records: Annotated[int, whole(low=1)]
        program: Program | None

A *reader* takes a parsed JSON value and the name of its place in errors. It returns the field's value, or
raises `Malformed`. The annotation of a field gives its reader: `Annotated` names it, another `JsonObject` is
its own, and `| None` also allows null. `json_value` writes a value; readers check it before it is written.

Reading is strict: a missing or unknown member is refused, and whatever its reader refuses. Rules between
fields are in `check`.

Specification: RFC 8785, as in `canonical_json`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import PurePath
from types import NoneType
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed

Value = TypeVar("Value")
Reader = Callable[[object, str], Value]


def whole(low: int = 0, high: int = canonical_json.MAX_INTEGER) -> Reader[int]:
    """Return the reader of a whole number from `low` to `high`."""
    return lambda value, what: canonical_json.integer(value, what, low, high)


def hexadecimal(length: int) -> Reader[str]:
    """Return the reader of `length` bytes in lower-case hexadecimal digits."""
    return lambda value, what: canonical_json.hexadecimal(value, length, what)


def base64_bytes(length: int) -> Reader[bytes]:
    """Return the reader of `length` bytes in base64."""
    return lambda value, what: canonical_json.base64_bytes(value, length, what)


def text(least: int, most: int) -> Reader[str]:
    """Return the reader of a text of `least` to `most` characters."""

    def read(value: object, what: str) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise Malformed(f"{what}: not text of {least} to {most} characters")
        return value

    return read


def json_object(value: object, what: str) -> Mapping[str, Any]:
    """Read an object with any members."""
    if not isinstance(value, dict):
        raise Malformed(f"{what}: not a JSON object")
    return value


def one_of(words: Collection[str]) -> Reader[str]:
    """Return the reader of one of these words."""

    def read(value: object, what: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise Malformed(f"{what}: none of {', '.join(sorted(words))}")
        return value

    return read


def or_none(read: Reader[Value]) -> Reader[Value | None]:
    """Return the reader of null, or of what `read` reads."""
    return lambda value, what: None if value is None else read(value, what)


def list_of(read: Reader[Value], least: int, most: int) -> Reader[tuple[Value, ...]]:
    """Return the reader of a list of `least` to `most` values that `read` reads."""

    def read_all(value: object, what: str) -> tuple[Value, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise Malformed(f"{what}: not {f'{least} to' if least else 'an array of at most'} {most}")
        return tuple(read(one, f"{what} {number}") for number, one in enumerate(value, start=1))

    return read_all


def named(what: str, read: Reader[Value]) -> Reader[Value]:
    """Return `read`, whose errors name `what` and not the place in the whole object."""
    return lambda value, _: read(value, what)


def failing_with(sentence: str, read: Reader[Value]) -> Reader[Value]:
    """Return `read`, whose every error is a `Malformed` with this sentence."""

    def read_or_fail(value: object, what: str) -> Value:
        try:
            return read(value, what)
        except Malformed as error:
            raise Malformed(sentence) from error

    return read_or_fail


def object_of(**readers: Reader[Any]) -> Reader[dict[str, Any]]:
    """Return the reader of an object with exactly these members."""

    def read(value: object, what: str) -> dict[str, Any]:
        found = canonical_json.exact_keys(value, frozenset(readers), what)
        return {name: one(found[name], f"{what} {name}") for name, one in readers.items()}

    return read


Boolean = Annotated[bool, canonical_json.boolean]
Code = Annotated[str, canonical_json.code]
Count = Annotated[int, canonical_json.integer]
Digest = Annotated[str, canonical_json.digest]
Identifier = Annotated[str, canonical_json.identifier]
Instant = Annotated[str, canonical_json.instant]
KeyId = Annotated[str, hexadecimal(8)]


@dataclass(frozen=True)
class JsonObject:
    """Base of a frozen dataclass whose fields are the members of a JSON object."""

    __slots__ = ()

    what: ClassVar[str]
    """Its name in errors."""
    fixed: ClassVar[Mapping[str, object]] = {}
    """Members that have the same value in every object of the class: its kind, its version `v`."""
    unknown: ClassVar[str] = "version not known"
    """What is wrong with an object whose fixed members have other values."""
    members: ClassVar[Mapping[str, str]] = {}
    """Field → its member, if they differ."""

    def check(self) -> None:
        """Check the rules between fields, each of which its reader has accepted. Raises `Malformed`."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        values = {member: json_value(getattr(self, name)) for name, member, _ in self._table()}
        return {**self.fixed, **values}

    @classmethod
    @cache
    def _table(cls) -> tuple[tuple[str, str, Reader[Any]], ...]:
        """Return (field, member, reader) of each field, in their order."""
        # Resolve in the module's namespace: in the class's own, a field hides a reader of the same name.
        hints = get_type_hints(cls, localns={}, include_extras=True)
        return tuple(
            (one.name, cls.members.get(one.name, one.name), _reader(hints[one.name])) for one in fields(cls)
        )

    @classmethod
    def from_json(cls, value: object, what: str | None = None) -> Self:
        """Read the JSON object: the inverse of `to_json`. `what` names it in errors. Raises `Malformed`."""
        what = what or cls.what
        table = cls._table()
        members = canonical_json.exact_keys(
            value, frozenset(cls.fixed) | {member for _, member, _ in table}, what
        )
        for name, expected in cls.fixed.items():
            if isinstance(expected, int):
                canonical_json.integer(members[name], f"{what} {name}")
        if any(members[name] != expected for name, expected in cls.fixed.items()):
            raise Malformed(f"{what}: {cls.unknown}")
        found = cls(**{name: read(members[member], f"{what} {member}") for name, member, read in table})
        found.check()
        return found


class CanonicalObject(JsonObject):
    """A `JsonObject` that is signed or hashed, as canonical JSON."""

    __slots__ = ()

    longest: ClassVar[int | None] = None
    """Maximum bytes; None if the caller limits them."""

    def canonical(self) -> bytes:
        """Return the canonical bytes. Raises `Malformed` if a field is invalid."""
        value = self.to_json()
        self.from_json(value)
        return self._bounded(canonical_json.serialise(value))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read it. Raises `Malformed` unless `data` is its canonical encoding."""
        return cls.from_json(canonical_json.parse_object(cls._bounded(data), cls.what))

    @classmethod
    def _bounded(cls, data: bytes) -> bytes:
        if cls.longest is not None and len(data) > cls.longest:
            raise Malformed(f"{cls.what}: longer than {cls.longest} bytes")
        return data


def json_value(value: object) -> Any:
    """Return the JSON value of a field.

    Bytes become base64, a path text, a tuple or list a list. Else it is a value that JSON has, or one with
    `to_json`.
    """
    if isinstance(value, bytes):
        return encode_base64(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, tuple | list):
        return [json_value(one) for one in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value.to_json() if hasattr(value, "to_json") else value


def _reader(hint: Any) -> Reader[Any]:
    read: Reader[Any]
    if get_origin(hint) is Annotated:
        read = hint.__metadata__[0]
    elif NoneType in get_args(hint):
        [other] = (one for one in get_args(hint) if one is not NoneType)
        read = or_none(_reader(other))
    else:
        read = hint.from_json
    return read
