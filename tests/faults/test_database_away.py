"""The whole service on PostgreSQL, and its server killed in the middle of an interview.

What must hold: the recording goes on without a gap, pages say calmly what is the case, the statements follow
when the server is back, and what was recorded is proved by the court's own verifier.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from amana.demo.http_user import Visitor
from amana.demo.simulated_room import Film
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.patience import PATIENCE
from tests.support.servers.databases import Server, server
from tests.support.stalls import stalls

pytestmark = [
    pytest.mark.faults,
    pytest.mark.rooms,
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.asyncio(loop_scope="module"),
]

SECRET = "not-to-be-seen"


@pytest.fixture(scope="module")
def harmed() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory, harmed: Server) -> AsyncIterator[Service]:
    url = harmed.made().url.replace("amana@", f"amana:{SECRET}@")
    async with Service(tmp_path_factory.mktemp("s") / "amana", {"AMANA_DATABASE": url}) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prosecutor(service: Service) -> AsyncIterator[Visitor]:
    async with invited_prosecutor(service) as prosecutor:
        yield prosecutor


async def test_a_recording_goes_on_while_the_database_is_away_and_is_proved_afterwards(
    service: Service, harmed: Server, prosecutor: Visitor, film: Film, rounds: int, tmp_path: Path
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    async with stalls() as of_the_sender:
        await interviewing.begin()
        for _ in range(min(rounds, 20)):
            await interviewing.recorded(time.time() - interviewing.epoch)
            # In threads: the room's cameras send from this process, and must not stand still for the test.
            await asyncio.to_thread(harmed.kill)
            answer = await _asked(service)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database-away")
            await asyncio.sleep(random.uniform(0.5, 2.0))
            await asyncio.to_thread(harmed.start)
            await patiently(lambda: _answers(interviewing))
        after = time.time() - interviewing.epoch
        await interviewing.safe(after)
        assert await asyncio.to_thread(_seen, service, await service.pids()) == []
        await interviewing.stop()
    await interviewing.leave()

    reaches, state = await recorded(prosecutor, interviewing.evidence)
    assert state == "complete"
    assert min(reaches.values()) >= after, "what came after the server was back"
    (part,) = verified(service, [interviewing.evidence], tmp_path).parts
    # The first keyframe may take its time, and the last picture may still be on its way at the stop.
    between = [gap for gap in part.reading.gaps if gap.start > 2e6 and gap.end < part.reading.duration]
    assert [gap for gap in between if not of_the_sender.explain(gap, interviewing.epoch)] == []
    assert not service.settings.database.exists(), "nothing was kept in SQLite"


async def test_a_recorder_that_dies_while_the_database_is_away_is_sealed_when_it_is_back(
    service: Service, harmed: Server, prosecutor: Visitor, film: Film, tmp_path: Path
) -> None:
    interviewing = await Interviewing.open(prosecutor, film)
    await interviewing.connect()
    await interviewing.begin()
    await interviewing.recorded(2.0)
    await asyncio.to_thread(harmed.kill)
    await service.kill("recorder", interviewing.interview)
    await interviewing.leave()
    await patiently(lambda: _noticed(service))
    await asyncio.to_thread(harmed.start)
    _, state = await recorded(prosecutor, interviewing.evidence)
    assert state == "interrupted"
    assert len(verified(service, [interviewing.evidence], tmp_path).parts) == 1


async def _asked(service: Service) -> httpx.Response:
    async with httpx.AsyncClient(timeout=PATIENCE) as stranger:
        return await stranger.get(f"http://127.0.0.1:{service.port}/health")


async def _noticed(service: Service) -> bool:
    """Whether the service wanted to have what is left sealed, and met that the database is away."""
    log = await asyncio.to_thread((service.settings.log / "web.log").read_text)
    return "what is left to be sealed is not known yet" in log


async def _answers(interviewing: Interviewing) -> bool:
    """Whether the interview is recorded still, and everything that was stated of it is in the ledger."""
    status = await interviewing.status()
    assert status["evidence"] == interviewing.evidence
    return bool(status["state"] == "recording")


def _seen(service: Service, pids: dict[str, int]) -> list[str]:
    """Where the database's password can be seen by others, or by processes that have no database."""
    secret = SECRET.encode()
    files = [path for path in service.settings.data.rglob("*") if path.is_file()]
    places = [str(path) for path in files if secret in path.read_bytes()]
    for name, pid in pids.items():
        places += [f"{name} {what}" for what in ("cmdline", *_environment(name)) if secret in _of(pid, what)]
    return places


def _environment(name: str) -> tuple[str, ...]:
    return ("environ",) if name in ("keyholder", "recorder") else ()


def _of(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()
