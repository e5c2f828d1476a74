"""The filter graph that makes one film of several scenes, and the program's exact arguments (`film_plan`).

Everything is overlaid on a black background of constant frame rate. Cameras keep their own timestamps, so
picture and sound stay in sync as recorded; a film that changes its picture size midway, which no ordinary
camera makes, does not restart its timestamps (`reinit_filter`). Where a track has a gap, a card says so
instead of a frozen picture; between two parts a card shows the times between which nothing was recorded. A
strip under the picture shows the date and time of day to the second, and that this is not the master. A
redacted film omits what its edit list names (`redaction_filters`), with a card that shows the times of each
cut. A still and a contact sheet are pictures of such a film.

The same scenes, edits and program give the same bytes: nothing here uses a clock or random numbers.

Sources: FFmpeg's documentation of `overlay`, `drawtext`, `aresample`, `concat`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ffmpeg

from casework.redaction.edits import Redaction
from casework.redaction.masks import Canvas
from casework.redaction.redaction_filters import Feed, RedactionFilters
from casework.working_copies.cards import FONT, Card
from casework.working_copies.film_plan import Edits, Lane, Scene

OUTPUTS: Mapping[str, str] = {
    "composed-film": "film.mp4",
    "redacted-film": "film.mp4",
    "still": "picture.jpeg",
    "contact-sheet": "picture.jpeg",
}
"""The program's output file, by the kind of derivative."""
RATE = 25
"""Frames per second."""
STRIP = 40
"""Height in pixels of the strip under the picture."""
BREAK_SECONDS = 4
CUT_SECONDS = 2
SHEET = (4, 5)
"""Pictures of a contact sheet, across and down."""
SHEET_WIDTH = 480
"""Width in pixels of each."""
SOUND_RATE = 48_000
_BY_ITS_TIMES = {"async": 1, "first_pts": 0, "min_hard_comp": 0.001}
"""Sound follows its timestamps to the millisecond. By default, after lost packets it would drift by up to a
tenth of a second before it is corrected, out of the bleep that masks it."""
_MARGIN = 16
_WIDTH, _HEIGHT = 1280, 720
_WIDE = 1920
"""Total width in pixels of pictures side by side."""


@dataclass(frozen=True)
class Graph:
    """A filter graph. `arguments`: of the program; `cards`: files needed beside the films, with the font
    `FONT`; `feeds`: other inputs, by name; `output`: the output file. `duration`: µs of the resulting film,
    `composed`: of what is shown or cut; `size`: width and height in pixels."""

    arguments: list[str]
    cards: list[Card]
    feeds: Mapping[str, Feed]
    output: str
    duration: int
    composed: int
    size: tuple[int, int]


def graph_of(
    scenes: Sequence[Scene],
    edits: Edits,
    kind: str = "composed-film",
    redaction: Redaction | None = None,
) -> Graph:
    """Build the graph of a film of these scenes, a still (of the first one's start) or a contact sheet.

    Raises `Refused` if cuts leave nothing.
    """
    return _Graph(edits, kind, redaction).build(scenes)


