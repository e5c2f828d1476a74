"""A film that waits to be made, of an interview of which nothing is sealed: none could be ordered of it."""

from __future__ import annotations

from casework.center import Center, now
from casework.derivatives import COMPOSED_FILM
from casework.models import Derivative, DerivativeState, Interview, Person


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
