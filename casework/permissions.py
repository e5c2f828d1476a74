"""Who may do what: one table, read aloud.

A role reaches either nowhere, the cases that person opened or was given, or the whole center. Nobody
reaches testimony by being an administrator. The door (`evidence`) asks here first, before any statement,
key or byte; pages ask here only to know which buttons to show.

The place of consent and grants (purpose, time, view or copy): `require_case`, after the role has been asked.
"""

from __future__ import annotations

import enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.errors import Forbidden, Missing
from casework.models import Case, CaseAccess, Person, Role


class Act(enum.StrEnum):
    MANAGE_PEOPLE = "manage-people"
    """Add staff, make their one-time links, change roles."""
    SEE_HEALTH = "see-health"
    UNLOCK_VAULT = "unlock-vault"
    OPEN_CASE = "open-case"
    SEE_CASE = "see-case"
    """Its code, its items and how they stand."""
    READ_DETAILS = "read-details"
    """Names, places, wishes and notes that are sealed to a case."""
    GIVE_CASE = "give-case"
    """Let another person work with the case, or a court see it."""
    OPEN_INTERVIEW = "open-interview"
    CONDUCT_INTERVIEW = "conduct-interview"
    """Begin, mark, break, resume, stop and seal."""
    OBSERVE_INTERVIEW = "observe-interview"
    """Watch live."""
    VIEW_EVIDENCE = "view-evidence"
    EXPORT_EVIDENCE = "export-evidence"
    SEE_HISTORY = "see-history"
    """Who did what with an item, when and why."""
    KEEP_CASE = "keep-case"
    """Say how long a case is kept; place and lift legal holds."""
    DISPOSE_EVIDENCE = "dispose-evidence"
    """Request its destruction, or decide about somebody else's request."""
    SEE_STATISTICS = "see-statistics"
    """Counts by month, small ones hidden."""


class Reach(enum.Enum):
    NOWHERE = "."
    OWN_CASES = "o"
    """Cases the person opened or was given."""
    CENTER = "*"


_ROLES = (
    Role.ADMINISTRATOR,
    Role.CUSTODIAN,
    Role.PROSECUTOR,
    Role.INTERVIEWER,
    Role.OBSERVER,
    Role.EXAMINER,
    Role.SOCIAL_WORKER,
    Role.COURT,
    Role.DEFENCE,
    Role.ADVOCATE,
    Role.MONITORING,
)


def _row(reaches: str) -> dict[Role, Reach]:
    return {role: Reach(one) for role, one in zip(_ROLES, reaches.split(), strict=True)}


TABLE: dict[Act, dict[Role, Reach]] = {
    #                            admini custod prosec interv observ examin social court  defenc advoca monito
    Act.MANAGE_PEOPLE:     _row("*      .      .      .      .      .      .      .      .      .      ."),
    Act.SEE_HEALTH:        _row("*      *      *      .      .      .      .      .      .      .      ."),
    Act.UNLOCK_VAULT:      _row("*      *      *      .      .      .      .      .      .      .      ."),
    Act.OPEN_CASE:         _row(".      .      *      *      .      *      *      .      .      .      ."),
    Act.SEE_CASE:          _row(".      *      o      o      o      o      o      o      o      o      ."),
    Act.READ_DETAILS:      _row(".      .      o      o      o      o      o      o      .      o      ."),
    Act.GIVE_CASE:         _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.OPEN_INTERVIEW:    _row(".      .      o      o      .      .      .      .      .      .      ."),
    Act.CONDUCT_INTERVIEW: _row(".      .      o      o      .      .      .      .      .      .      ."),
    Act.OBSERVE_INTERVIEW: _row(".      .      o      o      o      o      o      .      .      .      ."),
    Act.VIEW_EVIDENCE:     _row(".      .      o      o      .      .      .      o      o      .      ."),
    Act.EXPORT_EVIDENCE:   _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.SEE_HISTORY:       _row(".      *      o      o      .      .      .      o      o      o      ."),
    Act.KEEP_CASE:         _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.DISPOSE_EVIDENCE:  _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.SEE_STATISTICS:    _row(".      .      .      .      .      .      .      .      .      .      *"),
}  # fmt: skip


def reach(person: Person, act: Act) -> Reach:
    """How far `person` reaches with `act`; a person who has left reaches nowhere."""
    return TABLE[act][person.role] if person.active else Reach.NOWHERE


def may(person: Person, act: Act) -> bool:
    """Whether a page should offer `act` at all. Never a substitute for `require`."""
    return reach(person, act) is not Reach.NOWHERE


def require(person: Person, act: Act) -> None:
    """Raises `Forbidden` unless the person's role does `act` somewhere."""
    if reach(person, act) is Reach.NOWHERE:
        raise Forbidden(f"{act} is not for role {person.role}")


def require_case(session: Session, person: Person, act: Act, case_id: str) -> Case:
    """The case, if `person` may do `act` in it. Raises `Forbidden` or `Missing`.

    Role first, so that someone without the role does not even learn which ids exist.
    """
    require(person, act)
    case = session.get(Case, case_id)
    if case is None:
        raise Missing(f"no case {case_id[:32]}")
    if reach(person, act) is Reach.OWN_CASES and not _own(session, person, case):
        raise Forbidden(f"{act}: case {case.id} was not given to {person.id}")
    return case


def _own(session: Session, person: Person, case: Case) -> bool:
    if case.opened_by == person.id:
        return True
    given = session.scalar(
        select(CaseAccess).where(
            CaseAccess.case_id == case.id,
            CaseAccess.person_id == person.id,
            CaseAccess.withdrawn_at.is_(None),
        )
    )
    return given is not None
