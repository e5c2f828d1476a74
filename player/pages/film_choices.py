"""Choices of films that can be ordered of an interview, by its cameras and microphones.

Opens nothing: a part's index lists its tracks by number, and each camera has the same number in every
recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.access.permissions import Act
from casework.database.models import Person
from casework.errors import NothingReadable, Refused
from casework.evidence.export import Excerpt
from casework.evidence.sealed_recordings import recording_of
from casework.interviews import interviews
from casework.interviews.interviews import Part
from casework.recording.recording_writer import HEADER_TRACKS
from casework.working_copies.film_plan import LAYOUTS, MOST_PICTURES, Edits

if TYPE_CHECKING:
    from casework.center import Center

_ONE, _BESIDE, _WITHIN = LAYOUTS
_LONGEST = 48 * 3600
"""Seconds; longer than any part."""


@dataclass(frozen=True)
class Pictures:
    """One way to show some cameras. `cameras`: names of tracks, the large one first."""

    layout: str
    cameras: tuple[str, ...]

    @property
    def value(self) -> str:
        """The form value: `side-by-side:wide,close`."""
        return f"{self.layout}:{','.join(self.cameras)}"


@dataclass(frozen=True)
class Choices:
    """The choices of a form. `sounds`: names of tracks."""

    pictures: Sequence[Pictures]
    sounds: Sequence[str]


def of_interview(center: Center, person: Person, interview_id: str) -> Choices:
    """Return the choices for an interview's sealed parts. Raises `Forbidden`, `Missing`, `NothingReadable`,
    `StillElsewhere`."""
    interview = interviews.get(center, person, interview_id, Act.MAKE_DERIVATIVE)
    cameras, sounds = dict[str, None](), dict[str, None]()
    for part in interviews.list_parts(interview):
        if not part.state.sealed:
            continue
        records = recording_of(center, part.evidence).records
        filmed = {record.track for record in records if record.kind == "media"}
        for track in (one for one in HEADER_TRACKS if one.track in filmed):
            (cameras if track.kind == "video" else sounds)[track.name] = None
    return Choices(list(_pictures(list(cameras)[:MOST_PICTURES])), list(sounds)[:MOST_PICTURES])


def choices_or_trouble(
    center: Center, person: Person, interview_id: str, parts: Sequence[Part]
) -> tuple[Choices | None, str | None]:
    """Return the choices, or none and a code for the reason; no code if no part is sealed."""
    if not any(part.state.sealed for part in parts):
        return None, None
    try:
        return of_interview(center, person, interview_id), None
    except NothingReadable as unread:
        return None, unread.code


def edits(chosen: str, sounds: Sequence[str], offset: int) -> Edits:
    """Parse the edits of a form. Raises `Refused`."""
    layout, _, cameras = chosen.partition(":")
    named = [one for one in cameras.split(",") if one]
    return Edits.parse({"layout": layout, "pictures": named, "sounds": list(sounds), "offset": offset})


def spans(parts: Sequence[Part], chosen: str, begin: str, end: str) -> Mapping[str, Excerpt | None]:
    """Parse the chosen part, and its begin and end (`0:01:05`, of its own timeline), or all of it if neither
    is given. Raises `Refused`."""
    part = next((one for one in parts if one.evidence == chosen), None)
    if part is None:
        raise Refused("no part of this interview")
    if not begin.strip() and not end.strip():
        return {chosen: None}
    span = (_microseconds(begin), _microseconds(end))
    if span[0] >= span[1]:
        raise Refused("an excerpt that ends before it begins")
    _require_begun(part, span[0])
    return {chosen: span}


def moment(parts: Sequence[Part], chosen: str, at: str) -> Mapping[str, Excerpt | None]:
    """Parse the part and the moment of it for a still. Raises `Refused`."""
    part = next((one for one in parts if one.evidence == chosen), None)
    if part is None:
        raise Refused("no part of this interview")
    begin = _microseconds(at)
    _require_begun(part, begin)
    return {chosen: (begin, begin + 1)}


def _pictures(cameras: Sequence[str]) -> Iterator[Pictures]:
    for camera in cameras:
        yield Pictures(_ONE, (camera,))
    if len(cameras) > 1:
        yield Pictures(_BESIDE, tuple(cameras))
        for large in cameras:
            yield Pictures(_WITHIN, (large, *(camera for camera in cameras if camera != large)))


def _require_begun(part: Part, at: int) -> None:
    if part.ends is not None and at >= (part.ends - part.begins).total_seconds() * 1_000_000:
        raise Refused("an excerpt that begins after the part has ended")


def _microseconds(text: str) -> int:
    fields = text.strip().split(":")
    if len(fields) not in (2, 3) or not all(field.isascii() and field.isdigit() for field in fields):
        raise Refused("no time of a recording")
    seconds = 0
    for field in fields:
        seconds = seconds * 60 + int(field[:6])
    if seconds > _LONGEST or any(int(field[:6]) > 59 for field in fields[1:]):
        raise Refused("no time of a recording")
    return seconds * 1_000_000
