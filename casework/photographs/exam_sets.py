"""Guided sets of exam photographs: the pictures of each injury, and the missing ones.

A set begins with a picture that identifies it. Each injury has five pictures: orientation, mid-range,
close-up without and with a scale, and one with the colour card. A region of the body counts as examined if it
has an injury, or if it is noted that no injury is visible. The position of an injury, as a pin on a drawing
of a body, its description, as a term and in words, whether its pictures are intimate and whether she agreed
to them are personal data. They are never in a column and never in the ledger. They are sealed to the case as
the details of `exam.noted`, complete each time; the newest version counts, and the earlier ones remain. Only
ids, codes and counts are in clear.

A follow-up, days later, is a separate set that names the one it follows.

Sources: Istanbul Protocol 2022, annex on photography; practice of forensic nurses (SANE).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act, require, require_case
from casework.body_maps.drawings import FIGURES, SIDES, regions
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Case, Evidence, Exam, Person, Photograph
from casework.errors import Missing, NotesMovedOn, NotTaken, Refused, SetClosed, VaultLocked
from casework.files.upload_staging import PURPOSE
from casework.ledger import custody_log, sealed_details, statement_index
from chain_of_custody.statements.types import EXAMINATION

IDENTIFYING = "identifying"
"""The picture that a set begins with; it belongs to no injury."""
VIEWS = ("orientation", "mid-range", "close-up", "close-up-scale", "colour-card")
"""Pictures of each injury, in the order in which they are taken."""
TERMS = (
    *("abrasion", "bruise", "petechiae", "haematoma", "laceration", "incised-wound", "stab-wound"),
    *("bite-mark", "burn", "ligature-mark", "swelling", "redness", "tenderness", "fracture", "scar"),
    *("patterned-injury", "hair-loss", "foreign-matter", "no-injury", "other"),
)
"""Types of injury, in the terms of forensic medicine."""
MAX_INJURIES = 99
MAX_WORDS = 2000
"""Maximum characters of a description."""
MAX_SIZE = 64
"""Maximum characters of a size."""
UNITS = 1000
"""Unit of a pin's position: thousandths of the drawing's width and height, from the left and the top."""


_noting = threading.Lock()
"""Serialises the check for newer notes and the write of these, on this machine."""


@dataclass(frozen=True)
class Injury:
    """One injury, as noted."""

    side: str
    """Which drawing: one of `SIDES`."""
    region: str
    """The region of the drawing that the pin is in (`body_maps.names`)."""
    x: int
    y: int
    term: str
    """One of `TERMS`, or empty: not given yet."""
    words: str = ""
    intimate: bool = False
    """Whether its pictures are."""
    agreed: bool = False
    """Whether she has consented to these intimate pictures in particular."""
    removed: str = ""
    """Why the injury was removed; empty: it was not. It keeps its number, its words and its pictures."""
    size: str = ""
    """Its size in millimetres, as it was noted: `30 × 12`."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of the injury in the sealed details of `exam.noted`."""
        return asdict(self)


@dataclass(frozen=True)
class Notes:
    """The notes of a set. `unseen`: the regions, of `SIDES`, without a visible injury; `declined`: those that
    the person did not want to have examined."""

    injuries: Sequence[Injury] = ()
    unseen: Sequence[str] = ()
    declined: Sequence[str] = ()

    @property
    def regions(self) -> frozenset[str]:
        """Return the regions that were examined."""
        return frozenset(self.unseen) | self.injured

    @property
    def injured(self) -> frozenset[str]:
        """Return the regions with an injury that was not removed."""
        return frozenset(injury.side for injury in self.injuries if not injury.removed)

    def to_json(self) -> dict[str, Any]:
        """Return the sealed details of `exam.noted`."""
        return {
            "declined": sorted(set(self.declined)),
            "injuries": [one.to_json() for one in self.injuries],
            "unseen": sorted(set(self.unseen)),
        }

    @classmethod
    def from_json(cls, details: Mapping[str, Any]) -> Notes:
        """Read the sealed details of `exam.noted`."""
        injuries = [Injury(**one) for one in details["injuries"]]
        return cls(injuries, details["unseen"], tuple(details["declined"]))


