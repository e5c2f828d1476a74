"""Faces that nobody has: drawn, shaded, and put into films, for what looks for faces in them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from tests.support.media import made_media

RATE = 10
_SKIN, _HAIR = (214, 168, 140), (60, 40, 30)


@dataclass(frozen=True)
class Drawn:
    """A face in a film. `size`: points across; `way`: from and to, its middle in points; `seconds`: from and
    to, when it is there. `tilt`: degrees by which it leans to the left."""

    size: int
    way: tuple[tuple[int, int], tuple[int, int]]
    seconds: tuple[float, float]
    tilt: int = 0

    def middle(self, at: float) -> tuple[int, int] | None:
        begin, end = self.seconds
        if not begin <= at < end:
            return None
        part = (at - begin) / (end - begin)
        (x, y), (to_x, to_y) = self.way
        return round(x + (to_x - x) * part), round(y + (to_y - y) * part)


@functools.cache
def face(size: int) -> Image.Image:
    """A face so many points across, on a transparent ground."""
    wide, high = size * 4, size * 5
    image = Image.new("RGBA", (wide, high), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)

    def oval(x: float, y: float, across: float, down: float, colour: tuple[int, int, int]) -> None:
        box = (x - across) * wide, (y - down) * high, (x + across) * wide, (y + down) * high
        pen.ellipse(box, fill=colour)

    def shade(factor: float) -> tuple[int, int, int]:
        red, green, blue = (min(round(part * factor), 255) for part in _SKIN)
        return red, green, blue

    oval(0.5, 0.42, 0.46, 0.42, _HAIR)
    oval(0.5, 0.54, 0.38, 0.43, _SKIN)
    oval(0.5, 0.60, 0.30, 0.34, shade(1.08))
    oval(0.5, 0.16, 0.40, 0.12, _HAIR)
    for x in (0.33, 0.67):
        for across, down, colour in (
            (0.115, 0.055, shade(0.72)),
            (0.090, 0.035, (245, 240, 235)),
            (0.040, 0.033, (50, 35, 25)),
            (0.018, 0.015, (10, 10, 10)),
        ):
            oval(x, 0.46, across, down, colour)
        brow = (x - 0.12) * wide, 0.36 * high, (x + 0.12) * wide, 0.46 * high
        pen.arc(brow, 200, 340, fill=_HAIR, width=max(round(0.022 * wide), 1))
    pen.polygon(
        [(0.5 * wide, 0.46 * high), (0.43 * wide, 0.645 * high), (0.57 * wide, 0.645 * high)], shade(0.87)
    )
    oval(0.5, 0.64, 0.075, 0.03, shade(0.87))
    for x in (0.46, 0.54):
        oval(x, 0.65, 0.016, 0.01, shade(0.72))
    oval(0.5, 0.775, 0.13, 0.038, (170, 80, 75))
    oval(0.5, 0.768, 0.12, 0.012, (110, 40, 40))
    soft = image.filter(ImageFilter.GaussianBlur(size * 0.012))
    return soft.resize((size, high * size // wide), Image.Resampling.LANCZOS)


def picture(faces: Sequence[Drawn], at: float, size: tuple[int, int] = (1280, 720)) -> Image.Image:
    """A room of one colour, and the faces that are there at that second."""
    room = Image.new("RGB", size, (150, 160, 150))
    for one in faces:
        middle = one.middle(at)
        if middle is not None:
            drawn = face(one.size).rotate(one.tilt, Image.Resampling.BICUBIC, expand=True)
            room.paste(drawn, (middle[0] - drawn.width // 2, middle[1] - drawn.height // 2), drawn)
    return room


@functools.cache
def filmed(
    seconds: int, faces: tuple[Drawn, ...], size: tuple[int, int] = (640, 360), track: int = 1
) -> made_media.MadeTrack:
    """A camera's film of these faces, in the fragments that the recorder writes."""
    frames = b"".join(picture(faces, number / RATE, size).tobytes() for number in range(seconds * RATE))
    return made_media.filmed(frames, f"{size[0]}x{size[1]}", RATE, track)
