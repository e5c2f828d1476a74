"""A film whose every frame shows its number, and what notes the numbers that an audience window showed."""

from __future__ import annotations

from functools import cache

from tests.support.media.made_media import MadeTrack, filmed

RATE = 30  # frames a second
COLUMNS, WIDTH, HEIGHT = 10, 176, 96  # a frame's number in columns of 16 points; before them a white one

# Notes the number of every picture that the audience's canvas has, at each of its window's frames.
NOTE = """() => {
  window.seen = new Set();
  window.black = 0;
  const number = (canvas) => {
    const context = canvas.getContext("2d");
    const light = (column) => context.getImageData(column * 16 + 8, canvas.height / 2, 1, 1).data[0] > 128;
    if (!canvas.width || !light(0)) return null;
    return [...Array(10).keys()].reduce((sum, bit) => sum + (light(bit + 1) ? 2 ** bit : 0), 0);
  };
  const look = () => {
    const shown = number(document.querySelector("canvas"));
    if (shown === null) window.black += 1;
    else window.seen.add(shown);
    requestAnimationFrame(look);
  };
  look();
}"""


@cache
def numbered(length: int) -> MadeTrack:
    """A camera's picture of `length` seconds, whose frames have the numbers from 0 on."""
    frames = bytearray()
    for number in range(RATE * length):
        row = b"".join(
            (b"\xff" if column == 0 or number >> (column - 1) & 1 else b"\0") * 48
            for column in range(COLUMNS + 1)
        )
        frames += row * HEIGHT
    return filmed(bytes(frames), f"{WIDTH}x{HEIGHT}", RATE)
