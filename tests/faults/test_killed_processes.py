"""`kill -9` of each process, at random moments of a running interview, with the whole service around it.

What must hold afterwards: at most two seconds before the kill are missing, what was recorded verifies, the
gap is stated, and the interview goes on.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from amana.rehearsal import Film
from amana.visitor import Visitor
from tests.faults.proving import TRACKS, recorded, verified
from tests.support.centers.service import Interviewing, Service, patiently

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(7200)]

MAY_BE_MISSING = 2.0  # seconds before the kill


@pytest.fixture
async def interviewing(prosecutor: Visitor, film: Film) -> AsyncIterator[Interviewing]:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    yield interviewing
    await interviewing.leave()


async def test_a_killed_recorder_costs_two_seconds_at_most_and_the_interview_goes_on(
    service: Service, interviewing: Interviewing, rounds: int, tmp_path: Path
) -> None:
    parts: list[tuple[str, float]] = []
    for _ in range(rounds):
        await interviewing.begin()
        await interviewing.recorded(random.uniform(2.2, 4.2))
        await service.kill("recorder")
        parts.append((interviewing.evidence, time.time() - interviewing.epoch))
        await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(2.0)
    await interviewing.stop()

    for evidence, lived in parts:
        reaches, state = await recorded(interviewing.prosecutor, evidence)
        assert state == "interrupted"
        for track, name in TRACKS.items():
            assert reaches[track] >= lived - MAY_BE_MISSING, (
                f"{name} of {evidence}, killed after {lived:.2f} s"
            )
    report = verified(service, [evidence for evidence, _ in parts] + [interviewing.evidence], tmp_path)
    assert [part.state for part in report.parts] == ["interrupted"] * rounds + ["complete"]


@pytest.mark.parametrize("name", ["web", "keyholder", "supervisor"])
async def test_the_recording_goes_on_without_a_gap_while_others_are_killed(
    service: Service, interviewing: Interviewing, rounds: int, tmp_path: Path, name: str
) -> None:
    await interviewing.begin()
    for _ in range(rounds):
        await asyncio.sleep(random.uniform(0.3, 1.5))
        await service.kill(name)
        if name == "supervisor":
            await service.start()
        await patiently(lambda: _answers(interviewing, name))
    elapsed = time.time() - interviewing.epoch
    await interviewing.recorded(elapsed)
    await interviewing.stop()

    reaches, state = await recorded(interviewing.prosecutor, interviewing.evidence)
    assert state == "complete"
    assert min(reaches.values()) >= elapsed - 0.5
    (part,) = verified(service, [interviewing.evidence], tmp_path).parts
    # The first keyframe may take its time, and the last picture may still be on its way at the stop.
    between = [gap for gap in part.reading.gaps if gap.start > 2e6 and gap.end < part.reading.duration]
    assert between == []


async def _answers(interviewing: Interviewing, name: str) -> bool:
    status = await interviewing.status()
    if name == "keyholder":  # a mark is durable when it is answered; a statement needs the keyholder
        return not any(one["state"] == "fail" for one in (await interviewing.tell("check"))["checks"])
    return bool(status["state"] == "recording" and status["evidence"] == interviewing.evidence)