class _Graph:
    def __init__(self, edits: Edits, kind: str, redaction: Redaction | None) -> None:
        self._edits, self._kind = edits, kind
        self._places = list(_places(edits))
        right = max(x + width for x, _, width, _ in self._places)
        bottom = max(y + height for _, y, _, height in self._places)
        self._width, self._height = right, bottom + STRIP
        self._cards: dict[str, Card] = {}
        self._redacting = None
        if redaction is not None:
            cell = 4 if right % 4 == bottom % 4 == 0 else 2
            canvas = Canvas((right, bottom), cell, dict(zip(edits.pictures, self._places, strict=True)))
            self._redacting = RedactionFilters(redaction, canvas, RATE, SOUND_RATE)

    def build(self, scenes: Sequence[Scene]) -> Graph:
        streams: list[Any] = []
        duration = 0
        for before, scene in zip((None, *scenes), scenes, strict=False):
            if before is not None:
                streams += self._pause(before, scene)
                duration += BREAK_SECONDS * 1_000_000
            shown, lasts = self._scene(scene)
            streams += shown
            duration += lasts
        if len(streams) > 2:
            joined = ffmpeg.concat(*streams, v=1, a=1).node
            streams = [joined[0], joined[1]]
        output = OUTPUTS[self._kind]
        match self._kind:
            case "still":
                out = _jpeg(streams[0], output)
                size = (self._width, self._height)
            case "contact-sheet":
                out = _jpeg(self._sheet(streams[0], duration), output)
                size = (SHEET[0] * SHEET_WIDTH, SHEET[1] * self._sheet_height)
            case _:
                out = _film(streams, output)
                size = (self._width, self._height)
        options = ["-nostdin", "-hide_banner", "-loglevel", "error", "-progress", "pipe:1"]
        return Graph(
            arguments=[*options, *ffmpeg.get_args(out)],
            cards=list(self._cards.values()),
            feeds={} if self._redacting is None else self._redacting.feeds,
            output=output,
            duration=duration,
            composed=sum(scene.end - scene.begin for scene in scenes),
            size=size,
        )

    def _sheet(self, picture: Any, duration: int) -> Any:
        """Pictures at equal distances, the first at the beginning."""
        every = max(duration * RATE // 1_000_000 // (SHEET[0] * SHEET[1]), 1)
        return (
            picture.filter("select", f"not(mod(n,{every}))")
            .filter("scale", SHEET_WIDTH, self._sheet_height)
            .filter("tile", f"{SHEET[0]}x{SHEET[1]}", color="black")
        )

    @property
    def _sheet_height(self) -> int:
        return SHEET_WIDTH * self._height // self._width // 2 * 2

    # One scene.

    def _scene(self, scene: Scene) -> tuple[list[Any], int]:
        """The scene's streams, a picture and a sound for each piece, and their total duration (µs)."""
        if self._redacting is None:
            return [self._picture(scene), self._sound(scene)], scene.end - scene.begin
        gaps, remaining = self._redacting.gaps(scene), self._redacting.kept(scene)
        if not any(begin < end for begin, end in gaps):
            return [self._picture(scene), self._sound(scene)], scene.end - scene.begin
        pictures = _several(self._picture(scene), "split", len(remaining)) if remaining else []
        sounds = _several(self._sound(scene), "asplit", len(remaining)) if remaining else []
        streams: list[Any] = []
        frames = 0
        for number, (begin, end) in enumerate(gaps):
            if begin < end:
                streams += self._cut(scene, begin, end)
                frames += CUT_SECONDS * RATE
            if number < len(remaining):
                first, last = remaining[number]
                frames += last - first
                piece = pictures[number].filter("trim", start_frame=first, end_frame=last)
                piece_sound = sounds[number].filter("atrim", start=first / RATE, end=last / RATE)
                streams += [
                    piece.filter("setpts", "PTS-STARTPTS"),
                    piece_sound.filter("asetpts", "PTS-STARTPTS"),
                ]
        return streams, frames * 1_000_000 // RATE

    def _cut(self, scene: Scene, begin: timedelta, end: timedelta) -> list[Any]:
        since = scene.epoch + timedelta(minutes=self._edits.offset)
        values = {"from": f"{since + begin:%H:%M:%S}", "to": f"{since + end:%H:%M:%S}"}
        card = self._card("cut", (self._width, self._height), **values)
        picture = ffmpeg.overlay(self._ground(CUT_SECONDS), card, x=0, y=0)
        return [picture.filter("format", "yuv420p"), self._silence(CUT_SECONDS)]

    def _picture(self, scene: Scene) -> Any:
        ground = self._ground(scene.seconds)
        for lane, (x, y, width, height) in zip(scene.pictures, self._places, strict=False):
            for film in lane.films:
                shift = (film.start - scene.begin) / 1_000_000
                camera = ffmpeg.input(film.name, f="mov", reinit_filter=0).video.filter(
                    "setpts", f"PTS-STARTPTS+({shift:.6f})/TB"
                )
                if self._redacting is not None:
                    camera = self._redacting.camera(camera, scene)
                camera = camera.filter("scale", width, height, force_original_aspect_ratio="decrease").filter(
                    "pad", width, height, "(ow-iw)/2", "(oh-ih)/2"
                )
                ground = ffmpeg.overlay(ground, camera, x=x, y=y, eof_action="pass")
            if when := _when(lane, scene):
                card = self._card("no-picture", (width, height))
                ground = ffmpeg.overlay(ground, card, x=x, y=y, enable=when)
        if self._redacting is not None:
            ground = self._redacting.cover(ground, scene)
        top = self._height - STRIP
        label = {"evidence": scene.source.evidence[:8], "part": str(scene.part), "offset": _zone(self._edits)}
        kind = "label" if self._redacting is None else "redacted"
        ground = ffmpeg.overlay(ground, self._card(kind, (self._width, STRIP), **label), x=0, y=top)
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
        inputs = []
        for lane in scene.sounds:
            for film in lane.films:
                shift = (film.start - scene.begin) / 1_000_000
                inputs.append(
                    ffmpeg.input(film.name, f="mov", reinit_filter=0)
                    .audio.filter("asetpts", f"PTS-STARTPTS+({shift:.6f})/TB")
                    .filter("atrim", start=0)
                    .filter("aresample", SOUND_RATE, **_BY_ITS_TIMES)
                    .filter("aformat", channel_layouts="mono")
                )
        if not inputs:
            return self._silence(scene.seconds)
        mixed = inputs[0]
        if len(inputs) > 1:
            mixed = ffmpeg.filter(inputs, "amix", inputs=len(inputs), normalize=0, dropout_transition=0)
        whole = f"{scene.seconds:.6f}"
        mixed = mixed.filter("apad", whole_dur=whole).filter("atrim", end=whole)
        return mixed if self._redacting is None else self._redacting.quiet(mixed, scene)

    # Between two scenes.

    def _pause(self, before: Scene, after: Scene) -> list[Any]:
        offset = timedelta(minutes=self._edits.offset)
        until = before.epoch + timedelta(microseconds=before.end) + offset
        since = after.epoch + timedelta(microseconds=after.begin) + offset
        values = {"from": f"{until:%H:%M:%S}", "to": f"{since:%H:%M:%S}", "part": str(after.part)}
        # If a part began before the previous one ended, there is no gap in the recording.
        kind = "break" if since > until else "next"
        card = self._card(kind, (self._width, self._height), **values)
        picture = ffmpeg.overlay(self._ground(BREAK_SECONDS), card, x=0, y=0)
        return [picture.filter("format", "yuv420p"), self._silence(BREAK_SECONDS)]

    # Shared by both.

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
    """Yield left, top, width and height of each picture."""
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
    """The gaps of this track, as an expression over the scene's seconds; empty if there are none."""
    if not lane.films:
        return "1"
    return _between(lane.holes, scene)


def _silent(scene: Scene) -> str:
    """The gaps that all microphones share, as an expression over the scene's seconds; empty if none."""
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


def _film(streams: Sequence[Any], output: str) -> Any:
    return ffmpeg.output(
        *streams,
        output,
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


def _jpeg(picture: Any, output: str) -> Any:
    return ffmpeg.output(
        picture.filter("format", "yuvj420p"),
        output,
        **{"flags:v": "+bitexact", "q:v": 2, "frames:v": 1},
        vcodec="mjpeg",
        f="image2",
        update=1,
        map_metadata=-1,
        fflags="+bitexact",
    )


def _several(stream: Any, name: str, count: int) -> list[Any]:
    if count == 1:
        return [stream]
    node = stream.filter_multi_output(name, count)
    return [node[number] for number in range(count)]
