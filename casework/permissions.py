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


class Reach(enum.Enum):
    NOWHERE = 0
    OWN_CASES = 1
    """Cases the person opened or was given."""
    CENTER = 2


_NO, _OWN, _ALL = Reach.NOWHERE, Reach.OWN_CASES, Reach.CENTER

TABLE: dict[Act, dict[Role, Reach]] = {
    #                       administrator              prosecutor              court
    Act.MANAGE_PEOPLE:     {Role.ADMINISTRATOR: _ALL, Role.PROSECUTOR: _NO,  Role.COURT: _NO},
    Act.SEE_HEALTH:        {Role.ADMINISTRATOR: _ALL, Role.PROSECUTOR: _ALL, Role.COURT: _NO},
    Act.UNLOCK_VAULT:      {Role.ADMINISTRATOR: _ALL, Role.PROSECUTOR: _ALL, Role.COURT: _NO},
    Act.OPEN_CASE:         {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _ALL, Role.COURT: _NO},
    Act.SEE_CASE:          {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _OWN},
    Act.GIVE_CASE:         {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.OPEN_INTERVIEW:    {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.CONDUCT_INTERVIEW: {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.OBSERVE_INTERVIEW: {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.VIEW_EVIDENCE:     {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _OWN},
    Act.EXPORT_EVIDENCE:   {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.SEE_HISTORY:       {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _OWN},
    Act.KEEP_CASE:         {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
    Act.DISPOSE_EVIDENCE:  {Role.ADMINISTRATOR: _NO,  Role.PROSECUTOR: _OWN, Role.COURT: _NO},
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
