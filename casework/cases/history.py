"""An item's custody history: every statement about it, verified, with the values of its time.

Chains are read through the ledger and checked for missing statements (`chains`); signatures are checked to
be by the required signer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, Reach, reach, require_case, require_interview, require_item
from casework.center import Center
from casework.database.models import Case, Evidence, Exam, Interview, Person, Specimen, StatementIndex
from casework.errors import Forbidden, VaultLocked
from casework.ledger import chains, custody_log, sealed_details
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.signatures import signed_by
from chain_of_custody.statements.statement import Actor, SignedStatement

Item = TypeVar("Item", Evidence, Exam, Specimen)


@dataclass(frozen=True)
class Entry:
    """One line of an item's history, with the values of its time."""

    about: str
    """Id of the item, interview or case whose chain this is."""
    position: int
    """In the ledger."""
    number: int
    """In the chain of its item."""
    type: str
    at: datetime
    actor: Actor
    name: str | None
    """The person's name as it was then; None for machines, or while details cannot be read."""
    purpose: str
    body: Mapping[str, Any]
    details: Mapping[str, Any] | None
    """None if there are none, they were erased, or the vault is locked."""
    signed_by: str
    """`person`; `center`: on the person's behalf, not signed by them; or `recorder`."""


def of_item(
    center: Center, person: Person, about: str, chain: Mapping[int, bytes] | None = None
) -> list[Entry]:
    """Return the history of an evidence item, interview or case: what, when, by whom and why; oldest first.

    Signatures are verified. Names and details are as they were then, and omitted while the vault is locked.
    `chain`: its chain, if the caller has just read it with `chains.chain`; None: it is read here. Raises
    `Forbidden`, `Missing`.
    """
    with center.database() as session:
        case = _require(session, person, about)
    return _entries(center, case, chains.chain(center, about) if chain is None else chain)


def of_case(center: Center, person: Person, case_id: str) -> list[Entry]:
    """Return the history of a case, its interviews and every item in it, in ledger order; for grant holders,
    of the interviews and items that their grants cover."""
    with center.database() as session:
        case = require_case(session, person, Act.SEE_HISTORY, case_id)
        rows = session.scalars(
            select(StatementIndex.chain).where(StatementIndex.case_id == case_id).distinct()
        ).all()
        abouts = [about for about in rows if reaches(session, person, about)]
    leaves = {position: leaf for about in abouts for position, leaf in chains.chain(center, about).items()}
    return _entries(center, case, dict(sorted(leaves.items())))


def files_of(center: Center, person: Person, case_id: str) -> list[Evidence]:
    """Return the photographs and documents of a case whose history this person may read. Raises as
    `of_case`."""
    added = select(Evidence).where(Evidence.case_id == case_id, Evidence.interview_id.is_(None))
    return _readable(center, person, case_id, added)


def sets_of(center: Center, person: Person, case_id: str) -> list[Exam]:
    """Return the guided sets of a case whose history this person may read. Raises as `of_case`."""
    return _readable(center, person, case_id, select(Exam).where(Exam.case_id == case_id))


def specimens_of(center: Center, person: Person, case_id: str) -> list[Specimen]:
    """Return the specimens of a case whose history this person may read. Raises as `of_case`."""
    taken = select(Specimen).where(Specimen.case_id == case_id, Specimen.stated > 0)
    return _readable(center, person, case_id, taken)


def _readable(center: Center, person: Person, case_id: str, of_case: Select[Item]) -> list[Item]:
    with center.database() as session:
        require_case(session, person, Act.SEE_HISTORY, case_id)
        return [one for one in session.scalars(of_case) if reaches(session, person, one.id)]


def of_specimen(center: Center, case: Case, specimen_id: str, *, details: bool) -> list[Entry]:
    """Return the history of a specimen of this case, for callers who have checked that it may be seen.

    `details`: whether with all sealed details; else with the names alone.
    """
    entries = _entries(center, case, chains.chain(center, specimen_id))
    return entries if details else [replace(one, details=_names(one.details)) for one in entries]


def reaches(session: Session, person: Person, about: str) -> bool:
    """Return whether this person may read the history of this item, interview or case. Raises `Missing`."""
    try:
        _require(session, person, about)
    except Forbidden:
        return False
    return True


def _entries(center: Center, case: Case, leaves: Mapping[int, bytes]) -> list[Entry]:
    known = custody_log.keys(center)
    signed = {position: SignedStatement.parse(leaf) for position, leaf in leaves.items()}
    committed = [one.statement.details for one in signed.values() if one.statement.details is not None]
    try:
        opened = sealed_details.read(center, case, committed) if committed else {}
    except VaultLocked:
        opened = {}
    entries = []
    for position, one in signed.items():
        statement = one.statement
        details = None if statement.details is None else opened.get(statement.details)
        entries.append(
            Entry(
                about=statement.evidence,
                position=position,
                number=statement.number,
                type=statement.type,
                at=canonical_json.moment(statement.at),
                actor=statement.actor,
                name=None if details is None else details.get("name"),
                purpose=statement.purpose,
                body=statement.body,
                details=details,
                signed_by=signed_by(one.verify(known, position)),
            )
        )
    return entries


def _names(details: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return details and {name: details[name] for name in ("name", "receiver") if name in details}


def _require(session: Session, person: Person, about: str) -> Case:
    if (part := session.get(Evidence, about)) is not None:
        return require_item(session, person, Act.SEE_HISTORY, part)[0]
    if (interview := session.get(Interview, about)) is not None:
        return require_interview(session, person, Act.SEE_HISTORY, interview)
    of_case = session.get(Exam, about) or session.get(Specimen, about)
    case = require_case(session, person, Act.SEE_HISTORY, about if of_case is None else of_case.case_id)
    if reach(person, Act.SEE_HISTORY) is Reach.GRANTED:
        # A grant does not cover the history of grants to others.
        raise Forbidden(f"the history of case {case.id} as a whole is not granted")
    return case
