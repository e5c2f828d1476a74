"""Edits of a redacted film: covered regions, muted sound, cuts, a changed voice, a coarse picture.

Regions of the picture are covered along keyframed paths, or the whole picture is made coarse. An edit list
that people agree on has integers only, so that the same list has one spelling.

Times are µs of a part's own timeline. Places are ten-thousandths of the width and height of a 16:9 frame in
which a camera's picture is shown whole and centred. Between two keyframes a place is interpolated linearly.

Specification: docs/spec/redaction.md, section 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from casework.errors import Refused
from casework.working_copies.film_plan import Edits

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

_FILM = ("layout", "pictures", "sounds", "offset")
_KEYS = frozenset((*_FILM, "blur", "voice", "cuts", "bleeps", "regions"))

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Span:
    """From `begin` (inclusive) to `end` (exclusive) of one part."""

    evidence: str
    begin: int
    end: int

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the passage in a recipe's `edits`; times in µs."""
        return {"evidence": self.evidence, "from": self.begin, "to": self.end}

    @classmethod
    def parse(cls, value: object) -> Span:
        """Raises `Refused`."""
        fields = _exactly(value, ("evidence", "from", "to"))
        span = cls(_id(fields["evidence"]), _whole(fields["from"], LONGEST), _whole(fields["to"], LONGEST))
        if span.begin >= span.end:
            raise Refused("a passage that ends before it begins")
        return span


@dataclass(frozen=True)
class Key:
    """Position of a region at a time: its left and upper edge, width and height."""

    at: int
    x: int
    y: int
    width: int
    height: int

    def to_json(self) -> dict[str, int]:
        """Return the JSON object of the keyframe in a recipe's `edits`; time in µs."""
        return {"at": self.at, "height": self.height, "width": self.width, "x": self.x, "y": self.y}

    @classmethod
    def parse(cls, value: object) -> Key:
        """Raises `Refused`."""
        fields = _exactly(value, ("at", "height", "width", "x", "y"))
        key = cls(
            _whole(fields["at"], LONGEST),
            *(_whole(fields[name], WHOLE) for name in ("x", "y", "width", "height")),
        )
        if key.width < 1 or key.height < 1 or key.x + key.width > WHOLE or key.y + key.height > WHOLE:
            raise Refused("a region that is empty, or outside of the picture")
        return key


@dataclass(frozen=True)
class Region:
    """A covered part of one camera's picture. `picture`: name of its track."""

    evidence: str
    picture: str
    shape: str
    cover: str
    path: tuple[Key, ...]

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

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the region in a recipe's `edits`, with its path of keyframes."""
        return {
            "cover": self.cover,
            "evidence": self.evidence,
            "path": [key.to_json() for key in self.path],
            "picture": self.picture,
            "shape": self.shape,
        }

    @classmethod
    def parse(cls, value: object) -> Region:
        """Raises `Refused`."""
        fields = _exactly(value, ("cover", "evidence", "path", "picture", "shape"))
        path = _several(fields["path"], MOST_KEYS_OF_ONE, Key.parse)
        if len(path) < 2 or any(a.at >= b.at for a, b in pairwise(path)):
            raise Refused("a path of less than two places, or whose times do not go on")
        return cls(
            _id(fields["evidence"]),
            _word(fields["picture"]),
            _one_of(fields["shape"], SHAPES),
            _one_of(fields["cover"], COVERS),
            path,
        )


@dataclass(frozen=True)
class Redaction:
    """An edit list. `film`: which cameras and microphones, and their layout; `blur`: coarse picture."""

    kind: ClassVar[str] = "redacted-film"

    film: Edits
    blur: bool
    voice: str
    cuts: tuple[Span, ...]
    bleeps: tuple[Span, ...]
    regions: tuple[Region, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object, as in the recipe."""
        return self.film.to_json() | {
            "bleeps": [one.to_json() for one in self.bleeps],
            "blur": self.blur,
            "cuts": [one.to_json() for one in self.cuts],
            "regions": [one.to_json() for one in self.regions],
            "voice": self.voice,
        }

    @classmethod
    def parse(cls, value: object) -> Redaction:
        """Raises `Refused`."""
        fields = _exactly(value, sorted(_KEYS))
        if not isinstance(fields["blur"], bool):
            raise Refused("neither blurred nor not")
        regions = _several(fields["regions"], MOST_REGIONS, Region.parse)
        if sum(len(region.path) for region in regions) > MOST_KEYS:
            raise Refused(f"more than {MOST_KEYS} places in all paths together")
        film = Edits.parse({name: fields[name] for name in _FILM})
        if any(region.picture not in film.pictures for region in regions):
            raise Refused("a region of a camera that the film does not show")
        return cls(
            film=film,
            blur=fields["blur"],
            voice=_one_of(fields["voice"], VOICES),
            cuts=_several(fields["cuts"], MOST_CUTS, Span.parse),
            bleeps=_several(fields["bleeps"], MOST_BLEEPS, Span.parse),
            regions=regions,
        )

    @classmethod
    def of_film(cls, film: Edits) -> Redaction:
        """A redaction that leaves out nothing yet."""
        return cls(film, blur=False, voice=VOICES[0], cuts=(), bleeps=(), regions=())

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


def _exactly(value: object, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or sorted(value) != sorted(keys):
        raise Refused(f"an edit list of another form: not exactly {', '.join(keys)}")
    return value


def _several(value: object, most: int, parse: Callable[[object], _Value]) -> tuple[_Value, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise Refused(f"no list, or one of more than {most}")
    return tuple(map(parse, value))


def _whole(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refused(f"no whole number from 0 to {most}")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise Refused("no name of a track")
    return value


def _id(value: object) -> str:
    if not isinstance(value, str) or len(value) != 32:
        raise Refused("no id of evidence")
    return value


def _one_of(value: object, words: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise Refused(f"none of {', '.join(words)}")
    return value
