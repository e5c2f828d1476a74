"""Starts and ends the child processes that read possibly hostile input. There is no other way to start one.

Each runs in a sandbox (`bubblewrap`, `system_calls`, `entry`), or it does not run: `SandboxMissing` says so.
It ends by itself, or is killed: after its time limit, when its work is cancelled, or when this process has
ended.

A process that restricts itself calls `begin` before that (`starter`).

Trusts nothing that a child reports. Its output counts only if it ended by itself and without an error.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from casework.errors import Cancelled, SandboxMissing
from casework.sandbox.starter_client import Starter

_LOOK = 0.2
"""Seconds between two checks whether a child must end."""
READY_WITHIN = 120
"""Seconds within which a sandbox must be complete: some hundredths do, on a busy machine a second or two."""
_BUFFER = 1024 * 1024  # bytes
_MOST_COMPLAINTS, _MAX_REASON = 64 * 1024, 500
"""Maximum bytes of a child's error output that are read, and of the reason that is found in it."""


@dataclass(frozen=True)
class Limits:
    """Resource limits of a child. They are the system's: exceeding one ends the child, or fails its call."""

    memory: int
    """Bytes of address space."""
    written: int
    """Bytes of each file that it writes, standard output among them."""
    seconds: int | None = None
    """Of processor time."""
    opened: int = 64
    """Open files, without those that it inherits."""
    processes: int = 64
    """Threads. It can start no process."""


@dataclass(frozen=True)
class Work:
    """The work of a child: one of our modules, or a program."""

    limits: Limits
    module: str | None = None
    program: str | None = None
    idle: bool = True
    """Whether it gets only idle processor time, so that it never disturbs an interview."""


class Child:
    """A child that runs in its sandbox. At the end of the block it has ended."""

    def __init__(self, reply: socket.socket) -> None:
        self._reply = reply
        self._reading = threading.Lock()
        self.returncode: int | None = None
        """Its exit code once it has ended, negative for the signal that ended it."""

    def wait(self) -> int:
        """Wait until it has ended; return its exit code. Raises `SandboxMissing` if its starter ended."""
        with self._reading:
            if self.returncode is None:
                line = _line(self._reply)
                if not line:
                    self.returncode = -signal.SIGKILL
                    raise SandboxMissing("the process that starts sandboxes has ended")
                self.returncode = int(line)
        return self.returncode

    def kill(self) -> None:
        """End it, without waiting. Does nothing if it has ended."""
        with suppress(OSError):
            self._reply.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        with suppress(SandboxMissing):
            self.wait()
        self._reply.close()


class Guard(threading.Thread):
    """Kills a child after `seconds` of the clock, or once it is `unwanted`, both checked in its own thread.

    When the block ends, the child has ended too.
    """

    def __init__(self, child: Child, seconds: float, unwanted: Callable[[], bool]) -> None:
        super().__init__(name="guard of a child", daemon=True)
        self._child, self._unwanted = child, unwanted
        self._until = time.monotonic() + seconds
        self._over = threading.Event()
        self.late = False
        """Whether its time limit was exceeded when the block ended."""

    def run(self) -> None:
        """Check until the block ends."""
        while not self._over.wait(_LOOK):
            if time.monotonic() > self._until or self._unwanted():
                self._child.kill()
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.late = time.monotonic() > self._until
        self._child.kill()
        self._over.set()
        self.join()


