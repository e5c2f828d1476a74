"""Draw a comparison sheet and exit. It runs in a sandbox (`casework.sandbox.entry`) as
`renderer_child picture|sheet ARGUMENT`.

It runs once for each photograph, which may be hostile, and once for the sheet, which is composed from plain
pixels. So a photograph that compromises its decoder cannot change another picture. Its output begins with a
line of JSON, an empty object or an `unreadable`: the code of why there is no picture.

    picture   in: the original                      out: the crop, RGB, three bytes a pixel
    sheet     in: these, then for each card a line
              with its length, and its PNG          out: the sheet, a JPEG

The output has no metadata, no thumbnail and no profile: only the pixels of a photograph remain.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from casework.sandbox.previews_child import Unreadable, answer, opened

QUALITY = 92
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_SEGMENTS = 10
"""Segments of a bar, alternately black and white."""


def main(task: str, argument: str) -> int:
    """Write the result to standard output; return 0, or 1 if there is no picture."""
    order = json.loads(argument)
    draw = _picture if task == "picture" else _sheet
    return answer(lambda: ({}, [draw(sys.stdin.buffer, order)]))


def _picture(given: BinaryIO, order: Mapping[str, Any]) -> bytes:
    """Return the crop of one photograph, upright, at its size on the sheet."""
    from PIL import Image, ImageOps

    left, upper, wide, high = order["crop"]
    with opened(given.read(), order["format"]) as image:
        ImageOps.exif_transpose(image, in_place=True)  # a copy would double the memory
        outside = any(x >= image.width or y >= image.height for x, y in order["points"])
        if outside or left + wide > image.width or upper + high > image.height:
            raise Unreadable("outside")
        shown: Image.Image = image
        if (left, upper, wide, high) != (0, 0, *image.size):
            # Crop before scaling: cropped pixels must not affect the edge of what is shown.
            shown = image.crop((left, upper, left + wide, upper + high))
        if shown.mode != "RGB":
            shown = shown.convert("RGB")
        shown.load()
    return shown.resize(tuple(order["size"]), Image.Resampling.LANCZOS).tobytes()


def _sheet(given: BinaryIO, order: Mapping[str, Any]) -> bytes:
    from PIL import Image

    sheet = Image.new("RGB", tuple(order["size"]), _WHITE)
    for x, y, wide, high in order["pictures"]:
        sheet.paste(Image.frombytes("RGB", (wide, high), given.read(wide * high * 3)), (x, y))
    for bar in order["bars"]:
        _bar(sheet, *bar)
    for x, y, wide, high in order["cards"]:
        png = given.read(int(given.readline(12)))
        with Image.open(io.BytesIO(png), formats=("PNG",)) as card:
            sheet.paste(card.convert("RGB").crop((0, 0, wide, high)), (x, y))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=QUALITY, subsampling=0)  # an injury's colour at full resolution
    return out.getvalue()


def _bar(sheet: Any, x: int, y: int, long: int, thick: int) -> None:
    """Draw a bar: black from its first pixel to its last, with white segments inside to count."""
    sheet.paste(_BLACK, (x, y, x + long, y + thick))
    edge = max(1, thick // 6)
    for part in range(1, _SEGMENTS, 2):
        begin, end = x + long * part // _SEGMENTS, x + long * (part + 1) // _SEGMENTS
        last = end - edge if part == _SEGMENTS - 1 else end
        if last > begin:
            sheet.paste(_WHITE, (begin, y + edge, last, y + thick - edge))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
