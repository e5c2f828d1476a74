"""A film whose every frame shows its number, and what notes the numbers that an audience window showed."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from tests.support.media.made_media import MadeTrack, filmed

RATE = 30  # frames a second
COLUMNS, WIDTH, HEIGHT = 10, 176, 96  # a frame's number in columns of 16 points; before them a white one

# Notes the number of every picture that the audience's canvas has, at each of its window's frames.
NOTE = """() => {
  window.seen = new Set();
  window.black = 0;
  const number = (canvas) => {
    if (!canvas) return null; // the window is closing
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


# Seeks to places (shares of the line), plays after some at one of the speeds, and notes what sound is held.
# It ends paused, whether or not one of them was played to its end, and with the sound of the last place: a
# busy machine may have had none so soon at any other.
WANDER = """async ([places, ms]) => {
  const [seek, rate] = [document.getElementById("seek"), document.getElementById("rate")];
  const sound = document.querySelector("#stage audio");
  const held = [];
  const note = () => {
    const { buffered } = sound;
    for (let i = 0; i < buffered.length; i += 1) held.push([buffered.start(i), buffered.end(i)]);
  };
  for (const [turn, place] of places.entries()) {
    seek.value = place * Number(seek.max);
    seek.dispatchEvent(new Event("input"));
    rate.value = ["0.5", "1", "2"][turn % 3];
    rate.dispatchEvent(new Event("change"));
    if (turn % 4 === 0) document.getElementById("play").click();
    await new Promise((done) => setTimeout(done, ms));
    note();
  }
  document.querySelector("#play.playing")?.click();
  while (sound.buffered.length === 0) await new Promise((done) => setTimeout(done, ms));
  note();
  return held;
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


def seen(audience: Page) -> set[int]:
    """The numbers that the audience saw since `NOTE`."""
    return set(audience.evaluate("() => [...window.seen]"))


def excluded(numbers: set[int], passage: tuple[float, float]) -> set[int]:
    """Those of them that are in a passage, in seconds."""
    begin, end = passage
    return {number for number in numbers if begin * RATE <= number < end * RATE}


def wandered(page: Page, audience: Page, turns: int, passage: tuple[float, float]) -> set[int]:
    """What the audience saw while the presenter sought `turns` places; no sound of the passage was held."""
    audience.evaluate(NOTE)
    places = [(turn * 0.6180339887 + 0.05) % 1 for turn in range(turns)]  # all over the line, in no order
    held = page.evaluate(WANDER, [places, 60])
    assert held
    begin, end = passage
    inside = [span for span in held if span[0] < end - 0.03 and span[1] > begin + 0.03]
    assert inside == []
    # A busy machine shows few pictures before the next place is sought: both sides are shown in the end.
    for moment, is_there in ((begin / 2, f"number < {begin * RATE}"), (end + 1, f"number >= {end * RATE}")):
        page.locator("#seek").fill(str(moment))
        audience.wait_for_function(f"() => [...window.seen].some((number) => {is_there})")
    return seen(audience)
