"""The filters that make one film of several scenes, and the exact arguments of the program (`film_plan`).

Everything lies on a black ground of constant pace: cameras by their own times, so that picture and sound stay
together as they were recorded; where a track has nothing, a card says so instead of the last picture standing
still; between two parts a card says from when to when nothing was recorded. Under the picture a strip has the
date and time of day to the second, and says that this is not the master.

The same scenes, edits and program give the same bytes: nothing here asks a clock or a random number.

Sources: FFmpeg's documentation of `overlay`, `drawtext`, `aresample`, `concat`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import ffmpeg

from casework.film_plan import Edits, Lane, Scene

OUTPUT = "film.mp4"
FONT = "font.ttf"
RATE = 25
"""Pictures a second."""
STRIP = 40
"""Points of the strip under the picture."""
BREAK_SECONDS = 4
SOUND_RATE = 48_000
_MARGIN = 16
_WIDTH, _HEIGHT = 1280, 720
_WIDE = 1920
"""Points across, of pictures in columns."""


@dataclass(frozen=True)
class Card:
    """A picture with words that has to lie beside the films. `kind`: `no-picture`, `no-sound`, `label`,
    `break` or `next`; `size`: points across and down; `values`: what its words name."""

    name: str
    kind: str
    size: tuple[int, int]
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """`arguments`: of the program; `cards`: what has to lie beside the films, and the font `FONT`;
    `duration`: µs, and `size`: points across and down, of the film that comes out."""

    arguments: list[str]
    cards: list[Card]
    duration: int
    size: tuple[int, int]


def graph_of(scenes: Sequence[Scene], edits: Edits) -> Graph:
    """How these scenes become one film."""
    return _Graph(edits).build(scenes)


class _Graph:
    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._places = list(_places(edits))
        right = max(x + width for x, _, width, _ in self._places)
        bottom = max(y + height for _, y, _, height in self._places)
        self._width, self._height = right, bottom + STRIP
        self._cards: dict[str, Card] = {}

    def build(self, scenes: Sequence[Scene]) -> Graph:
        streams: list[Any] = []
        duration = 0
        for before, scene in zip((None, *scenes), scenes, strict=False):
            if before is not None:
                streams += self._pause(before, scene)
                duration += BREAK_SECONDS * 1_000_000
            streams += [self._picture(scene), self._sound(scene)]
            duration += scene.end - scene.begin
        if len(streams) > 2:
            joined = ffmpeg.concat(*streams, v=1, a=1).node
            streams = [joined[0], joined[1]]
        out = ffmpeg.output(
            *streams,
            OUTPUT,
            **{"flags:v": "+bitexact", "flags:a": "+bitexact", "profile:v": "high"},
            vcodec="libx264",
            preset="superfast",
            crf=23,
            g=RATE * 2,
            threads=2,
            acodec="aac",
            audio_bitrate="96k",
            ac=1,
            map_metadata=-1,
            movflags="+faststart",
            fflags="+bitexact",
        )
        options = ["-nostdin", "-hide_banner", "-loglevel", "error", "-progress", "pipe:1"]
        return Graph(
            [*options, *ffmpeg.get_args(out)],
            list(self._cards.values()),
            duration,
            (self._width, self._height),
        )

    # One scene.

    def _picture(self, scene: Scene) -> Any:
        ground = self._ground(scene.seconds)
        for lane, (x, y, width, height) in zip(scene.pictures, self._places, strict=False):
            for film in lane.films:
                shift = (film.start - scene.begin) / 1_000_000
                camera = (
                    ffmpeg.input(film.name, f="mov")
                    .video.filter("setpts", f"PTS-STARTPTS+({shift:.6f})/TB")
                    .filter("scale", width, height, force_original_aspect_ratio="decrease")
                    .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
                )
                ground = ffmpeg.overlay(ground, camera, x=x, y=y, eof_action="pass")
            if when := _when(lane, scene):
                card = self._card("no-picture", (width, height))
                ground = ffmpeg.overlay(ground, card, x=x, y=y, enable=when)
        top = self._height - STRIP
        label = {"evidence": scene.source.evidence[:8], "part": str(scene.part), "offset": _zone(self._edits)}
        ground = ffmpeg.overlay(ground, self._card("label", (self._width, STRIP), **label), x=0, y=top)
        if scene.sounds and (when := _silent(scene)):
            size = (STRIP * 8, STRIP)
            place = {"x": (self._width - size[0]) // 2, "y": top}
            ground = ffmpeg.overlay(ground, self._card("no-sound", size), **place, enable=when)
        begun = scene.epoch + timedelta(microseconds=scene.begin, minutes=self._edits.offset)
        return ground.filter(
            "drawtext",
            fontfile=FONT,
            text=f"%{{pts:gmtime:{_seconds(begun)}}}",
            x=_MARGIN,
            y=f"{top}+({STRIP}-text_h)/2",
            fontsize=24,
            fontcolor="white",
        ).filter("format", "yuv420p")

    def _sound(self, scene: Scene) -> Any:
        heard = []
        for lane in scene.sounds:
            for film in lane.films:
                shift = (film.start - scene.begin) / 1_000_000
                heard.append(
                    ffmpeg.input(film.name, f="mov")
                    .audio.filter("asetpts", f"PTS-STARTPTS+({shift:.6f})/TB")
                    .filter("atrim", start=0)
                    .filter("aresample", SOUND_RATE, **{"async": 1, "first_pts": 0})
                    .filter("aformat", channel_layouts="mono")
                )
        if not heard:
            return self._silence(scene.seconds)
        mixed = heard[0]
        if len(heard) > 1:
            mixed = ffmpeg.filter(heard, "amix", inputs=len(heard), normalize=0, dropout_transition=0)
        whole = f"{scene.seconds:.6f}"
        return mixed.filter("apad", whole_dur=whole).filter("atrim", end=whole)

    # Between two scenes.

    def _pause(self, before: Scene, after: Scene) -> list[Any]:
        offset = timedelta(minutes=self._edits.offset)
        until = before.epoch + timedelta(microseconds=before.end) + offset
        since = after.epoch + timedelta(microseconds=after.begin) + offset
        values = {"from": f"{until:%H:%M:%S}", "to": f"{since:%H:%M:%S}", "part": str(after.part)}
        # A part that began before the one ahead of it ended: there is no time in which nothing was recorded.
        kind = "break" if since > until else "next"
        card = self._card(kind, (self._width, self._height), **values)
        picture = ffmpeg.overlay(self._ground(BREAK_SECONDS), card, x=0, y=0)
        return [picture.filter("format", "yuv420p"), self._silence(BREAK_SECONDS)]

    # What both need.

    def _ground(self, seconds: float) -> Any:
        size = f"{self._width}x{self._height}"
        return ffmpeg.input(f"color=c=black:s={size}:r={RATE}:d={seconds:.6f}", f="lavfi")

    def _silence(self, seconds: float) -> Any:
        silence = f"anullsrc=r={SOUND_RATE}:cl=mono:d={seconds:.6f}"
        return ffmpeg.input(silence, f="lavfi")

    def _card(self, kind: str, size: tuple[int, int], **values: str) -> Any:
        card = Card(f"card-{len(self._cards) + 1}.png", kind, size, values)
        self._cards[card.name] = card
        return ffmpeg.input(card.name, f="png_pipe")


def _places(edits: Edits) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of each picture."""
    count = len(edits.pictures)
    if edits.layout == "side-by-side" and count > 1:
        width = _WIDE // count // 2 * 2
        height = width * _HEIGHT // _WIDTH // 2 * 2
        yield from ((at * width, 0, width, height) for at in range(count))
        return
    yield 0, 0, _WIDTH, _HEIGHT
    width, height = _WIDTH // 4, _HEIGHT // 4
    for at in range(1, count):
        left = _WIDTH - at * (width + _MARGIN)
        yield left, _HEIGHT - height - _MARGIN, width, height


def _when(lane: Lane, scene: Scene) -> str:
    """When this track has nothing, as an expression over the scene's seconds; empty for never."""
    if not lane.films:
        return "1"
    return _between(lane.holes, scene)


def _silent(scene: Scene) -> str:
    """When no microphone has anything."""
    if not any(lane.films for lane in scene.sounds):
        return "1"
    common = [(scene.begin, scene.end)]
    for lane in scene.sounds:
        if lane.films:
            common = [
                (max(a, c), min(b, d)) for a, b in common for c, d in lane.holes if max(a, c) < min(b, d)
            ]
    return _between(common, scene)


def _between(holes: Sequence[tuple[int, int]], scene: Scene) -> str:
    spans = (((start - scene.begin) / 1e6, (end - scene.begin) / 1e6) for start, end in holes)
    return "+".join(f"gte(t,{start:.6f})*lt(t,{end:.6f})" for start, end in spans)


def _seconds(at: datetime) -> str:
    return f"{(at - datetime.fromisoformat('1970-01-01T00:00:00+00:00')) / timedelta(seconds=1):.6f}"


def _zone(edits: Edits) -> str:
    sign, minutes = ("-" if edits.offset < 0 else "+"), abs(edits.offset)
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"
