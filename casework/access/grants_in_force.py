"""The grants in force, and the items they cover. The gateway checks this on every request.

A grant is in force while it has begun, has not ended, is not withdrawn, and its legal basis holds: a grant
based on consent ends the moment she withdraws the consent. A refusal names the condition that failed for the
newest grant. Nothing is cached, so an open viewing ends with its grant.

Trusts: the rows, which follow the ledger (`projection_access`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.clock import now
from casework.database.models import Consent, Evidence, Grant, Person, Role
from casework.errors import (
    ConsentGone,
    CopyNotAuthorised,
    Forbidden,
    GrantEnded,
    GrantNotAccepted,
    GrantNotBegun,
    GrantWithdrawn,
    NotGranted,
)

VIEW, COPY = "view", "copy"
KINDS = (VIEW, COPY)
CONSENT, COURT_ORDER = "consent", "court-order"
BASES = (CONSENT, COURT_ORDER)
"""The legal bases of a grant."""

SHARED_WITH = {Role.COURT: "share-court", Role.DEFENCE: "share-defence"}
"""Subject of the consent to sharing with each role that has grants."""
WITHDRAWN_OUTCOMES = ("refused", "withdrawn")
"""Outcomes under which nothing is shared."""


@dataclass(frozen=True)
class ItemExtent:
    """An item that is granted or to be exported: the whole item, or an excerpt of it."""

    evidence: str
    excerpt: tuple[int, int] | None = None
    """Begin and end, in µs of the part's timeline."""

    @classmethod
    def stated(cls, item: Mapping[str, Any]) -> ItemExtent:
        """Build it from an item of a statement body."""
        excerpt = item["excerpt"]
        return cls(item["evidence"], None if excerpt is None else (excerpt["from"], excerpt["to"]))

    def to_json(self) -> dict[str, Any]:
        """Return the item as a statement body names it: `evidence` and `excerpt`, null for the whole item."""
        excerpt = self.excerpt
        return {
            "evidence": self.evidence,
            "excerpt": None if excerpt is None else {"from": excerpt[0], "to": excerpt[1]},
        }


def of_person(session: Session, person_id: str, case_id: str | None = None) -> Sequence[Grant]:
    """Return every grant ever given to this person, newest first."""
    query = select(Grant).where(Grant.person_id == person_id)
    if case_id is not None:
        query = query.where(Grant.case_id == case_id)
    return session.scalars(query.order_by(Grant.given_at.desc(), Grant.id)).all()


def consent_to(session: Session, case_id: str, subject: str) -> Consent | None:
    """Return the newest statement about this subject."""
    return session.scalar(
        select(Consent)
        .where(Consent.case_id == case_id, Consent.subject == subject)
        .order_by(Consent.position.desc())
        .limit(1)
    )


def names(grant: Grant, evidence: str) -> bool:
    """Return whether the grant names this item."""
    return any(item["evidence"] == evidence for item in grant.items or ())


def covers(grant: Grant, item: Evidence) -> bool:
    """Return whether the grant names this item, or the item is a recording and the grant covers every
    recording of the case. Photographs and documents must be named."""
    every = grant.items is None and item.interview_id is not None
    return every or names(grant, item.id)


def excerpt_of(grant: Grant, evidence: str) -> tuple[int, int] | None:
    """Return begin and end (µs) of the excerpt that the grant covers; None for the whole item."""
    items = (ItemExtent.stated(item) for item in grant.items or () if item["evidence"] == evidence)
    return next((one.excerpt for one in items), None)


