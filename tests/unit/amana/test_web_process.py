"""What makes the web process end by itself, to be started anew."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection
from pathlib import Path

import pytest

from amana.web_process import server
from casework.sandbox import child_process
from casework.sandbox.starter_client import Starter
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.starts


async def ends(places: Collection[Path], within: float) -> bool:
    """Whether this process asks itself to end, within these seconds."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    looking = asyncio.create_task(server._end_when_out_of_reach(places))
    try:
        async with asyncio.timeout(within):
            await asked.wait()
    except TimeoutError:
        return False
    finally:
        looking.cancel()
        loop.remove_signal_handler(signal.SIGTERM)
    return True


def ended(starter: Starter) -> None:
    process = starter._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    """One that runs, for a process that looks often."""
    made = Starter()
    monkeypatch.setattr(child_process, "_starter", made)
    monkeypatch.setattr(server, "LOOK_EVERY", 0.01)
    made.begin()
    return made


async def test_it_ends_once_what_starts_sandboxes_has_ended(starter: Starter, tmp_path: Path) -> None:
    ending = asyncio.create_task(ends([tmp_path], PATIENCE))
    await asyncio.sleep(0)  # it has begun to look
    await asyncio.sleep(0)
    ended(starter)
    assert await ending


async def test_it_stays_where_sandboxes_cannot_be_started_at_all(starter: Starter, tmp_path: Path) -> None:
    """As without libseccomp: it would end again, and again, and nothing would be recorded."""
    ended(starter)
    assert not await ends([tmp_path], 0.3)


async def test_it_stays_where_it_is_not_confined(starter: Starter) -> None:
    """There it can start another when it needs one."""
    looking = asyncio.create_task(ends([], 0.3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ended(starter)
    assert not await looking
