"""Passages that a court has excluded: they are not destroyed, but must not be used as evidence.

A court may exclude a passage of a recording, or all of it: a question that was not allowed, words about
another person, a part that was unlawfully obtained. The exclusion is stated in the chain of the recording
(`passage.excluded`), with the order's reference sealed to the case. It is in force until another order is
stated (`passage.restored`). The recording itself does not change.

While it is in force, people who may not see what is excluded (`Act.SEE_EXCLUDED`) get neither keys nor
messages of the records wholly within the passage (`gateway`, `viewing`). No package that would contain one of
them is made, unless a person who may see it includes it explicitly in the order.

`state`: the function that states the act, as in `legal_holds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, may, require, require_case, require_item
from casework.access.readable_reasons import reasons_for
from casework.clock import new_id
from casework.database.models import Case, Derivative, Evidence, EvidenceState, Exclusion, Person
from casework.errors import Disposed, ExcludedWithin, Missing, PassageExcluded, Refused, WrongState
from casework.evidence.export import Excerpt
from casework.evidence.sealed_recordings import recording_of
from casework.ledger import custody_log
from casework.ledger.reasons import referring
from chain_of_custody.errors import Malformed
from chain_of_custody.items import excerpt as excerpts

if TYPE_CHECKING:
    from casework.center import Center
    from casework.ledger.custody_log import State
    from chain_of_custody.statements.statement import Statement

REASONS = ("question", "third-party", "unlawful", "other-order")
"""Why a court has excluded it: codes that statements contain."""
ENDINGS = ("appeal", "reconsidered", "entered-wrongly")
"""Why it may be used again."""
PURPOSE = "court-order"


@dataclass(frozen=True)
class ListedExclusion:
    """An exclusion, for display. Reference and text are None while they cannot be read, or once they are
    erased."""

    exclusion: Exclusion
    reference: str | None
    text: str | None
    name: str | None
    """Name of the person who entered it, as it was then."""


def exclude(
    center: Center,
    person: Person,
    evidence_id: str,
    excerpt: Excerpt | None,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Exclusion:
    """Enter a court's exclusion of a passage (from and to, µs of the part's timeline), or of all (None).

    Raises `Forbidden`, `Missing`, `Refused` also for a passage that contains no piece of the recording
    wholly, `WrongState`, `NothingReadable`, and as `state`.
    """
    details = referring(reference, text)
    if reason not in REASONS:
        raise Refused(f"the reason is none of {', '.join(REASONS)}")
    with center.database() as session:  # 1. Permission
        part, case = _recording(session, person, evidence_id)
    if excerpt is not None:
        _check(center, part, excerpt)
    exclusion = new_id()
    spoken = None if excerpt is None else {"from": excerpt[0], "to": excerpt[1]}
    state(  # 2. Statement; 3. in force from here on
        center,
        custody_log.Draft(
            type="passage.excluded",
            evidence=part.id,
            person=person,
            purpose=PURPOSE,
            body={"excerpt": spoken, "exclusion": exclusion, "reason": reason},
            case=case,
            details=details,
        ),
    )
    return _get(center, exclusion)


def restore(
    center: Center,
    person: Person,
    exclusion_id: str,
    *,
    reason: str,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Exclusion:
    """Enter that an exclusion has ended by another order.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` for one that has ended, and as `state`.
    """
    details = referring(reference, text)
    if reason not in ENDINGS:
        raise Refused(f"the reason is none of {', '.join(ENDINGS)}")
    with center.database() as session:
        require(person, Act.EXCLUDE_PASSAGE)  # before an error reveals which ids exist
        row = session.get(Exclusion, exclusion_id)
        if row is None:
            raise Missing(f"no exclusion {exclusion_id[:32]}")
        case = require_case(session, person, Act.EXCLUDE_PASSAGE, row.case_id)
    if row.restored_at is not None:
        raise WrongState(f"exclusion {exclusion_id} has ended already")
    state(
        center,
        custody_log.Draft(
            type="passage.restored",
            evidence=row.evidence_id,
            person=person,
            purpose=PURPOSE,
            body={"exclusion": exclusion_id, "reason": reason},
            case=case,
            details=details,
        ),
    )
    return _get(center, exclusion_id)


def require_keeper(center: Center, person: Person, case_id: str) -> None:
    """Require that this person may enter such orders in the case. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.EXCLUDE_PASSAGE, case_id)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still enter what they have signed; its chain has not moved on since.

    Raises `Forbidden`, `Missing`.
    """
    require_keeper(center, person, str(statement.case))


def in_force(session: Session, evidence_id: str) -> Sequence[Exclusion]:
    """Return a recording's exclusions now in force, in timeline order, those of the whole recording first."""
    return session.scalars(
        select(Exclusion)
        .where(Exclusion.evidence_id == evidence_id, Exclusion.restored_at.is_(None))
        .order_by(Exclusion.begins.is_not(None), Exclusion.begins, Exclusion.position)
    ).all()


def any_of(center: Center, items: Sequence[str]) -> bool:
    """Return whether anything of these recordings is excluded: for people who may see them."""
    with center.database() as session:
        return any(in_force(session, item) for item in items)


def left_out(session: Session, person: Person, evidence_id: str) -> Sequence[tuple[int, int]]:
    """Return begin and end, µs, of each passage that is withheld from this person.

    Raises `PassageExcluded` where that is all of the recording.
    """
    if may(person, Act.SEE_EXCLUDED):
        return ()
    exclusions = in_force(session, evidence_id)
    if any(one.excerpt is None for one in exclusions):
        raise PassageExcluded(f"a court has excluded all of recording {evidence_id}")
    return [one.excerpt for one in exclusions if one.excerpt is not None]


def require_none_in(
    center: Center, person: Person, evidence_id: str, excerpt: Excerpt | None, *, knowingly: bool
) -> None:
    """Raises `ExcludedWithin` where a package of this would contain what is excluded.

    `knowingly`: the order includes it explicitly; that counts only for people who may see it.
    """
    if knowingly and may(person, Act.SEE_EXCLUDED):
        return
    with center.database() as session:
        exclusions = in_force(session, evidence_id)
    if not exclusions:
        return
    contained = any(one.excerpt is None for one in exclusions)
    if not contained:
        records = recording_of(center, evidence_id).records
        try:
            leaving = records if excerpt is None else excerpts.cut(records, *excerpt)
        except Malformed as nothing:
            raise Refused(str(nothing)) from nothing
        contained = bool(
            excerpts.within(leaving, [one.excerpt for one in exclusions if one.excerpt is not None])
        )
    if contained:
        raise ExcludedWithin(f"what is to leave of recording {evidence_id} holds what a court has excluded")


def require_none_shown(center: Center, person: Person, derivative_id: str, *, knowingly: bool) -> None:
    """Raises `ExcludedWithin` where a derivative shows what a court has excluded since it was made."""
    if knowingly and may(person, Act.SEE_EXCLUDED):
        return
    with center.database() as session:
        sources = session.get_one(Derivative, derivative_id).sources
    for source in sources:
        span = source["excerpt"]
        excerpt = None if span is None else (span["from"], span["to"])
        require_none_in(center, person, source["evidence"], excerpt, knowingly=knowingly)


def require_shown(center: Center, person: Person, derivative_id: str) -> None:
    """Raises `PassageExcluded` where a derivative shows what a court has excluded since, unless the person
    may see that."""
    if may(person, Act.SEE_EXCLUDED):
        return
    try:
        require_none_shown(center, person, derivative_id, knowingly=False)
    except ExcludedWithin as excluded:
        raise PassageExcluded(str(excluded)) from excluded


def listed(center: Center, person: Person, case_id: str) -> list[ListedExclusion]:
    """Return every past and present exclusion of a case, newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.EXCLUDE_PASSAGE, case_id)
        rows = session.scalars(
            select(Exclusion).where(Exclusion.case_id == case_id).order_by(Exclusion.position.desc())
        ).all()
    reasons = reasons_for(center, person, case, [row.position for row in rows])
    return [
        ListedExclusion(row, found.get("reference"), found.get("text"), found.get("name"))
        for row, found in ((row, reasons.get(row.position, {})) for row in rows)
    ]


def _recording(session: Session, person: Person, evidence_id: str) -> tuple[Evidence, Case]:
    part = session.get(Evidence, evidence_id)
    if part is None or part.interview_id is None:
        raise Missing(f"no recording {evidence_id[:32]}")
    case, _ = require_item(session, person, Act.EXCLUDE_PASSAGE, part)
    if part.state is EvidenceState.DISPOSED:
        raise Disposed(f"nothing opens evidence {evidence_id} any more")
    if not part.state.sealed:
        raise WrongState(f"evidence {evidence_id} is {part.state}, not sealed")
    return part, case


def _check(center: Center, part: Evidence, excerpt: Excerpt) -> None:
    begin, end = excerpt
    if not 0 <= begin < end:
        raise Refused("a passage that ends before it begins")
    media = [record for record in recording_of(center, part.id).records if record.kind == "media"]
    if not excerpts.within(media, [excerpt]):
        # Keys are released piece by piece: an exclusion that withholds no piece would have no effect.
        raise Refused("no piece of the recording lies within this passage: it is too short, or after its end")


def _get(center: Center, exclusion_id: str) -> Exclusion:
    with center.database() as session:
        row = session.get(Exclusion, exclusion_id)
    if row is None:
        raise Missing(f"no exclusion {exclusion_id[:32]}")
    return row
