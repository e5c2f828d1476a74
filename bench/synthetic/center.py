"""A center that is filled through the product's own code, and can grow: interviews, photographs, statements.

Everything in it is real but small, without personal data: a part has two seconds of three tracks, a
photograph is a JPEG of a kilobyte. A case has one interview and its share of the photographs; one case in
twenty is under a legal hold. Before these it has as many empty cases as a page of the list shows, so that the
page is full at any size. The remaining statements are viewings of the photographs, signed by the center and
chained like any other, but without sealed details; all other statements have theirs. Before `grow` returns,
each item is replicated to both copies and removed from the spool, and ledger and catalogue are replicated.
"""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from amana.centers import opened_center
from amana.install import installation
from amana.pages.cases import PER_PAGE
from amana.settings import Settings
from amana.supervisor.recorder_client import RecorderRooms
from bench.synthetic.keyholder import KeyholderProcess
from casework.cases import cases
from casework.center import Center
from casework.database.models import Case, Role
from casework.evidence import gateway
from casework.interviews import interviews
from casework.interviews.recorder_statements import may_leave_spool
from casework.ledger import custody_log
from casework.people import people
from casework.photographs import uploads
from casework.photographs.uploads import AnnouncedFile
from casework.rebuild.database_replication import Publisher
from casework.recording.recording_writer import RecordingWriter
from casework.retention import legal_holds, schedules
from chain_of_custody.statements.statement import Head, SignedStatement
from tests.support.centers.casework_world import QUICK, TRACKS, Port, feed
from vault.copies.copies import Copies
from vault.copies.replicator import CopiesConfig
from vault.spool.reader import evidence_in

SECONDS = 2
HELD = 20
"""One case in this many is under a legal hold."""
GROUP = 500
"""Statements in one commit."""
AT_ONCE = 4
"""Interviews and photographs that are added concurrently."""
SESSION = "session of a bench"


@dataclass(frozen=True)
class Size:
    """The contents of a center, counted from the beginning."""

    interviews: int
    photographs: int
    statements: int

    def share(self, part: float) -> Size:
        """Return a fraction of it, with at least one of each."""
        counts = (self.interviews, self.photographs, self.statements)
        return Size(*(max(1, round(count * part)) for count in counts))

    def __str__(self) -> str:
        counts = f"{self.interviews:,} interviews, {self.photographs:,} photographs"
        return f"{counts}, {self.statements:,} statements"


@contextmanager
def opened(settings: Settings) -> Iterator[Center]:
    """Open the center in this process, with a keyholder process; no other may serve it meanwhile."""
    keyholder = KeyholderProcess(settings)
    try:
        keyholder.client.unlock(installation.trial_passphrase(settings) or "")
        with opened_center(settings, RecorderRooms(settings), keyholder.client) as center:
            yield center
    finally:
        keyholder.end()


