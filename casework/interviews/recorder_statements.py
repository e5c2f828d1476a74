"""Effects of a recorder's statements on the working data of its part.

A recorder child has no database. Its actions reach the database only through the statements it signed, so
that working data never contains more than the ledger does.

Trusts: nothing in a statement beyond the recorder's signature. A statement is accepted only for the part,
case and interview whose ticket that recorder got, in the recorder's own name, and where it is valid in the
life of a recording. The wrapped data keys it names must be in the spool: a recording whose key is not durable
must not begin. The ledger state it names as its predecessor must have existed; a court package shows that
too.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.center import Center
from casework.clock import now
from casework.copies import wrapped_keys
from casework.database.engine import Sessions
from casework.database.models import Evidence, EvidenceState, Interview, InterviewState, StatementIndex
from casework.errors import DatabaseAway, Refused
from casework.ledger import custody_log, statement_index
from chain_of_custody.errors import ChainConflict, NotProved
from chain_of_custody.statements.statement import SignedStatement, Statement, check_follows
from chain_of_custody.statements.types import RECORDER_TYPES
from chain_of_custody.tlog.ledger import Receipt
from vault.errors import ObjectMissing, SpoolInUse, VaultError, WriteFailed
from vault.keyholders.protocol import Keyholder
from vault.spool.folder import take_lock
from vault.spool.reader import WRAPS, SpoolReader, evidence_in

log = logging.getLogger(__name__)

_RUNNING = ("recording.progress", "recording.interrupted", "recording.sealed")
_AFTER: Mapping[str | None, tuple[str, ...]] = {
    None: ("recording.started",),
    "recording.started": _RUNNING,
    "recording.progress": _RUNNING,
    "recording.interrupted": ("recording.sealed",),
}
"""The life of a recording: which statements its recorder may make after which."""


def append_leaf(center: Center, leaf: bytes) -> Receipt:
    """Append a statement signed by a recorder; durable on return. Repeating the same leaf is no error.

    1. It is well formed, and of a type that recorders sign.
    2. Its signature is by a recorder key enrolled in this ledger.
    3. The part it names exists, in that case and interview, and its ticket went to that key.
    4. If it is in the ledger already, return that receipt.
    5. It may follow the statements in the chain, and comes directly after their head.

    Raises `Malformed` (1), `SignatureInvalid` (2), `Refused` (1, 3, 5), `ChainConflict` (5: call
    `custody_log.head`).
    """
    signed = SignedStatement.parse(leaf)  # 1
    if signed.statement.type not in RECORDER_TYPES:
        raise Refused(f"recorders do not sign {signed.statement.type}")
    signed.verify(custody_log.keys(center))  # 2
    with center.database() as session:
        part = check_recorder_statement(session, center, signed)  # 3
        receipt = custody_log.found(session, center, signed)  # 4
    if receipt is None:
        # The chain decides, not the part's row: a crash may have stored a statement without updating the row.
        last = statement_index.last_statement(center, signed.statement.evidence)
        check_order(part, None if last is None else last.statement, signed.statement)  # 5
        try:
            check_follows(None if last is None else last.head, signed.statement)
        except NotProved as moved:
            raise ChainConflict(str(moved)) from moved
        try:
            [receipt] = custody_log.append_signed(center, [leaf])
        except ChainConflict:
            # The same leaf may have arrived twice at once; only a different one in its place is a conflict.
            with center.database() as session:
                receipt = custody_log.found(session, center, signed)
            if receipt is None:
                raise
    take_note(center, signed)
    return receipt


def check_recorder_statement(session: Session, center: Center, signed: SignedStatement) -> Evidence:
    """Return the part, if this recorder may state this about it; else raises `Refused`."""
    statement = signed.statement
    part = session.get(Evidence, statement.evidence)
    if part is None or part.state is EvidenceState.VOID:
        raise Refused(f"no part {statement.evidence} is being recorded")
    if [signature.key for signature in signed.signatures] != [part.recorder]:
        raise Refused(f"the ticket of part {part.id} went to recorder {part.recorder}")
    if statement.case != part.case_id:
        raise Refused(f"part {part.id} belongs to another case")
    if (statement.actor.id, statement.actor.role) != (part.recorder, "recorder"):
        raise Refused("a recorder speaks for itself, not for somebody")
    if statement.details is not None or statement.purpose != part.recorded_in.purpose:
        raise Refused(f"the statement does not fit the ticket of part {part.id}")
    if statement.type == "recording.started":
        body = statement.body
        _check_not_before(center, body["not_before"])
        if (body["interview"], body["part"], body["recorder"], body.get("beside")) != (
            part.interview_id,
            part.number,
            part.recorder,
            part.beside,
        ):
            raise Refused(f"recording.started does not fit the ticket of part {part.id}")
        if _wraps(center, part) != {name: body[name] for name in WRAPS if name in body}:
            raise Refused(f"the wrapped keys in the spool of part {part.id} are other ones")
    return part


def check_order(part: Evidence, last: Statement | None, statement: Statement) -> None:
    """Raises `Refused` for a recorder's statement that cannot come after `last` in the chain of `part`.

    Verifiers accept one beginning, one ending, and no decrease in between. The ledger must contain nothing
    that they would reject, because it can never be removed.
    """
    if statement.type not in _AFTER.get(None if last is None else last.type, ()):
        raise Refused(
            f"part {part.id}: {statement.type} cannot come after {last.type if last else 'nothing'}"
        )
    if last is None:
        return
    interrupted = last.type == "recording.interrupted"
    if statement.type == "recording.sealed" and (statement.body["state"] == "interrupted") != interrupted:
        raise Refused(f"part {part.id}: seal and interruption contradict each other")
    had, has = (one.body.get("records", 1) for one in (last, statement))
    if has < had:
        raise Refused(f"part {part.id} had {had} records once")
    if interrupted and (had, last.body["root"]) != (has, statement.body["root"]):
        raise Refused(f"part {part.id} was interrupted with other records")


def take_note(center: Center, signed: SignedStatement) -> None:
    """Update the part's row from a statement that is in the ledger; repeating it is harmless."""
    statement = signed.statement
    if statement.type == "recording.progress":
        return
    if statement.type == "recording.started":
        _hand_over(center, statement.evidence)
    with center.database.begin() as session:
        part = session.get_one(Evidence, statement.evidence)
        if statement.type == "recording.started":
            if part.state is EvidenceState.OPENING:
                part.state = EvidenceState.RECORDING
            recording_started(part.recorded_in, part)
        elif statement.type == "recording.interrupted":
            part.reason = str(statement.body["reason"])
        else:
            recording_sealed(part.recorded_in, part, statement.body, now())
            _read_spool(center, part)
            settle(part.recorded_in)


