"""A whole center in a temporary folder: real database, ledger, keys and spool; everything but processes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, event

from amana.keyholder.ledger_proofs import require_proofs
from casework import sealed_names
from casework.cases import cases
from casework.center import Center
from casework.database.engine import Sessions, connect
from casework.database.models import Case, Interview, Person, Role
from casework.errors import LedgerAway
from casework.evidence import gateway
from casework.interviews import interviews, recorder_statements
from casework.interviews.interviews import Present
from casework.ledger import custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.people import people
from casework.recording.recording_writer import RecordingLimits, RecordingTicket, RecordingWriter, Track
from chain_of_custody.errors import ChainConflict
from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.checkpoint import CheckpointSigner, LogKeys
from chain_of_custody.tlog.ledger import Ledger, Receipt
from tests.support.patience import PATIENCE
from tests.support.servers.databases import MadeDatabase
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.stores.filesystem import FilesystemStore
from vault.wrapped_keys.store import KeyStore

DEPLOYMENT = "d0" * 16
TRACKS = (
    Track(1, "wide", "video", "avc1.42e01f"),
    Track(2, "close", "video", "avc1.42e01f"),
    Track(3, "microphone", "audio", "opus"),
)
QUICK = RecordingLimits(reserve=65536, progress_seconds=3600.0, seal_seconds=PATIENCE)
"""A slow machine's ledger answers late, and is not away."""


_first: dict[str, Engine] = {}
"""The first engine of this process for each kind of database."""


def engine_on(url: str) -> Engine:
    """An engine that shares the statements that earlier ones have compiled.

    An engine of its own for each test would compile all of them again: half of the test's processor time.
    """
    engine = connect(url)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _raise_timeouts)
    first = _first.setdefault(engine.dialect.name, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


def _raise_timeouts(connection: Any, _record: object) -> None:
    """Beside a browser, a unit test may get no processor for longer than a transaction may be idle."""
    connection.autocommit = True
    for timeout in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"SET {timeout} = '{PATIENCE:g}s'")
    connection.autocommit = False


def open_center(folder: Path, keyholder: LocalKeyholder, url: str) -> Center:
    """A center on what lies in `folder` and in the database, which has its tables; opening it twice is like
    two web processes."""
    database = Sessions(engine_on(url))
    public = keyholder.public_keys()
    log_keys = LogKeys(f"amana/{DEPLOYMENT}", public.ledger_ed25519, public.ledger_mldsa44)
    signer = CheckpointSigner(
        log_keys,
        lambda message: keyholder.sign("ledger-ed25519", message),
        lambda message: keyholder.sign("ledger-mldsa44", message),
    )
    return Center(
        deployment=DEPLOYMENT,
        organisation="one-stop-center",
        spool=folder / "spool",
        database=database,
        ledger=Ledger(SqlStorage(database), signer, log_keys),
        log_keys=log_keys,
        keyholder=keyholder,
        stores={},
        copies=None,  # type: ignore[arg-type]  # nothing here carries copies
        rooms=None,  # type: ignore[arg-type]  # nothing here starts processes
    )


def require_ledger(keyholder: LocalKeyholder) -> None:
    """Have it require proofs, as the keyholder's process does. The signer of `open_center` has no guard,
    and signs one tree after the other: there is no tree to be refused."""
    require_proofs(keyholder, f"amana/{DEPLOYMENT}", lambda head: None)


@dataclass
class Port:
    """A recorder child's way to the ledger, here without a socket; `away` cuts it."""

    center: Center
    evidence: str
    away: bool = False
    asked: int = 0
    lose_answers: int = 0
    under_way: int = 0
    """Statements that the web side is appending: it goes on after a child that is gone."""

    def _append(self, leaf: bytes) -> Receipt:
        self.under_way += 1
        try:
            return recorder_statements.append_leaf(self.center, leaf)
        finally:
            self.under_way -= 1

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        while True:
            self.asked += 1
            if self.away:
                raise LedgerAway("the web process is gone")
            leaf = build(await asyncio.to_thread(custody_log.head, self.center, self.evidence))
            try:
                receipt = await asyncio.to_thread(self._append, leaf)
            except ChainConflict:
                continue
            if self.lose_answers:
                self.lose_answers -= 1
                raise LedgerAway("the answer was lost")
            return receipt


