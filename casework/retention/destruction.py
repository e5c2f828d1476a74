"""Destruction of items whose disposal two people authorised, in every place, as its locks expire.

One pass over one disposal has this order; after an interruption at any line, the next pass continues:

1. Nothing is done under a legal hold: the disposal is cancelled first (`hold_overrides`).
2. Every version of everything is listed in each place, and recorded, before any of it is destroyed. So a
   version found missing later is known to have existed, and the certificate can list it.
3. The wrapped keys are destroyed, through the keyholder, which requires the ledger's proof. Once none is left
   in any copy, the objects and the rest on a recorder's disk follow: until then the disposal may be
   cancelled, and a retained item must be complete.
4. Each place is listed again. Anything missing counts as destroyed from that time on.
5. Once every version of every wrapped key is gone from every place, the drafts of its transcripts are
   deleted, and `evidence.disposed` states it.

A place that does not answer was not checked, and no statement is made about it: the disposal waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import nodes
from casework.center import Center
from casework.clock import now
from casework.database.models import (
    Case,
    CopyReading,
    Disposal,
    DisposalPlace,
    DisposedVersion,
    StatementIndex,
)
from casework.ledger import custody_log, projections
from casework.ledger.chains import ledger_proof
from casework.photographs import examination_drafts
from casework.redaction import edit_lists
from casework.retention import legal_holds
from casework.retention.hold_overrides import take_back
from casework.retention.locations import KEYHOLDER, SPOOL, Places, versions_of
from casework.transcripts import drafts
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import ChainConflict
from vault.errors import StillKept, Unproven, VaultError
from vault.spool.reader import WRAPS, evidence_in
from vault.stores.version_deletion import KeptVersion
from vault.wrapped_keys.end_records import Proof

log = logging.getLogger(__name__)

SOON, SELDOM = timedelta(minutes=5), timedelta(hours=6)
"""Time until the next pass: if something did not answer or blocked; and at most, while locks run."""
REFUSED = "refused-"
"""Prefix of a machine's place that records that its keyholder was informed of a refusal."""


def due(center: Center) -> list[str]:
    """Return the disposals that are not over, and refused ones of which the keyholder is not informed yet."""
    take_back(center)
    return center.database.scalars(
        select(Disposal.id)
        .where(Disposal.approved.is_not(None), Disposal.finished_at.is_(None))
        .order_by(Disposal.requested_at, Disposal.id)
    )


def carry_out(center: Center, disposal_id: str) -> timedelta | None:
    """Make one pass over one disposal. Returns the time until the next one; None if it is over.

    Raises `DatabaseAway`, `CustodyError` of our own ledger.
    """
    with center.database() as session:
        disposal = session.get_one(Disposal, disposal_id)
        held = bool(legal_holds.in_force(session, disposal.case_id))
    if not disposal.approved:
        return _take_back(center, disposal)
    if held:  # 1
        return SOON
    places = Places(center, disposal)
    _look_through(center, disposal, places)  # 2
    places.destroy(_proof(center, disposal))  # 3
    _look_through(center, disposal, places)  # 4
    return _conclude(center, disposal, places)  # 5


def clear_spool(center: Center) -> None:
    """Remove files of destroyed items that a backup or another machine restored to the spool."""
    present = evidence_in(center.spool)
    destroyed = center.database.scalars(
        select(Disposal).where(
            Disposal.item.in_(present), Disposal.finished_at.is_not(None), Disposal.approved.is_(True)
        )
    )
    for disposal in destroyed:
        Places(center, disposal).clear_spool()


def remind(center: Center) -> None:
    """Send finished and cancelled disposals to the keyholder again.

    Its memory, or a waiting wrapped key on its disk, may come from an older backup. Destroyed keys are then
    destroyed again; retained items can be opened, and their locks renewed, again. Raises `VaultError` if the
    keyholder does not answer.
    """
    over = center.database.scalars(
        select(Disposal).where(Disposal.finished_at.is_not(None)).order_by(Disposal.decided_at)
    )
    for disposal in over:
        try:
            if not disposal.approved:
                _refuse(center, disposal)
                continue
            left = center.keyholder.destroy_wraps(disposal.item, _proof(center, disposal))
        except (StillKept, Unproven) as error:
            # Only this one fails: a hold placed over its case since, or a proof that is not accepted.
            log.warning("disposal %s is not remembered: %s: %s", disposal.id, type(error).__name__, error)
            continue
        if any(left.versions.values()):
            log.error("wraps of %s, which was disposed of, were there again", disposal.item)
            with center.database.begin() as session:
                session.get_one(Disposal, disposal.id).finished_at = None


def _proof(center: Center, disposal: Disposal) -> Proof:
    positions = [at for at in (disposal.requested_position, disposal.decided_position) if at is not None]
    return ledger_proof(center, positions)


def _refuse(center: Center, disposal: Disposal) -> None:
    proof = ledger_proof(center, [disposal.decided_position or 0])
    center.keyholder.refuse_disposal(disposal.item, disposal.id, proof)


def _take_back(center: Center, disposal: Disposal) -> timedelta | None:
    """Inform the keyholder that a disposal was refused, so that it can never be carried out there."""
    try:
        _refuse(center, disposal)
    except VaultError as error:
        log.warning("disposal %s is not taken back: %s: %s", disposal.id, type(error).__name__, error)
        return SOON
    with center.database.begin() as session:
        _looked(session, disposal, {REFUSED + center.node: None})
        if _missing(session, center, disposal, (REFUSED,)):
            return SOON
        session.get_one(Disposal, disposal.id).finished_at = now()
    return None


# --- records ----------------------------------------------------------------------------------------------


