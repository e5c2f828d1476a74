"""Cases: a code, a key for what must be erasable, and who may work with it.

A case has no title. Its code, `2026-0001`, counts within the year and says nothing about a person. Its key
pair is made when it is opened, by the keyholder, which wraps the private half for the vault at once and
forgets it; so details can be sealed while the vault is locked and erased by destroying one small thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import names
from casework.center import new_id, now
from casework.details import case_info
from casework.errors import Missing, Refused
from casework.models import Case, CaseAccess, Person
from casework.permissions import Act, Reach, reach, require, require_case

if TYPE_CHECKING:
    from casework.center import Center


def open_case(center: Center, person: Person) -> Case:
    """A new case, worked on by `person`. Raises `Forbidden`, and `VaultError` where the keyholder is away."""
    require(person, Act.OPEN_CASE)
    case_id = new_id()
    # The keyholder keeps the private half before there is a case: nothing must be sealed to a key that
    # nobody could open.
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


def get(center: Center, person: Person, case_id: str) -> Case:
    """One case. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return require_case(session, person, Act.SEE_CASE, case_id)


def find(center: Center, wanted: str) -> Case | None:
    """The case of this code or id; for the machine's own terminal."""
    with center.database() as session:
        return session.scalar(select(Case).where((Case.code == wanted) | (Case.id == wanted)))


def visible(center: Center, person: Person) -> Sequence[Case]:
    """The cases this person may see, newest first. Raises `Forbidden` for a role that sees none."""
    require(person, Act.SEE_CASE)
    query = select(Case).order_by(Case.opened_at.desc(), Case.code.desc())
    if reach(person, Act.SEE_CASE) is not Reach.CENTER:
        given = select(CaseAccess.case_id).where(
            CaseAccess.person_id == person.id, CaseAccess.withdrawn_at.is_(None)
        )
        query = query.where((Case.opened_by == person.id) | Case.id.in_(given))
    with center.database() as session:
        return session.scalars(query).all()


def give(center: Center, by: Person, case_id: str, person_id: str) -> None:
    """Let another person work with the case, or a court see its sealed evidence.

    Raises `Forbidden`, `Missing`, `Refused` for somebody whose role no case is given to.
    """
    with center.database.begin() as session:
        require_case(session, by, Act.GIVE_CASE, case_id)
        person = session.get(Person, person_id)
        if person is None:
            raise Missing(f"no person {person_id[:32]}")
        if reach(person, Act.SEE_CASE) is not Reach.OWN_CASES:
            raise Refused("to this person's role no case is given")
        access = session.get(CaseAccess, (case_id, person_id))
        if access is None:
            access = CaseAccess(case_id=case_id, person_id=person_id)
            session.add(access)
        access.given_by, access.given_at, access.withdrawn_at = by.id, now(), None


def withdraw(center: Center, by: Person, case_id: str, person_id: str) -> None:
    """Take a case back; at once, for open viewings too. Raises `Forbidden`, `Missing`."""
    with center.database.begin() as session:
        require_case(session, by, Act.GIVE_CASE, case_id)
        access = session.get(CaseAccess, (case_id, person_id))
        if access is None:
            raise Missing("this case was not given to that person")
        access.withdrawn_at = access.withdrawn_at or now()


def given_to(center: Center, by: Person, case_id: str) -> Sequence[Person]:
    """The people the case was given to, by name."""
    with center.database() as session:
        require_case(session, by, Act.GIVE_CASE, case_id)
        people = session.scalars(
            select(Person)
            .join(CaseAccess, CaseAccess.person_id == Person.id)
            .where(CaseAccess.case_id == case_id, CaseAccess.withdrawn_at.is_(None))
        ).all()
    return names.by_name(names.named(center, people))


def _next_code(session: Session) -> str:
    # Inside the writing transaction, so that two cases opened at once get two numbers.
    year = now().year
    last = session.scalar(
        select(Case.code)
        .where(Case.code.startswith(f"{year}-"))
        .order_by(func.length(Case.code).desc(), Case.code.desc())
        .limit(1)
    )
    number = 1 if last is None else int(last.split("-")[1]) + 1
    return f"{year}-{number:04d}"
