"""What looks for faces in films: finds drawn ones where they are, and what becomes of films that are none."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from casework.errors import Cancelled, Missing
from casework.redaction import face_detection
from casework.redaction.face_detection import (
    ON_AVERAGE,
    Box,
    Face,
    FacesFailed,
    FacesMissing,
    FacesTooLong,
    ScannedPicture,
    available,
    look,
)
from casework.redaction.face_detection_child import MOST_FACES
from casework.redaction.face_tracking import regions
from tests.support.children import of_sandboxes
from tests.support.media.drawn_faces import Drawn, filmed
from tests.support.media.made_media import MadeTrack, camera, microphone
from tests.support.patience import PATIENCE

SECOND = 1_000_000
WALKING = Drawn(60, ((100, 180), (500, 180)), (1, 6))
SITTING = Drawn(40, ((560, 60), (560, 60)), (0, 8))

pytestmark = [
    pytest.mark.starts,
    pytest.mark.alone,  # what is waited for gets only the processor time that nobody else wants
    pytest.mark.skipif(not available(), reason="no face detector is published for this machine"),
]


def pieces(made: MadeTrack) -> list[bytes]:
    return [made.init, *(fragment.content for fragment in made.fragments)]


def seen(contents: Callable[[], Iterable[bytes]], seconds: int, every: int = 500_000) -> list[ScannedPicture]:
    return list(look(contents, seconds * SECOND, wanted, every))


def wanted() -> bool:
    """Nobody stops it."""
    return False


def near(box: Box, x: int, y: int, size: tuple[int, int]) -> bool:
    """Whether the point lies in the box."""
    return box.left <= x * 10_000 // size[0] <= box.right and box.top <= y * 10_000 // size[1] <= box.bottom


def test_drawn_faces_are_found_where_and_when_they_are() -> None:
    found = seen(lambda: pieces(filmed(8, (WALKING, SITTING))), 8)
    assert [one.at for one in found] == [number * SECOND // 2 for number in range(16)]
    for picture in found:
        there = [middle for face in (WALKING, SITTING) if (middle := face.middle(picture.at / SECOND))]
        assert len(picture.faces) == len(there), picture
        for x, y in there:
            [one] = [face for face in picture.faces if near(face.box, x, y, (640, 360))]
            assert one.sure > 80


@pytest.mark.parametrize("tilt", [45, -45, pytest.param(60, marks=pytest.mark.repeats), 90, -90])
def test_a_face_that_leans_or_lies_is_found_every_two_seconds(tilt: int) -> None:
    face = Drawn(110, ((200, 180), (400, 180)), (0, 4), tilt)
    found = seen(lambda: pieces(filmed(4, (face,))), 4)
    for begin in (0, 2 * SECOND):
        within = [(one, f) for one in found if begin <= one.at < begin + 2 * SECOND for f in one.faces]
        assert within
        for one, seen_ in within:
            x, y = face.middle(one.at / SECOND) or (0, 0)
            assert near(seen_.box, x, y, (640, 360))
            assert seen_.box.right - seen_.box.left < 300 * 10_000 // 640


def test_a_picture_of_another_form_stands_whole_in_the_frame() -> None:
    """3:4, as a camera that stands upright gives: a third of the frame's width is beside it."""
    face = Drawn(80, ((150, 200), (150, 200)), (0, 2))
    found = seen(lambda: pieces(filmed(2, (face,), (300, 400))), 2)
    for picture in found:
        [one] = picture.faces
        middle = (one.box.left + one.box.right) // 2
        assert abs(middle - 5000) < 100
        assert one.box.right - one.box.left < 80 * 10_000 // 711  # of a frame of 711 by 400 points
        assert near(one.box, 5000, 5000, (10_000, 10_000))


