"""One interview from the recorder's hands to the court's, with real keys, disk, database and copies."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.keyholder.ledger_proofs import require_proofs
from amana.keyholder.wrapped_key_replication import WrappedKeyReplication
from casework.cases import cases
from casework.center import Center
from casework.database.engine import Sessions, connect
from casework.database.migrations import upgrade
from casework.database.models import Case, EvidenceState, Interview, InterviewState, Person, Role
from casework.errors import NeverStarted
from casework.evidence import gateway
from casework.interviews import interviews
from casework.interviews.interviews import Present
from casework.interviews.recorder_statements import append_leaf, may_leave_spool
from casework.ledger import chains, custody_log
from casework.ledger.sql_storage import SqlStorage
from casework.people import people
from casework.recording.recording_writer import RecordingLimits, RecordingTicket, RecordingWriter
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.errors import ChainConflict, NotProved
from chain_of_custody.items.record import check_record
from chain_of_custody.statements.statement import Head, SignedStatement
from chain_of_custody.tlog.checkpoint import CheckpointSigner, LogKeys
from chain_of_custody.tlog.ledger import Ledger, Receipt
from chain_of_custody.verify import verify
from tests.support.centers.spine_center import DEPLOYMENT, SIZES, TRACKS, feed, fragment
from tests.support.patience import PATIENCE, until
from tests.support.people.granting import granted
from tests.support.people.passphrase import PASSPHRASE
from vault.copies.copies import Copies
from vault.copies.replicator import CopiesConfig
from vault.key_protection.passphrase import Cost
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.sealing.sealing import open_with_message_key
from vault.spool.reader import SpoolReader
from vault.stores.filesystem import FilesystemStore
from vault.wrapped_keys.store import KeyStore

KILLS = 10


class DirectLedger:
    """The ledger as a recorder reaches it, without a process between."""

    def __init__(self, center: Center, item: str) -> None:
        self._center, self._item = center, item

    async def append(self, build: Callable[[Head | None], bytes]) -> Receipt:
        while True:
            leaf = build(await asyncio.to_thread(custody_log.head, self._center, self._item))
            try:
                return await asyncio.to_thread(append_leaf, self._center, leaf)
            except ChainConflict:
                continue


@dataclass
class Spine:
    center: Center
    recorder: Ed25519PrivateKey
    prosecutor: Person
    court: Person
    case: Case
    interview: Interview

    def ticket(self) -> RecordingTicket:
        return gateway.ticket_for_part(self.center, self.prosecutor, self.interview.id)

    def ledger(self, item: str) -> DirectLedger:
        return DirectLedger(self.center, item)

    def again(self) -> Interview:
        return interviews.get(self.center, self.prosecutor, self.interview.id)


@pytest.fixture
def spine(tmp_path: Path) -> Iterator[Spine]:
    LocalKeyholder.create(tmp_path / "keys", PASSPHRASE, Cost(memory_kib=64, passes=1, lanes=1))
    key_copies = {name: FilesystemStore.create(tmp_path / name) for name in ("first-keys", "second-keys")}
    key_store = KeyStore(key_copies, tmp_path / "keys" / WAITING)
    keyholder = LocalKeyholder.open(tmp_path / "keys", key_store=key_store)
    # The signer below has no guard, and signs one tree after the other: there is no tree to be refused.
    require_proofs(keyholder, f"amana/{DEPLOYMENT}", lambda head: None)
    public = keyholder.public_keys()
    log_keys = LogKeys(f"amana/{DEPLOYMENT}", public.ledger_ed25519, public.ledger_mldsa44)
    signer = CheckpointSigner(
        log_keys,
        lambda message: keyholder.sign("ledger-ed25519", message),
        lambda message: keyholder.sign("ledger-mldsa44", message),
    )
    engine = connect(f"sqlite:///{tmp_path}/database.sqlite")
    upgrade(engine)
    database = Sessions(engine)
    stores = {name: FilesystemStore.create(tmp_path / name) for name in ("first-copy", "second-copy")}
    center = Center(
        deployment=DEPLOYMENT,
        organisation="one-stop-center",
        spool=tmp_path / "spool",
        database=database,
        ledger=Ledger(SqlStorage(database), signer, log_keys),
        log_keys=log_keys,
        keyholder=keyholder,
        stores=stores,
        copies=Copies(
            stores,
            tmp_path / "spool",
            CopiesConfig(keep=0.0),
            may_remove=lambda item: may_leave_spool(database, tmp_path / "spool", keyholder, item),
        ),
        rooms=None,  # type: ignore[arg-type]  # no processes here
    )
    recorder = Ed25519PrivateKey.generate()
    custody_log.enrol_recorder(center, recorder.public_key().public_bytes_raw(), "recorder-1")
    administrator = people.first_administrator(center, "Person Z")
    prosecutor = people.add(center, administrator, "Person P", Role.PROSECUTOR)
    court = people.add(center, administrator, "Person J", Role.COURT, "court")
    case = cases.open_case(center, prosecutor)
    interview = interviews.open_interview(
        center,
        prosecutor,
        case.id,
        purpose="testimony",
        room="room-1",
        place="Room with a window",
        present=[Present("Person A", "interviewer")],
        wish="agrees to be recorded",
    )
    with WrappedKeyReplication(key_store, tmp_path / "renewal.json"):
        yield Spine(center, recorder, prosecutor, court, case, interview)


async def test_one_interview_from_the_recorder_to_the_court(spine: Spine, tmp_path: Path) -> None:
    center = spine.center
    center.copies.start()
    try:
        item = await record(spine)
        status = center.copies.status
        await until(lambda: all(copy.complete for copy in status(item).values()))
    finally:
        center.copies.stop()
    assert spine.again().state is InterviewState.SEALED
    assert center.copies.release() == [item], "sealed, stated and copied twice: the spool may let go"

    center.keyholder.unlock(PASSPHRASE)
    granted(center, spine.prosecutor, spine.case.id, spine.court)
    viewing = gateway.view(center, spine.court, item, "hearing")
    records = viewing.recording.records
    keys = viewing.message_keys(range(len(records)))
    media: dict[int, list[bytes]] = {track: [] for track in SIZES}
    for record_, key in zip(records, keys, strict=True):
        content = check_record(record_, open_with_message_key(key, viewing.message(record_.index)))
        if record_.kind == "media":
            media[record_.track].append(content)
    assert media == {track: [fragment(track, second) for second in range(25)] for track in SIZES}

    folder = exported(spine, [item], tmp_path)
    report = verify(FolderSource(folder), gateway.policy(center))
    assert report.outcome == "intact"
    types = [one.statement.type for one in report.chains.items[item]]
    assert types[0] == "recording.started"
    assert types.count("recording.progress") >= 2
    assert types[-4:] == ["recording.sealed", "evidence.viewed", "evidence.viewed", "evidence.exported"]

    film = folder / "data" / "recordings" / item / "wide.mp4"
    data = bytearray(film.read_bytes())
    data[len(data) * 21 // 50] ^= 1
    film.write_bytes(data)
    with pytest.raises(NotProved, match="00:00:10"):
        verify(FolderSource(folder), gateway.policy(center))


def exported(spine: Spine, parts: list[str], folder: Path) -> Path:
    wanted = [gateway.ItemExtent(part) for part in parts]
    return gateway.export_package(spine.center, spine.prosecutor, wanted, "disclosure", folder / "for-court")


async def record(spine: Spine) -> str:
    """Twenty-five seconds in little time, progress and all, while the vault is locked."""
    assert not spine.center.keyholder.status().unlocked
    ticket = await asyncio.to_thread(spine.ticket)
    writer = await RecordingWriter.open(
        ticket,
        spine.center.spool,
        spine.recorder,
        spine.ledger(ticket.evidence),
        TRACKS,
        limits=RecordingLimits(reserve=1 << 20, progress_seconds=0.1, seal_seconds=PATIENCE),
    )
    for start in range(0, 25, 5):
        await feed(writer, range(start, start + 5))
        await until(lambda: _stated(spine, ticket.evidence) == writer.size)
    assert writer.safe_until == 25_000_000
    manifest = await writer.seal()
    assert manifest.records == 1 + 3 + 75
    assert SpoolReader(spine.center.spool, ticket.evidence).pending() == []
    return ticket.evidence


def _stated(spine: Spine, evidence: str) -> int | None:
    """How many records the ledger has a statement of."""
    newest = list(chains.chain(spine.center, evidence).values())[-1]
    return SignedStatement.parse(newest).statement.body.get("records")


@pytest.mark.faults
async def test_a_recorder_killed_at_any_moment_loses_nothing_that_it_acknowledged(
    spine: Spine, tmp_path: Path
) -> None:
    chance = random.Random(20261124)  # moments, not keys
    center = spine.center
    sealed: list[str] = []
    for kill in range(KILLS):
        # The first ones while the part is being opened; the others while it records.
        delay = 0.02 * kill if kill < 3 else chance.uniform(0.0, 0.8)
        ticket = await asyncio.to_thread(spine.ticket)
        acknowledged = await record_and_kill(spine, ticket, delay, from_the_beginning=kill < 3)
        try:
            manifest = await RecordingWriter.recover(
                center.spool, ticket.evidence, spine.recorder, spine.ledger(ticket.evidence), "child-gone"
            )
        except NeverStarted:
            assert acknowledged == {}
            gateway.never_started(center, ticket.evidence)
            continue
        sealed.append(ticket.evidence)
        index = manifest.open_index(SpoolReader(center.spool, ticket.evidence).file("index"))
        found = {record_.index: record_.leaf for record_ in index.records}
        assert acknowledged.items() <= found.items(), f"lost after {delay:.3f} s"
        statements = [
            SignedStatement.parse(leaf).statement for leaf in chains.chain(center, ticket.evidence).values()
        ]
        assert statements[0].type == "recording.started"
        assert [one.type for one in statements[-2:]] == ["recording.interrupted", "recording.sealed"]
        progress = {one.body["records"]: one.body["root"] for one in statements[1:-2]}
        assert {n: root.hex() for n, root in index.roots(progress).items()} == progress

    assert len(sealed) >= KILLS - 3
    listed = interviews.list_parts(spine.again())
    assert [part.evidence for part in listed] == sealed
    assert all(part.state is EvidenceState.INTERRUPTED for part in listed)
    assert all(part.gap is not None and part.reason == "child-gone" for part in listed[1:])
    center.keyholder.unlock(PASSPHRASE)
    folder = exported(spine, sealed, tmp_path)
    assert verify(FolderSource(folder), gateway.policy(center)).outcome == "intact"


async def record_and_kill(
    spine: Spine, ticket: RecordingTicket, delay: float, *, from_the_beginning: bool
) -> dict[int, str]:
    """A recorder child, killed; what it acknowledged before: index → leaf."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.centers.spine_center",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    told = {
        "ticket": ticket.to_json(),
        "spool": str(spine.center.spool),
        "key": spine.recorder.private_bytes_raw().hex(),
    }
    child.stdin.write(json.dumps(told).encode() + b"\n")
    acknowledged: dict[int, str] = {}
    clock: asyncio.Task[None] | None = None

    async def kill() -> None:
        await asyncio.sleep(delay)
        child.send_signal(signal.SIGKILL)

    async for line in child.stdout:
        if not line.endswith(b"\n"):
            break
        said = json.loads(line)
        if clock is None and (from_the_beginning or "began" in said):
            clock = asyncio.create_task(kill())
        if "durable" in said:
            acknowledged[said["durable"]] = said["leaf"]
        elif "ask" in said:
            answer = await asyncio.to_thread(answer_child, spine.center, ticket.evidence, said)
            child.stdin.write(json.dumps(answer).encode() + b"\n")
    assert clock is not None
    await clock
    assert await child.wait() == -signal.SIGKILL
    return acknowledged


def answer_child(center: Center, item: str, said: dict[str, Any]) -> dict[str, Any]:
    if said["ask"] == "head":
        head = custody_log.head(center, item)
        return {"head": None if head is None else [head.number, head.leaf_hash.hex()]}
    try:
        receipt = append_leaf(center, base64.b64decode(said["leaf"]))
    except ChainConflict:
        return {"conflict": True}
    return {"receipt": [receipt.index, receipt.leaf_hash.hex(), receipt.size]}