@dataclass(frozen=True)
class Set:
    """A guided set as its page shows it."""

    id: str
    number: int
    """Number within its case: 1, 2, …"""
    case: Case
    figure: str | None
    """A code of `FIGURES`; None while it cannot be read, after a rebuild from the ledger alone."""
    follows: str | None
    opened_at: datetime
    closed: bool
    notes: Notes | None
    """The newest; None if they cannot be read now, or if nothing was noted yet."""
    noted: int
    """Number of injuries in the newest notes."""
    regions: int
    """Number of examined regions, by the newest notes."""
    locked: bool
    """Whether notes, or the figure, cannot be read because the vault is locked."""
    filled: Mapping[tuple[int | None, str], Sequence[int]]
    """(injury, view) → numbers of the existing photographs."""
    newest: int
    """Ledger position of the newest notes; 0: nothing was noted yet."""
    intimate: frozenset[int]
    """Injuries with an intimate picture: all their further pictures must be intimate."""

    @property
    def missing(self) -> list[tuple[int | None, str]]:
        """Return (injury, view) of each picture that the set lacks; without removed injuries, if the notes
        can be read."""
        removed = {
            number for number, one in enumerate(self.notes.injuries if self.notes else (), 1) if one.removed
        }
        required: list[tuple[int | None, str]] = [(None, IDENTIFYING)]
        required += [
            (injury, view) for injury in range(1, self.noted + 1) if injury not in removed for view in VIEWS
        ]
        return [one for one in required if one not in self.filled]


def open_set(center: Center, person: Person, case_id: str, figure: str, follows: str | None = None) -> Exam:
    """Begin a set. Raises `Forbidden`, `Missing`, `Refused`, `NotTaken` if she refuses the examination."""
    codes.require_one_of(figure, FIGURES, "the figure")
    with center.database() as session:
        case = require_case(session, person, Act.ADD_PHOTOGRAPHS, case_id)
        cases.require_in_use(case)
        before = None if follows is None else session.get(Exam, follows)
        if follows is not None and (before is None or before.case_id != case.id):
            raise Missing(f"no set {follows[:32]} in this case")
        require_agreed(session, case.id)
    exam_id = new_id()
    body = {} if follows is None else {"follows": follows}
    _state(center, person, exam_id, "exam.opened", body, case, {"figure": figure})
    with center.database.begin() as session:
        last = session.scalar(select(func.max(Exam.number)).where(Exam.case_id == case.id))
        exam = Exam(
            id=exam_id,
            case_id=case.id,
            number=(last or 0) + 1,
            figure=figure,
            follows=follows,
            opened_by=person.id,
            opened_at=now(),
            injuries=0,
            regions=0,
        )
        session.add(exam)
    return exam


def note(center: Center, person: Person, exam_id: str, notes: Notes, base: int | None = None) -> int:
    """State all injuries and the examined regions, complete each time.

    An injury is never left out: one that was noted in error stays, with the reason why it was removed.

    `base`: the notes that the new ones are based on (`Set.newest`, or the value returned here); None if that
    does not matter. Returns the ledger position of the new notes. Raises `Forbidden`, `Missing`, `Refused`,
    `CaseVoided`, `SetClosed` for a closed set, `NotesMovedOn` if there are newer notes than `base`.
    """
    with center.database() as session:
        exam, case = _exam(session, person, Act.ADD_PHOTOGRAPHS, exam_id)
    cases.require_in_use(case)
    if exam.closed_at is not None:
        raise SetClosed(f"set {exam_id} is closed")
    injuries = len(notes.injuries)
    if not exam.injuries <= injuries <= MAX_INJURIES:
        raise Refused("an injury that was noted stays; at most 99")
    figure = _figure(center, case, exam)
    if figure is None:
        raise VaultLocked(f"the figure of set {exam_id} cannot be read now")
    for one in notes.injuries:
        _check(figure, one)
    if not set(notes.unseen) <= set(SIDES) - notes.injured:
        raise Refused("nothing seen in a region of no drawing, or where an injury is")
    if not set(notes.declined) <= set(SIDES) - notes.regions:
        raise Refused("a region was declined that is of no drawing, or was looked at")
    body = {"injuries": injuries, "regions": len(notes.regions)}
    with _noting:
        with center.database() as session:
            newest, _ = _newest(session, exam_id)
        if base not in (None, newest):
            raise NotesMovedOn(f"notes of set {exam_id} were kept at {newest}, after {base}")
        position = _state(center, person, exam_id, "exam.noted", body, case, notes.to_json())
        with center.database.begin() as session:
            row = session.get_one(Exam, exam_id)
            row.injuries, row.regions = max(row.injuries, injuries), body["regions"]
    return position


