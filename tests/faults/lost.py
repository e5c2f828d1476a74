"""Losing a machine with everything on it, and asking what is there at the terminal."""

from __future__ import annotations

import asyncio
import os
import shutil

from amana.centers import attached_center
from casework.rebuild import database_replication_status as in_copies
from tests.support.centers import command_line
from tests.support.centers.service import Service, patiently


async def amana(service: Service, *arguments: str) -> tuple[int, str]:
    """One command at the terminal; its exit code, and what it said."""
    done = await asyncio.to_thread(
        command_line.amana, *arguments, "--data", str(service.data), environ=service.environ
    )
    return done.returncode, done.stdout + done.stderr


async def in_the_copies(service: Service) -> None:
    """Until both copies have every statement and the newest catalogue."""

    async def published() -> bool:
        with attached_center(service.settings) as center:
            return all(one.behind == 0 and one.current for one in in_copies.published_copies(center))

    await patiently(published)


async def gone(pids: list[int]) -> None:
    def lives(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    async def ended() -> bool:
        return not any(map(lives, pids))

    await patiently(ended)


async def lose(service: Service) -> None:
    """The machine: its processes, and its data folder."""
    pids = [pid for pid in (await service.pids()).values() if pid is not None]
    await service.kill("supervisor")
    await gone(pids)
    shutil.rmtree(service.data)
