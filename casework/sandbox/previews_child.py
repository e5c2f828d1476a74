"""Reads one picture that may be hostile, then exits.

It runs in a sandbox (`entry`) as `previews_child FORMAT`, reads the standard input and writes the standard
output. It loads the decoders of the one declared format, and of no other, and decodes no picture with more
points than its memory holds.

The output is JSON in one line (`width`, `height`, `read`), then for each picture made from it a line with its
length, and its bytes. If it cannot read the picture it reports a code; if it is killed, the parent reports
that. Its output is not trusted beyond that (`previews`).
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MAX_PIXELS = 120_000_000
"""Maximum pixels of a picture: larger than any camera's."""
MAX_WHOLE = 64_000_000
"""Maximum pixels of a picture that is decoded at its full size for a preview: all but a JPEG. Two copies of
it have room in the memory."""
SMALL, LARGE = 320, 2048
"""Pixels of the longer side of the previews."""
MAX_VALUES, MAX_VALUE = 200, 300
"""Metadata: maximum number of values, and characters of each."""

DECODERS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "dng": ("TIFF",),
    "heic": ("HEIF", "AVIF"),
}
_REDUCED = frozenset(("CMYK", "L", "LA", "RGB", "RGBA", "YCbCr"))
"""Pillow's modes in which a picture can be reduced; one in another is converted first."""


class Unreadable(Exception):  # the name is the condition
    """The message is a code: `not-readable`, `too-large`."""


def main(format: str) -> int:  # noqa: A002  # the field's own name
    """Describe the picture on the standard input; returns 0, or 1 if it cannot be shown."""
    return answer(lambda: _read(sys.stdin.buffer.read(), format))


def answer(make: Callable[[], tuple[Mapping[str, Any], Sequence[bytes]]]) -> int:
    """Write what `make` returns to the standard output, a line of JSON and then bytes; returns 0.

    Returns 1 after the code of why there is nothing: `make` raised `Unreadable`, or had too little memory.
    """
    out = sys.stdout.buffer
    try:
        reply, pieces = make()
    except Unreadable as code:
        out.write(json.dumps({"unreadable": str(code)}).encode() + b"\n")
        return 1
    except MemoryError:
        out.write(b'{"unreadable":"too-large"}\n')
        return 1
    out.write(json.dumps(reply).encode() + b"\n")
    for piece in pieces:
        out.write(piece)
    return 0


@contextlib.contextmanager
def opened(data: bytes, format: str, most: int = MAX_PIXELS) -> Iterator[Any]:  # noqa: A002
    """Open a picture of at most `most` pixels, to decode it.

    Raises `Unreadable`, whatever a decoder raises in the block.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = most
    try:
        if format == "heic":
            from pillow_heif import register_heif_opener

            register_heif_opener(thumbnails=False)
        with Image.open(io.BytesIO(data), formats=DECODERS[format]) as image:
            if image.width * image.height > most:
                raise Unreadable("too-large")
            yield image
    except Unreadable:
        raise
    except (Image.DecompressionBombError, MemoryError) as bomb:
        raise Unreadable("too-large") from bomb
    except Exception as broken:  # a decoder raises errors of every kind on hostile bytes
        raise Unreadable("not-readable") from broken


def reduced(image: Any, side: int) -> Any:
    """Return the picture upright, in RGB, without metadata, its longer side at most `side` pixels."""
    from PIL import Image, ImageOps

    image.draft("RGB", (side * 2, side * 2))  # a JPEG is decoded at reduced size
    if image.mode not in _REDUCED:
        image = image.convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)  # before it is copied
    shown = ImageOps.exif_transpose(image).convert("RGB")
    shown.info.clear()  # a comment would be written again; only the original has metadata
    return shown


def _read(data: bytes, format: str) -> tuple[dict[str, Any], list[bytes]]:  # noqa: A002
    from PIL import Image

    with opened(data, format, MAX_PIXELS if format == "jpeg" else MAX_WHOLE) as image:
        reply = {"width": image.width, "height": image.height, "read": metadata(image)}
        shown = reduced(image, LARGE)
    pictures = []
    for side, quality in ((SMALL, 78), (LARGE, 86)):
        smaller = shown.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=quality)
        picture = out.getvalue()
        pictures.append(b"%d\n" % len(picture) + picture)
    return reply, pictures


def metadata(image: Any) -> dict[str, str]:
    """The file's own metadata, as text. None of it is proved, and none is changed."""
    from PIL import ExifTags

    found: dict[str, str] = {}
    with contextlib.suppress(Exception):  # metadata may be as broken as the rest; the picture counts
        exif = image.getexif()
        pages = [dict(exif), exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)]
        for names, page in zip((ExifTags.TAGS, ExifTags.TAGS, ExifTags.GPSTAGS), pages, strict=True):
            for tag, value in page.items():
                if len(found) >= MAX_VALUES:
                    return found
                if isinstance(value, bytes) and len(value) > MAX_VALUE:
                    continue  # makers' notes, thumbnails
                name = str(names.get(tag, f"tag {tag}"))
                found[name] = _printable(_text(name, value, "le" if exif.endian == "<" else "be"))
    if "xmp" in image.info:
        found["XMP"] = f"{len(image.info['xmp'])} bytes"
    return found


def _text(name: str, value: object, order: str) -> str:
    """A value as text: Exif 2.32, 4.6.5 (UserComment); the XP tags are Windows' own.

    Software that writes non-ASCII letters into an ASCII field writes UTF-8, which Pillow reads as Latin-1.
    """
    if isinstance(value, str):
        with contextlib.suppress(UnicodeError):
            return value.encode("latin-1").decode()
        return value
    if not isinstance(value, bytes):
        return str(value)
    if name.startswith("XP"):
        return value.decode("utf-16-le", "replace")
    if name == "UserComment":
        written = f"utf-16-{order}" if value.startswith(b"UNICODE\0") else "utf-8"
        return value[8:].decode(written, "replace")
    return value.decode("utf-8", "replace")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:MAX_VALUE].strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