def close(center: Center, person: Person, exam_id: str) -> None:
    """Close a set at the end of the examination. States the number of missing pictures. Safe to repeat.

    Raises `Forbidden`, `Missing`.
    """
    exam = get(center, person, exam_id, Act.ADD_PHOTOGRAPHS)
    if exam.closed:
        return
    _state(center, person, exam_id, "exam.closed", {"missing": len(exam.missing)}, exam.case)
    with center.database.begin() as session:
        session.get_one(Exam, exam_id).closed_at = now()


def get(center: Center, person: Person, exam_id: str, act: Act = Act.SEE_PHOTOGRAPHS) -> Set:
    """Return one set with its newest notes, if they can be read now. Raises `Forbidden`, `GivingRefused`,
    `Missing`."""
    with center.database() as session:
        exam, case = _exam(session, person, act, exam_id)
        police_consent.require(session, person, case.id, police_consent.INFORMATION)
        taken = session.execute(
            select(Photograph.injury, Photograph.view, Evidence.number, Photograph.intimate)
            .join(Evidence, Evidence.id == Photograph.evidence_id)
            .where(Photograph.exam_id == exam_id, Photograph.view.is_not(None))
            .order_by(Evidence.number)
        ).all()
        newest, commitment = _newest(session, exam_id)
    filled: dict[tuple[int | None, str], list[int]] = {}
    for injury, view, number, _ in taken:
        filled.setdefault((injury, str(view)), []).append(number)
    notes, locked = _read(center, case, commitment)
    figure = _figure(center, case, exam)
    return Set(
        id=exam.id,
        number=exam.number,
        case=case,
        figure=figure,
        follows=exam.follows,
        opened_at=exam.opened_at,
        closed=exam.closed_at is not None,
        notes=notes,
        noted=exam.injuries,
        regions=exam.regions,
        locked=locked or figure is None,
        filled=filled,
        newest=newest,
        intimate=frozenset(injury for injury, _, _, intimate in taken if intimate and injury is not None),
    )


