"""Sealing of a part whose recorder child has ended, and the closing statements of every part.

Needs no data key: the tree is rebuilt from the clear records in the spool, each checked against the sealed
message beside it. In this order; it may be interrupted at any line and repeated:

1. Take over the spool; a torn tail is cut off (`vault.spool.writer`).
2. Records → tree. A durable manifest determines the part's state; without one the part is *interrupted*.
3. Index durable → manifest durable.
4. Statements that its child had signed and not delivered, in order; then, unless they are among them,
   `recording.interrupted` and `recording.sealed`.

A part unknown to the ledger never began: no picture was taken, and its folder is deleted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.errors import LedgerAway, NeverStarted, RecordingFailed, Refused, WrongState
from casework.recording.statement_outbox import SEALED, LedgerPort, NewStatement, Outbox
from casework.recording.ticket import RecordingTicket
from casework.sealing.sealed_log import read_back, write_manifest
from casework.sealing.spool_failures import spool_failures
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.statements.keys import key_id
from vault.errors import ObjectMissing, SpoolInUse, WriteFailed
from vault.spool.reader import SpoolReader, evidence_in
from vault.spool.writer import SpoolWriter
from vault.spool.writers import spool_roots

SAFETY = "room-recording"
"""Reason code of a safety recording, which is sealed as interrupted."""
SEAL_WAITS = 5.0
"""Seconds to wait for the ledger at the end; signed statements are durable before, and delivered later."""


async def recover(
    spool_root: Path, evidence: str, recorder_key: Ed25519PrivateKey, ledger: LedgerPort, reason: str
) -> Manifest:
    """Seal the part `evidence`; on return its `recording.sealed` is in the ledger. Safe to repeat.

    `reason` is a code for why its child ended. Raises `NeverStarted`, `LedgerAway` (repeat it later: the
    manifest is durable), `Refused` for another recorder's part, `RecordingFailed` if the spool is damaged or
    cannot be written, and `WrongState` while its child runs.
    """
    reader = SpoolReader(spool_root, evidence)
    never_started = NeverStarted(f"part {evidence} has no spool")
    living = WrongState(f"part {evidence} is still being recorded")
    with spool_failures({ObjectMissing: never_started, SpoolInUse: living}):
        spool, _ = await asyncio.to_thread(SpoolWriter.recover, spool_root, evidence)
    with spool_failures():
        try:
            return await _recover(reader, spool, recorder_key, ledger, reason)
        except NeverStarted:
            await asyncio.to_thread(shutil.rmtree, reader.folder)
            raise
        finally:
            await asyncio.to_thread(spool.close)


def clear_practice(root: Path) -> None:
    """Delete practice recordings whose children have ended; running ones are not touched."""
    for practice in (spool_root(one, practice=True) for one in spool_roots(root)):
        for evidence in evidence_in(practice):
            with contextlib.suppress(SpoolInUse, WriteFailed):
                spool, _ = SpoolWriter.recover(practice, evidence)
                spool.close()
                shutil.rmtree(spool.folder)


def spool_root(root: Path, *, practice: bool) -> Path:
    """Root folder of parts: practice is separate from evidence, so that no copy replicates it."""
    return root / "practice" if practice else root


async def say_sealed(outbox: Outbox, manifest: Manifest, reason: str | None, within: float) -> None:
    """State the seal (preceded by the interruption), and wait up to `within` s for the ledger."""
    await outbox.say(*_closing_statements(manifest, reason))
    await outbox.drain(within)


async def _recover(
    reader: SpoolReader, spool: SpoolWriter, key: Ed25519PrivateKey, ledger: LedgerPort, reason: str
) -> Manifest:
    ticket = _ticket(reader)
    if ticket.practice:
        raise NeverStarted(f"part {ticket.evidence} was practice")
    if key_id(key.public_key().public_bytes_raw()) != ticket.recorder:
        raise Refused("this part belongs to another recorder")
    manifest, records = await asyncio.to_thread(_manifest, reader, spool, ticket)
    if (reader.folder / SEALED).exists():
        return manifest
    if ticket.beside is not None:
        reason = SAFETY  # neither stopped by a person nor failed: the room imported it
    outbox = Outbox(ticket, key, ledger, spool)
    try:
        outbox.resume({name: reader.file(name) for name in reader.pending()})
        words = _closing_statements(manifest, reason)
        if outbox.last_type is None:
            await outbox.say_after_crash(*words)
        elif outbox.last_type == "recording.interrupted":
            await outbox.say(words[-1])
        elif outbox.last_type != "recording.sealed":
            await outbox.say(*words)
        if not await outbox.drain(SEAL_WAITS):
            raise LedgerAway(outbox.refused or "the ledger does not answer; the seal waits in pending/")
    except NeverStarted as nothing:
        if records > 1:
            # Pictures, but no statement: we must not delete them. The ledger was rolled back, or is another.
            raise RecordingFailed("not-in-ledger", str(nothing)) from nothing
        raise
    finally:
        await outbox.close()
    return manifest


def _manifest(reader: SpoolReader, spool: SpoolWriter, ticket: RecordingTicket) -> tuple[Manifest, int]:
    """Steps 2 and 3: return the part's manifest, made now if it has none, and the number of records."""
    records, tree = read_back(reader)
    if reader.sealed:
        manifest = Manifest.parse(reader.file("manifest"))
        if manifest.records != len(records):
            raise RecordingFailed("spool-damaged", f"{len(records)} of {manifest.records} records are there")
        return manifest, len(records)
    if not records:
        raise NeverStarted(f"part {ticket.evidence} has not even a header")
    return write_manifest(spool, ticket, records, tree.root(), "interrupted"), len(records)


def _ticket(reader: SpoolReader) -> RecordingTicket:
    try:
        return RecordingTicket.received(json.loads(reader.file("part.json")))
    except ObjectMissing as missing:
        if reader.more_than_a_header:
            raise RecordingFailed("spool-damaged", "part.json is missing") from missing
        # It is written before anything else, so nothing else was written.
        raise NeverStarted("the part has no ticket") from missing
    except ValueError as error:
        raise RecordingFailed("spool-damaged", "part.json cannot be read") from error


def _closing_statements(manifest: Manifest, reason: str | None) -> list[NewStatement]:
    body = {"records": manifest.records, "root": manifest.root}
    sealed: NewStatement = (
        "recording.sealed",
        body | {"manifest": manifest.digest, "state": manifest.state},
    )
    if manifest.state == "complete":
        return [sealed]
    return [("recording.interrupted", body | {"reason": reason or "unknown"}), sealed]
