"""Starts and ends the child processes that read possibly hostile input.

A child is one module of ours, with an empty environment and no folder of ours as working directory. It gives
up further rights itself, before it reads anything (`confinement`). It ends by itself, or is killed: because
it is late, or because its work is cancelled.

Trusts: nothing that a child reports. Its output counts only if it ended by itself and without an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, BinaryIO, Self

from casework.errors import Cancelled

_LOOK = 0.2
"""Seconds between two checks whether a child must end."""
_BUFFER = 1024 * 1024  # bytes


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs a module of ours and imports only what is installed."""
    return [sys.executable, "-I", "-m", module, *arguments]


@contextmanager
def in_memory(content: bytes = b"") -> Iterator[BinaryIO]:
    """An in-memory file, positioned at its beginning.

    A child writes to one rather than to a pipe: its limit on the size of files then bounds its output.
    """
    with os.fdopen(os.memfd_create("child"), "w+b", buffering=_BUFFER) as file:
        file.write(content)
        file.seek(0)
        yield file


class Guard(threading.Thread):
    """Kills a child after `seconds` of the clock, or once it is `unwanted`, both checked in its own thread.

    When the block ends, the child has ended too.
    """

    def __init__(self, child: subprocess.Popen[Any], seconds: float, unwanted: Callable[[], bool]) -> None:
        super().__init__(name=f"guard of {child.pid}", daemon=True)
        self._child, self._unwanted = child, unwanted
        self._until = time.monotonic() + seconds
        self._over = threading.Event()
        self.late = False
        """Whether its time was over when the block ended."""

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
        self._child.wait()
        self._over.set()
        self.join()


def run(
    module: str,
    *arguments: str,
    given: BinaryIO,
    answered: BinaryIO,
    seconds: float,
    stopped: threading.Event | None = None,
    complaints: BinaryIO | None = None,
    files: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a module of ours as a child until it ends; its exit code, negative for the signal that ended it.

    `given`: its standard input, from the beginning; `answered`: its standard output, positioned at its
    beginning afterwards; `complaints`: the same for standard error; `files`: descriptors that it inherits.
    Raises `TimeoutError` after `seconds` of the clock, `Cancelled` once `stopped` is set.
    """
    given.flush()
    given.seek(0)
    with (
        subprocess.Popen(
            command(module, *arguments),
            stdin=given,
            stdout=answered,
            stderr=subprocess.DEVNULL if complaints is None else complaints,
            pass_fds=files,
            env=dict(environment or {}),
            cwd="/",
        ) as child,
        Guard(child, seconds, lambda: stopped is not None and stopped.is_set()) as guard,
    ):
        child.wait()
    if stopped is not None and stopped.is_set():
        raise Cancelled("what a child makes is not wanted any more")
    if guard.late:
        raise TimeoutError(f"{module} did not end within {seconds:g} s")
    for file in (answered, complaints):
        if file is not None:
            file.seek(0)
    return child.returncode
