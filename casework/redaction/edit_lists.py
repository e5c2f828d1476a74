"""Edit lists: the edits agreed before a redacted film is made (`edits`).

    begun → changed, by anyone who works with the case, version by version → ordered, any number of times

A list is working data and states nothing: it names times of a recording and places in its picture. Two people
may have the same one open. A change names the version on which it is based, so that it overwrites no later
one. The list and the film cover the parts that were sealed when it was begun: a part not viewed in the editor
is in no film. A person who changed a list may not accept what was made from it (`reviews`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require, require_case
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row, updated
from casework.database.models import Derivative, EditList, Evidence, Person
from casework.errors import ListMovedOn, Refused, WrongState
from casework.interviews import interviews
from casework.redaction.edits import LONGEST, Redaction
from casework.working_copies import orders
from casework.working_copies.film_plan import Edits

MOST = 50
"""Maximum lists of one interview."""


def begin(center: Center, person: Person, interview_id: str, film: Edits) -> EditList:
    """Create a list that leaves out nothing yet. Raises `Forbidden`, `Missing`, `Refused`, `WrongState`."""
    with center.database.begin() as session:
        interview = interviews.permitted(session, person, interview_id, Act.MAKE_DERIVATIVE)
        if interview.practice:
            raise WrongState(f"interview {interview_id} is for practice")
        if len(_of_interview(session, interview_id)) >= MOST:
            raise Refused(f"there are {MOST} edit lists of this interview already")
        parts = [part.id for part in interview.parts if part.state.sealed]
        if not parts:
            raise WrongState(f"no part of interview {interview_id} is sealed")
        moment = now()
        row = EditList(
            id=new_id(),
            case_id=interview.case_id,
            interview_id=interview.id,
            parts=parts,
            edits=Redaction.of_film(film).to_json(),
            version=1,
            begun_by=person.id,
            begun_at=moment,
            changed_by=person.id,
            changed_at=moment,
            authors=[person.id],
        )
        session.add(row)
    return row


def get(center: Center, person: Person, list_id: str) -> EditList:
    """Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _known(session, person, list_id)


def of_interview(center: Center, person: Person, interview_id: str) -> Sequence[EditList]:
    """The lists of an interview, the latest change first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        interviews.permitted(session, person, interview_id, Act.MAKE_DERIVATIVE)
        return _of_interview(session, interview_id)


def change(center: Center, person: Person, list_id: str, version: int, edits: Any) -> EditList:
    """Save `edits`, which were made from `version`.

    Raises `Forbidden`, `Missing`, `Refused`, and `ListMovedOn` if another version is the newest.
    """
    with center.database.begin() as session:
        row = _known(session, person, list_id)
        redaction = Redaction.parse(edits)
        redaction.require_within(row.parts)
        changed = updated(
            session,
            update(EditList)
            .where(EditList.id == row.id, EditList.version == version)
            .values(
                edits=redaction.to_json(),
                version=version + 1,
                changed_by=person.id,
                changed_at=now(),
                authors=list(dict.fromkeys((*row.authors, person.id))),
            ),
        )
        if changed != 1:
            raise ListMovedOn(f"edit list {row.id} is at version {row.version}, not {version}")
        session.refresh(row)
    return row


def order(center: Center, person: Person, list_id: str, version: int, purpose: str) -> Derivative:
    """Order the film of this version, made from what the cuts leave of the list's parts.

    Raises as `change` and `orders.order`.
    """
    row = get(center, person, list_id)
    if row.version != version:
        raise ListMovedOn(f"edit list {row.id} is at version {row.version}, not {version}")
    redaction = Redaction.parse(row.edits)

    def remaining(recorded: Sequence[Evidence]) -> list[dict[str, Any]]:
        sources = []
        for part in recorded:
            if part.id not in row.parts:
                continue
            whole = (0, part.duration or LONGEST)
            left = redaction.kept(part.id, *whole)
            sources += [orders.source_of(part.id, None if one == whole else one) for one in left]
        if not sources:
            raise Refused("the cuts leave nothing")
        return sources

    edits = redaction.to_json()
    return orders.place(
        center, person, row.interview_id, Redaction.kind, edits, purpose, remaining, row.authors
    )


def forget(session: Session, evidence_id: str) -> None:
    """Remove the lists about a destroyed recording.

    They contain positions of faces, and times at which names were spoken.
    """
    item = session.get(Evidence, evidence_id)
    if item is None or item.interview_id is None:
        return
    for row in _of_interview(session, item.interview_id):
        if evidence_id in row.parts:
            session.delete(row)


# --- inside -------------------------------------------------------------------------------------------------


def _known(session: Session, person: Person, list_id: str) -> EditList:
    require(person, Act.MAKE_DERIVATIVE)
    row = require_row(session, EditList, list_id, "edit list")
    require_case(session, person, Act.MAKE_DERIVATIVE, row.case_id)
    return row


def _of_interview(session: Session, interview_id: str) -> Sequence[EditList]:
    return session.scalars(
        select(EditList)
        .where(EditList.interview_id == interview_id)
        .order_by(EditList.changed_at.desc(), EditList.id)
    ).all()
