"""A film that waits to be made and an edit list, of an interview of which nothing is sealed: none could be
ordered or begun of it."""

from __future__ import annotations

from casework.center import Center
from casework.clock import now
from casework.database.models import Derivative, DerivativeState, EditList, Interview, Person
from casework.redaction.edits import Redaction
from casework.working_copies.film_plan import Edits
from casework.working_copies.orders import COMPOSED_FILM


def waiting_film(center: Center, person: Person, interview: Interview) -> str:
    """Its id."""
    film = Derivative(
        id="de" * 16,
        case_id=interview.case_id,
        interview_id=interview.id,
        kind=COMPOSED_FILM,
        purpose="review",
        sources=[],
        edits=None,
        state=DerivativeState.WAITING,
        node=center.node,
        ordered_by=person.id,
        ordered_at=now(),
    )
    with center.database.begin() as session:
        session.add(film)
    return film.id


def begun_list(center: Center, person: Person, interview: Interview) -> str:
    """Its id."""
    row = EditList(
        id="ed" * 16,
        case_id=interview.case_id,
        interview_id=interview.id,
        parts=[],
        edits=Redaction.of_film(Edits("one", ("wide",), (), 0)).to_json(),
        version=1,
        begun_by=person.id,
        begun_at=now(),
        changed_by=person.id,
        changed_at=now(),
        authors=[person.id],
    )
    with center.database.begin() as session:
        session.add(row)
    return row.id