def test_nothing_is_proposed_in_a_test_picture_and_every_half_second_is_looked_at() -> None:
    found = seen(lambda: pieces(camera(3, "640x360")), 3)
    assert [one.at for one in found] == [number * SECOND // 2 for number in range(6)]
    assert regions("e1" * 16, "wide", found, 3 * SECOND) == []


def test_lost_packets_lose_pictures_and_not_the_film() -> None:
    whole = pieces(filmed(8, (WALKING, SITTING)))
    found = seen(lambda: [*whole[:3], *whole[5:]], 8)
    assert [one.at for one in found if 2.5 * SECOND < one.at < 4 * SECOND] == []
    assert found[-1].at > 7 * SECOND
    assert len(found[-1].faces) == 1


def other(arguments: str, format: str = "mp4") -> bytes:  # noqa: A002  # the program's own name
    command = ["ffmpeg", "-loglevel", "error", *arguments.split()]
    command += [*(("-movflags", "frag_keyframe+empty_moov") if format == "mp4" else ()), "-f", format, "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def bomb() -> bytes:
    """A picture of 8192 by 4320 points in a few bytes."""
    return other(
        "-f lavfi -i color=size=8192x4320:rate=1 -t 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p"
    )


HOSTILE: dict[str, Callable[[], Iterable[bytes]]] = {
    "nothing": lambda: [],
    "noise": lambda: [os.urandom(200_000)],
    "a beginning alone": lambda: [camera(2).init[:40]],
    "sound": lambda: pieces(microphone(2)),
    "another codec": lambda: [other("-f lavfi -i testsrc2=size=320x180:rate=30 -t 1 -c:v mpeg4")],
    "another format": lambda: [other("-f lavfi -i testsrc2=size=320x180 -t 1", "matroska")],
    "two tracks": lambda: [
        other(
            "-f lavfi -i testsrc2=size=320x180:rate=30 -f lavfi -i testsrc2=size=320x180:rate=30 "
            "-map 0 -map 1 -t 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p"
        )
    ],
    "a list of other files": lambda: [b"ffconcat version 1.0\nfile '/etc/passwd'\n"],
    "a bomb": lambda: [bomb()],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_camera_film_is_refused(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(FacesFailed) as refused:
        seen(HOSTILE[name], 2)
    assert refused.value.code == "faces-unreadable"
    assert time.monotonic() - began < PATIENCE


def test_a_film_without_end_ends_where_its_records_say() -> None:
    made = camera(2)

    def endless() -> Iterator[bytes]:
        yield made.init
        for number in itertools.count():
            for fragment in camera(2, start=2 * SECOND * (number % 60)).fragments:
                yield fragment.content

    with pytest.raises(FacesFailed):
        seen(endless, 2)


def test_broken_bytes_within_a_film_end_in_what_was_seen_or_in_a_refusal() -> None:
    """Never in a hang, and never in anything but a list or an error of ours."""
    whole = b"".join(pieces(filmed(4, (WALKING, SITTING))))
    for at in range(len(whole) // 10, len(whole), len(whole) // 6):
        broken = whole[:at] + bytes(reversed(whole[at : at + 5000])) + whole[at + 5000 :]
        try:
            found = seen(lambda broken=broken: [broken], 4)  # type: ignore[misc]
        except FacesFailed:
            continue
        assert len(found) <= 10


def test_what_is_not_wanted_any_more_ends_at_once() -> None:
    stopped = threading.Event()
    slow = threading.Event()

    def waits() -> Iterator[bytes]:
        yield from pieces(camera(2))
        slow.wait(PATIENCE)

    told = look(waits, 2 * SECOND, stopped.is_set)
    next(told)
    stopped.set()
    threading.Timer(1, slow.set).start()
    with pytest.raises(Cancelled):  # if the rest was read, it would be a list
        list(told)


def test_whoever_does_not_go_on_leaves_nothing_behind() -> None:
    told = look(lambda: pieces(filmed(8, (WALKING, SITTING))), 8 * SECOND, wanted)
    next(told)
    assert of_sandboxes("python")
    told.close()  # type: ignore[attr-defined]  # a generator
    assert of_sandboxes("python") == []


def test_what_cannot_be_opened_is_told_as_what_it_is() -> None:
    def gone() -> Iterator[bytes]:
        yield camera(2).init
        raise Missing("a fragment")

    with pytest.raises(Missing, match="a fragment"):
        seen(gone, 2)


ENDLESS: dict[str, Callable[[], Iterable[bytes]]] = {
    "zeros": lambda: itertools.repeat(bytes(65536)),
    "more pictures than there is time for": lambda: pieces(filmed(8, (WALKING, SITTING))),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_more_work_than_a_film_may_take_is_told_so(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(face_detection, "SLOWEST", 1)
    monkeypatch.setattr(face_detection, "_BESIDE", 0)
    with pytest.raises(FacesTooLong) as late:
        seen(ENDLESS[name], 2, every=1)
    assert late.value.code == "faces-too-long"


def test_without_its_library_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_detection, "available", lambda: False)
    with pytest.raises(FacesMissing):
        seen(lambda: pieces(camera(2)), 2)


LIES = [
    b"\n",
    b"[]\n",
    b"{}\n",
    b'{"at":-1,"size":[640,360],"faces":[]}\n',
    b'{"at":99000000,"size":[640,360],"faces":[]}\n',
    b'{"at":0,"size":[0,360],"faces":[]}\n',
    b'{"at":0,"size":[640,99999],"faces":[]}\n',
    b'{"at":0,"size":[640],"faces":[]}\n',
    b'{"at":0,"size":[640,360],"faces":[[1,2,3,4]]}\n',
    b'{"at":0,"size":[640,360],"faces":7}\n',
    b'{"at":1e999,"size":[640,360],"faces":[]}\n',
    b'{"at":0,"size":[640,360],"faces":[]}\n{"at":1,"size":[640,360],"faces":[]}\n',
    b'{"at":0,"size":[640,360],"faces":[' + b"[1,2,3,4,90]," * 2000,
    b'{"unreadable":"not-readable"}\n',
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie[:40].decode())
def test_what_the_child_says_is_not_believed(lie: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, OverflowError)):
        list(face_detection._pictures(io.BytesIO(lie), 10 * SECOND, SECOND // 2))


def test_places_outside_of_the_picture_are_cut_off_or_dropped() -> None:
    said = (
        b'{"at":0,"size":[640,360],"faces":[[-10,-10,30,30,90],[700,10,5,5,90],[5,5,0,9,90],[1,1,9,9,101]]}\n'
    )
    [one] = face_detection._pictures(io.BytesIO(said), SECOND, SECOND // 2)
    assert one.faces == (Face(Box(0, 0, 312, 556), 90),)


def test_of_more_faces_than_a_film_has_room_for_the_surest_are_kept() -> None:
    """On average of all pictures until then: a crowd passes where there was nobody before."""

    def told(counts: list[int]) -> list[ScannedPicture]:
        lines = [
            {
                "at": n * SECOND // 2,
                "size": [640, 360],
                "faces": [[9 * f, 9, 9, 9, 30 + f] for f in range(count)],
            }
            for n, count in enumerate(counts)
        ]
        said = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return list(face_detection._pictures(io.BytesIO(said), 60 * SECOND, SECOND // 2))

    crowded = told([MOST_FACES] * 100)
    assert [len(one.faces) for one in crowded] == [ON_AVERAGE] * 100
    assert all(min(face.sure for face in one.faces) == 30 + MOST_FACES - ON_AVERAGE for one in crowded)
    assert [len(one.faces) for one in told([2, 0, 1, MOST_FACES])] == [2, 0, 1, 4 * ON_AVERAGE - 3]


def test_the_child_gets_what_time_nobody_else_wants() -> None:
    told = look(lambda: pieces(filmed(8, (WALKING, SITTING))), 8 * SECOND, wanted)
    next(told)
    [child] = of_sandboxes("python")
    assert os.sched_getscheduler(child) == os.SCHED_IDLE
    assert Path(f"/proc/{child}/oom_score_adj").read_text() == "1000\n"
    assert b"OMP_NUM_THREADS=1" in Path(f"/proc/{child}/environ").read_bytes()
    told.close()  # type: ignore[attr-defined]  # a generator
