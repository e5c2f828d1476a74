"""Runs the program that makes films, FFmpeg, in a sandbox (`child_process`).

Films of testimony reach it through named pipes, opened piece by piece as it reads: no input is on a disk in
plaintext. The output is a file in the folder, which the caller seals and removes. Each input file is hashed
completely as it is fed, even if the program stops reading before its end.

The input is testimony, and may have been made hostile in the room already: a camera's stream, a broken file.

Trusts nothing that the program reports beyond numbers of progress.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from casework.errors import Cancelled, CaseworkError, Refused
from casework.sandbox import child_process
from casework.sandbox.child_process import Guard, Limits, Work, in_memory, run, start
from chain_of_custody.items.recipe import Program, Read

log = logging.getLogger(__name__)

NAME = "ffmpeg"
MEMORY = 4 * 1024**3
"""Bytes of address space: an encoder with two threads and a few pictures of each camera."""
MOST_OPEN = 512
_LOOK = 0.02
"""Seconds between two checks whether the program reads a pipe."""
_MAX_LOGGED = 2000
"""Maximum characters of its error output that go into the log."""


class FilmFailed(CaseworkError):
    """The program made no film. `code` says why: `film-failed`, `film-too-long`."""

    code = "film-failed"


class ProgramMissing(CaseworkError):
    """The program is not installed on this machine."""

    code = "no-film-program"


class FilmTooLong(FilmFailed):
    """It exceeded its limit of time or size."""

    code = "film-too-long"


def found(places: str = os.defpath) -> Path | None:
    """Return the program on this machine, or None. `places`: folders, as in `PATH`."""
    path = shutil.which(NAME, path=places)
    return None if path is None else Path(path)


def described(program: Path) -> Program:
    """Description of the program for a recipe. Raises `FilmFailed` if it does not start, `SandboxMissing`."""
    work = Work(Limits(memory=MEMORY, seconds=10, written=64 * 1024), program=str(program), idle=False)
    try:
        with in_memory() as given, in_memory() as answered:
            code = run(work, "-version", given=given, answered=answered, seconds=30)
            words = answered.read().decode(errors="replace").split()
        digest = sha256(program.read_bytes()).hexdigest()
    except OSError as error:
        raise FilmFailed(f"{program} does not start: {error}") from error
    if code != 0:
        raise FilmFailed(f"{program} does not start: it ended with {code}")
    return Program(NAME, words[2] if len(words) > 2 else "unknown", digest)


def make(
    program: Path,
    arguments: Sequence[str],
    folder: Path,
    feeds: Mapping[str, Callable[[], Iterable[bytes]]],
    *,
    seconds: int,
    size: int,
    progress: Callable[[int], None],
    stopped: threading.Event,
) -> list[Read]:
    """Run the program in `folder`; returns the files that it was fed, by their names.

    `arguments`: with paths relative to the folder, and `-progress pipe:1`. `feeds`: name → gives its content,
    once, from a separate thread. `seconds` of processor time and four times that of the clock, `size` in
    bytes of the largest file it may write. `progress`: called with the µs of film done. Raises
    `SandboxMissing`, `FilmFailed`, `Cancelled` once `stopped` is set, and the errors of a feed.
    """
    run = _Run()
    pipes = [_Feed(folder, name, give, run) for name, give in feeds.items()]
    limits = Limits(memory=MEMORY, seconds=seconds, written=size, opened=MOST_OPEN)
    complaints: list[bytes] = []

    def unwanted() -> bool:
        return stopped.is_set() or any(pipe.error is not None for pipe in pipes)

    with (
        child_process.pipe() as (out, report),
        child_process.pipe() as (log_lines, complain),
        Path(os.devnull).open("rb") as given,
    ):
        child = start(
            Work(limits, program=str(program)),
            *arguments,
            given=given.fileno(),
            answered=report.fileno(),
            complaints=complain.fileno(),
            folder=folder,
        )
        report.close()
        complain.close()
        beside = [
            *pipes,
            threading.Thread(target=_follow, args=(out, progress)),
            threading.Thread(target=_keep, args=(log_lines, complaints)),
        ]
        with child, Guard(child, seconds * 4, unwanted) as guard:
            for one in beside:
                one.start()
            code = child.wait()
        run.failed = code != 0
        run.ended.set()
        for one in beside:
            one.join()
    for pipe in pipes:
        if pipe.error is not None:
            raise pipe.error
    if stopped.is_set():
        raise Cancelled("the film is not wanted any more")
    if guard.late or code in (-24, -25, -9):  # SIGXCPU, SIGXFSZ; the hard limit
        raise FilmTooLong(f"{NAME} was not done within {seconds} s of work or {size} bytes")
    if code != 0:
        why = b"".join(complaints)[:_MAX_LOGGED].decode(errors="replace")
        log.warning("%s ended with %d: %s", NAME, code, why)
        raise FilmFailed(f"{NAME} ended with {code}")
    return [pipe.read for pipe in pipes]


def require_film(path: Path) -> None:
    """Raise `FilmFailed` unless this is a file.

    The program's output is read by name. Malicious code could leave a named pipe there, whose reader waits
    for ever.
    """
    if path.is_symlink() or not path.is_file():
        raise FilmFailed(f"{NAME} left no file {path.name}")


def _follow(lines: BinaryIO, progress: Callable[[int], None]) -> None:
    for line in lines:
        name, _, value = line.strip().partition(b"=")
        if name == b"out_time_us" and value.isdigit():
            progress(int(value))


def _keep(lines: BinaryIO, complaints: list[bytes]) -> None:
    size = 0
    for line in lines:
        if size < _MAX_LOGGED:
            complaints.append(line)
            size += len(line)


class _Run:
    """State of the program, for the threads that feed it."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.failed = False


class _Feed(threading.Thread):
    """Writes one film into its pipe while the program reads it."""

    def __init__(self, folder: Path, name: str, give: Callable[[], Iterable[bytes]], run: _Run) -> None:
        super().__init__(name=f"film {name[:8]}", daemon=True)
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise Refused("a film with a name that leads out of its folder")
        self._path, self._name, self._give, self._run = folder / name, name, give, run
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        os.mkfifo(self._path, 0o600)
        self._digest, self._size = sha256(), 0
        self.error: Exception | None = None

    @property
    def read(self) -> Read:
        return Read(self._name, self._size, self._digest.hexdigest())

    def run(self) -> None:
        try:
            pipe = self._opened()
            try:
                self._write(pipe)
            finally:
                if pipe is not None:
                    os.close(pipe)
        except Exception as error:  # noqa: BLE001  # raised again in the caller's thread
            self.error = error

    def _opened(self) -> int | None:
        """Return the pipe, once the program reads it; None if the program ended without reading."""
        while True:
            try:
                pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                if self._run.ended.wait(_LOOK):
                    return None
                continue
            os.set_blocking(pipe, True)
            return pipe

    def _write(self, pipe: int | None) -> None:
        for piece in self._give():
            self._digest.update(piece)
            self._size += len(piece)
            if pipe is not None and not _sent(pipe, piece):
                pipe = None  # it reads no more; the input is hashed to its end
            if self._run.failed:
                return


def _sent(pipe: int, piece: bytes) -> bool:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[os.write(pipe, rest) :]
    except BrokenPipeError:
        return False
    return True
