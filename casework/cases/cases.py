"""Cases: a code, a key for erasable details, and who may work with it.

A case has no title. Its code, `2026-0001`, counts within the year and says nothing about a person. The
keyholder makes its key pair when the case is opened. It wraps the private key for the vault at once and
discards it. So details can be sealed while the vault is locked, and erased by destroying one small object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from casework import sealed_names
from casework.access import grants_in_force
from casework.access.permissions import Act, Reach, reach, require, require_case
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import Case, CaseAccess, Person, Role
from casework.errors import CaseVoided, Missing, NobodyChosen, Refused
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft, State
from casework.ledger.sealed_details import case_info
from chain_of_custody.statements.statement import Statement

WORK = "work"
"""The purpose for which colleagues have a case."""
_Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]
COLUMNS: Mapping[str, Sequence[_Column]] = {
    # A code counts within its year, beyond 9999 too.
    "number": (func.substr(Case.code, 1, 4), func.length(Case.code), Case.code),
    "opened": (Case.opened_at, Case.code),
}
"""What a list of cases can be sorted by."""
NEWEST = "-opened"
_CASE, _ACCESS = aliased(Case), aliased(CaseAccess)
"""Aliases for `is_own`, made once: a new alias adapts every column again, a millisecond for each query."""


def open_case(center: Center, person: Person) -> Case:
    """Open a new case for `person`. Raises `Forbidden`, and `VaultError` if the keyholder is unavailable."""
    require(person, Act.OPEN_CASE)
    case_id = new_id()
    # The keyholder stores the private key before the case exists: nothing may be sealed to a key that is not
    # stored.
    public = center.keyholder.make_case_key(case_id, case_info(center.deployment, case_id))
    with center.database.begin() as session:
        case = Case(
            id=case_id,
            code=_next_code(session),
            opened_at=now(),
            opened_by=person.id,
            public_key=public,
        )
        session.add(case)
    return case


def get(center: Center, person: Person, case_id: str, act: Act = Act.SEE_CASE) -> Case:
    """Return one case, if `person` may do `act` in it. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return require_case(session, person, act, case_id)


def require_in_use(case: Case) -> None:
    """Raise `CaseVoided` for a case that was voided as opened in error (`opened_in_error`)."""
    if case.voided_at is not None:
        raise CaseVoided(f"case {case.id} was voided")


def find(center: Center, code_or_id: str) -> Case | None:
    """Return the case with this code or id; for the machine's own terminal."""
    return center.database.scalar(select(Case).where((Case.code == code_or_id) | (Case.id == code_or_id)))


def visible(
    center: Center,
    person: Person,
    find: str = "",
    skip: int = 0,
    most: int | None = None,
    sort: str = NEWEST,
) -> Sequence[Case]:
    """Return the cases this person may see whose code contains `find`: at most `most`, after the first
    `skip`.

    `sort`: one of `COLUMNS`, with "-" before it in descending order; any other text: newest first. Raises
    `Forbidden` for a role that sees none.
    """
    require(person, Act.SEE_CASE)
    query = select(Case).order_by(*_order(sort)).offset(skip).limit(most)
    if find:
        query = query.where(Case.code.contains(find, autoescape=True))
    with center.database() as session:
        match reach(person, Act.SEE_CASE):
            case Reach.GRANTED:
                granted = {grant.case_id for grant in grants_in_force.in_force(session, person)}
                query = query.where(Case.id.in_(granted))
            case Reach.OWN_CASES:
                query = query.where(Case.id.in_(own(person)))
        return session.scalars(query).all()


def _order(sort: str) -> Sequence[_Column]:
    column = sort.removeprefix("-")
    if column not in COLUMNS:
        return _order(NEWEST)
    return [one.desc() if sort != column else one for one in COLUMNS[column]]


def own(person: Person) -> Select[str]:
    """Select the ids of the cases that this person opened or was given."""
    permitted = select(CaseAccess.case_id).where(
        CaseAccess.person_id == person.id, CaseAccess.withdrawn_at.is_(None)
    )
    return select(Case.id).where((Case.opened_by == person.id) | Case.id.in_(permitted))