def clear_void(center: Center) -> list[str]:
    """Delete from the spool what was prepared for parts that never began; return their ids.

    Only parts that are void in the database and absent from the ledger, and that no writer holds: an
    unknown folder may be evidence, after an older database was restored. Never a folder that contains
    pictures: a rebuild whose copies of the ledger end before a part's start makes that part void.
    """
    cleared = []
    for evidence in evidence_in(center.spool):
        with center.database() as session:
            part = session.get(Evidence, evidence)
            started = session.scalar(select(StatementIndex.position).where(StatementIndex.chain == evidence))
        if part is None or part.state is not EvidenceState.VOID or started is not None:
            continue
        reader = SpoolReader(center.spool, evidence)
        folder = reader.folder
        try:
            lock = take_lock(folder)
        except (SpoolInUse, WriteFailed):
            continue
        if reader.more_than_a_header:
            os.close(lock)
            log.error("part %s never began, as far as is known, and has pictures: it stays", evidence)
            continue
        try:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
        cleared.append(evidence)
    return cleared


def _check_not_before(center: Center, named: Mapping[str, Any]) -> None:
    size = int(named["size"])
    if size > center.ledger.size or center.ledger.root(size).hex() != named["root"]:
        raise Refused("not_before names a ledger that never was")


def recording_started(interview: Interview, part: Evidence) -> None:
    """Note that the interview has begun, at the latest with this part."""
    interview.started_at = interview.started_at or part.epoch
    if interview.state in (InterviewState.OPENED, InterviewState.CHECKED):
        interview.state = InterviewState.RECORDING


def recording_sealed(interview: Interview, part: Evidence, body: Mapping[str, Any], at: datetime) -> None:
    """Note what `recording.sealed` states about a part; `at`: the time for what has none yet."""
    part.state = EvidenceState(body["state"])
    part.records, part.manifest_digest = int(body["records"]), str(body["manifest"])
    part.sealed_at = part.sealed_at or at
    if part.state is EvidenceState.COMPLETE and interview.state is not InterviewState.SEALED:
        # Only a person's "stop" ends a part complete, so that ended the interview too.
        interview.state = InterviewState.STOPPED
        interview.ended_at = interview.ended_at or at


def settle(interview: Interview) -> None:
    """Seal a stopped interview once it has a part and every part of it is sealed or never began."""
    recorded = [part for part in interview.parts if part.state is not EvidenceState.VOID]
    if interview.state is InterviewState.STOPPED and recorded and all(p.state.over for p in recorded):
        interview.state = InterviewState.SEALED


def _wraps(center: Center, part: Evidence) -> dict[str, str]:
    try:
        return wrapped_keys.digests_in_spool(center.spool, part.id)
    except ObjectMissing as missing:
        raise Refused(f"the wrapped key of part {part.id} is not in the spool") from missing


def _hand_over(center: Center, part: str) -> None:
    """Send the wraps to the keyholder, as early as possible; if it cannot store them now, this is
    repeated."""
    try:
        wrapped_keys.hand_over(center.spool, center.keyholder, part)
    except (VaultError, Refused) as error:
        log.warning("the wraps of %s wait in the spool: %s: %s", part, type(error).__name__, error)


def _read_spool(center: Center, part: Evidence) -> None:
    """Read duration and segment sizes while they are available; without them the copies are read later."""
    reader = SpoolReader(center.spool, part.id)
    try:
        index = reader.file("index")
        part.segment_sizes = reader.segment_sizes()
    except (ObjectMissing, FileNotFoundError):
        return
    part.duration = duration_of(index)


def duration_of(index: bytes) -> int:
    """Return the µs from the epoch to the latest end of a record in an index."""
    records = (json.loads(line) for line in index.splitlines())
    return max((record["start"] + record["duration"] for record in records), default=0)


def may_leave_spool(database: Sessions, spool: Path, keyholder: Keyholder, evidence_id: str) -> bool:
    """Return whether a part may be removed from the spool: for `vault.copies.copies.Copies`.

    The database has what it needs, and both copies of the key store hold the wraps. Then the part is noted as
    being in no machine's spool: every copy holds it whole (the caller has checked). False if that is unknown:
    an item that stays in the spool too long does no harm.
    """
    try:
        part = database.get(Evidence, evidence_id)
        if part is None or not part.state.sealed or not wrapped_keys.hand_over(spool, keyholder, evidence_id):
            return False
        if part.node is not None:
            with database.begin() as session:
                session.execute(update(Evidence).where(Evidence.id == evidence_id).values(node=None))
        return True
    except (DatabaseAway, VaultError, Refused) as error:
        log.warning("%s stays in the spool: %s: %s", evidence_id, type(error).__name__, error)
        return False
