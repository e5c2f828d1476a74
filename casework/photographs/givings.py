"""Givings of a received file: the first, by which it was sealed, and each later one of the same file.

A file that a case has already is not sealed once more. That it was given again, by whom, where and on which
legal basis, is stated in its chain (`evidence.received-again`), with details like those of its
`evidence.received`, sealed in the same way.

That the file given again is the same rests on the SHA-256 which its sender announced: nothing of it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from casework.access.permissions import Act, require_case
from casework.cases import description
from casework.center import Center
from casework.database.models import Case, Evidence, Person, SealedDetails, StatementIndex
from casework.errors import Missing, NothingReadable, VaultLocked
from casework.evidence.sealed_items import RECEIVED
from casework.files.upload_staging import RECEIVED_PURPOSE
from casework.ledger import custody_log, sealed_details
from casework.photographs.received_files import Origin
from chain_of_custody.encoding.canonical_json import moment
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.statements.types import SEALS

AGAIN = "evidence.received-again"


@dataclass(frozen=True)
class Giving:
    """One giving of a received file, as it was stated."""

    at: datetime
    source: str
    """A code of `received_files.SOURCES`."""
    by_link: bool
    """Whether it was sent by the link of a request, without an account."""
    name: str | None
    """Of the person who stated it; None for what came by a link, or while the details cannot be read."""
    texts: Mapping[str, str]
    """The texts about the origin, by the names of `Origin`; empty while they cannot be read."""


def state_again(
    center: Center, person: Person, evidence_id: str, *, source: str, request: str | None, details: str
) -> bool:
    """State that a sealed file was given again, unless the same person (or request) stated exactly this
    before.

    `details`: the commitment of `custody_log.keep_details`. On return they are those of a statement, or
    deleted. While the vault is locked nothing can be compared: it is stated then.

    Returns whether it is stated as a later giving; False if it is the one by which the file was sealed. Safe
    to repeat. Raises as `custody_log.append`.
    """
    actor = custody_log.system(center) if request is not None else custody_log.actor_of(person)
    mine = (actor.id, source, request)
    earlier = [
        one
        for one in _statements(center, evidence_id)
        if (one.actor.id, one.body["source"], one.body.get("request")) == mine
    ]
    with center.database() as session:
        case = session.get_one(Case, session.get_one(Evidence, evidence_id).case_id)
    known = _with_details(center, case, earlier, details)
    if known is None:
        body = {"source": source} if request is None else {"source": source, "request": request}
        custody_log.append(
            center,
            custody_log.Draft(
                type=AGAIN,
                evidence=evidence_id,
                person=person if request is None else None,
                purpose=RECEIVED_PURPOSE,
                body=body,
                case=case,
                commitment=details,
            ),
        )
        return True
    if known.details != details:
        with center.database.begin() as session:
            session.execute(delete(SealedDetails).where(SealedDetails.commitment == details))
    return known.type == AGAIN


def stated(center: Center, person: Person, evidence_id: str) -> list[Giving]:
    """Return the givings of a received file, for its page, the first one first.

    None for people who do not work with the case. Raises `Forbidden`, `Missing`.
    """
    if not description.readable(person):
        return []
    with center.database() as session:
        row = session.get(Evidence, evidence_id)
        if row is None or row.kind != RECEIVED:
            raise Missing(f"no received file {evidence_id[:32]}")
        case = require_case(session, person, Act.READ_DETAILS, row.case_id)
    statements = _statements(center, evidence_id)
    details = _opened(center, case, [one.details for one in statements if one.details is not None]) or {}
    return [_giving(one, details.get(one.details or "", {})) for one in statements]


def _giving(statement: Statement, details: Mapping[str, Any]) -> Giving:
    return Giving(
        at=moment(statement.at),
        source=str(statement.body["source"]),
        by_link="request" in statement.body,
        name=details.get("name"),
        texts={one.name: str(details[one.name]) for one in fields(Origin) if one.name in details},
    )


def _statements(center: Center, evidence_id: str) -> list[Statement]:
    """Return the statements by which a file was given, in order, read through the ledger."""
    with center.database() as session:
        positions = session.scalars(
            select(StatementIndex.position)
            .where(StatementIndex.chain == evidence_id, StatementIndex.type.in_((SEALS[RECEIVED], AGAIN)))
            .order_by(StatementIndex.number)
        ).all()
    return [SignedStatement.parse(leaf).statement for leaf in center.ledger.entries(positions)]


def _with_details(
    center: Center, case: Case, statements: Sequence[Statement], details: str
) -> Statement | None:
    """Return the first of these statements that has these details, or others with the same texts; None if
    there is none, or nothing can be compared."""
    committed = [one.details for one in statements if one.details is not None]
    if details in committed:
        return statements[committed.index(details)]
    opened = _opened(center, case, [details, *committed]) if committed else None
    if not opened or details not in opened:
        return None
    texts = _unnamed(opened[details])
    return next((one for one in statements if _unnamed(opened.get(one.details or "", {})) == texts), None)


def _unnamed(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return details without the name of the person who stated them: it may have changed meanwhile."""
    return {name: value for name, value in details.items() if name != "name"}


def _opened(center: Center, case: Case, commitments: Sequence[str]) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the details of these commitments that exist; None while they cannot be read."""
    try:
        return sealed_details.read(center, case, commitments)
    except (VaultLocked, NothingReadable):
        return None
