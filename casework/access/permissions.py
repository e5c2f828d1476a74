"""Who may do what: one table, read aloud.

A role reaches either nowhere, the cases that person opened or was given, what that person was granted, or
the whole center. Nobody reaches testimony by being an administrator. The gateway asks here first,
before any statement, key or byte; pages ask here only to know which buttons to show.

Of what is granted (`grants_in_force`) every question names the thing: a case is seen while any grant in it is
in force, an interview or an item only while a grant reaches that.
"""

from __future__ import annotations

import enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access import grants_in_force
from casework.database.models import Case, CaseAccess, Derivative, Evidence, Grant, Interview, Person, Role
from casework.errors import Forbidden, HasLeft, Missing
from chain_of_custody.statements.types import OF_PHOTOGRAPHS


class Act(enum.StrEnum):
    """An act, for which `TABLE` gives the reach of each role; values are codes."""

    MANAGE_PEOPLE = "manage-people"
    """Add staff, make their one-time links, change roles."""
    SEE_HEALTH = "see-health"
    KEEP_ROOMS = "keep-rooms"
    """List the interview rooms."""
    SEE_ROOMS = "see-rooms"
    """Which room is in which state. Whoever has no case sees state and health, and no case."""
    UNLOCK_VAULT = "unlock-vault"
    OPEN_CASE = "open-case"
    SEE_CASE = "see-case"
    """Its code, its items and how they stand."""
    READ_DETAILS = "read-details"
    """Names, places, wishes and notes that are sealed to a case."""
    DESCRIBE_CASE = "describe-case"
    """Write whose case it is, and notes; sealed to it."""
    HAND_CASE = "hand-case"
    """Let a prosecutor work with the case: whoever opened it at night hands it on in the morning."""
    GIVE_CASE = "give-case"
    """Let a colleague work with the case; grant a court or the defence to see something of it."""
    AUTHORISE_COPY = "authorise-copy"
    """Let a court or the defence take a copy with them, where the grant says so."""
    RECORD_CONSENT = "record-consent"
    """Note what the person agrees to, refuses or takes back."""
    OPEN_INTERVIEW = "open-interview"
    CONDUCT_INTERVIEW = "conduct-interview"
    """Begin, mark, break, resume, stop and seal."""
    OBSERVE_INTERVIEW = "observe-interview"
    """Watch live, and see what is passed in from next door."""
    ASK_QUESTION = "ask-question"
    """Pass a question or a request for a break to a running interview."""
    VIEW_EVIDENCE = "view-evidence"
    EXPORT_EVIDENCE = "export-evidence"
    MAKE_DERIVATIVE = "make-derivative"
    """Have a film or another copy made from what was recorded; it is never the master."""
    CHECK_DERIVATIVE = "check-derivative"
    """Say of a redacted film or a transcript that somebody else had made whether it is as it should be."""
    COMPARE_PHOTOGRAPHS = "compare-photographs"
    """Have a sheet made on which photographs stand side by side at one scale."""
    ADD_PHOTOGRAPHS = "add-photographs"
    """Take photographs and documents into a case."""
    SEE_PHOTOGRAPHS = "see-photographs"
    """What photographs and documents a case has, and small pictures of those that are not intimate."""
    OPEN_PHOTOGRAPH = "open-photograph"
    """Open a single one that is not intimate, or a document, and save it."""
    SEE_INTIMATE = "see-intimate"
    """Ask to open an intimate picture, and open it once a second person has agreed."""
    APPROVE_INTIMATE = "approve-intimate"
    """Agree to somebody else's request to open one."""
    SEE_HISTORY = "see-history"
    """Who did what with an item, when and why."""
    SEE_DISCLOSURE = "see-disclosure"
    """What of a case went to whom: grants, viewings, packages."""
    KEEP_CASE = "keep-case"
    """Say how long a case is kept; place and lift legal holds."""
    EXCLUDE_PASSAGE = "exclude-passage"
    """Enter a court's order by which a passage of a recording is not to be used, or may be again."""
    SEE_EXCLUDED = "see-excluded"
    """See what a court has excluded of the recordings that they may view."""
    DISPOSE_EVIDENCE = "dispose-evidence"
    """Request its destruction, or decide about somebody else's request."""
    SEE_STATISTICS = "see-statistics"
    """Counts by month, small ones hidden."""


class Reach(enum.Enum):
    """The extent to which a role may perform an act; values are the symbols of `TABLE`.

    `NOWHERE`: not at all; `CENTER`: in the whole center.
    """

    NOWHERE = "."
    OWN_CASES = "o"
    """Cases the person opened or was given."""
    GRANTED = "g"
    """What a grant in force reaches."""
    CENTER = "*"


