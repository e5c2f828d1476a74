"""Derivatives: files made from sealed evidence, which never replace it. Permission to order and open one, and
its state. (Making it: `compose`; one after the other: `queue`.)

    order → waiting → making → made | failed | cancelled

An order names sources, edits and a purpose, and is working data: it states nothing, since nothing is opened
yet. When its turn comes, the gateway's three steps follow in this order: permission, checked again;
`evidence.viewed` in the chain of each source; then keys and bytes. The result is an item of its own, which
begins with `derivative.made`: this statement binds it to its sources.

A derivative shows what its sources show, so it follows their rules. A person who may not view the sources
cannot open it. One of photographs (`sheets`) is opened like these, an intimate one like intimate ones. If a
court later excludes a passage, people who may not see it lose every derivative that shows it. No recording or
photograph is destroyed while a derivative of it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import codes
from casework.access.permissions import (
    Act,
    may,
    require_case,
    with_derivative,
)
from casework.center import Center
from casework.clock import new_id, now
from casework.codes import PURPOSES
from casework.database.engine import require_row
from casework.database.models import (
    Derivative,
    DerivativeState,
    Evidence,
    EvidenceState,
    Interview,
    Person,
)
from casework.errors import (
    Disposed,
    Forbidden,
    Missing,
    Refused,
    WrongState,
)
from casework.evidence import court_exclusions, sealed_items
from casework.evidence.export import Excerpt
from casework.evidence.sealed_items import DERIVATIVE
from casework.interviews import interviews
from casework.working_copies.film_plan import Edits
from chain_of_custody.statements.types import WRITTEN

COMPOSED_FILM, STILL = "composed-film", "still"
OF_FILMS = (COMPOSED_FILM, STILL, "contact-sheet")
"""Kinds that `Edits` describes completely."""
INSTANT = 40_000
"""µs of a recording that a still is made from."""
MOST_WAITING = 20
"""Unfinished orders of one person."""
OVER = (DerivativeState.MADE, DerivativeState.FAILED, DerivativeState.CANCELLED)


def order(
    center: Center,
    person: Person,
    interview_id: str,
    edits: Edits,
    purpose: str,
    spans: Mapping[str, Excerpt | None] | None = None,
    kind: str = COMPOSED_FILM,
) -> Derivative:
    """Order one film of an interview's parts, or pictures of one. `spans`: the requested parts, each with
    begin and end (µs of its timeline) or None for all of it; None for every part, whole. A still is of the
    beginning of one span.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` for a part that is not sealed, `ExcludedWithin`,
    `Disposed`, `NothingReadable`.
    """
    if kind not in OF_FILMS:
        raise Refused(f"a kind is one of {', '.join(OF_FILMS)}")
    if kind == STILL:
        spans = _instant(spans)

    def sources(recorded: Sequence[Evidence]) -> list[dict[str, Any]]:
        return _sources(recorded, spans)

    return place(center, person, interview_id, kind, edits.to_json(), purpose, sources)


def place(
    center: Center,
    person: Person,
    interview_id: str,
    kind: str,
    edits: Mapping[str, Any],
    purpose: str,
    choose: Callable[[Sequence[Evidence]], list[dict[str, Any]]],
    authors: Sequence[str] | None = None,
) -> Derivative:
    """Put an order into the queue. `choose`: selects the sources from the interview's parts, each with
    `evidence`, `excerpt` and a `manifest` that is None. `authors`: ids of the people who worked on what it is
    made from. Raises as `order`, and what `choose` raises."""
    codes.require_one_of(purpose, PURPOSES, "purpose")
    with center.database() as session:
        interview = interviews.permitted(session, person, interview_id, Act.MAKE_DERIVATIVE)
        recorded = [part for part in interview.parts if part.state is not EvidenceState.VOID]
        sources = choose(recorded)
        require_few(session, person)
    if interview.practice:
        raise WrongState(f"interview {interview_id} is for practice")
    require_sources(center, person, sources)
    row = Derivative(
        id=new_id(),
        case_id=interview.case_id,
        interview_id=interview.id,
        kind=kind,
        purpose=purpose,
        sources=sources,
        edits=dict(edits),
        authors=None if authors is None else list(authors),
    )
    return wait(center, person, row)


def wait(center: Center, person: Person, row: Derivative) -> Derivative:
    """Store an order of this person, to be made by this machine, and return it."""
    row.state, row.node = DerivativeState.WAITING, center.node
    row.ordered_by, row.ordered_at = person.id, now()
    with center.database.begin() as session:
        session.add(row)
    return row


def require_few(session: Session, person: Person) -> None:
    """Raise `Refused` for a person with too many waiting orders."""
    unfinished = session.scalar(
        select(func.count()).where(Derivative.ordered_by == person.id, Derivative.state.not_in(OVER))
    )
    if (unfinished or 0) >= MOST_WAITING:
        raise Refused(f"{unfinished} copies wait to be made already")


def cancel(center: Center, person: Person, derivative_id: str) -> Derivative:
    """Cancel an order that is not made yet. Raises `Forbidden`, `Missing`, `WrongState` once it is over, and
    for written kinds: these wait for nothing, and no draft may be edited while a version may still come."""
    with center.database.begin() as session:
        row = _known(session, person, derivative_id, Act.MAKE_DERIVATIVE)
        if row.state in OVER or row.kind in WRITTEN:
            raise WrongState(f"derivative {row.id}, a {row.kind}, is {row.state}")
        row.state = DerivativeState.CANCELLED
    return row


def get(center: Center, person: Person, derivative_id: str) -> Derivative:
    """Return one, made or not, if `person` may see its interview's items. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _known(session, person, derivative_id, Act.VIEW_EVIDENCE)


def of_interview(center: Center, person: Person, interview_id: str) -> Sequence[Derivative]:
    """Return an interview's uncancelled derivatives, newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        interview = require_row(session, Interview, interview_id, "interview")
        require_case(session, person, Act.VIEW_EVIDENCE, interview.case_id)
        rows = session.scalars(
            select(Derivative)
            .where(
                Derivative.interview_id == interview_id,
                Derivative.state != DerivativeState.CANCELLED,
            )
            .order_by(Derivative.ordered_at.desc())
        ).all()
        return [row for row in rows if _reached(session, person, row)]


# --- its sources --------------------------------------------------------------------------------------------


def require_sources(center: Center, person: Person, sources: Sequence[Mapping[str, Any]]) -> None:
    """Raise `Disposed`, `WrongState`, `ExcludedWithin` unless a copy of these may be made: all sealed, none
    destroyed, and nothing in them excluded by a court."""
    for source in sources:
        part = center.database.get_one(Evidence, source["evidence"])
        if part.state is EvidenceState.DISPOSED:
            raise Disposed(f"the destruction of {part.id} was authorised; nothing opens it any more")
        if not part.state.sealed:
            raise WrongState(f"part {part.id} is {part.state}, not sealed")
        court_exclusions.require_none_in(center, person, part.id, span_of(source), knowingly=False)


def remaining_derivatives(session: Session, part: Evidence) -> Sequence[str]:
    """Return the derivatives of this recording that are not destroyed, and those that are being made."""
    rows = session.scalars(
        select(Derivative).where(
            Derivative.case_id == part.case_id,
            Derivative.state.not_in((DerivativeState.FAILED, DerivativeState.CANCELLED)),
        )
    )
    remaining = [row.id for row in rows if any(one["evidence"] == part.id for one in row.sources)]
    destroyed = session.scalars(
        select(Evidence.id).where(Evidence.id.in_(remaining), Evidence.state == EvidenceState.DISPOSED)
    ).all()
    return [one for one in remaining if one not in destroyed]


def span_of(source: Mapping[str, Any]) -> Excerpt | None:
    """Return begin and end (µs), None for all of it."""
    excerpt = source["excerpt"]
    return None if excerpt is None else (excerpt["from"], excerpt["to"])


# --- inside -------------------------------------------------------------------------------------------------


def _sources(
    recorded: Sequence[Evidence], spans: Mapping[str, Excerpt | None] | None
) -> list[dict[str, Any]]:
    ids = [part.id for part in recorded]
    chosen = dict.fromkeys(ids) if spans is None else dict(spans)
    if not chosen or not set(chosen) <= set(ids):
        raise Refused("no part of this interview, or none at all")
    if any(span is not None and not 0 <= span[0] < span[1] for span in chosen.values()):
        raise Refused("an excerpt that ends before it begins")
    return [source_of(one, chosen[one]) for one in ids if one in chosen]


def source_of(evidence: str, span: Excerpt | None) -> dict[str, Any]:
    """Return a source as an order's row stores it, before it is made."""
    excerpt = None if span is None else {"from": span[0], "to": span[1]}
    return {"evidence": evidence, "excerpt": excerpt, "manifest": None}


def _instant(spans: Mapping[str, Excerpt | None] | None) -> dict[str, Excerpt | None]:
    only = dict(spans or {})
    if len(only) != 1 or (span := next(iter(only.values()))) is None:
        raise Refused("a still is of one moment of one part")
    return {next(iter(only)): (span[0], span[0] + INSTANT)}


def _known(session: Session, person: Person, derivative_id: str, act: Act) -> Derivative:
    sealed_items.require_derivatives_role(person, act)
    row = require_row(session, Derivative, derivative_id, "derivative")
    if act is Act.VIEW_EVIDENCE and row.state is DerivativeState.MADE:
        sealed_items.sealed(session, person, act, row.id, kinds=(DERIVATIVE,))
    else:
        require_case(session, person, with_derivative(act, row.kind), row.case_id)
    return row


def _reached(session: Session, person: Person, row: Derivative) -> bool:
    """Whether a list shows it: to holders of a grant, only if it is made and within their grant."""
    try:
        _known(session, person, row.id, Act.VIEW_EVIDENCE)
    except (Forbidden, Missing, Disposed):
        return False
    return row.state is DerivativeState.MADE or may(person, Act.MAKE_DERIVATIVE)
