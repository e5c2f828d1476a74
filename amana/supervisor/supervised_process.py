"""A supervised child process: started, monitored, restarted whenever it ends, and ended on request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from amana import control_channel
from casework.sandbox import process_log

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before a process that ended is restarted
STEADY = 10.0  # seconds after which a process counts as healthy, and the pause is reset
ENDS_WITHIN = 8.0  # seconds for a process to end by itself
MAX_LOG = 16 * 1024 * 1024  # bytes; then the log is renamed to `.1`

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Watched:
    """One supervised process."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    log: Path
    ended: Callable[[str, str], None]
    """Called with name and reason when the process ends without a request to end."""
    descriptors: tuple[int, ...] = ()
    connected: Callable[[socket.socket], None] | None = None
    """Called after each start with an end of a new control channel, which it has to close. The process has
    the other end, whose number is its last argument."""
    process: asyncio.subprocess.Process | None = None
    ending: bool = False
    restart_requested: bool = False
    """Whether it was requested to end for a restart."""
    starts: int = 0

    async def keep(self) -> None:
        """Start the process, and restart it whenever it ends, until `end` is called."""
        pause = FIRST_PAUSE
        while not self.ending:
            began = time.monotonic()
            process = await self._start()
            code = await process.wait()
            if self.ending:
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
            if self.restart_requested:
                self.restart_requested = False
            else:
                self.ended(self.name, exit_text(code))
            log.warning("%s ended with %s; again in %.1f s", self.name, code, pause)
            await asyncio.sleep(pause)

    async def _start(self) -> asyncio.subprocess.Process:
        near, far = control_channel.pair()
        command, descriptors = [*self.command], [*self.descriptors]
        if self.connected is not None:
            command.append(str(far.fileno()))
            descriptors.append(far.fileno())
        with far, open_log(self.log) as output:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                env=self.environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C reaches only the supervisor, which ends them in order
            )
        self.starts += 1
        if self.connected is None:
            near.close()
        else:
            self.connected(near)
        return self.process

    async def end(self, within: float = ENDS_WITHIN) -> None:
        """Request the process to end; kill it if it does not."""
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
        """Request the process to end; `keep` restarts it."""
        if self.pid is not None and self.process is not None:
            self.restart_requested = True
            self.process.terminate()

    @property
    def pid(self) -> int | None:
        """The process id; None while the process is not running."""
        process = self.process
        return None if process is None or process.returncode is not None else process.pid


def resident(pid: int | None) -> int:
    """Return the bytes of a process in memory; 0 for one that has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def exit_text(code: int) -> str:
    """Describe how a process ended: by a signal, or by itself."""
    if code >= 0:
        return f"ended by itself, with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def open_log(path: Path) -> IO[bytes]:
    """Open the log of a child: for appending, for the service's user only; a long one is renamed first.

    Where this process logs into the journal, its children do so too.
    """
    if process_log.in_journal():
        return os.fdopen(os.dup(process_log.STANDARD_ERROR), "wb")
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > MAX_LOG:
            path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
