"""One process that has to be there: started, watched, started again whenever it ends, and ended at last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before a process that ended is started again
STEADY = 10.0  # seconds after which a process counts as well, and the pause is short again
ENDS_WITHIN = 8.0  # seconds for a process to end by itself
MAX_LOG = 16 * 1024 * 1024  # bytes; then the log is set aside as `.1`

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Watched:
    """One process that has to be there."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    log: Path
    ended: Callable[[str, str], None]
    """Called with name and reason when it has ended without being asked to."""
    descriptors: tuple[int, ...] = ()
    process: asyncio.subprocess.Process | None = None
    ending: bool = False
    asked: bool = False
    """Whether it was asked to end in order to be started anew."""
    starts: int = 0

    async def keep(self) -> None:
        """Start it, and again whenever it ends, until told to end."""
        pause = FIRST_PAUSE
        while not self.ending:
            began = time.monotonic()
            with open_log(self.log) as output:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    env=self.environ,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=self.descriptors,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends them in order
                )
            self.starts += 1
            code = await self.process.wait()
            if self.ending:
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
            if self.asked:
                self.asked = False
            else:
                self.ended(self.name, exit_text(code))
            log.warning("%s ended with %s; again in %.1f s (its log: %s)", self.name, code, pause, self.log)
            await asyncio.sleep(pause)

    async def end(self, within: float = ENDS_WITHIN) -> None:
        """Ask it to end, and make it."""
        self.ending = True
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(within):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def restart(self) -> None:
        """Ask it to end; it is started again as always."""
        if self.pid is not None and self.process is not None:
            self.asked = True
            self.process.terminate()

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        process = self.process
        return None if process is None or process.returncode is not None else process.pid


def exit_text(code: int) -> str:
    """How a process ended, in words: by a signal, or by itself."""
    if code >= 0:
        return f"ended by itself, with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def open_log(path: Path) -> IO[bytes]:
    """A log to append to, for the service's user alone; a long one is set aside first."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > MAX_LOG:
            path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
