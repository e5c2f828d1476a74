"""Values in the lines between web process and keyholder: JSON, by the types with which a method is annotated.

- `str`, `bool`, `int`, `float`: as they are; a whole number from 0
- `bytes`: standard base64
- `datetime`: ISO 8601
- `list[X]`, `Sequence[X]`, `tuple[X, Y]`: a list
- `Mapping[str, X]`: an object
- a dataclass: an object of its fields; `TreeHead`: `{"size": 12, "root": "<hex>"}`
- `X | None`: null for None
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from amana.keyholder.protocol import LineError
from amana.keyholder.signing_guard import TreeHead

Read = Callable[[Any], Any]
"""Turns JSON into a value. Raises `LineError`, whose message continues the name of the field; for `float` and
`datetime`, which only answers have, `ValueError` or `TypeError`."""


def written(value: Any) -> Any:
    """Return `value` as JSON."""
    match value:
        case None | str() | int() | float():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.isoformat()
        case TreeHead(size=size, root=root):
            return {"size": size, "root": root.hex()}
        case Mapping():
            return {name: written(one) for name, one in value.items()}
    if is_dataclass(value):
        return {field.name: written(getattr(value, field.name)) for field in fields(value)}
    return [written(one) for one in value]


@functools.cache
def reader(kind: Any) -> Read:
    """Return the function that reads values of the type `kind`."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_dataclass(kind):
        return functools.partial(_record, kind, get_type_hints(kind))
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _text
    if origin is UnionType:
        return functools.partial(_optional, reader(inner[0]))
    if origin is Mapping:
        return functools.partial(_mapping, reader(inner[1]))
    if origin is tuple:
        return functools.partial(_tuple, tuple(map(reader, inner)))
    return functools.partial(_sequence, list if origin is list else tuple, reader(inner[0]))


def tree_head(size: int, root: str) -> TreeHead:
    """Return a tree head; `root`: its hash in hex. Raises `LineError`."""
    try:
        return TreeHead(size, bytes.fromhex(root))
    except ValueError:
        raise LineError("root must be hex") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise LineError("must be a string")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise LineError("must be true or false")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise LineError("must be a whole number")
    return value


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise LineError("must be standard base64") from None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise LineError("must be an object")
    return value


def _optional(one: Read, value: Any) -> Any:
    return None if value is None else one(value)


def _mapping(one: Read, value: Any) -> Mapping[str, Any]:
    return {name: one(member) for name, member in _object(value).items()}


def _sequence(made: Callable[[Any], Any], one: Read, value: Any) -> Any:
    if not isinstance(value, list):
        raise LineError("must be a list")
    return made(map(one, value))


def _tuple(parts: Sequence[Read], value: Any) -> Any:
    if not isinstance(value, list) or len(value) != len(parts):
        raise LineError(f"must consist of lists of {len(parts)}")
    return tuple(part(one) for part, one in zip(parts, value, strict=True))


def _record(kind: Any, hints: Mapping[str, Any], value: Any) -> Any:
    members = _object(value)
    return kind(**{field.name: reader(hints[field.name])(members.get(field.name)) for field in fields(kind)})


def _tree_head(value: Any) -> TreeHead:
    members = _object(value)
    return tree_head(_number(members.get("size")), _text(members.get("root")))


_PLAIN: Mapping[Any, Read] = {
    Any: lambda value: value,
    NoneType: lambda value: None,
    bool: _flag,
    bytes: _bytes,
    datetime: datetime.fromisoformat,
    float: float,
    int: _number,
    str: _text,
    TreeHead: _tree_head,
}
"""Readers of the types that have no parts."""
