"""`kill -9` of each process, at random moments of a running interview, with the whole service around it.

What must hold afterwards: at most two seconds before the kill are missing, what was recorded verifies, the
gap is stated, and the interview goes on.
"""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from service import AGAIN_WITHIN, Interviewing, Service, patiently

from amana.rehearsal import Film
from amana.visitor import Visitor
from casework.evidence import export_folder
from casework.people import find
from chain_of_custody.manifests import Index
from chain_of_custody.report import Report
from chain_of_custody.statements import SignedStatement
from chain_of_custody.verify import verify

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(7200)]

MAY_BE_MISSING = 2.0  # seconds before the kill
TRACKS = {1: "wide", 2: "microphone", 3: "close"}


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
        recorded, state = await _recorded(interviewing.prosecutor, evidence)
        assert state == "interrupted"
        for track, name in TRACKS.items():
            assert recorded[track] >= lived - MAY_BE_MISSING, (
                f"{name} of {evidence}, killed after {lived:.2f} s"
            )
    report = _verified(service, [evidence for evidence, _ in parts] + [interviewing.evidence], tmp_path)
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

    recorded, state = await _recorded(interviewing.prosecutor, interviewing.evidence)
    assert state == "complete"
    assert min(recorded.values()) >= elapsed - 0.5
    (part,) = _verified(service, [interviewing.evidence], tmp_path).parts
    assert not [
        gap for gap in part.reading.gaps if gap.start > 2_000_000
    ]  # the first keyframe may take its time


async def _answers(interviewing: Interviewing, name: str) -> bool:
    status = await interviewing.status()
    if name == "keyholder":  # a mark is durable when it is answered; a statement needs the keyholder
        return not any(one["state"] == "fail" for one in (await interviewing.tell("check"))["checks"])
    return bool(status["state"] == "recording" and status["evidence"] == interviewing.evidence)


async def _recorded(prosecutor: Visitor, evidence: str) -> tuple[dict[int, float], str]:
    """Up to which second each track reaches, and how the part ended. The seal may take its time to come."""
    proof: dict[str, object] = {}

    async def sealed() -> bool:
        opened = await prosecutor.tell(f"/evidence/{evidence}/viewings", purpose="review")
        proof.update(await prosecutor.look(f"/viewings/{opened['viewing']}/proof"))
        return True

    await patiently(sealed, AGAIN_WITHIN)
    index = Index.parse(str(proof["index"]).encode())
    ends = dict.fromkeys(TRACKS, 0.0)
    for record in index.records:
        if record.kind == "media":
            ends[record.track] = max(ends[record.track], record.end / 1e6)
    leaves = [base64.b64decode(filed["leaf"]) for filed in proof["statements"]]  # type: ignore[attr-defined]
    statements = [SignedStatement.parse(leaf).statement for leaf in leaves]
    (sealed_as,) = [one.body["state"] for one in statements if one.type == "recording.sealed"]
    return ends, str(sealed_as)


def _verified(service: Service, parts: list[str], tmp_path: Path) -> Report:
    """Everything in a court folder, proved offline by the court's own verifier."""
    from amana.web import attached_center

    with attached_center(service.settings) as center:
        (person,) = find(center, "Prosecutor of the test")
        folder = export_folder(center, person, parts, "hearing", tmp_path / "court-folder")
    return verify(folder)
