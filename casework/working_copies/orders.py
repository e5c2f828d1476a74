"""Derivatives: files made from sealed evidence, never instead of it. Who may order one, how it stands, who
opens it. (Making it: `compose`; one after the other: `queue`.)

    order → waiting → making → made | failed | cancelled

An order names sources, edits and a purpose, and is working data: it states nothing, since nothing is opened
yet. When its turn comes the three steps of the gateway are taken, in this order: permission, asked anew;
`evidence.viewed` in the chain of each source; then keys and bytes. What comes of it is an item of its own,
which begins with `derivative.made`: that is the statement which binds it to its sources.

A derivative shows what its sources show, so it follows them: whoever may not view the sources does not open
it, and one of photographs (`sheets`) is opened as these are, an intimate one as intimate ones are; a passage
that a court excludes afterwards takes every derivative that shows it out of their hands who may not see what
is excluded; and no recording or photograph is destroyed while a derivative of it is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.access.permissions import (
    Act,
    may,
    require_case,
    require_interview,
    with_derivative,
)
from casework.clock import new_id, now
from casework.codes import PURPOSES
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
from casework.working_copies.film_plan import Edits
from chain_of_custody.statements.types import WRITTEN

if TYPE_CHECKING:
    from casework.center import Center

COMPOSED_FILM, STILL = "composed-film", "still"
OF_FILMS = (COMPOSED_FILM, STILL, "contact-sheet")
"""Kinds that are made of nothing but what `Edits` says."""
INSTANT = 40_000
"""µs of a recording that a still is made from."""
MOST_WAITING = 20
"""Orders of one person that are not over."""
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
    """Order one film of an interview's parts, or pictures of one. `spans`: those of the parts that are
    wanted, each with from and to (µs of its timeline) or None for all of it; None for every part, whole. A
    still is of the beginning of one span.

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
    """Put an order into the queue. `choose`: from the interview's parts, what is to be made from: each with
    `evidence`, `excerpt` and a `manifest` that is None. `authors`: ids of those who worked on what it is made
    from. Raises as `order`, and what `choose` raises."""
    if purpose not in PURPOSES:
        raise Refused(f"purpose is none of {', '.join(PURPOSES)}")
    with center.database() as session:
        interview = session.get(Interview, interview_id)
        if interview is None:
            raise Missing(f"no interview {interview_id[:32]}")
        require_interview(session, person, Act.MAKE_DERIVATIVE, interview)
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
        state=DerivativeState.WAITING,
        node=center.node,
        ordered_by=person.id,
        ordered_at=now(),
        authors=None if authors is None else list(authors),
    )
    with center.database.begin() as session:
        session.add(row)
    return row


def require_few(session: Session, person: Person) -> None:
    """Raises `Refused` for somebody of whom too many orders wait."""
    unfinished = session.scalar(
        select(func.count()).where(Derivative.ordered_by == person.id, Derivative.state.not_in(OVER))
    )
    if (unfinished or 0) >= MOST_WAITING:
        raise Refused(f"{unfinished} copies wait to be made already")


def cancel(center: Center, person: Person, derivative_id: str) -> Derivative:
    """Do without one that is not made yet. Raises `Forbidden`, `Missing`, `WrongState` once it is over, and
    for what people write: that waits for nothing, and no draft goes on beside a version that may come."""
    with center.database.begin() as session:
        row = _known(session, person, derivative_id, Act.MAKE_DERIVATIVE)
        if row.state in OVER or row.kind in WRITTEN:
            raise WrongState(f"derivative {row.id}, a {row.kind}, is {row.state}")
        row.state = DerivativeState.CANCELLED
    return row


def get(center: Center, person: Person, derivative_id: str) -> Derivative:
    """One, made or not, for whoever may see its interview's items. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        return _known(session, person, derivative_id, Act.VIEW_EVIDENCE)


def of_interview(center: Center, person: Person, interview_id: str) -> Sequence[Derivative]:
    """Those of an interview, the newest first, without what was cancelled. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        interview = session.get(Interview, interview_id)
        if interview is None:
            raise Missing(f"no interview {interview_id[:32]}")
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


