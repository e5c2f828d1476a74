"""The matrix's own eyes: what they report is new of the fault itself, and they never close unnoticed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fault_list import FAULTS
from tests.faults.world import World


@dataclass
class Seen:
    """Stands for the visitors: what the page and the console say."""

    health: dict[str, Any] = field(default_factory=dict)
    console: dict[str, Any] = field(default_factory=dict)
    evidence: str = "e1"
    case: str = "c1"

    async def look(self, _: str) -> Mapping[str, Any]:
        return self.health

    async def status(self) -> Mapping[str, Any]:
        return self.console

    async def open_interview(self, *_: str, **__: str) -> str:
        raise KeyError("a bug")


def world(seen: Seen) -> World:
    stands: Any = seen
    nothing: Any = None
    return World(
        folder=Path(),
        service=nothing,
        database=nothing,
        objects=nothing,
        buckets=("a", "b"),
        proxy=nothing,
        film=nothing,
        clock=Path(),
        administrator=stands,
        prosecutor=stands,
        interviewing=stands,
    )


async def test_an_older_incident_does_not_tell_of_another_fault() -> None:
    web, keyholder = {"count": 1, "how": "killed"}, {"count": 1, "how": "killed"}
    seen = Seen({"incidents": {"well": False, "lately": {"web": web}}}, {"losses": []})
    before = {line async for line in world(seen)._state()}
    seen.health = {"incidents": {"well": False, "lately": {"web": web, "keyholder": keyholder}}}
    news = {line async for line in world(seen)._state()} - before
    told = {
        fault.name: [line for line in news if re.search(fault.told, line)] for fault in FAULTS if fault.told
    }
    assert [name for name, lines in told.items() if lines] == ["`kill -9` of the keyholder"]


async def test_only_what_the_running_part_has_safe_counts() -> None:
    seen = Seen(console={"evidence": "e0", "state": "recording", "safe": 9})
    watching = world(seen)
    assert not await watching._safe_told()
    seen.console = {"evidence": "e1", "state": "recording", "safe": 7}
    assert await watching._safe_told()
    seen.console = {"evidence": "e1", "state": "recording", "safe": 3}
    assert await watching._safe_told()
    assert watching.safe == 7


async def test_a_round_in_which_nobody_worked_fails() -> None:
    watching = world(Seen(console={"evidence": "e1", "state": "waiting", "safe": 0}))
    with pytest.raises(KeyError, match="a bug"):
        async with watching.busy():
            await asyncio.sleep(0.05)