def _look_through(center: Center, disposal: Disposal, places: Places) -> None:
    began = now()
    for name, versions in places.list().items():
        _note(center, disposal, name, versions, began)


def _note(
    center: Center, disposal: Disposal, place: str, versions: Sequence[KeptVersion], began: datetime
) -> None:
    """Record the versions in a place: rows for existing ones, and the time at which others are missing.

    Another machine may have destroyed a version since this one `began` its pass, and have recorded the time:
    that time remains.
    """
    moment = now()
    present = {(version_row.key, version_row.version): version_row for version_row in versions}
    with center.database.begin() as session:
        rows = versions_of(session, disposal.id, DisposedVersion.place == place)
        known = {(row.key, row.version): row for row in rows}
        for (key, version), version_row in present.items():
            row = known.get((key, version))
            if row is None:
                row = DisposedVersion(
                    disposal_id=disposal.id,
                    place=place,
                    key=key,
                    version=version,
                    wrap=_is_wrap(key),
                )
                session.add(row)
            if row.gone_at is None or row.gone_at < began:
                row.locked_until, row.held, row.gone_at = version_row.until, version_row.held, None
        for name, row in known.items():
            if name not in present and row.gone_at is None:
                row.gone_at, row.held = moment, False


def _is_wrap(key: str) -> bool:
    """Return whether the object is a wrapped key, in its stores or in the spool."""
    return key.startswith("wraps/") or (key.startswith("spool/") and key.rpartition("/")[2] in WRAPS)


def _conclude(center: Center, disposal: Disposal, places: Places) -> timedelta | None:
    with center.database.begin() as session:
        _looked(session, disposal, {**dict.fromkeys(places.looked), **places.trouble})
        trouble = places.trouble.keys() | _missing(session, center, disposal, (SPOOL, KEYHOLDER))
        versions = versions_of(session, disposal.id)
        left = [row for row in versions if row.gone_at is None]
        read_now = session.scalar(
            select(CopyReading.copy).where(
                CopyReading.evidence_id == disposal.item, CopyReading.claimed_until > now()
            )
        )
    if not trouble and not any(row.wrap for row in left):
        with center.database.begin() as session:  # working data, stored nowhere else
            drafts.forget(session, disposal.item)
            edit_lists.forget(session, disposal.item)
            examination_drafts.forget(session, disposal.item)
        if disposal.disposed_at is None:
            _state(center, disposal, versions)
    over = not trouble and not left and read_now is None  # a reader may be repairing it now
    if over:
        with center.database.begin() as session:
            session.get_one(Disposal, disposal.id).finished_at = now()
        return None
    ends_at = [row.locked_until for row in left if row.locked_until is not None]
    if trouble or not ends_at:
        return SOON
    return min(max(min(ends_at) - now(), timedelta()), SELDOM)


def _looked(session: Session, disposal: Disposal, troubles: Mapping[str, str | None]) -> None:
    for place, trouble in troubles.items():
        session.merge(DisposalPlace(disposal_id=disposal.id, place=place, at=now(), trouble=trouble))


def _missing(session: Session, center: Center, disposal: Disposal, kinds: Sequence[str]) -> set[str]:
    """Return the places of the center's machines that were not checked yet, or only with an error."""
    machines = nodes.names(session, center)
    session.flush()
    well = session.scalars(
        select(DisposalPlace.place).where(
            DisposalPlace.disposal_id == disposal.id, DisposalPlace.trouble.is_(None)
        )
    ).all()
    return {kind + machine for kind in kinds for machine in machines} - set(well)


def _state(center: Center, disposal: Disposal, versions: Sequence[DisposedVersion]) -> None:
    last = custody_log.head(center, disposal.item)  # first: a later statement elsewhere changes it
    if _stated(center, disposal):
        return
    with center.database() as session:
        if not session.get_one(Disposal, disposal.id).approved:
            return  # cancelled meanwhile
        case = session.get_one(Case, disposal.case_id)
    others = [row for row in versions if not row.wrap]
    draft = custody_log.Draft(
        type="evidence.disposed",
        evidence=disposal.item,
        person=None,
        purpose="disposal",
        body={
            "disposal": disposal.id,
            "list": list_digest(versions),
            "objects": sum(row.gone_at is not None for row in others),
            "pending": sum(row.gone_at is None for row in others),
            "wraps": sum(row.wrap for row in versions),
        },
        case=case,
    )
    heads = {} if last is None else {disposal.item: last}
    try:
        [stated] = custody_log.append_together(center, [draft], heads)
    except ChainConflict:
        if not _stated(center, disposal):
            raise
    else:
        projections.note(center, stated.index)


def _stated(center: Center, disposal: Disposal) -> bool:
    """Return whether it is in the ledger already: a process may have ended between statement and row."""
    positions = center.database.scalars(
        select(StatementIndex.position).where(
            StatementIndex.chain == disposal.item, StatementIndex.type == "evidence.disposed"
        )
    )
    for position in positions:
        projections.note(center, position)
    return center.database.get_one(Disposal, disposal.id).disposed_at is not None


def list_digest(versions: Sequence[DisposedVersion]) -> str:
    """Return the SHA-256 of the canonical JSON of the list of destroyed wrapped keys.

    `evidence.disposed` names it (docs/spec/statement.md).
    """
    listed = [
        {"gone": _time(row.gone_at), "key": row.key, "place": row.place, "version": row.version}
        for row in sorted(versions, key=lambda row: (row.place, row.key, row.version))
        if row.wrap
    ]
    return hashlib.sha256(canonical_json.serialise(listed)).hexdigest()


def _time(when: datetime | None) -> str | None:
    return None if when is None else canonical_json.instant_text(when)
