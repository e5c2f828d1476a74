"""Links faces found in single pictures over time into regions that could be covered. Pure.

A cover that is too large is easily corrected; a disclosed face is not. So everything here rather covers too
much:

- a face is covered with `MARGINS` around it: hair, ears, chin, a movement;
- a face that is not found for a while stays covered (`HELD`): the person looked down, or turned away;
- a region begins before its first face and ends after its last (`BEFORE`, `AFTER`);
- between two pictures it covers both positions, the one before and the one after.

A detection that is single and uncertain is left out, since it may be a pattern in a curtain (`SURE`,
`OFTEN`). The path has few keys: as long as a face stays about where it is, one fixed box contains all its
positions.

A film may be crafted to make this expensive, so the work for one picture is bounded: at most `GOING` faces
are tracked at once. Beyond that, tracking ends for those that are no proposal yet, then for those that were
found longest ago, then for the least certain. Their proposals remain, to `AFTER` their last picture; if they
are found again they begin anew. `face_detection` limits the faces of a film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from casework.redaction.edits import WHOLE, Key, Region
from casework.redaction.face_detection import Box, ScannedPicture

MARGINS = (40, 50, 40, 35)
"""Percent of the face's width or height that is covered left, above, right and below of it.

The detector's box reaches from the brows to the chin, and from cheek to cheek.
"""
HELD = 8_000_000
"""µs for which a face may not be found and is still tracked."""
BEFORE, AFTER = 1_500_000, 1_500_000
"""µs that a region extends before its first face and after its last."""
GOING = 128
"""Maximum faces tracked at once."""
SURE, OFTEN = 60, 3
"""A face is proposed if it was ever this certain (of 100), or found this many times."""
MOST = 300
"""Maximum regions; the longest-lasting ones."""
MOST_KEYS = 60
"""Maximum keys of one path: an edit list has room for 5,000 in all."""
SHAPE, COVER = "rectangle", "black"
"""An ellipse would leave out the corners, into which a face may move."""
_LOOSE = (135, 170, 220, 320)
"""Maximum area of a fixed box, in percent of the area of the largest of its positions.

