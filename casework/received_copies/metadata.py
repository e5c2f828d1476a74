"""What a received file says of itself (time, place, camera): bounded, and as FFmpeg writes it into a file.

Nothing of it is trusted. Source: FFmpeg Formats Documentation, "Metadata".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from casework.sandbox.previews_child import MAX_VALUE

MOST_BYTES = 32 * 1024
"""Maximum bytes of all names and values, in UTF-8: half of what an event may have."""
_MAX_NAME = 100
_PAIR = re.compile(r"((?:\\.|[^\\=\n;#\[])(?:\\.|[^\\=\n])*)=((?:\\.|[^\\\n])*)\n", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def written(text: str) -> Mapping[str, str]:
    """Return the values about the whole file that FFmpeg wrote (`-f ffmetadata`)."""
    whole = text.partition("\n[")[0] + "\n"  # without chapters and streams
    pairs = (pair.groups() for pair in _PAIR.finditer(whole))
    return bounded((_ESCAPED.sub(r"\1", name), _ESCAPED.sub(r"\1", value)) for name, value in pairs)


def bounded(values: Iterable[tuple[object, object]]) -> Mapping[str, str]:
    """Return the first of these that have room, without characters that are not seen."""
    found: dict[str, str] = {}
    room = MOST_BYTES
    for name, value in values:
        pair = _printable(name)[:_MAX_NAME], _printable(value)[:MAX_VALUE]
        room -= len("".join(pair).encode())
        if room < 0:
            break
        if all(pair):
            found[pair[0]] = pair[1]
    return found


def _printable(text: object) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in str(text)).strip()
