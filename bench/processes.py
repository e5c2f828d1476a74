"""Processes under measurement: asked over lines of JSON, and watched from outside."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far, all its threads (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_busy() -> float:
    """Seconds that all processors together have worked so far, for anybody (proc_stat(5))."""
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
        """`folder`: where the child may leave temporary files; `log`: takes its standard error."""
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
        """CPU seconds used so far."""
        return cpu_seconds(self.process.pid)

    async def ask(self, within: float = 30, /, **request: Any) -> dict[str, Any]:
        """One line out, one line in. Raises `ConnectionError` if the child is gone, `TimeoutError`."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        await self.process.stdin.drain()
        return await self.hear(within)

    async def hear(self, within: float = 30) -> dict[str, Any]:
        """One line in."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within):
            line = await self.process.stdout.readline()
        if not line:
            raise ConnectionError("the process is gone")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def end(self, within: float = 20) -> int:
        """Close its input and wait; killed if it does not end. Returns its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(within):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()
