"""Who may do what: one permission table.

The reach of a role is one of: nowhere, the cases that person opened or was given, what that person was
granted, or the whole center. The administrator role gives no access to testimony. The gateway checks here
first, before any statement, key or byte; pages check here only to decide which buttons to show.

For grants (`grants_in_force`) each check names its object: a case is visible while any grant in it is in
force, an interview or an item only while a grant covers it.
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
    CHECK_PACKAGE = "check-package"
    """See how a package is checked, and save the files that a court registers for it. No case is named."""
    KEEP_ROOMS = "keep-rooms"
    """List the interview rooms."""
    SEE_ROOMS = "see-rooms"
    """See the state of each room. A person without cases sees state and health, and no case."""
    UNLOCK_VAULT = "unlock-vault"
    OPEN_CASE = "open-case"
    SEE_CASE = "see-case"
    """See its code, its items and their states."""
    READ_DETAILS = "read-details"
    """Read names, places, wishes and notes that are sealed to a case."""
    DESCRIBE_CASE = "describe-case"
    """Write the name of the person whom the case is about, and notes, sealed to the case."""
    VOID_CASE = "void-case"
    """Void a case that was opened in error, while there is no evidence in it."""
    HAND_CASE = "hand-case"
    """Give a prosecutor access to the case: staff who open one at night hand it over in the morning."""
    GIVE_CASE = "give-case"
    """Give a colleague access to the case; grant a court or the defence access to parts of it."""
    AUTHORISE_COPY = "authorise-copy"
    """Let a court or the defence take a copy, where the grant provides for it."""
    RECORD_CONSENT = "record-consent"
    """Record what the person agrees to, refuses or withdraws."""
    OPEN_INTERVIEW = "open-interview"
    CONDUCT_INTERVIEW = "conduct-interview"
    """Start, mark, pause, resume, stop and seal."""
    OBSERVE_INTERVIEW = "observe-interview"
    """Watch live, and see what the next room passes in."""
    ASK_QUESTION = "ask-question"
    """Pass a question or a request for a break to a running interview."""
    VIEW_EVIDENCE = "view-evidence"
    EXPORT_EVIDENCE = "export-evidence"
    MAKE_DERIVATIVE = "make-derivative"
    """Order a film or another copy made from a recording or a received file; it is never the master."""
    CHECK_DERIVATIVE = "check-derivative"
    """Accept or reject a redacted film or a transcript that another person ordered."""
    COMPARE_PHOTOGRAPHS = "compare-photographs"
    """Order a sheet of photographs side by side at one scale."""
    ADD_PHOTOGRAPHS = "add-photographs"
    """Add photographs to a case; open and close guided sets."""
    ADD_DOCUMENTS = "add-documents"
    """Add documents to a case: papers, and drawings made in an interview."""
    ADD_RECEIVED = "add-received"
    """Add files received from outside to a case. Who may view evidence sees and opens them."""
    SEE_PHOTOGRAPHS = "see-photographs"
    """See the photographs and documents of a case, with thumbnails of those that are not intimate."""
    OPEN_PHOTOGRAPH = "open-photograph"
    """Open and save one that is not intimate, or a document."""
    SEE_INTIMATE = "see-intimate"
    """Request to open an intimate picture, and open it once a second person has approved."""
    APPROVE_INTIMATE = "approve-intimate"
    """Approve another person's request to open one."""
    TAKE_SPECIMENS = "take-specimens"
    """Take specimens: kits, swabs, clothing, samples."""
    HOLD_SPECIMENS = "hold-specimens"
    """See the specimens of a case; receive them, and hand over, recall and destroy those that one has."""
    SEE_HISTORY = "see-history"
    """See who did what with an item, when and why."""
    SEE_DISCLOSURE = "see-disclosure"
    """See what was disclosed to whom: grants, viewings, packages."""
    KEEP_CASE = "keep-case"
    """Set how long a case is retained; place and lift legal holds."""
    EXCLUDE_PASSAGE = "exclude-passage"
    """Enter a court order that excludes a passage of a recording, or restores it."""
    SEE_EXCLUDED = "see-excluded"
    """See the excluded passages of recordings that the person may view."""
    DISPOSE_EVIDENCE = "dispose-evidence"
    """Request its destruction, or decide on another person's request."""
    SEE_STATISTICS = "see-statistics"
    """See counts by month, with small counts hidden."""


class Reach(enum.Enum):
    """The extent to which a role may perform an act; values are the symbols of `TABLE`.

    `NOWHERE`: not at all; `CENTER`: in the whole center.
    """

    NOWHERE = "."
    OWN_CASES = "o"
    """Cases the person opened or was given."""
    GRANTED = "g"
    """What a grant in force covers."""
    CENTER = "*"


