"""Viewing copies: the same bytes in another order, under a header made of the tracks' own boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_of_custody.errors import Malformed
from chain_of_custody.items.viewing_copy import MAX_INIT, joined_init, segments
from tests.support.ledger.mutations import mutated
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import assert_refused, flipped, listed, removed, renamed, write
from tests.support.packages.court_packages import (
    EVIDENCE,
    SECOND,
    Center,
    Recording,
    box,
    init_segment,
    verify,
)

FIRST, SECOND_COPY = f"data/viewing/{EVIDENCE}.mp4", f"data/viewing/{EVIDENCE}-2.mp4"


def copies(*happened: str) -> list[tuple[dict[int, int], list[int]]]:
    """The segments of a recording in which this happened: "i1" an init segment of track 1, "m1" media."""
    recording = Recording()
    recording.add("header", b"header")
    times: dict[int, int] = {}
    for one in happened:
        track = int(one[1:])
        if one[0] == "i":
            recording.add("init", b"init", track)
        else:
            times[track] = times.get(track, -SECOND) + SECOND
            recording.add("media", b"media", track, times[track], SECOND)
    return [(dict(found.inits), list(found.media)) for found in segments(recording.records)]


def test_all_tracks_are_in_one_copy_in_the_order_they_were_recorded() -> None:
    assert copies("i1", "i2", "m1", "m2", "m1") == [({1: 1, 2: 2}, [3, 4, 5])]


def test_a_new_init_segment_of_a_track_in_use_begins_another_copy_with_the_others_carried_over() -> None:
    assert copies("i1", "i2", "m1", "m2", "i1", "m1", "m2") == [
        ({1: 1, 2: 2}, [3, 4]),
        ({1: 5, 2: 2}, [6, 7]),
    ]


def test_an_init_segment_that_nothing_used_takes_no_number() -> None:
    assert copies("i1", "i1", "m1") == [({1: 2}, [3])]
    # Track 2 changes while it stands still: what was carried over is replaced, and no third copy begins.
    assert copies("i1", "i2", "m1", "m2", "i1", "m1", "i2", "m1", "m2") == [
        ({1: 1, 2: 2}, [3, 4]),
        ({1: 5, 2: 7}, [6, 8, 9]),
    ]


def test_a_track_without_media_in_a_copy_is_not_in_its_header() -> None:
    assert copies("i1", "i2", "m1", "i1", "m1", "m2") == [({1: 1}, [3]), ({1: 4, 2: 2}, [5, 6])]


def test_media_of_a_track_without_init_segment_have_no_copy() -> None:
    record = made.replace(Recording().add("header", b"x"), index=1, kind="media", track=1, duration=1, init=0)
    with pytest.raises(Malformed, match="no init segment of its track"):
        segments([record])


def test_a_recording_without_media_has_no_copy() -> None:
    assert copies() == copies("i1") == []


def test_the_header_has_the_first_track_s_frame_and_every_track_s_box() -> None:
    header = joined_init({5: init_segment(5, "five"), 2: init_segment(2, "two")})
    assert header == box(b"ftyp", b"iso6") + box(
        b"moov",
        box(b"mvhd", bytes(96), pack("!I", 6)),
        box(b"trak", b"two"),
        box(b"trak", b"five"),
        box(b"mvex", box(b"trex", pack("!I", 2)), box(b"trex", pack("!I", 5))),
    )


def test_of_one_track_the_header_is_its_own_init_segment() -> None:
    assert joined_init({1: init_segment(1, "one")}) == init_segment(1, "one")


MOOV = (box(b"mvhd", bytes(12)), box(b"trak"), box(b"mvex", box(b"trex")))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        box(b"ftyp"),
        box(b"moov", *MOOV) + box(b"ftyp"),
        box(b"ftyp") + box(b"moov", *MOOV) + box(b"free"),
        box(b"ftyp") + box(b"moov", *MOOV[:2]),
        box(b"ftyp") + box(b"moov", *MOOV, box(b"trak")),
        box(b"ftyp") + box(b"moov", *MOOV[:2], box(b"mvex", box(b"trex"), box(b"trex"))),
        box(b"ftyp") + box(b"moov", box(b"mvhd", bytes(4)), *MOOV[1:]),
        box(b"ftyp") + pack("!I4s", 1, b"moov") + pack("!Q", 16),
        box(b"ftyp") + pack("!I4s", 0, b"moov"),
        box(b"ftyp") + box(b"moov", *MOOV)[:-1],
        init_segment(1, "x" * MAX_INIT),
    ],
)
def test_an_init_segment_of_another_form_makes_no_header(content: bytes) -> None:
    with pytest.raises(Malformed, match="init segment of track 1"):
        joined_init({1: content})


@settings(max_examples=200)
@given(st.binary(max_size=100) | mutated(init_segment(1, "one")))
def test_whatever_an_init_segment_is_it_gives_itself_as_header_or_is_refused(content: bytes) -> None:
    try:
        header = joined_init({1: content})
    except Malformed:
        return
    # The next track's number is 2, and everything else as it was.
    assert len(header) == len(content)
    assert sum(one != other for one, other in zip(header, content, strict=True)) <= 4


# --- in a package -----------------------------------------------------------------------------------------


def test_the_copies_of_a_package_hold_every_fragment_once_in_order(honest: tuple[Center, Path]) -> None:
    _, recording = made.sealed_recording()
    contents = [content for _, _, content in recording.opened]
    found = (honest[1] / FIRST).read_bytes() + (honest[1] / SECOND_COPY).read_bytes()
    for record in recording.records:
        if record.kind == "media":
            found = found[found.index(contents[record.index]) + len(contents[record.index]) :]
    assert found == b""
    assert verify(honest[1]).parts[0].viewing == 2


def test_a_package_without_copies_holds_as_well(tmp_path: Path) -> None:
    center, folder = made.honest_package(tmp_path / "folder", viewing_copies=False)
    assert not (folder / "data/viewing").exists()
    report = verify(folder, center.policy)
    assert (report.outcome, report.parts[0].viewing) == ("intact", 0)


def test_of_films_that_are_no_boxes_no_copy_is_made(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    recording.add("init", b"no box", 1)
    recording.add("media", b"picture", 1, 0, SECOND)
    center.seal(recording)
    with pytest.raises(Malformed, match="init segment of track 1"):
        center.export(tmp_path / "folder", [recording])
    assert (
        verify(center.export(tmp_path / "folder", [recording], viewing_copies=False)).outcome == "consistent"
    )


def longer(path: str) -> Callable[[Path], None]:
    return lambda folder: _append(folder / path, b"more")


def shorter(path: str) -> Callable[[Path], None]:
    return lambda folder: _cut(folder / path)


def _append(path: Path, content: bytes) -> None:
    path.write_bytes(path.read_bytes() + content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def exchanged(folder: Path) -> None:
    first, second = (folder / path for path in (FIRST, SECOND_COPY))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


ALTERED = [
    ("a byte of its header", flipped(FIRST, 20), "differs from what was recorded", f"{FIRST}, its header"),
    ("the last byte", flipped(SECOND_COPY, -1), "differs from what was recorded", f"{SECOND_COPY}, record 2"),
    ("something behind it", longer(FIRST), "not as long as what was recorded", FIRST),
    ("its last byte cut off", shorter(FIRST), "not as long as what was recorded", FIRST),
    ("one of two left out", removed(FIRST), "a viewing copy is missing", FIRST),
    ("one too many", write(f"data/viewing/{EVIDENCE}-3.mp4"), "no part of the recording", "-3.mp4"),
    ("two exchanged", exchanged, "not as long as", FIRST),
]


@pytest.mark.parametrize(("alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in ALTERED])
def test_a_viewing_copy_is_refused_for(
    folder: Path, alter: Callable[[Path], None], reason: str, where: str
) -> None:
    listed(alter)(folder)
    assert_refused(folder, 13, reason, where)


def test_a_byte_anywhere_in_a_copy_counts(folder: Path) -> None:
    whole = (folder / FIRST).read_bytes()
    for at in range(0, len(whole), len(whole) // 20):
        made.flip(folder / FIRST, at, bit=at % 8)
        assert_refused(folder, 13, "differs from what was recorded", FIRST)
        (folder / FIRST).write_bytes(whole)


def test_a_copy_of_what_is_not_here_does_not_belong(folder: Path) -> None:
    listed(renamed(FIRST, f"data/viewing/{'e9' * 16}.mp4", copy=True))(folder)
    assert_refused(folder, 2, "a viewing copy of what is not here", "e9e9")
