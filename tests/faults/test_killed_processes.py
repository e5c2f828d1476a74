"""`kill -9` of each process, at random moments of a running interview, with the whole service around it.

What must hold afterwards: at most two seconds before the kill are missing, what was recorded verifies, the
gap is stated, and the interview goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from tests.faults.proving import TRACKS, recorded, verified
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.stalls import stalls

pytestmark = [
    pytest.mark.faults,
    pytest.mark.rooms,
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.asyncio(loop_scope="module"),
]

MAY_BE_MISSING = 2.0  # seconds before the kill


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """One for all of this file: whatever was killed must work again."""
    async with Service(tmp_path_factory.mktemp("s") / "amana") as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prosecutor(service: Service) -> AsyncIterator[Visitor]:
    async with invited_prosecutor(service) as prosecutor:
        yield prosecutor


@pytest_asyncio.fixture(loop_scope="module")
async def interviewing(prosecutor: Visitor, film: Film) -> AsyncIterator[Interviewing]:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    yield interviewing
    await interviewing.leave()


async def test_a_killed_recorder_loses_nothing_that_was_called_safe_and_the_interview_goes_on(
    service: Service, interviewing: Interviewing, rounds: int, tmp_path: Path
) -> None:
    parts: list[tuple[str, float]] = []
    for _ in range(rounds):
        await interviewing.begin()
        safe = await interviewing.safe(random.uniform(1.2, 2.2))
        await service.kill("recorder", interviewing.interview)
        parts.append((interviewing.evidence, safe))
        await interviewing.connect()
    await interviewing.begin()
    await interviewing.safe(1.0)
    await interviewing.stop()

    for evidence, safe in parts:
        reaches, state = await recorded(interviewing.prosecutor, evidence)
        assert state == "interrupted"
        assert min(reaches.values()) >= safe, f"{evidence}: {safe:.2f} s were called safe, {reaches}"
    report = verified(service, [evidence for evidence, _ in parts] + [interviewing.evidence], tmp_path)
    assert [part.state for part in report.parts] == ["interrupted"] * rounds + ["complete"]


@pytest.mark.alone  # what it measures is a time
async def test_a_killed_recorder_costs_two_seconds_at_most(
    service: Service, interviewing: Interviewing, rounds: int
) -> None:
    for _ in range(rounds):
        await interviewing.begin()
        await interviewing.recorded(random.uniform(2.2, 4.2))
        await service.kill("recorder", interviewing.interview)
        evidence, lived = interviewing.evidence, time.time() - interviewing.epoch
        await interviewing.connect()
        reaches, _ = await recorded(interviewing.prosecutor, evidence)
        for track, name in TRACKS.items():
            assert reaches[track] >= lived - MAY_BE_MISSING, (
                f"{name} of {evidence}, killed after {lived:.2f} s"
            )


@pytest.mark.parametrize("name", ["web", "keyholder", "supervisor"])
async def test_the_recording_goes_on_without_a_gap_while_others_are_killed(
    service: Service, interviewing: Interviewing, rounds: int, tmp_path: Path, name: str
) -> None:
    async with stalls() as of_the_sender:
        await interviewing.begin()
        for _ in range(rounds):
            await interviewing.recorded(time.time() - interviewing.epoch + random.uniform(0.3, 1.5))
            await service.kill(name)
            if name == "supervisor":
                await service.start()
            await patiently(lambda: _answers(interviewing, name))
        after = time.time() - interviewing.epoch
        await interviewing.safe(after)
        await interviewing.stop()

    reaches, state = await recorded(interviewing.prosecutor, interviewing.evidence)
    assert state == "complete"
    assert min(reaches.values()) >= after, "what came after the last kill"
    (part,) = verified(service, [interviewing.evidence], tmp_path).parts
    # The first keyframe may take its time, and the last picture may still be on its way at the stop.
    between = [gap for gap in part.reading.gaps if gap.start > 2e6 and gap.end < part.reading.duration]
    assert [gap for gap in between if not of_the_sender.explain(gap, interviewing.epoch)] == []


async def _answers(interviewing: Interviewing, name: str) -> bool:
    status = await interviewing.status()
    if name == "keyholder":  # a mark is durable when it is answered; a statement needs the keyholder
        return not any(one["state"] == "fail" for one in (await interviewing.tell("check"))["checks"])
    return bool(status["state"] == "recording" and status["evidence"] == interviewing.evidence)