class SyntheticCenter:
    """The contents added so far, and who added them."""

    def __init__(self, settings: Settings, center: Center) -> None:
        self._recorder_key = Ed25519PrivateKey.from_private_bytes(installation.read(settings).recorder)
        administrator = people.first_administrator(center, "Person Z")
        self.prosecutor = people.add(center, administrator, "Person P", Role.PROSECUTOR)
        self._examiner = people.add(center, administrator, "Person E", Role.EXAMINER)
        for _ in range(PER_PAGE):
            cases.open_case(center, self.prosecutor)
        self.size = Size(0, 0, 0)
        self.cases: list[Case] = []
        self.held: list[str] = []
        self.photographs: list[tuple[Case, str]] = []
        self._heads: dict[str, Head] = {}
        self._jpeg = _jpeg()

    def grow(self, center: Center, size: Size) -> dict[str, tuple[int, float]]:
        """Add what the center lacks of `size`; return number and seconds of each kind of work."""
        before, done = self.size, {}
        self._heads.clear()  # a scrub may have stated something meanwhile
        done["interviews"] = _timed(
            size.interviews - before.interviews, lambda count: asyncio.run(self._interviews(center, count))
        )
        done["photographs"] = _timed(
            size.photographs - before.photographs, functools.partial(self._photographs, center)
        )
        items = size.interviews + size.photographs - before.interviews - before.photographs
        done["items carried into both copies"] = _timed(items, lambda _: _carry(center))
        done["statements"] = _timed(
            max(0, size.statements - center.ledger.size), functools.partial(self._viewings, center)
        )
        published = center.ledger.size - before.statements
        done["statements published to both copies"] = _timed(published, lambda _: publish(center))
        self.size = replace(size, statements=center.ledger.size)
        return done

    async def _interviews(self, center: Center, count: int) -> None:
        turns = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with turns:
                await self._interview(center)

        await asyncio.gather(*(one() for _ in range(count)))

    async def _interview(self, center: Center) -> None:
        case = await asyncio.to_thread(cases.open_case, center, self.prosecutor)
        await asyncio.to_thread(cases.give, center, self.prosecutor, case.id, self._examiner.id)
        interview = await asyncio.to_thread(
            interviews.open_interview,
            *(center, self.prosecutor, case.id),
            purpose="testimony",
            room="room-1",
            place="",
            present=(),
            wish="",
        )
        ticket = await asyncio.to_thread(gateway.ticket_for_part, center, self.prosecutor, interview.id)
        port = Port(center, ticket.evidence)
        writer = await RecordingWriter.open(
            ticket, center.spool, self._recorder_key, port, TRACKS, limits=QUICK
        )
        await feed(writer, SECONDS)
        await writer.seal()
        type_ = functools.partial(schedules.set_for, kind="sexual-violence", until=None, reference="file 7")
        await asyncio.to_thread(type_, center, self.prosecutor, case.id)
        self.cases.append(case)
        if len(self.cases) % HELD == 1:
            hold = functools.partial(legal_holds.place, reason="investigation", reference="file 7")
            await asyncio.to_thread(hold, center, self.prosecutor, case.id)
            self.held.append(case.id)

    def _photographs(self, center: Center, count: int) -> None:
        """Add them to the new cases in turn, so that each has its share."""
        cases_to_fill = self.cases[self.size.interviews :] or self.cases
        turns = itertools.islice(itertools.cycle(cases_to_fill), count)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            self.photographs += threads.map(functools.partial(self._photograph, center), turns)

    def _photograph(self, center: Center, case: Case) -> tuple[Case, str]:
        data = self._jpeg + os.urandom(16)  # no case may have the same file twice
        begun = uploads.begin(
            center, self._examiner, SESSION, case.id, AnnouncedFile("photograph", "1.jpg", len(data))
        )
        uploads.take(center, self._examiner, SESSION, begun.id, 0, data)
        uploads.finish(center, self._examiner, SESSION, begun.id)
        return case, begun.id

    def _viewings(self, center: Center, count: int) -> None:
        turns = itertools.islice(itertools.cycle(self.photographs), count)
        while group := list(itertools.islice(turns, GROUP)):
            custody_log.append_signed(center, [self._viewing(center, *one) for one in group])

    def _viewing(self, center: Center, case: Case, photograph: str) -> bytes:
        if photograph not in self._heads:
            head = custody_log.head(center, photograph)
            assert head is not None
            self._heads[photograph] = head
        draft = custody_log.Draft("evidence.viewed", photograph, self.prosecutor, "testimony", {}, case)
        statement = custody_log.statement_of(center, draft, None, self._heads[photograph])
        leaf = custody_log.sign_for_center(center, statement)
        self._heads[photograph] = SignedStatement.parse(leaf).head
        return leaf


def publish(center: Center) -> None:
    """Bring both copies up to date with the database."""
    publisher = Publisher(center)

    def carry(copy: str) -> None:
        while publisher.publish(copy):
            pass

    with ThreadPoolExecutor(len(center.stores)) as threads:
        list(threads.map(carry, center.stores))


def _carry(center: Center) -> None:
    """Replicate everything to both copies and remove it from the spool, without waiting for its day there."""
    may_remove = functools.partial(may_leave_spool, center.database, center.spool, center.keyholder)
    config = CopiesConfig(keep=0.0, release_every=1.0)
    copies = Copies(center.stores, center.spool, config, may_remove=may_remove)
    copies.start()
    try:
        while evidence_in(center.spool):
            time.sleep(0.2)
    finally:
        copies.stop()


def _timed(count: int, work: Callable[[int], None]) -> tuple[int, float]:
    begun = time.perf_counter()
    work(count)
    return count, time.perf_counter() - begun


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((48, 32), 50).convert("RGB").save(out, "JPEG", quality=30)
    return out.getvalue()
