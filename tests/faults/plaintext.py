"""Looking for known plaintext in every stored byte, in each form in which programs put text down.

A marker is found as UTF-8, UTF-16 (both orders), hexadecimal, base64 (both alphabets, whatever came before
it), in JSON's and in URLs' escapes, and in any of these within a zlib, gzip or raw deflate stream.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

MAX_INFLATED = 1 << 22  # bytes of one stream that are looked at
_STREAM = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


def forms(marker: bytes | str) -> dict[str, bytes]:
    """Name of the form → the bytes to look for. Bytes are looked for as they are, in hex and in base64."""
    found: dict[str, bytes] = {}
    texts = {"": marker} if isinstance(marker, bytes) else _encodings(marker)
    for name, data in texts.items():
        found[name or "bytes"] = data
        found[f"{name} hex"] = data.hex().encode()
        found[f"{name} HEX"] = data.hex().upper().encode()
        for before in range(3):
            encoded = base64.b64encode(bytes(before) + data)
            # Only what does not depend on the neighbours.
            inner = encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
            found[f"{name} base64 {before}"] = inner
            found[f"{name} base64url {before}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _encodings(text: str) -> dict[str, bytes]:
    escaped = json.dumps(text)[1:-1].encode()
    return {
        "utf-8": text.encode(),
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "json": escaped,
        "url": quote(text).encode(),
    }


def walk(places: Mapping[str, Path], markers: Iterable[bytes | str]) -> Iterator[tuple[str, str, str]]:
    """Place and file, marker and form, of everything that is found below these folders."""
    wanted = [
        (str(marker)[:40], name, data)
        for marker in markers
        # Forms that come to the same bytes are looked for once.
        for data, name in {data: name for name, data in reversed(forms(marker).items())}.items()
    ]
    for place, folder in places.items():
        files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        for path in files:
            name = f"{place}: {path.name if path == folder else path.relative_to(folder)}"
            for marker, form, data in wanted:
                if data in str(path.relative_to(folder.parent)).encode():
                    yield name, marker, f"{form}, in its name"
            if not path.is_file():
                continue
            content = path.read_bytes()
            for data in (content, *_inflated(content)):
                yield from ((name, marker, form) for marker, form, piece in wanted if piece in data)


def _inflated(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    for match in _STREAM.finditer(content):
        try:
            found = zlib.decompressobj(47).decompress(view[match.start() :][:MAX_INFLATED], MAX_INFLATED)
        except zlib.error:
            continue
        if found:
            yield found
