"""Plan of a composed film: for each part, the films of its tracks, their times, and the gaps.

A *scene* is one part of an interview, or an excerpt of it, on that part's own timeline. Films are those of a
court package, with the same names and the same bytes, so a holder of the package has the program's input.

Trusts: records that are proved. Nothing here opens anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from casework.errors import Refused
from casework.working_copies.edit_object import EditObject
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.encoding.json_object import list_of, one_of, text, whole
from chain_of_custody.errors import Malformed
from chain_of_custody.items import excerpt
from chain_of_custody.items.recipe import Source
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.timeline import read
from chain_of_custody.package.record_layout import Layout

LAYOUTS = ("one", "side-by-side", "picture-in-picture")
"""Layouts of several cameras in one picture: only the first; in columns; the others small in its corner."""

MOST_PICTURES = 4
MOST_HOLES = 400
"""Gaps of one track, the longest ones; each is a term of an expression."""


TrackName = Annotated[str, text(1, 64)]
_TrackNames = Annotated[tuple[str, ...], list_of(text(1, 64), 0, MOST_PICTURES)]


@dataclass(frozen=True)
class Edits(EditObject):
    """The requested edits. `pictures`, `sounds`: names of tracks, the first picture is the large one;
    `offset`: minutes that the clock in the picture is ahead of UTC."""

    what: ClassVar[str] = "edits of a film"

    layout: Annotated[str, one_of(LAYOUTS)]
    pictures: _TrackNames
    sounds: _TrackNames
    offset: Annotated[int, whole(-14 * 60, 14 * 60)]

    def check(self) -> None:
        """Raise `Refused` for a film without a picture, with one twice, or with more than its layout has."""
        most = 1 if self.layout == "one" else MOST_PICTURES
        for names, count in ((self.pictures, most), (self.sounds, MOST_PICTURES)):
            if len(set(names)) != len(names) or len(names) > count:
                raise Refused(f"at most {count} tracks, none of them twice")
        if not self.pictures:
            raise Refused("a film needs a picture")


@dataclass(frozen=True)
class Film:
    """A film of one track. `name`: `<evidence id>/<film>`; `start`: µs at which its first piece begins;
    `records`: its init segment's and its media's, in order."""

    name: str
    start: int
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Lane:
    """One track of a scene. `holes`: begin and end (µs) of its gaps."""

    kind: Literal["video", "audio"]
    films: tuple[Film, ...]
    holes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Scene:
    """One part, from `begin` to `end` (µs of its timeline, which began at `epoch`)."""

    source: Source
    part: int
    epoch: datetime
    begin: int
    end: int
    pictures: tuple[Lane, ...]
    sounds: tuple[Lane, ...]

    @property
    def seconds(self) -> float:
        """Return the length of the scene in seconds."""
        return (self.end - self.begin) / 1_000_000


def scene_of(
    header: Header, records: Sequence[Record], manifest: str, edits: Edits, span: tuple[int, int] | None
) -> Scene:
    """Return the scene of a part, or of its excerpt `span`, with these edits.

    `records`: all of the part's, proved; `manifest`: SHA-256 of its manifest. Raises `Refused` if nothing of
    it would be visible.
    """
    last = max((record.end for record in records if record.kind == "media"), default=0)
    begin, end = span or (0, last)
    end = min(end, last)
    try:
        chosen = records if span is None else excerpt.choose(records, header, begin, end)
    except Malformed as nothing:
        raise Refused(str(nothing)) from nothing
    films = _films(header, chosen)
    gaps = read(header, records, ()).gaps
    lanes = {
        track.name: Lane(
            track.kind,
            tuple(films.get(track.name, ())),
            _holes([(gap.start, gap.end) for gap in gaps if gap.track == track.name], begin, end),
        )
        for track in header.tracks
    }
    pictures = _lanes(lanes, edits.pictures, "video")
    if begin >= end or not any(lane.films for lane in pictures):
        raise Refused(f"part {header.part} has no picture from {begin} to {end}")
    return Scene(
        source=Source(header.evidence, manifest, span),
        part=header.part,
        epoch=moment(header.epoch),
        begin=begin,
        end=end,
        pictures=pictures,
        sounds=_lanes(lanes, edits.sounds, "audio"),
    )


def _lanes(
    lanes: Mapping[str, Lane], names: Sequence[str], kind: Literal["video", "audio"]
) -> tuple[Lane, ...]:
    """Return the lanes in the order of the names; a track missing in this part is a lane without films."""
    found = (lanes.get(name) for name in names)
    return tuple(lane if lane is not None and lane.kind == kind else Lane(kind, (), ()) for lane in found)


def _films(header: Header, records: Sequence[Record]) -> dict[str, list[Film]]:
    """Return: track name → its films that have media."""
    layout = Layout(header)
    inside: dict[tuple[int, str], list[Record]] = {}
    for record in records:
        file, _ = layout.place(record, 0)
        if record.kind in ("init", "media"):
            inside.setdefault((record.track, file), []).append(record)
    names = {track.track: track.name for track in header.tracks}
    films: dict[str, list[Film]] = {}
    for (track, file), within in inside.items():
        media = [record for record in within if record.kind == "media"]
        if media:
            film = Film(f"{header.evidence}/{file}", media[0].start, tuple(within))
            films.setdefault(names[track], []).append(film)
    return films


def _holes(gaps: Sequence[tuple[int, int]], begin: int, end: int) -> tuple[tuple[int, int], ...]:
    within = [(max(start, begin), min(stop, end)) for start, stop in gaps if start < end and stop > begin]
    longest = sorted(within, key=lambda hole: hole[0] - hole[1])[:MOST_HOLES]
    return tuple(sorted(longest))