def trouble(session: Session, grant: Grant, role: Role, at: datetime) -> Forbidden | None:
    """Return the error that says why the grant permits no opening at that moment; None if it permits some."""
    if grant.withdrawn_at is not None:
        return GrantWithdrawn(f"grant {grant.id} was withdrawn on {grant.withdrawn_at:%Y-%m-%d}")
    if grant.ends_at <= at:
        return GrantEnded(f"grant {grant.id} ended on {grant.ends_at:%Y-%m-%d}")
    if grant.basis != COURT_ORDER and (subject := SHARED_WITH.get(role)) is not None:
        consent = consent_to(session, grant.case_id, subject)
        if consent is not None and consent.outcome in WITHDRAWN_OUTCOMES:
            return ConsentGone(f"grant {grant.id} rests on consent to {subject}, which is {consent.outcome}")
    if grant.begins_at > at:
        return GrantNotBegun(f"grant {grant.id} begins on {grant.begins_at:%Y-%m-%d}")
    return None


def in_force(session: Session, person: Person, case_id: str | None = None) -> list[Grant]:
    """Return the grants under which this person may open something now."""
    at = now()
    return [
        grant
        for grant in of_person(session, person.id, case_id)
        if trouble(session, grant, person.role, at) is None
    ]


def opening(session: Session, person: Person, case_id: str, *, copy: bool = False) -> list[Grant]:
    """Return the grants under which this person may open something of a case now; for a `copy`, those under
    which a package may be made."""
    return [
        grant
        for grant in in_force(session, person, case_id)
        if not copy or (grant.kind == COPY and grant.authorised_at is not None)
    ]


def reaching(
    session: Session,
    person: Person,
    case_id: str,
    items: Sequence[str] | None = None,
    *,
    purpose: str | None = None,
    copy: bool = False,
    named: bool = False,
) -> Grant:
    """Return a grant in force that covers one of these items (None: anything in the case).

    With `named`, it names the item. With a `purpose`, it is given for that purpose. With `copy`, a package
    may be made under it. An accepted grant comes before one not accepted, a whole item before an excerpt.
    Raises the reason why the newest grant is not usable, or `NotGranted` if there is no grant.
    """
    at = now()
    found = [
        grant
        for grant in of_person(session, person.id, case_id)
        if items is None or (grant.items is None and not named) or any(names(grant, item) for item in items)
    ]
    wrong = [(grant, _why_not(session, grant, person.role, at, purpose, copy)) for grant in found]
    good = [grant for grant, why in wrong if why is None]
    if good:
        return min(good, key=lambda grant: (grant.accepted_at is None, _is_cut(grant, items or ())))
    # The reason of the newest grant (withdrawn, say) is more useful than the purpose of an older one.
    why_not = next((why for _, why in wrong if why is not None), None)
    raise why_not or NotGranted(f"no grant of {person.id} in case {case_id} reaches this")


def still(session: Session, person: Person, grant_id: str | None) -> Grant:
    """Return the grant under which something was opened, if it is in force. Raises the reason if it is
    not."""
    grant = None if grant_id is None else session.get(Grant, grant_id)
    if grant is None:
        raise NotGranted("this was not opened under a grant")
    if (why := trouble(session, grant, person.role, now())) is not None:
        raise why
    return grant


def require_accepted(grant: Grant) -> None:
    """Raise `GrantNotAccepted` until its receiver has accepted the conditions."""
    if grant.accepted_at is None:
        raise GrantNotAccepted(grant.id)


def looks_only(grant: Grant | None) -> bool:
    """Return whether no copy may be taken under it: it is for viewing, or the copy is not authorised yet."""
    return grant is not None and (grant.kind == VIEW or grant.authorised_at is None)


def _is_cut(grant: Grant, items: Sequence[str]) -> bool:
    return any(excerpt_of(grant, item) is not None for item in items)


def _why_not(
    session: Session, grant: Grant, role: Role, at: datetime, purpose: str | None, copy: bool
) -> Forbidden | None:
    if (found := trouble(session, grant, role, at)) is not None:
        return found
    if purpose is not None and grant.purpose != purpose:
        return NotGranted(f"grant {grant.id} was given for {grant.purpose}, not for {purpose}")
    if copy and grant.kind != COPY:
        return NotGranted(f"grant {grant.id} is for viewing, not for a copy")
    if copy and grant.authorised_at is None:
        return CopyNotAuthorised(f"nobody has authorised the copy under grant {grant.id}")
    return None