OF_A_SHEET = {Act.VIEW_EVIDENCE: Act.OPEN_PHOTOGRAPH, Act.MAKE_DERIVATIVE: Act.COMPARE_PHOTOGRAPHS}
"""Acts on derivatives, and the acts that replace them for derivatives of photographs alone."""

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
    Act.CHECK_PACKAGE:     _row("*      *      *      .      .      .      .      *      *      .      ."),
    Act.KEEP_ROOMS:        _row("*      .      .      .      .      .      .      .      .      .      ."),
    Act.SEE_ROOMS:         _row("*      .      o      o      .      .      .      .      .      .      ."),
    Act.UNLOCK_VAULT:      _row("*      *      *      .      .      .      .      .      .      .      ."),
    Act.OPEN_CASE:         _row(".      .      *      *      .      *      *      .      .      .      ."),
    Act.SEE_CASE:          _row(".      *      o      o      o      o      o      g      g      o      ."),
    Act.READ_DETAILS:      _row(".      .      o      o      o      o      o      g      .      o      ."),
    Act.DESCRIBE_CASE:     _row(".      .      o      o      .      o      o      .      .      .      ."),
    Act.VOID_CASE:         _row(".      .      o      o      .      o      o      .      .      .      ."),
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
    Act.ADD_DOCUMENTS:     _row(".      .      o      o      .      o      .      .      .      .      ."),
    Act.ADD_RECEIVED:      _row(".      .      o      o      .      o      o      .      .      .      ."),
    Act.SEE_PHOTOGRAPHS:   _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.OPEN_PHOTOGRAPH:   _row(".      .      o      .      .      o      .      g      g      .      ."),
    Act.SEE_INTIMATE:      _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.APPROVE_INTIMATE:  _row(".      .      o      .      .      o      .      .      .      .      ."),
    Act.TAKE_SPECIMENS:    _row(".      .      .      .      .      o      .      .      .      .      ."),
    Act.HOLD_SPECIMENS:    _row(".      *      o      o      .      o      .      .      .      .      ."),
    Act.SEE_HISTORY:       _row(".      *      o      o      .      .      .      g      g      o      ."),
    Act.SEE_DISCLOSURE:    _row(".      *      o      .      .      .      .      .      .      o      ."),
    Act.KEEP_CASE:         _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.EXCLUDE_PASSAGE:   _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.SEE_EXCLUDED:      _row(".      .      o      .      .      .      .      .      .      .      ."),
    Act.DISPOSE_EVIDENCE:  _row(".      *      o      .      .      .      .      .      .      .      ."),
    Act.SEE_STATISTICS:    _row(".      .      .      .      .      .      .      .      .      .      *"),
}  # fmt: skip


def reach(person: Person, act: Act) -> Reach:
    """Return the reach of `person` for `act`; `NOWHERE` for a person who has left."""
    return TABLE[act][person.role] if person.active else Reach.NOWHERE


def may(person: Person, act: Act) -> bool:
    """Return whether a page should offer `act` at all. Never a substitute for `require`."""
    return reach(person, act) is not Reach.NOWHERE


def require(person: Person, act: Act) -> None:
    """Raise `Forbidden` unless the person's role may do `act` somewhere, `HasLeft` if they have left."""
    if not person.active:
        raise HasLeft(f"{person.id} has left")
    if reach(person, act) is Reach.NOWHERE:
        raise Forbidden(f"{act} is not for role {person.role}")


def require_case(session: Session, person: Person, act: Act, case_id: str) -> Case:
    """Return the case, if `person` may do `act` in it. Raises `Forbidden` or `Missing`.

    The role is checked first, so that a person without the role cannot find out which ids exist.
    """
    return _required(session, person, act, case_id, None)[0]


def require_interview(session: Session, person: Person, act: Act, interview: Interview) -> Case:
    """Return its case, if `person` may do `act` with the interview. Raises as `require_case`."""
    items = [part.id for part in (*interview.parts, *interview.safeties)]
    return _required(session, person, act, interview.case_id, items)[0]


def require_item(
    session: Session, person: Person, act: Act, part: Evidence, purpose: str | None = None
) -> tuple[Case, Grant | None]:
    """Return its case, and the grant by which `person` may do `act` with the item (None: not by a grant).

    Raises as `require_case`.
    """
    named = part.interview_id is None  # a file
    return _required(session, person, act, part.case_id, [part.id], purpose, named=named)


def act_with(session: Session, act: Act, item: Evidence) -> Act:
    """Return the act to check for `act` on this item: a derivative needs the act of its sources, a photograph
    or document that of photographs."""
    if item.kind in ("recording", "received"):
        return act
    if item.kind == "derivative":
        return with_derivative(act, session.get_one(Derivative, item.id).kind)
    return OF_A_SHEET.get(act, act)


def with_derivative(act: Act, kind: str) -> Act:
    """Return the act to check for `act` on a derivative of this kind: one of photographs needs the same
    permission as photographs."""
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
    access = session.scalar(
        select(CaseAccess).where(
            CaseAccess.case_id == case.id,
            CaseAccess.person_id == person.id,
            CaseAccess.withdrawn_at.is_(None),
        )
    )
    return access is not None
