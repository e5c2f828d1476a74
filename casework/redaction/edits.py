"""Edits of a redacted film: covered regions, muted sound, cuts, a changed voice, a coarse picture.

Regions of the picture are covered along keyframed paths, or the whole picture is made coarse. An edit list
that people agree on has integers only, so that the same list has one spelling.

Times are µs of a part's own timeline. Places are ten-thousandths of the width and height of a 16:9 frame in
which a camera's picture is shown whole and centred. Between two keyframes a place is interpolated linearly.

Specification: docs/spec/redaction.md, section 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from casework.errors import Refused
from casework.working_copies.edit_object import EditObject
from casework.working_copies.film_plan import Edits, TrackName
from chain_of_custody.encoding.json_object import Boolean, Identifier, list_of, one_of, whole

MOST_CUTS, MOST_BLEEPS, MOST_REGIONS = 100, 400, 100
MOST_KEYS_OF_ONE, MOST_KEYS = 500, 5000
"""Maximum keys of one path, and of all together: the capacity of a recipe."""
WHOLE = 10_000
"""Full width and height."""
SHAPES = ("rectangle", "ellipse")
COVERS = ("black", "blur", "pixelate")
VOICES = ("as-recorded", "lower", "higher")
SHORTEST = 100_000
"""Minimum µs between two cuts; a shorter remainder is cut too."""
LONGEST = 48 * 3600 * 1_000_000
"""µs; no part is this long."""

_Time = Annotated[int, whole(0, LONGEST)]
_Place = Annotated[int, whole(0, WHOLE)]


@dataclass(frozen=True)
class Span(EditObject):
    """From `begin` (inclusive) to `end` (exclusive) of one part, in µs."""

    what: ClassVar[str] = "passage"
    members: ClassVar[Mapping[str, str]] = {"begin": "from", "end": "to"}

    evidence: Identifier
    begin: _Time
    end: _Time

    def check(self) -> None:
        """Raise `Refused` for an empty passage."""
        if self.begin >= self.end:
            raise Refused("a passage that ends before it begins")


@dataclass(frozen=True)
class Key(EditObject):
    """Position of a region at a time (µs): its left and upper edge, width and height."""

    what: ClassVar[str] = "place"

    at: _Time
    x: _Place
    y: _Place
    width: _Place
    height: _Place

    def check(self) -> None:
        """Raise `Refused` for a place that is empty or not within the picture."""
        if self.width < 1 or self.height < 1 or self.x + self.width > WHOLE or self.y + self.height > WHOLE:
            raise Refused("a region that is empty, or outside of the picture")


@dataclass(frozen=True)
class Region(EditObject):
    """A covered part of one camera's picture. `picture`: name of its track; `path`: at least two places."""

    what: ClassVar[str] = "region"

    evidence: Identifier
    picture: TrackName
    shape: Annotated[str, one_of(SHAPES)]
    cover: Annotated[str, one_of(COVERS)]
    path: Annotated[tuple[Key, ...], list_of(Key.from_json, 2, MOST_KEYS_OF_ONE)]

    def check(self) -> None:
        """Raise `Refused` for a path whose times do not ascend."""
        if any(a.at >= b.at for a, b in pairwise(self.path)):
            raise Refused("a path whose times do not go on")

    def at(self, time: int) -> Key | None:
        """Its position at that time; None before its first key and after its last."""
        if not self.path[0].at <= time <= self.path[-1].at:
            return None
        after = bisect_right(self.path, time, key=lambda key: key.at)
        if after == len(self.path):
            return self.path[-1]
        a, b = self.path[after - 1], self.path[after]
        part, all_ = time - a.at, b.at - a.at

        def between(low: int, high: int) -> int:
            return (2 * (low * all_ + (high - low) * part) + all_) // (2 * all_)  # round half up

        return Key(
            time, between(a.x, b.x), between(a.y, b.y), between(a.width, b.width), between(a.height, b.height)
        )


_Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Redaction(Edits):
    """An edit list: the edits of a film, and what is left out of it. `blur`: coarse picture."""

    kind: ClassVar[str] = "redacted-film"
    what: ClassVar[str] = "edit list"

    blur: Boolean = False
    voice: Annotated[str, one_of(VOICES)] = VOICES[0]
    cuts: Annotated[_Spans, list_of(Span.from_json, 0, MOST_CUTS)] = ()
    bleeps: Annotated[_Spans, list_of(Span.from_json, 0, MOST_BLEEPS)] = ()
    regions: Annotated[tuple[Region, ...], list_of(Region.from_json, 0, MOST_REGIONS)] = ()

    def check(self) -> None:
        """Raise `Refused` as `Edits.check`, for too many places, and for a region that is not in the film."""
        super().check()
        if sum(len(region.path) for region in self.regions) > MOST_KEYS:
            raise Refused(f"more than {MOST_KEYS} places in all paths together")
        if any(region.picture not in self.pictures for region in self.regions):
            raise Refused("a region of a camera that the film does not show")

    @classmethod
    def of_film(cls, film: Edits) -> Redaction:
        """A redaction that leaves out nothing yet."""
        return cls(film.layout, film.pictures, film.sounds, film.offset)

    def require_within(self, parts: Sequence[str]) -> None:
        """Raises `Refused` if something is left out of evidence that is not among these parts."""
        spans = {one.evidence for one in (*self.cuts, *self.bleeps)}
        named = spans | {one.evidence for one in self.regions}
        if not named <= set(parts):
            raise Refused("something is left out of what is no part of this interview")

    def kept(self, evidence: str, begin: int, end: int) -> list[tuple[int, int]]:
        """The ranges that the cuts leave of `begin` to `end` of a part, in order."""
        cuts = sorted((cut.begin, cut.end) for cut in self.cuts if cut.evidence == evidence)
        if not cuts:
            return [(begin, end)]
        left, at = [], begin
        for start, stop in (*cuts, (end, end)):
            left.append((at, min(start, end)))
            at = max(at, stop)
        return [(a, b) for a, b in left if b - a >= SHORTEST]
