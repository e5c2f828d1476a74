"""The PostgreSQL primary dies under two machines, and its standby is promoted.

What must hold: both machines go on; everything acknowledged is there, in one ledger; the primary that comes
back is not used; and the operator is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from amana.centers import attached_center
from amana.demo.http_user import RequestRefused, Visitor
from amana.demo.simulated_room import Film
from amana.keyholder.client import KeyholderClient, KeyholderSigner
from casework.database.engine import Sessions, connect
from casework.database.models import Case
from casework.ledger.sql_storage import SqlStorage
from chain_of_custody.errors import LedgerDiverged
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.ledger import Ledger
from tests.faults.lost import amana, in_the_copies
from tests.faults.proving import recorded, verified
from tests.support.centers.service import Interviewing, Service, invited_prosecutor, patiently
from tests.support.centers.two_machines import at, shared_places, two_machines
from tests.support.servers.databases import Server, server

pytestmark = [pytest.mark.faults, pytest.mark.rooms]


@dataclass
class Pair:
    """A primary with a standby, and a database there."""

    primary: Server
    standby: Server
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.primary.made().name

    @property
    def url(self) -> str:
        return f"postgresql://amana@/{self.name}?host={self.primary.folder},{self.standby.folder}"


@pytest.fixture
def pair() -> Iterator[Pair]:
    with server() as primary, primary.standby() as standby:
        yield Pair(primary, standby)


def shared(pair: Pair, folder: Path) -> dict[str, str]:
    return {"AMANA_DATABASE": pair.url, **shared_places(folder)}


@pytest.fixture
async def machines(pair: Pair, tmp_path: Path) -> AsyncIterator[tuple[Service, Service]]:
    pair.primary.confirm("standby")
    async with two_machines(tmp_path, shared(pair, tmp_path)) as both:
        yield both


def newest(service: Service) -> Checkpoint:
    with attached_center(service.settings) as center:
        return open_checkpoint(center.ledger.checkpoint(), center.log_keys)


def continues(service: Service, earlier: Checkpoint) -> None:
    """The ledger is one that begins with the earlier tree."""
    with attached_center(service.settings) as center:
        assert center.ledger.size > earlier.size
        assert center.ledger.root(earlier.size) == earlier.root


def entries(server: Server, name: str) -> int:
    with server.asked(name) as connection:
        return int(connection.execute("SELECT count(*) FROM ledger_entries").fetchone()[0])  # type: ignore[index]


def write(server: Server, name: str) -> None:
    """Commit something; if the server is killed meanwhile, nobody knows whether it is there."""
    with contextlib.suppress(psycopg.OperationalError), server.asked(name) as connection:
        connection.execute("UPDATE nodes SET beat = beat + 1")


def unsigned(service: Service, url: str) -> None:
    """The machine's keyholder continues no ledger in this database."""
    engine = connect(url)
    storage = SqlStorage(Sessions(engine))
    with attached_center(service.settings) as center:
        assert isinstance(center.keyholder, KeyholderClient)
        ledger = Ledger(storage, KeyholderSigner(center.keyholder, storage), center.log_keys)
        with pytest.raises(LedgerDiverged, match="the ledger asks to go on from"):
            ledger.append([center.ledger.entry(1)])
    engine.dispose()


async def act(visitor: Visitor) -> str:
    """Open a case, with a statement about it in the ledger; the case once both are acknowledged."""
    case = await visitor.open_case()
    await visitor.record_consent(case)
    return case


async def acting(visitor: Visitor, acknowledged: list[str]) -> None:
    while True:
        try:
            acknowledged.append(await act(visitor))
        except (RequestRefused, httpx.HTTPError):
            await asyncio.sleep(0.1)


