"""Code in the place of each decoder, in the sandbox that it really runs in.

    python -m tests.attacks.decoding DECODER PROGRAM FOLDER WHAT

`PROGRAM`: the attack, as a program; `FOLDER`: where it may have a working folder; `WHAT`: the attack's
argument. What came of each attempt is written as JSON; the settings are in the environment.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from amana.settings import read_settings
from casework.comparison_sheets import renderer
from casework.redaction import face_detection
from casework.sandbox import child_process, ffmpeg, previews
from casework.sandbox.child_process import Work, in_memory
from player.package import content_credentials

FAR = 64 * 1024**3
"""Bytes: more memory than any decoder may have."""
LONG = 64 * 1024**2
"""Bytes of a file that none of them may write here."""

Said = Mapping[str, str]
"""What came of each attempt: `done`, or the name of the error."""
Told = Mapping[str, Any]
"""The attack's argument."""


def _attack(
    work: Callable[[], Work], program: Path, folder: Path, told: Told, *, files: int = 0, works: bool = False
) -> Said:
    told = {**told, "inherited": 3 + files, "work": works}
    attacking = replace(work(), module=None, program=str(program))
    with _working_folder(folder) as made, in_memory() as given, in_memory() as answered:
        with in_memory() as complaints:
            code = child_process.run(
                attacking,
                json.dumps(told),
                given=given,
                answered=answered,
                complaints=complaints,
                seconds=60,
                folder=made if works else None,
                files=[given.fileno()] * files,
            )
            assert code == 0, complaints.read()
        said: dict[str, str] = json.load(answered)
    return said


def _attack_as_ffmpeg(program: Path, folder: Path, told: Told) -> Said:
    """For FFmpeg, whose program is an argument; it reports where it reports its progress."""
    said: list[bytes] = []
    follow = ffmpeg._follow
    try:
        ffmpeg._follow = lambda out, _: said.append(out.read())  # type: ignore[assignment]
        with _working_folder(folder) as made:
            ffmpeg.make(
                program,
                [json.dumps({**told, "inherited": 3, "work": True})],
                made,
                {},
                seconds=60,
                size=LONG,
                progress=lambda done: None,
                stopped=threading.Event(),
            )
    finally:
        ffmpeg._follow = follow
    found: dict[str, str] = json.loads(said[0])
    return found


@contextmanager
def _working_folder(folder: Path) -> Iterator[Path]:
    """An empty one; the attack has left nothing in it."""
    made = folder / "work"
    made.mkdir()
    try:
        yield made
    finally:
        made.rmdir()


DECODERS: Mapping[str, Callable[[Path, Path, Told], Said]] = {
    "films": _attack_as_ffmpeg,
    "pictures": functools.partial(_attack, lambda: previews.WORK),
    "sheets": functools.partial(_attack, lambda: renderer.WORK),
    "faces": functools.partial(_attack, lambda: face_detection.work(60)),
    "credentials": functools.partial(_attack, lambda: content_credentials.work(LONG), files=2, works=True),
}


def main(decoder: str, program: str, folder: str, what: str) -> None:
    child_process.begin(read_settings().sandbox)
    print(json.dumps(DECODERS[decoder](Path(program), Path(folder), json.loads(what))))


if __name__ == "__main__":
    main(*sys.argv[1:])
