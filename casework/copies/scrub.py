"""Scrub one recording in one copy: read, repair, and state the result in the ledger. Needs no vault key.

In this order, so that no finding is lost, wherever a crash happens:

1. Claim the item in the database, for this copy (`scrub_claim`).
2. Read every object (`copy_reading`) and check it against the ledger (`expected_objects`).
3. Note the findings in the database. After a crash here, the note waits for the next reading.
4. Replace damaged objects with good bytes from elsewhere (`Store.replace_damaged`), and read them again.
   After a crash here, the next reading finds some objects good, and states from the note what they were.
5. Append `evidence.verified` to the ledger. After a crash here, it is stated again, which is still true.
6. Record in the notes the position of that statement.

How often a result is stated: docs/decisions/0018. A store that does not answer was not read: nothing is
noted or stated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from casework.center import Center
from casework.clock import new_id, now
from casework.copies import wrapped_key_scrub
from casework.copies.copy_reading import Finding, Pace, Reading, read_copy
from casework.copies.expected_objects import ExpectedContents, expected_contents
from casework.copies.scrub_claim import Claim
from casework.copies.sealed_item import Sealed, SpoolSource, StoreSource
from casework.database.models import CopyFinding, CopyReading, Evidence
from casework.errors import Missing
from casework.ledger import chains, custody_log
from vault.errors import DiskFull, StoreUnavailable, VaultError
from vault.stores.base import Store

log = logging.getLogger(__name__)

PURPOSE = "preservation"
"""The purpose of reading a copy again: the code in statements."""
STATE_CLEAN_EVERY = timedelta(days=180)
"""Interval after which a clean reading is stated again."""
MAX_LISTED = 200
"""Maximum findings in the details of one statement; for a lost disk there may be thousands."""
LOGGED = 20
"""Maximum findings of one reading in the log."""


@dataclass(frozen=True)
class Scrubbed:
    """The result for one item in one copy."""

    copy: str
    evidence: str
    part: int
    """Number of the part in its interview."""
    reading: Reading
    repaired: frozenset[str]
    """Keys of the repaired objects."""
    left: Sequence[Finding]
    """Findings that are not repaired."""
    position: int | None
    """Ledger position of the statement; None if none was due."""


def scrub(
    center: Center, copy: str, evidence: str, *, pace: Pace = lambda size: None, workers: int = 1
) -> Scrubbed:
    """Read one sealed item in one copy, repair what can be repaired, and state the result if due.

    `pace` is called before each object with its size in bytes, and may wait; an exception from it ends the
    scrub and keeps what was done so far. Raises `Missing` if it is not a sealed item, `ItemClaimed`,
    `StoreUnavailable` if the copy was not read, and what the ledger raises.
    """
    part = _part(center, evidence)
    claim = Claim(center, copy, evidence)  # 1
    try:
        return _scrub(center, copy, part, claim.while_reading(pace), workers)
    finally:
        claim.release()


def holding_of(center: Center, evidence: str) -> ExpectedContents:
    """What every copy of a sealed recording must hold. Raises `Missing` if it is not sealed."""
    sealed = Sealed.from_chain(evidence, chains.chain(center, evidence))
    sizes = center.database.scalar(select(Evidence.segment_sizes).where(Evidence.id == evidence))
    stores = [StoreSource(name, store, evidence) for name, store in center.stores.items()]
    return expected_contents(sealed, [SpoolSource(center.spool, evidence), *stores], sizes)


def carried(center: Center, copy: str, evidence: str) -> bool:
    """Whether all of an item was copied; while some of it waits in a spool, nothing counts as missing."""
    node = center.database.scalar(select(Evidence.node).where(Evidence.id == evidence))
    if node not in (None, center.node):
        return False  # still in another machine's spool: what waits there is unknown
    status = center.copies.status(evidence).get(copy)
    return status is None or status.waiting == 0


def _scrub(center: Center, copy: str, part: Evidence, pace: Pace, workers: int) -> Scrubbed:
    evidence = part.id
    of_keys = copy in center.key_copies
    if of_keys:
        reading = wrapped_key_scrub.read(center, copy, part)  # 2
        whole_by_now = reading.whole
    else:
        holding, store = holding_of(center, evidence), center.stores[copy]
        whole_by_now = carried(center, copy, evidence)
        reading = read_copy(holding, store, carried=whole_by_now, pace=pace, workers=workers)  # 2
    _note(center, copy, evidence, reading.findings)  # 3
    for finding in reading.findings[:LOGGED]:
        log.warning("copy %s: %s", copy, finding)
    if len(reading.findings) > LOGGED:
        log.warning("copy %s of %s: %d findings in all", copy, evidence, len(reading.findings))
    if of_keys:
        repaired = wrapped_key_scrub.repair(center, copy, part) if reading.findings else frozenset()  # 4
    else:
        repaired = _repair(holding, store, reading.findings, pace)  # 4
    left = [finding for finding in reading.findings if finding.key not in repaired]
    scrubbed = Scrubbed(copy, evidence, part.number, reading, repaired, left, None)
    # While a copy is still being filled, its condition cannot be stated; its notes wait.
    position = _state(center, part, scrubbed) if whole_by_now else None  # 5
    _take_note(center, scrubbed, position)  # 6
    return Scrubbed(copy, evidence, part.number, reading, repaired, left, position)


def _part(center: Center, evidence: str) -> Evidence:
    part = center.database.get(Evidence, evidence)
    if part is None or not part.state.sealed:
        raise Missing(f"no sealed evidence {evidence[:32]}")
    return part


# --- repairing --------------------------------------------------------------------------------------------


def _repair(
    holding: ExpectedContents, store: Store, findings: Iterable[Finding], pace: Pace
) -> frozenset[str]:
    """Repair what can be repaired; return the keys of objects that were read again and are good."""
    repaired = set()
    for finding in findings:
        if finding.wrong == "surplus":
            continue  # harmless; people have to find out what it is
        try:
            if _put_right(holding, store, finding.key, pace):
                repaired.add(finding.key)
        except (DiskFull, StoreUnavailable) as error:
            log.warning("%s is not repaired now: %s: %s", finding.key, type(error).__name__, error)
            break
        except VaultError as error:
            log.warning("%s is not repaired: %s: %s", finding.key, type(error).__name__, error)
    return frozenset(repaired)


def _put_right(holding: ExpectedContents, store: Store, key: str, pace: Pace) -> bool:
    right = holding.right(key)
    if right is None:
        if (best := holding.best(key, _present(store, key))) is not None:
            pace(len(best))
            store.replace_damaged(key, best)
        return False
    pace(len(right))
    store.replace_damaged(key, right)
    return store.get(key) == right


def _present(store: Store, key: str) -> bytes:
    try:
        return store.get(key)
    except VaultError:
        return b""


# --- noting and stating -----------------------------------------------------------------------------------


def _note(center: Center, copy: str, evidence: str, findings: Iterable[Finding]) -> None:
    """Note the findings, each once until it is repaired."""
    moment = now()
    with center.database.begin() as session:
        known = {row.key for row in session.scalars(_open(copy, evidence))}
        for finding in findings:
            if finding.key not in known:
                session.add(
                    CopyFinding(
                        id=new_id(),
                        copy=copy,
                        evidence_id=evidence,
                        key=finding.key,
                        wrong=finding.wrong,
                        at=finding.at,
                        span_from=None if finding.span is None else finding.span[0],
                        span_to=None if finding.span is None else finding.span[1],
                        found_at=moment,
                    )
                )


def _open(copy: str, evidence: str) -> Any:
    """Select the findings that are not repaired, or not stated."""
    return (
        select(CopyFinding)
        .where(
            CopyFinding.copy == copy,
            CopyFinding.evidence_id == evidence,
            or_(CopyFinding.repaired_at.is_(None), CopyFinding.position.is_(None)),
        )
        .order_by(CopyFinding.key)
    )


def _state(center: Center, part: Evidence, scrubbed: Scrubbed) -> int | None:
    """State in the ledger what is not stated yet; return the position."""
    copy, reading = scrubbed.copy, scrubbed.reading
    wrong = {finding.key for finding in scrubbed.left}
    with center.database() as session:
        rows = session.scalars(_open(copy, part.id)).all()
        state = session.get_one(CopyReading, (copy, part.id))
    concerned = [row for row in rows if row.wrong != "surplus"]
    put_right = [row for row in concerned if row.key in reading.read and row.key not in wrong]
    news = any(row.position is None for row in rows) or bool(put_right)
    if not news:
        due = state.stated_at is None or state.stated_at <= now() - STATE_CLEAN_EVERY
        if rows or not reading.whole or not due:
            return None
    damaged = len(concerned) - len(put_right)
    body = {
        "copy": copy,
        "damaged": damaged,
        "repaired": len(put_right),
        "sound": len(reading.read - {row.key for row in concerned}),
        "surplus": sum(finding.wrong == "surplus" for finding in scrubbed.left),
    }
    return custody_log.append(
        center,
        custody_log.Draft(
            type="evidence.verified",
            evidence=part.id,
            person=None,
            purpose=PURPOSE,
            body=body,
            case=part.case,
            details={"findings": [_finding_json(row, row in put_right) for row in rows[:MAX_LISTED]]}
            if rows
            else None,
        ),
    ).index


def _finding_json(row: CopyFinding, put_right: bool) -> dict[str, object]:
    """A finding for the details: the object, what is wrong, and when in the recording (µs)."""
    return {
        "at": row.at,
        "from": row.span_from,
        "object": row.key.split("/", 2)[2],
        "repaired": put_right,
        "to": row.span_to,
        "wrong": row.wrong,
    }


def _take_note(center: Center, scrubbed: Scrubbed, position: int | None) -> None:
    """Update the rows; what was not read stays unchanged."""
    moment, reading = now(), scrubbed.reading
    wrong = {finding.key for finding in scrubbed.left}
    with center.database.begin() as session:
        for row in session.scalars(_open(scrubbed.copy, scrubbed.evidence)):
            gone = row.key not in wrong and (row.key in reading.read or row.wrong == "surplus")
            if gone:
                row.repaired_at = row.repaired_at or moment
            elif row.key in wrong:
                row.repaired_at = None
            if position is not None:
                row.position = position
        state = session.get_one(CopyReading, (scrubbed.copy, scrubbed.evidence))
        state.looked_at = moment
        if reading.whole:
            state.read_at, state.size = moment, reading.size
        if position is not None:
            state.stated_at = moment