async def test_both_machines_go_on_with_the_standby_and_the_primary_that_comes_back_is_not_used(
    pair: Pair, machines: tuple[Service, Service], film: Film, tmp_path: Path
) -> None:
    a, b = machines
    async with invited_prosecutor(a) as by_a, at(by_a, b) as by_b:
        interviewing = await Interviewing.open(by_b, film)
        await interviewing.connect()
        await interviewing.begin()
        safe = await interviewing.safe(2.0)
        done: dict[str, list[str]] = {"a": [], "b": []}
        acts = [asyncio.create_task(acting(by, done[name])) for name, by in (("a", by_a), ("b", by_b))]

        async def each_acts() -> None:
            before = {name: len(cases) for name, cases in done.items()}

            async def more() -> bool:
                return all(len(cases) >= before[name] + 2 for name, cases in done.items())

            await patiently(more)

        await each_acts()
        early = newest(a)
        pair.primary.kill()
        pair.standby.promote()
        await each_acts()

        # The old primary comes back, and takes writes as far as it knows. It is named first.
        pair.primary.start()
        behind = entries(pair.primary, pair.name)
        await a.stop()
        await a.start()
        await each_acts()
        for one in acts:
            one.cancel()
        # Whoever knows nothing of the failover gets no commit confirmed there, and no signature.
        writing = asyncio.to_thread(write, pair.primary, pair.name)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writing, 1.0)
        assert entries(pair.primary, pair.name) == behind
        unsigned(a, f"postgresql://amana@/{pair.name}?host={pair.primary.folder}")
        pair.primary.kill()
        told = (a.settings.log / "web.log").read_text()
        assert "a server that was replaced takes writes" in told

        await interviewing.stop()
        await interviewing.leave()
        reaches, state = await recorded(by_a, interviewing.evidence)
        assert min(reaches.values()) >= safe
        assert state == "complete"

    for service in machines:
        continues(service, early)
    with attached_center(b.settings) as center, center.database() as session:
        assert all(session.get(Case, case) is not None for case in done["a"] + done["b"])
    assert verified(b, [interviewing.evidence], tmp_path).parts[0].state == "complete"

    code, said = await amana(a, "status")
    assert code == 1
    assert "a standby took over" in said
    assert "NO STANDBY CONFIRMS" in said


async def test_a_standby_that_lacks_what_was_acknowledged_is_not_continued(
    pair: Pair, tmp_path: Path
) -> None:
    """It confirmed nothing (an asynchronous one), and was behind by one statement."""
    service = Service(tmp_path / "amana", shared(pair, tmp_path))
    async with service, invited_prosecutor(service) as prosecutor:
        prosecutor._http.cookies.set("language", "en")
        await act(prosecutor)
        code, said = await amana(service, "status")
        assert (code, "NO STANDBY CONFIRMS" in said) == (1, True)
        await in_the_copies(service)
        pair.standby.end()
        acknowledged = await act(prosecutor)
        lost = newest(service)
        await in_the_copies(service)
        pair.primary.kill()
        pair.standby.start()
        pair.standby.promote()
        before = entries(pair.standby, pair.name)
        assert before < lost.size

        async def refused() -> bool:
            with pytest.raises(RequestRefused) as refusal:
                await act(prosecutor)
            return "ledger on this machine is not the one that was signed before" in str(refusal.value)

        await patiently(refused)
        await service.stop()
        await service.start()  # now the keyholder alone remembers
        await patiently(refused)
        assert entries(pair.standby, pair.name) == before
        code, said = await amana(service, "status")
        assert (code, "an OLDER DATABASE is in place of the one that was signed" in said) == (1, True)

        # As docs/operations.md says: from the copies, which are seconds old, into an empty database.
        await service.stop()
        pair.name = pair.standby.made().name
        service.environ = shared(pair, tmp_path)
        code, said = await amana(service, "rebuild")
        assert code == 0, said
        assert f"{lost.size} statements, each proved by two signatures" in said
        await service.start()
        assert newest(service).root == lost.root
        _, link = await amana(service, "link", "Prosecutor of the test")
        async with await Visitor.arrive(link.split()[-1]) as again:
            await again.record_consent(acknowledged)
        continues(service, lost)