def is_own(person: BindParameter[str], case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return a condition: the case in this column is one that the person with this id opened or was given.
    For queries that find few rows: it is evaluated for each row, while `own` lists all cases first.
    """
    given = exists().where(
        _ACCESS.case_id == _CASE.id, _ACCESS.person_id == person, _ACCESS.withdrawn_at.is_(None)
    )
    return exists().where(_CASE.id == case_id, (_CASE.opened_by == person) | given)


def give(
    center: Center, by: Person, case_id: str, *person_ids: str, state: State = custody_log.append
) -> None:
    """Give colleagues access to the case within their role, all or none.

    Each is stated first, as `case.given`. Any person who works with the case may give it to a
    prosecutor; only a prosecutor gives it to others.

    `state`: the function that states it, as in `legal_holds`. Raises `Forbidden`, `Missing`, `CaseVoided`,
    `NobodyChosen`;
    `Refused` for the person who opened it, and for a role that receives no cases: courts and the defence
    receive grants (`grants`).
    """
    with center.database() as session:  # 1. Permission
        case = require_case(session, by, Act.HAND_CASE, case_id)
        require_in_use(case)
        receivers = [_receiver(session, by, case, person_id) for person_id in dict.fromkeys(person_ids)]
    if not receivers:
        raise NobodyChosen("a case is shared with one colleague at least")
    state(center, *(_draft(center, by, case, "case.given", one) for one in receivers))  # 2. Statements


def withdraw(
    center: Center, by: Person, case_id: str, person_id: str, *, state: State = custody_log.append
) -> None:
    """Withdraw access to a case, at once, for open viewings too; states `case.withdrawn` first.

    Raises `Forbidden`, `Missing`.
    """
    with center.database() as session:
        case = require_case(session, by, Act.GIVE_CASE, case_id)
        held = session.get(CaseAccess, (case_id, person_id))
        if held is None:
            raise Missing("this case was not given to that person")
        person = session.get_one(Person, person_id)
    if held.withdrawn_at is None:
        state(center, _draft(center, by, case, "case.withdrawn", person))


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still give or withdraw what they have signed.

    Raises `Forbidden`, `Missing`, `Refused`.
    """
    with center.database() as session:
        receiver = session.get_one(Person, statement.body["person"])
        handed = statement.type == "case.given" and receiver.role is Role.PROSECUTOR
        require_case(session, person, Act.HAND_CASE if handed else Act.GIVE_CASE, statement.evidence)
    if statement.type == "case.given" and reach(receiver, Act.SEE_CASE) is not Reach.OWN_CASES:
        raise Refused("to this person's role no case is given")


def _receiver(session: Session, by: Person, case: Case, person_id: str) -> Person:
    """Return the person, if the case may be given to them. Raises `Forbidden`, `Missing`, `Refused`."""
    person = session.get(Person, person_id)
    if person is None or person.role is not Role.PROSECUTOR:
        require_case(session, by, Act.GIVE_CASE, case.id)
    if person is None:
        raise Missing(f"no person {person_id[:32]}")
    if reach(person, Act.SEE_CASE) is not Reach.OWN_CASES:
        raise Refused("to this person's role no case is given")
    if person.id == case.opened_by:  # withdrawing it later would have no effect
        raise Refused("the person who opened a case works with it")
    return person


def _draft(center: Center, by: Person, case: Case, type_: str, receiver: Person) -> Draft:
    name = sealed_names.with_name(center, receiver).name
    return Draft(type_, case.id, by, WORK, {"person": receiver.id}, case, {"receiver": name or ""})


def given_to(center: Center, by: Person, case_id: str) -> Sequence[Person]:
    """Return the people to whom the case was given, sorted by name."""
    with center.database() as session:
        require_case(session, by, Act.HAND_CASE, case_id)
        people = session.scalars(
            select(Person)
            .join(CaseAccess, CaseAccess.person_id == Person.id)
            .where(CaseAccess.case_id == case_id, CaseAccess.withdrawn_at.is_(None))
        ).all()
    return sealed_names.by_name(sealed_names.named(center, people))


def _next_code(session: Session) -> str:
    # Inside the writing transaction, so that two cases opened at the same time get different numbers.
    year = now().year
    last = session.scalar(
        select(Case.code)
        .where(Case.code.startswith(f"{year}-"))
        .order_by(func.length(Case.code).desc(), Case.code.desc())
        .limit(1)
    )
    number = 1 if last is None else int(last.split("-")[1]) + 1
    return f"{year}-{number:04d}"