# --- opening ------------------------------------------------------------------------------------------------


# --- its sources --------------------------------------------------------------------------------------------


def require_sources(center: Center, person: Person, sources: Sequence[Mapping[str, Any]]) -> None:
    """Raises `Disposed`, `WrongState`, `ExcludedWithin` unless a copy of these may be made: all sealed, none
    destroyed, and nothing in them that a court has excluded."""
    for source in sources:
        with center.database() as session:
            part = session.get_one(Evidence, source["evidence"])
        if part.state is EvidenceState.DISPOSED:
            raise Disposed(f"the destruction of {part.id} was authorised; nothing opens it any more")
        if not part.state.sealed:
            raise WrongState(f"part {part.id} is {part.state}, not sealed")
        court_exclusions.require_none_in(center, person, part.id, span_of(source), knowingly=False)


def remaining_derivatives(session: Session, part: Evidence) -> Sequence[str]:
    """The derivatives of this recording that are there and not destroyed, and those that are being made."""
    rows = session.scalars(
        select(Derivative).where(
            Derivative.case_id == part.case_id,
            Derivative.state.not_in((DerivativeState.FAILED, DerivativeState.CANCELLED)),
        )
    )
    found = [row.id for row in rows if any(one["evidence"] == part.id for one in row.sources)]
    gone = session.scalars(
        select(Evidence.id).where(Evidence.id.in_(found), Evidence.state == EvidenceState.DISPOSED)
    ).all()
    return [one for one in found if one not in gone]


def span_of(source: Mapping[str, Any]) -> Excerpt | None:
    """From and to (µs), None for all of it."""
    excerpt = source["excerpt"]
    return None if excerpt is None else (excerpt["from"], excerpt["to"])


# --- inside -------------------------------------------------------------------------------------------------


def _sources(
    recorded: Sequence[Evidence], spans: Mapping[str, Excerpt | None] | None
) -> list[dict[str, Any]]:
    ids = [part.id for part in recorded]
    wanted = dict.fromkeys(ids) if spans is None else dict(spans)
    if not wanted or not set(wanted) <= set(ids):
        raise Refused("no part of this interview, or none at all")
    if any(span is not None and not 0 <= span[0] < span[1] for span in wanted.values()):
        raise Refused("an excerpt that ends before it begins")
    return [source_of(one, wanted[one]) for one in ids if one in wanted]


def source_of(evidence: str, span: Excerpt | None) -> dict[str, Any]:
    """As an order's row has it, before it is made."""
    excerpt = None if span is None else {"from": span[0], "to": span[1]}
    return {"evidence": evidence, "excerpt": excerpt, "manifest": None}


def _instant(spans: Mapping[str, Excerpt | None] | None) -> dict[str, Excerpt | None]:
    only = dict(spans or {})
    if len(only) != 1 or (span := next(iter(only.values()))) is None:
        raise Refused("a still is of one moment of one part")
    return {next(iter(only)): (span[0], span[0] + INSTANT)}


def _known(session: Session, person: Person, derivative_id: str, act: Act) -> Derivative:
    sealed_items.require_derivatives_role(person, act)
    row = session.get(Derivative, derivative_id)
    if row is None:
        raise Missing(f"no derivative {derivative_id[:32]}")
    if act is Act.VIEW_EVIDENCE and row.state is DerivativeState.MADE:
        sealed_items.sealed(session, person, act, row.id, kinds=(DERIVATIVE,))
    else:
        require_case(session, person, with_derivative(act, row.kind), row.case_id)
    return row


def _reached(session: Session, person: Person, row: Derivative) -> bool:
    """Whether a list shows it: to those whom something was granted, only what is made and reaches them."""
    try:
        _known(session, person, row.id, Act.VIEW_EVIDENCE)
    except (Forbidden, Missing, Disposed):
        return False
    return row.state is DerivativeState.MADE or may(person, Act.MAKE_DERIVATIVE)