def of_case(center: Center, person: Person, case_id: str) -> Sequence[Exam]:
    """Return the sets of a case, oldest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.SEE_PHOTOGRAPHS, case_id)
        return session.scalars(select(Exam).where(Exam.case_id == case_id).order_by(Exam.number)).all()


def require_place(
    session: Session, case_id: str, exam: str | None, view: str | None, injury: int | None, *, intimate: bool
) -> None:
    """Check that a photograph may have this place in a set, whether the set is open or not.

    Raises `Missing`, `Refused`, `NotTaken` for a picture not marked *intimate* of an injury that has an
    intimate one.
    """
    if exam is None:
        if view is not None or injury is not None:
            raise Refused("a place in a set, and no set")
        return
    found = session.get(Exam, exam)
    if found is None or found.case_id != case_id:
        raise Missing(f"no set {exam[:32]} in this case")
    fits = view == IDENTIFYING if injury is None else view in VIEWS and 1 <= injury <= MAX_INJURIES
    if not fits:
        raise Refused("no such picture is in a set")
    if not intimate and injury is not None and _has_intimate(session, exam, injury):
        raise NotTaken("intimate-injury", f"pictures of injury {injury} are intimate")


def require_agreed(session: Session, case_id: str) -> None:
    """Raise `NotTaken` if the person has refused the examination, or withdrawn her consent to it.

    A record of it may be written all the same: she is treated, and what she refused is part of the record.
    """
    consent = grants_in_force.consent_to(session, case_id, EXAMINATION)
    if consent is not None and consent.outcome in grants_in_force.WITHDRAWN_OUTCOMES:
        raise NotTaken("examination-refused", f"consent to {EXAMINATION} is {consent.outcome}")


def require_open(session: Session, exam: str | None) -> None:
    """Check that an upload may begin in this set. Raises `SetClosed`.

    An upload that began before the set was closed is still sealed in it; its ledger position shows that it
    came afterwards.
    """
    if exam is not None and session.get_one(Exam, exam).closed_at is not None:
        raise SetClosed(f"set {exam} is closed")


# --- inside -------------------------------------------------------------------------------------------------


def _exam(session: Session, person: Person, act: Act, exam_id: str) -> tuple[Exam, Case]:
    require(person, act)
    exam = require_row(session, Exam, exam_id, "set")
    return exam, require_case(session, person, act, exam.case_id)


def _newest(session: Session, exam_id: str) -> tuple[int, str | None]:
    """(ledger position of the newest notes, their commitment); (0, None) if there are none."""
    found = statement_index.newest(session, exam_id, "exam.noted")
    return (0, None) if found is None else (found.position, found.details)


def _has_intimate(session: Session, exam_id: str, injury: int) -> bool:
    found = select(Photograph.evidence_id).where(
        Photograph.exam_id == exam_id, Photograph.injury == injury, Photograph.intimate.is_(True)
    )
    return session.scalar(found.limit(1)) is not None


def _check(figure: str, injury: Injury) -> None:
    if injury.side not in SIDES or injury.region not in regions(figure, injury.side):
        raise Refused("a region that is on no drawing")
    if not (0 <= injury.x <= UNITS and 0 <= injury.y <= UNITS):
        raise Refused("a pin that is on no drawing")
    if injury.term not in ("", *TERMS):
        raise Refused("a term that is not in the list")
    if max(len(injury.words), len(injury.removed)) > MAX_WORDS:
        raise Refused(f"more than {MAX_WORDS} characters")
    if len(injury.size) > MAX_SIZE:
        raise Refused(f"a size of more than {MAX_SIZE} characters")
    if injury.agreed and not injury.intimate:
        raise Refused("an agreement to intimate pictures of an injury that has none")


def _figure(center: Center, case: Case, exam: Exam) -> str | None:
    """Return the figure of a set: from its row, or from the sealed details of `exam.opened`."""
    if exam.figure is not None:
        return exam.figure
    with center.database() as session:
        opened = statement_index.newest(session, exam.id, "exam.opened")
    if opened is None or opened.details is None:
        return None
    try:
        details = sealed_details.read(center, case, [opened.details]).get(opened.details)
    except VaultLocked:
        return None
    return None if details is None else str(details["figure"])


def _read(center: Center, case: Case, commitment: str | None) -> tuple[Notes | None, bool]:
    if commitment is None:
        return None, False
    try:
        details = sealed_details.read(center, case, [commitment]).get(commitment)
    except VaultLocked:
        return None, True
    if details is None:
        return None, False  # the case's details were destroyed
    return Notes.from_json(details), False


def _state(
    center: Center,
    person: Person,
    exam_id: str,
    type_: str,
    body: Mapping[str, Any],
    case: Case,
    details: Mapping[str, Any] | None = None,
) -> int:
    draft = custody_log.Draft(type_, exam_id, person, PURPOSE, body, case, details)
    return custody_log.append(center, draft).index
