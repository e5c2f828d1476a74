"""Copies one received picture and exits. It runs in a sandbox (`casework.sandbox.entry`) as
`picture_child FORMAT`, reads the standard input and writes the standard output: a line of JSON with the
picture's metadata (`read`) and its fingerprint (`fingerprints`), then a JPEG.

Of several pages, or of a moving picture, it copies the first. The JPEG has no metadata: only the points.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from casework.received_copies import fingerprints
from casework.sandbox import previews_child
from casework.sandbox.previews_child import MAX_PIXELS, MAX_WHOLE, answer, metadata, opened, reduced

SIDE = 4096
"""Maximum pixels of the longer side."""
QUALITY = 90


def main(format: str) -> int:  # noqa: A002  # the field's own name
    """Write the copy; returns 0, or 1 if the picture cannot be read."""
    previews_child.DECODERS |= {"bmp": ("BMP",), "gif": ("GIF",), "webp": ("WEBP",)}
    return answer(lambda: _copy(sys.stdin.buffer.read(), format))


def _copy(data: bytes, format: str) -> tuple[dict[str, Any], list[bytes]]:  # noqa: A002
    with opened(data, format, MAX_PIXELS if format == "jpeg" else MAX_WHOLE) as image:
        read = metadata(image)
        shown = reduced(image, SIDE)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=QUALITY)
    return {"fingerprint": fingerprints.of_picture(shown), "read": read}, [out.getvalue()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