@contextmanager
def in_memory(content: bytes = b"", room: int | None = None) -> Iterator[BinaryIO]:
    """An in-memory file, positioned at its beginning.

    A child writes to one rather than to a pipe: its limit on the size of files then bounds its output, for no
    limit on memory counts these bytes. `room`: a closer bound for this file, which then has that many bytes,
    zero where nothing is written.
    """
    number = os.memfd_create("child", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(number, "w+b", buffering=_BUFFER) as file:
        file.write(content)
        file.seek(0)
        if room is not None:
            file.truncate(room)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        yield file


@contextmanager
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield a pipe: the end that is read, and the end that is written. It is closed at the end of the
    block."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as read, os.fdopen(writing, "wb") as written:
        yield read, written


def begin(place: Path | None = None) -> None:
    """Start the process that starts sandboxes, if it does not run yet. Raises `SandboxMissing`.

    `place`: as for `Starter.begin`.
    """
    _starter.begin(place)


def starter_ended() -> bool:
    """Return whether the process that starts sandboxes has ended, so that nothing more is decoded here."""
    return _starter.ended


def start(
    work: Work,
    *arguments: str,
    given: int,
    answered: int,
    complaints: int | None = None,
    files: Sequence[int] = (),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """Start a child in its sandbox; return it once the sandbox is complete, before it has read anything.

    `given`, `answered`, `complaints`: descriptors of its standard input, output and error; `files`: more that
    it inherits, whose numbers follow its arguments; `folder`: the one that it may change, where it begins.
    Raises `SandboxMissing`.
    """
    request = {
        **asdict(work),
        "arguments": arguments,
        "environment": dict(environment or {}),
        "folder": folder is not None,
    }
    with ExitStack() as opened:
        request_file = opened.enter_context(in_memory(json.dumps(request).encode()))
        errors = opened.enter_context(in_memory(room=_MOST_COMPLAINTS)) if complaints is None else None
        descriptors = [request_file.fileno(), given, answered, errors.fileno() if errors else complaints or 0]
        if folder is not None:
            descriptors.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            opened.callback(os.close, descriptors[-1])
        if work.program is not None:
            try:
                descriptors.append(os.open(work.program, os.O_RDONLY | os.O_CLOEXEC))
            except OSError as error:
                raise SandboxMissing(f"{work.program}: {error.strerror}") from error
            opened.callback(os.close, descriptors[-1])
        reply = _starter.ask([*descriptors, *files])
        reply.settimeout(READY_WITHIN)
        try:
            answer, _, why = _line(reply).partition(b" ")
        except TimeoutError:
            answer, why = b"", b"the sandbox of %b was not complete within %d s" % (_name(work), READY_WITHIN)
        if answer != b"ready":
            reply.close()  # this ends the child, if there is one
            complaint = _last_line(errors) if errors else b""
            why = b": ".join(filter(None, (why, complaint))) or b"it ended before it was complete"
            raise SandboxMissing(why.decode(errors="replace"))
        reply.settimeout(None)
    return Child(reply)


def run(
    work: Work,
    *arguments: str,
    given: BinaryIO,
    answered: BinaryIO,
    seconds: float,
    stopped: threading.Event | None = None,
    complaints: BinaryIO | None = None,
    files: Sequence[int] = (),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a child until it ends; its exit code, negative for the signal that ended it.

    `given`: its standard input, from the beginning, a file in memory that no process changes any more;
    `answered`: its standard output, positioned at its beginning afterwards; `complaints`: the same for
    standard error; the rest as for `start`. Raises `SandboxMissing`, `TimeoutError` after `seconds` of the
    clock, `Cancelled` once `stopped` is set.
    """
    given.flush()
    given.seek(0)
    fcntl.fcntl(given, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    with (
        start(
            work,
            *arguments,
            given=given.fileno(),
            answered=answered.fileno(),
            complaints=None if complaints is None else complaints.fileno(),
            files=files,
            folder=folder,
            environment=environment,
        ) as child,
        Guard(child, seconds, lambda: stopped is not None and stopped.is_set()) as guard,
    ):
        code = child.wait()
    if stopped is not None and stopped.is_set():
        raise Cancelled("what a child makes is not wanted any more")
    if guard.late:
        raise TimeoutError(f"{work.module or work.program} did not end within {seconds:g} s")
    for file in (answered, complaints):
        if file is not None:
            file.seek(0)
    return code


# --- inside -------------------------------------------------------------------------------------------------


_starter = Starter()


def _line(reply: socket.socket) -> bytes:
    """Read one answer; empty at the end."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            more = reply.recv(1)
        except ConnectionResetError:
            more = b""
        if not more:
            return b""
        line += more
    return line.strip()


def _name(work: Work) -> bytes:
    return os.fsencode(work.module or work.program or "")


def _last_line(complaints: BinaryIO) -> bytes:
    """Return the last line: in an error of Python or bubblewrap it gives the reason."""
    complaints.seek(0)
    lines = complaints.read(_MOST_COMPLAINTS).rstrip(b"\0").split(b"\n")
    return next((line for line in reversed(lines) if line.strip()), b"")[:_MAX_REASON]
