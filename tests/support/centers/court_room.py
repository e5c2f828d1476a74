"""A center with a sealed recording in it, and browsers for the people around it; everything but processes."""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from amana.app import create_app
from amana.settings import Settings
from casework.cases import cases
from casework.center import Center
from casework.database.engine import Sessions, connect
from casework.database.models import Case, Interview, Person, Role
from casework.evidence import gateway
from casework.interviews import interviews, recorder_statements
from casework.ledger import custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.people import people
from casework.recording.recording_writer import RecordingWriter, Track
from chain_of_custody.package.sealed_file import MIN_ITERATIONS
from chain_of_custody.statements.statement import Head
from chain_of_custody.tlog.checkpoint import CheckpointSigner, LogKeys
from chain_of_custody.tlog.ledger import Ledger, Receipt
from player.package.order_queue import Orders
from recorder.tracks import cmaf
from tests.support.centers.casework_world import QUICK, require_ledger
from tests.support.people.granting import granted
from tests.support.servers.databases import SqliteFile
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import LocalKeyholder

HERE = "http://127.0.0.1:8420"
DATABASE = "database.sqlite"
DEPLOYMENT = "d0" * 16
TRACKS = (Track(1, "wide", "video", "avc1.42e01f"), Track(2, "microphone", "audio", "opus"))
SECOND = 1_000_000


@dataclass
class CourtRoom:
    """`folder`: what it keeps on the disk. `item`: the part recorded last, in a case that was given to
    `court`."""

    folder: Path
    center: Center
    keyholder: LocalKeyholder
    administrator: Person
    prosecutor: Person
    court: Person
    case: Case
    interview: Interview
    recorder: Ed25519PrivateKey
    item: str = ""

    @classmethod
    def make(cls, folder: Path) -> CourtRoom:
        """A room with no recording: a copy of one that each process makes once."""
        return _first().copied(folder)

    def copied(self, folder: Path) -> CourtRoom:
        """The same room with everything in it, in a folder of its own; neither changes the other."""
        # SQLite makes its index of the write-ahead log anew.
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*-shm"))
        keyholder = LocalKeyholder.open(folder / "keys")
        return replace(self, folder=folder, center=_center(folder, keyholder), keyholder=keyholder)

    @functools.cached_property
    def app(self) -> FastAPI:
        return serve(self.center, Settings(data=self.folder))

    async def record(self, state: Literal["complete", "interrupted", "running"] = "complete") -> str:
        """A part of two seconds; its evidence id."""
        ticket = await asyncio.to_thread(
            gateway.ticket_for_part, self.center, self.prosecutor, self.interview.id
        )
        writer = await RecordingWriter.open(
            ticket,
            self.center.spool,
            self.recorder,
            _Port(self.center, ticket.evidence),
            TRACKS,
            limits=QUICK,
        )
        for track in (1, 2):
            await writer.init(track, cmaf.sound_header(track), 0)
        for second in range(2):
            for track in (1, 2):
                content = b"second %d of %d" % (second, track) * 400
                await writer.media(track, content, second * SECOND, SECOND, True)
        if state != "running":
            await writer.seal(state)
        self.item = ticket.evidence
        return self.item

    async def browser(self, person: Person, address: str = HERE) -> httpx.AsyncClient:
        """Somebody's browser, signed in; asks for JSON as a page's script does."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {"origin": address, "accept": "application/json"}
        client = httpx.AsyncClient(transport=transport, base_url=address, headers=headers)
        token = await asyncio.to_thread(people.new_link, self.center, None, person.id)
        assert (await client.post("/sign-in", json={"token": token})).status_code == 200
        return client


def port(center: Center, evidence_id: str) -> _Port:
    """A recorder's way to the ledger for one part."""
    return _Port(center, evidence_id)


class _Port:
    """A recorder child's way to the ledger, without a socket."""

    def __init__(self, center: Center, evidence: str) -> None:
        self._center = center
        self._evidence = evidence

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        head = await asyncio.to_thread(custody_log.head, self._center, self._evidence)
        return await asyncio.to_thread(recorder_statements.append_leaf, self._center, build(head))


@functools.cache
def _first() -> CourtRoom:
    folder = Path(tempfile.mkdtemp(prefix="court-room-"))
    SqliteFile.migrated(folder / DATABASE)
    LocalKeyholder.create(folder / "keys", cost=Cost(memory_kib=64, passes=1, lanes=1))
    keyholder = LocalKeyholder.open(folder / "keys")
    center = _center(folder, keyholder)
    recorder = Ed25519PrivateKey.generate()
    custody_log.enrol_recorder(center, recorder.public_key().public_bytes_raw(), "recorder-1")
    administrator = people.first_administrator(center, "Person A")
    prosecutor = people.add(center, administrator, "Person P", Role.PROSECUTOR)
    court = people.add(center, administrator, "Person J", Role.COURT, "court")
    case = cases.open_case(center, prosecutor)
    granted(center, prosecutor, case.id, court)
    interview = interviews.open_interview(
        center,
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="Room 1",
        present=[interviews.Present("Person I", "interviewer")],
        wish="the door stays open",
    )
    return CourtRoom(folder, center, keyholder, administrator, prosecutor, court, case, interview, recorder)


def serve(center: Center, settings: Settings) -> FastAPI:
    """Its application, whose packages take the fewest rounds for their passphrases."""
    app = create_app(center, settings)
    app.state.orders = Orders(center, settings.scratch / "orders", iterations=MIN_ITERATIONS)
    return app


def _center(folder: Path, keyholder: LocalKeyholder) -> Center:
    database = Sessions(connect(f"sqlite:///{folder / DATABASE}"))
    require_ledger(keyholder)
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