@dataclass
class World:
    """A center with people, a case and an interview in it."""

    center: Center
    keyholder: LocalKeyholder
    key_store: KeyStore
    """The keyholder's; nothing is carried into its two copies but by `carry`."""
    folder: Path
    administrator: Person
    prosecutor: Person
    court: Person
    case: Case
    recorder_key: Ed25519PrivateKey
    database: MadeDatabase
    item: str | None = None
    """A sealed recording that the spool has, in centers that were furnished with one."""
    ports: list[Port] = field(default_factory=list)

    def opened_again(self) -> Center:
        """The same center in another web process, as it were."""
        return open_center(self.folder, self.keyholder, self.database.url)

    def destroy_wraps(self, item: str) -> None:
        """As if nothing had ever kept the item's wraps."""
        for root in ("first-keys/objects/wraps", "second-keys/objects/wraps"):
            shutil.rmtree(self.folder / root / item, ignore_errors=True)
        for path in (self.folder / "keys" / WAITING).glob(f"{item}.*"):
            path.unlink()

    def interview(self, practice: bool = False, again: str = "New matters only") -> Interview:
        return interviews.open_interview(
            self.center,
            self.prosecutor,
            self.case.id,
            purpose="testimony",
            room="room-1",
            place="Ramallah",
            present=[Present("Person A", "interviewer")],
            wish="recorded, without observers",
            practice=practice,
            again=again,
        )

    def ticket(self, interview: Interview) -> RecordingTicket:
        return gateway.ticket_for_part(self.center, self.prosecutor, interview.id)

    def port(self, ticket: RecordingTicket) -> Port:
        self.ports.append(Port(self.center, ticket.evidence))
        return self.ports[-1]

    async def writer(
        self,
        ticket: RecordingTicket,
        port: Port | None = None,
        limits: RecordingLimits = QUICK,
        root: Path | None = None,
    ) -> RecordingWriter:
        return await RecordingWriter.open(
            ticket,
            root or self.center.spool,
            self.recorder_key,
            port or self.port(ticket),
            TRACKS,
            limits=limits,
        )

    async def recorded(self, interview: Interview, seconds: int = 3) -> str:
        """A sealed part; its evidence id."""
        ticket = await asyncio.to_thread(self.ticket, interview)
        writer = await self.writer(ticket)
        await feed(writer, seconds)
        await writer.seal()
        return ticket.evidence


async def feed(writer: RecordingWriter, seconds: int, start: int = 0) -> None:
    """One fragment a second for each track, and a mark a second."""
    if start == 0:
        for track in (1, 2, 3):
            await writer.init(track, b"init of %d" % track, 0)
    for second in range(start, start + seconds):
        at = second * 1_000_000
        await asyncio.gather(
            writer.media(1, b"w" * 3000, at, 1_000_000, True),
            writer.media(2, b"c" * 3000, at, 1_000_000, True),
            writer.media(3, b"a" * 500, at, 1_000_000, True),
            writer.event("mark", at, text=f"second {second}"),
        )


async def recorded_in_two_segments(world: World) -> str:
    interview = await asyncio.to_thread(world.interview)
    ticket = await asyncio.to_thread(world.ticket, interview)
    writer = await world.writer(ticket)
    await feed(writer, 2)
    writer._spool.roll()  # as after ten seconds
    await feed(writer, 2, start=2)
    await writer.seal()
    return ticket.evidence


@dataclass
class Furnished:
    """A center as each test finds it, made once in a process for each kind of database, to be copied: most
    of a test's time went into making the same keys and people anew."""

    folder: Path
    """Keys and stores."""
    database: MadeDatabase
    recorder_key: Ed25519PrivateKey
    case: str
    administrator: str
    prosecutor: str
    court: str
    item: str | None = None
    """A recording in the spool."""

    @classmethod
    def make(cls, folder: Path, database: MadeDatabase) -> Furnished:
        LocalKeyholder.create(folder / "keys", cost=Cost(memory_kib=64, passes=1, lanes=1))
        for name in KEY_STORES:
            FilesystemStore.create(folder / name)
        center = open_center(folder, LocalKeyholder.open(folder / "keys"), database.url)
        recorder_key = Ed25519PrivateKey.generate()
        custody_log.enrol_recorder(center, recorder_key.public_key().public_bytes_raw(), "recorder-1")
        administrator = people.first_administrator(center, "Person Z")
        prosecutor = people.add(center, administrator, "Person P", Role.PROSECUTOR)
        court = people.add(center, administrator, "Person J", Role.COURT, "court")
        case = cases.open_case(center, prosecutor)
        center.database.engine.dispose()
        people_ids = (administrator.id, prosecutor.id, court.id)
        return cls(folder, database, recorder_key, case.id, *people_ids)

    def world(self, folder: Path, database: MadeDatabase) -> World:
        """A copy of it in `folder`; `database` is one of its database."""
        for name in ("keys", *KEY_STORES, *(("spool",) if self.item else ())):
            shutil.copytree(self.folder / name, folder / name)
        copies = {name: FilesystemStore(folder / name) for name in KEY_STORES}
        key_store = KeyStore(copies, folder / "keys" / WAITING)
        keyholder = LocalKeyholder.open(folder / "keys", key_store=key_store)
        require_ledger(keyholder)
        center = open_center(folder, keyholder, database.url)
        with center.database() as session:
            everybody = [
                session.get_one(Person, one) for one in (self.administrator, self.prosecutor, self.court)
            ]
            case = session.get_one(Case, self.case)
        sealed_names.named(center, everybody)
        return World(
            *(center, keyholder, key_store, folder, *everybody, case, self.recorder_key, database),
            item=self.item,
        )

    async def recorded(self, folder: Path) -> Furnished:
        """A center like this one, in `folder`, with `item` recorded."""
        world = self.world(folder, self.database.like(folder))
        item = await recorded_in_two_segments(world)
        world.center.database.engine.dispose()
        return replace(self, folder=folder, database=world.database, item=item)


KEY_STORES = ("first-keys", "second-keys")


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, database: MadeDatabase) -> Iterator[World]:
    if "kind" in request.fixturenames:  # in tests/unit/casework, where they are made once
        furnished: Furnished = request.getfixturevalue("furnished")
    else:  # a database of the test's own, in which nothing is
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        furnished = Furnished.make(factory.mktemp("furnished"), database)
    made = furnished.world(tmp_path, database)
    yield made
    made.center.database.engine.dispose()
