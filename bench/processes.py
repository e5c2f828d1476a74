"""Processes under measurement: controlled by lines of JSON, and measured from outside."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: int) -> float:
    """Return user and system time of a process and all its threads (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_busy() -> float:
    """Return the seconds that all processors together have worked so far (proc_stat(5))."""
    user, nice, system, _idle, _wait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS


class LineProcess:
    """A child that answers each line on its input with one on its output, and ends with its input."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, *command: str, folder: Path, log: Path) -> LineProcess:
        """Start the child. `folder`: for its temporary files; `log`: receives its standard error."""
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=1 << 22,
                env={**os.environ, "TMPDIR": str(folder)},
            )
        return cls(process)

    @property
    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        return cpu_seconds(self.process.pid)

    async def ask(self, within: float = 30, /, **request: Any) -> dict[str, Any]:
        """Send one line and return the answer. Raises `ConnectionError` if the child has ended,
        `TimeoutError`."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        await self.process.stdin.drain()
        return await self.receive(within)

    async def receive(self, within: float = 30) -> dict[str, Any]:
        """Receive one line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within):
            line = await self.process.stdout.readline()
        if not line:
            raise ConnectionError("the process is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def end(self, within: float = 20) -> int:
        """Close its input and wait; kill it if it does not end. Returns its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(within):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()