OF_A_SHEET = {Act.VIEW_EVIDENCE: Act.OPEN_PHOTOGRAPH, Act.MAKE_DERIVATIVE: Act.COMPARE_PHOTOGRAPHS}
"""Acts with derivatives, and what they are where photographs alone are shown."""

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
    Act.KEEP_ROOMS:        _row("*      .      .      .      .      .      .      .      .      .      ."),
    Act.SEE_ROOMS:         _row("*      .      o      o      .      .      .      .      .      .      ."),
    Act.UNLOCK_VAULT:      _row("*      *      *      .      .      .      .      .      .      .      ."),
    Act.OPEN_CASE:         _row(".      .      *      *      .      *      *      .      .      .      ."),
    Act.SEE_CASE:          _row(".      *      o      o      o      o      o      g      g      o      ."),
    Act.READ_DETAILS:      _row(".      .      o      o      o      o      o      g      .      o      ."),
    Act.DESCRIBE_CASE:     _row(".      .      o      o      .      o      o      .      .      .      ."),
    Act.HAND_CASE:         _row(".      .      o      o      .      o      o      .      .      .      ."),
    Act.GIVE_CASE:         _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.AUTHORISE_COPY:    _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.RECORD_CONSENT:    _row(".      .      o      o      .      o      o      .      .      o      ."),
    Act.OPEN_INTERVIEW:    _row(".      .      o      o      .      .      .      .      .      .      ."),
    Act.CONDUCT_INTERVIEW: _row(".      .      o      o      .      .      .      .      .      .      ."),
    Act.OBSERVE_INTERVIEW: _row(".      .      o      o      o      o      o      .      .      .      ."),
    Act.ASK_QUESTION:      _row(".      .      o      o      o      o      o      .      .      .      ."),
    Act.VIEW_EVIDENCE:     _row(".      .      o      o      .      .      .      g      g      .      ."),
    Act.EXPORT_EVIDENCE:   _row(".      .      o      .      .      .      .      g      g      .      ."),
    Act.MAKE_DERIVATIVE:   _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.CHECK_DERIVATIVE:  _row(".      .      o      o      .      .      .      .      .      .      ."),
    Act.COMPARE_PHOTOGRAPHS: _row(".    .      o      .      .      o      .      .      .      .      ."),
    Act.ADD_PHOTOGRAPHS:   _row(".      .      .      .      .      o      .      .      .      .      ."),
    Act.SEE_PHOTOGRAPHS:   _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.OPEN_PHOTOGRAPH:   _row(".      .      o      .      .      o      .      g      g      .      ."),
    Act.SEE_INTIMATE:      _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.APPROVE_INTIMATE:  _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.SEE_HISTORY:       _row(".      *      o      o      .      .      .      g      g      o      ."),
    Act.SEE_DISCLOSURE:    _row(".      *      o      .      .      .      .      .      .      o      ."),
    Act.KEEP_CASE:         _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.EXCLUDE_PASSAGE:   _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.SEE_EXCLUDED:      _row(".      .      o      .      .      .      .      .      .      .      ."),
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
    """Raises `Forbidden` unless the person's role does `act` somewhere, `HasLeft` for one who has left."""
    if not person.active:
        raise HasLeft(f"{person.id} has left")
    if reach(person, act) is Reach.NOWHERE:
        raise Forbidden(f"{act} is not for role {person.role}")


def require_case(session: Session, person: Person, act: Act, case_id: str) -> Case:
    """The case, if `person` may do `act` in it. Raises `Forbidden` or `Missing`.

    Role first, so that someone without the role does not even learn which ids exist.
    """
    return _required(session, person, act, case_id, None)[0]


def require_interview(session: Session, person: Person, act: Act, interview: Interview) -> Case:
    """Its case, if `person` may do `act` with the interview. Raises as `require_case`."""
    items = [part.id for part in (*interview.parts, *interview.safeties)]
    return _required(session, person, act, interview.case_id, items)[0]


def require_item(
    session: Session, person: Person, act: Act, part: Evidence, purpose: str | None = None
) -> tuple[Case, Grant | None]:
    """Its case, and the grant by which `person` may do `act` with the item (None: not by a grant).

    Raises as `require_case`.
    """
    named = part.interview_id is None  # a photograph, document or derivative
    return _required(session, person, act, part.case_id, [part.id], purpose, named=named)


def act_with(session: Session, act: Act, item: Evidence) -> Act:
    """What somebody does, in the end, who does `act` with this item: a derivative shows what it was made
    from, and a photograph or document is opened as photographs are."""
    if item.kind == "recording":
        return act
    if item.kind == "derivative":
        return with_derivative(act, session.get_one(Derivative, item.id).kind)
    return OF_A_SHEET.get(act, act)


def with_derivative(act: Act, kind: str) -> Act:
    """What somebody does, in the end, who does `act` with a derivative of this kind: one of photographs is to
    everybody what photographs are."""
    return OF_A_SHEET.get(act, act) if kind in OF_PHOTOGRAPHS else act


def _required(
    session: Session,
    person: Person,
    act: Act,
    case_id: str,
    items: list[str] | None,
    purpose: str | None = None,
    *,
    named: bool = False,
) -> tuple[Case, Grant | None]:
    require(person, act)
    case = session.get(Case, case_id)
    if case is None:
        raise Missing(f"no case {case_id[:32]}")
    match reach(person, act):
        case Reach.OWN_CASES if not _own(session, person, case):
            raise Forbidden(f"{act}: case {case.id} was not given to {person.id}")
        case Reach.GRANTED:
            copy = act is Act.EXPORT_EVIDENCE
            return case, grants_in_force.reaching(
                session, person, case.id, items, purpose=purpose, copy=copy, named=named
            )
    return case, None


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