The first that gives few enough keys is used, else one box for all.
"""


@dataclass
class _Track:
    """The track of one face: times and positions."""

    positions: list[tuple[int, Box]] = field(default_factory=list)
    """Each position with its margins."""
    surest: int = 0

    def add(self, at: int, box: Box, sure: int) -> None:
        self.positions.append((at, box))
        self.surest = max(self.surest, sure)

    @property
    def counts(self) -> bool:
        return self.surest >= SURE or len(self.positions) >= OFTEN

    @property
    def last(self) -> int:
        return self.positions[-1][0]

    @property
    def lasts(self) -> int:
        return self.positions[-1][0] - self.positions[0][0]


def regions(
    evidence: str,
    picture: str,
    looked: Iterable[ScannedPicture],
    end: int,
    heed: Callable[[], None] = lambda: None,
) -> list[Region]:
    """The regions of one camera that could be covered, in the order of the film.

    `looked`: with times of the part's own timeline, ascending; `end`: of the part (µs). `heed` is called for
    each picture and each path, and stops the work by raising.
    """
    longest = _longest(_followed(looked, heed))
    longest.sort(key=lambda track: track.positions[0])
    proposals = []
    for track in longest:
        heed()
        path = _path(track.positions, end)
        if path is not None:
            proposals.append(Region(evidence, picture, SHAPE, COVER, path))
    return proposals


def grown(box: Box) -> Box:
    """The box with the margins around it, inside the frame."""
    wide, high = box.right - box.left, box.bottom - box.top
    left, above, right, below = MARGINS
    return Box(
        max(box.left - -(-wide * left // 100), 0),
        max(box.top - -(-high * above // 100), 0),
        min(box.right + -(-wide * right // 100), WHOLE),
        min(box.bottom + -(-high * below // 100), WHOLE),
    )


# --- tracking ---------------------------------------------------------------------------------------------


def _followed(looked: Iterable[ScannedPicture], heed: Callable[[], None]) -> list[_Track]:
    """Each face continues the track that it overlaps most, both with their margins."""
    over: list[_Track] = []
    going: list[_Track] = []
    for picture in looked:
        heed()
        over += [track for track in going if track.last < picture.at - HELD]
        going = [track for track in going if track.last >= picture.at - HELD]
        boxes = [grown(face.box) for face in picture.faces]
        begun: set[int] = set()
        continued: set[int] = set()
        for _, number, which in _pairs(boxes, [track.positions[-1][1] for track in going]):
            if number not in begun and which not in continued:
                going[which].add(picture.at, boxes[number], picture.faces[number].sure)
                begun.add(number)
                continued.add(which)
        for number, face in enumerate(picture.faces):
            if number not in begun:
                track = _Track()
                track.add(picture.at, boxes[number], face.sure)
                going.append(track)
        if len(going) > GOING:
            going.sort(key=lambda track: (track.counts, track.last, track.surest), reverse=True)
            over += going[GOING:]
            del going[GOING:]
        if len(over) > 2 * MOST:
            over = _longest(over)
    return over + going


def _longest(tracks: Iterable[_Track]) -> list[_Track]:
    """The longest tracks that count."""
    return sorted((track for track in tracks if track.counts), key=lambda track: -track.lasts)[:MOST]


def _pairs(boxes: Sequence[Box], places: Sequence[Box]) -> list[tuple[int, int, int]]:
    """Overlapping boxes and places: (negative overlap, number of the box, number of the place), sorted.

    The overlap is the intersection in thousandths of the union, at least one; the largest comes first.
    """
    sized = [(which, b.left, b.top, b.right, b.bottom, _area(b)) for which, b in enumerate(places)]
    pairs = []
    for number, box in enumerate(boxes):
        left, top, right, bottom, area = box.left, box.top, box.right, box.bottom, _area(box)
        for which, left_, top_, right_, bottom_, area_ in sized:
            if left_ < right and left < right_ and top_ < bottom and top < bottom_:
                wide = (right if right < right_ else right_) - (left if left > left_ else left_)
                both = wide * ((bottom if bottom < bottom_ else bottom_) - (top if top > top_ else top_))
                pairs.append((-max(both * 1000 // (area + area_ - both), 1), number, which))
    pairs.sort()
    return pairs


# --- one path ---------------------------------------------------------------------------------------------


def _path(positions: Sequence[tuple[int, Box]], end: int) -> tuple[Key, ...] | None:
    """Return the path of a region; None if it is outside the part. `positions`: with the margins."""
    begin, until = max(positions[0][0] - BEFORE, 0), min(positions[-1][0] + AFTER, end)
    if begin >= until:
        return None
    boxes = [box for _, box in positions]
    # Between two pictures, and where nothing was found, it covers the positions before and after.
    wide = [_around(boxes[max(at - 1, 0) : at + 2]) for at in range(len(boxes))]
    places = [(at, box) for (at, _), box in zip(positions, wide, strict=True)]
    for loose in _LOOSE:
        groups = _fixed_boxes(places, loose)
        if 2 * len(groups) <= MOST_KEYS:
            break
    else:
        groups = [(places[0][0], places[-1][0], _around(wide))]
    keys: dict[int, Key] = {}
    for number, (first, last, box) in enumerate(groups):
        since = begin if number == 0 else first
        to = until if number == len(groups) - 1 else last
        for at in (since, to):
            if begin <= at <= until:
                keys[at] = Key(at, box.left, box.top, box.right - box.left, box.bottom - box.top)
    return tuple(keys[at] for at in sorted(keys))


def _fixed_boxes(places: Sequence[tuple[int, Box]], loose: int) -> list[tuple[int, int, Box]]:
    """First and last time of each stretch with one fixed box, and the box."""
    groups: list[tuple[int, int, Box]] = []
    largest = 0
    for at, box in places:
        if groups:
            first, _, before = groups[-1]
            together = _around((before, box))
            if _area(together) * 100 <= max(largest, _area(box)) * loose:
                groups[-1] = (first, at, together)
                largest = max(largest, _area(box))
                continue
        groups.append((at, at, box))
        largest = _area(box)
    return groups


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)
