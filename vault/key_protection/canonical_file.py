"""Files of keys: one line of canonical JSON (RFC 8785), bytes in base64. Other spellings are refused."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from vault.errors import Altered


class _File(Protocol):
    def serialise(self) -> bytes: ...


File = TypeVar("File", bound=_File)


def parse_canonical(data: bytes, what: str, build: Callable[[Any], File]) -> File:
    """Return what `build` makes of the JSON value in `data`; `what` names it in errors.

    `build` may raise `ValueError`, `KeyError`, `TypeError` and `AttributeError`. Raises `Altered` for these,
    for what is not JSON, and unless the result serialises to the same bytes.
    """
    try:
        parsed = build(json.loads(data))
        same = parsed.serialise() == data
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Altered(f"{what}: {type(error).__name__}") from None
    if not same:
        raise Altered(f"{what}: not in its canonical form")
    return parsed


def to_text(data: bytes) -> str:
    """Return `data` in standard base64."""
    return base64.b64encode(data).decode()


def to_bytes(text: str, size: int | None = None) -> bytes:
    """Decode the output of `to_text`.

    Raises `ValueError` for anything else, and for a length other than `size` bytes if one is given.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if size is not None and len(data) != size:
        raise ValueError(f"not {size} bytes")
    return data
