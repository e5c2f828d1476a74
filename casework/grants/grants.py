"""Grants: the items that one person of a court or of the defence may open, with purpose and period.

A grant is stated first (`grant.given`, in the chain of the case); its reason, its legal reference and the
agreement are sealed to the case. Its receiver accepts the agreement once (`grant.accepted`) before the first
opening. A withdrawal takes effect at once, for open viewings too. A grant of kind `copy` permits a package
once a person of the required rank has authorised that (`copy.authorised`).

`state`: the function that states such an act, as in `legal_holds`.

`grants_in_force` decides what a grant covers. Colleagues are given a case instead (`cases.give`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import codes, sealed_names
from casework.access import grants_in_force, release
from casework.access.grants_in_force import (
    BASES,
    CONSENT,
    COPY,
    KINDS,
    SHARED_WITH,
    WITHDRAWN_OUTCOMES,
    ItemExtent,
)
from casework.access.permissions import Act, Reach, reach, require, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.codes import OPENING, PURPOSES
from casework.database.engine import require_row
from casework.database.models import Case, Evidence, Grant, Person, Photograph
from casework.errors import (
    ConsentMissing,
    Forbidden,
    IntimateStays,
    Missing,
    Refused,
    VaultLocked,
    WrongState,
)
from casework.ledger import custody_log
from casework.ledger.custody_log import Draft, State
from casework.ledger.reasons import MAX_TEXT, reasons_at, referring
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.statements.statement import Statement

WITHDRAWALS = ("ended", "court-order", "consent-withdrawn", "mistaken", "other")
"""Why a grant is withdrawn: codes that statements contain."""
MAX_AGREEMENT = 4000
"""Characters."""
REMIND = timedelta(days=7)
"""How long before its end a grant's giver and receiver are reminded."""
LONGEST = timedelta(days=5 * 366)
"""Maximum duration of a grant; for longer it is given again."""


@dataclass(frozen=True)
class ListedGrant:
    """A grant, for display. What is sealed is None while it cannot be read, or once it is erased."""

    grant: Grant
    code: str
    """The case's code."""
    person: Person
    """Its receiver."""
    trouble: str | None
    """Code of why nothing may be opened under it now; None: something may."""
    reason: str | None
    reference: str | None
    agreement: str | None
    giver: str | None
    """Name of the person who gave it, at that time."""

    @property
    def ending(self) -> bool:
        """Whether it is in force and ends soon."""
        return self.trouble is None and self.grant.ends_at - now() <= REMIND

    @property
    def days_left(self) -> int:
        """Whole days until it ends."""
        return max(0, (self.grant.ends_at - now()).days)


@dataclass(frozen=True)
class OpenableExtent:
    """How much of an item a person may open."""

    purposes: Sequence[str]
    excerpts: Sequence[tuple[int, int]] = ()
    """From and to, µs, where only excerpts are granted."""
    copy: bool = True
    """Whether a package may be made."""
    waiting: str | None = None
    """A grant that has to be accepted first."""


def give(
    center: Center,
    by: Person,
    case_id: str,
    person_id: str,
    *,
    purpose: str,
    until: datetime,
    agreement: str,
    reason: str = "",
    reference: str = "",
    begins: datetime | None = None,
    items: Sequence[ItemExtent] | None = None,
    kind: str = grants_in_force.VIEW,
    basis: str = CONSENT,
    state: State = custody_log.append,
) -> Grant:
    """Let a person of a court or of the defence open these items (None: every recording of the case).

    Photographs, documents and working copies are granted only by name; intimate ones to no person. A grant
    based on a court's order needs a `reference`; one based on consent needs that consent (`ConsentMissing`).
    Raises `Forbidden`, `Missing`, `IntimateStays`, `NotAccepted`, `Refused` for invalid values.
    """
    with center.database() as session:  # 1. Permission
        case = require_case(session, by, Act.GIVE_CASE, case_id)
        cases.require_in_use(case)
        receiver = require_row(session, Person, person_id, "person")
        _check(purpose, kind, basis, begins, until)
        _check_receiver(session, case, receiver, basis)
        for item in items or ():
            _check_item(session, case, item)
    if items is not None and not 0 < len({item.evidence for item in items}) == len(items):
        raise Refused("no item is named, or one twice")
    details = _grant_details(basis, reason, reference, agreement)
    details["receiver"] = sealed_names.with_name(center, receiver).name or ""
    grant_id = new_id()
    body = {
        "basis": basis,
        "from": instant_text(begins or now()),
        "grant": grant_id,
        "items": None if items is None else [item.to_json() for item in items],
        "kind": kind,
        "person": receiver.id,
        "until": instant_text(until),
    }
    return _stated(center, state, Draft("grant.given", case.id, by, purpose, body, case, details))


def require_giver(center: Center, by: Person, case_id: str) -> None:
    """Raises `Forbidden` or `Missing` for people who can give nothing in this case."""
    cases.get(center, by, case_id, Act.GIVE_CASE)


def accept(center: Center, person: Person, grant_id: str) -> Grant:
    """Accept the terms of a grant, as its receiver; a second time does nothing.

    Raises `Missing` for another person's, `Forbidden` where it is not in force, `VaultLocked` while the
    agreement cannot be read: people accept only what they could read.
    """
    grant = _of_receiver(center, person, grant_id)
    with center.database() as session:
        require_case(session, person, Act.VIEW_EVIDENCE, grant.case_id)
        if (why := grants_in_force.trouble(session, grant, person.role, now())) is not None:
            raise why
        case = session.get_one(Case, grant.case_id)
    if not center.keyholder.status().unlocked:
        raise VaultLocked("the vault key is locked")
    if grant.accepted_at is not None:
        return grant
    draft = Draft("grant.accepted", case.id, person, grant.purpose, {"grant": grant.id}, case)
    return _stated(center, custody_log.append, draft)


def withdraw(
    center: Center, by: Person, grant_id: str, *, reason: str, state: State = custody_log.append
) -> Grant:
    """End a grant permanently and at once, for open viewings too. Raises `Forbidden`, `Missing`, `Refused`,
    `WrongState` for one that was withdrawn already."""
    codes.require_one_of(reason, WITHDRAWALS, "the reason")
    grant, case = _of_giver(center, by, Act.GIVE_CASE, grant_id)
    if grant.withdrawn_at is not None:
        raise WrongState(f"grant {grant.id} was withdrawn already")
    body = {"grant": grant.id, "reason": reason}
    return _stated(center, state, Draft("grant.withdrawn", case.id, by, grant.purpose, body, case))


def authorise_copy(
    center: Center, by: Person, grant_id: str, *, reference: str, state: State = custody_log.append
) -> Grant:
    """Let its receiver make a package under a grant of kind `copy`.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` for a grant that is over or authorised already.
    """
    details = referring(reference, "")
    grant, case = _of_giver(center, by, Act.AUTHORISE_COPY, grant_id)
    if grant.kind != COPY:
        raise Refused(f"grant {grant.id} is for viewing only")
    if grant.withdrawn_at is not None or grant.ends_at <= now() or grant.authorised_at is not None:
        raise WrongState(f"grant {grant.id} is over, or its copy was authorised already")
    body = {"grant": grant.id}
    return _stated(center, state, Draft("copy.authorised", case.id, by, grant.purpose, body, case, details))


def case_of(center: Center, by: Person, act: Act, grant_id: str) -> str:
    """Return the case of a grant, for a person who may do `act` there. Raises `Forbidden`, `Missing`."""
    return _of_giver(center, by, act, grant_id)[1].id


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still do what they have signed.

    The chain of the case, which includes grants and consent, is unchanged since; people's roles may have
    changed.

    Raises `Forbidden`, `Missing`, `Refused`.
    """
    act = Act.AUTHORISE_COPY if statement.type == "copy.authorised" else Act.GIVE_CASE
    with center.database() as session:
        case = require_case(session, person, act, statement.evidence)
        if statement.type == "grant.given":
            receiver = session.get_one(Person, statement.body["person"])
            _check_receiver(session, case, receiver, statement.body["basis"])


def of_case(center: Center, by: Person, case_id: str) -> list[ListedGrant]:
    """Return every grant ever given in a case, the newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, by, Act.GIVE_CASE, case_id)
        grants = session.scalars(
            select(Grant).where(Grant.case_id == case.id).order_by(Grant.given_at.desc(), Grant.id)
        ).all()
    return _listed(center, grants)


def mine(center: Center, person: Person) -> list[ListedGrant]:
    """Return every grant this person was ever given, the newest first."""
    with center.database() as session:
        grants = grants_in_force.of_person(session, person.id)
    return _listed(center, grants)


def one(center: Center, person: Person, grant_id: str) -> ListedGrant:
    """Return a grant, for its receiver. Raises `Missing` for another person's."""
    return _listed(center, [_of_receiver(center, person, grant_id)])[0]


def receivers(center: Center, by: Person) -> Sequence[Person]:
    """Return possible receivers of a grant: people whose role reaches testimony only by grants."""
    require(by, Act.GIVE_CASE)
    people = center.database.scalars(select(Person).where(Person.active, Person.id != by.id))
    return sealed_names.by_name(sealed_names.named(center, [one for one in people if receives(one)]))


def opens(center: Center, person: Person, case_id: str) -> frozenset[str] | None:
    """Return the items of a case that this person's grants cover now; None where no grants are needed, or all
    are covered. For pages: the gateway makes its own checks."""
    if not receives(person):
        return None
    with center.database() as session:
        grants = grants_in_force.in_force(session, person, case_id)
    if any(grant.items is None for grant in grants):
        return None
    return frozenset(item["evidence"] for grant in grants for item in grant.items or ())


def reached(center: Center, person: Person, evidence: str) -> OpenableExtent:
    """Return how much of an item this person's grants let them open now. For pages, as `opens`."""
    if not receives(person):
        return OpenableExtent(OPENING)
    with center.database() as session:
        part = session.get_one(Evidence, evidence)
        grants = grants_in_force.in_force(session, person, part.case_id)
        grants = [grant for grant in grants if grants_in_force.covers(grant, part)]
    stated = {grant.purpose for grant in grants}
    cuts = [grants_in_force.excerpt_of(grant, evidence) for grant in grants]
    return OpenableExtent(
        [code for code in PURPOSES if code in stated],
        () if None in cuts else tuple(cut for cut in cuts if cut is not None),
        any(grant.kind == COPY and grant.authorised_at is not None for grant in grants),
        next((grant.id for grant in grants if grant.accepted_at is None), None),
    )


def receives(person: Person) -> bool:
    """Return whether this person's role has access to testimony only by grants."""
    return reach(person, Act.SEE_CASE) is Reach.GRANTED


def _check(purpose: str, kind: str, basis: str, begins: datetime | None, until: datetime) -> None:
    codes.require_one_of(purpose, PURPOSES, "purpose")
    if kind not in KINDS or basis not in BASES:
        raise Refused("a grant is to view or to copy, and rests on consent or on a court's order")
    since = begins or now()
    if until <= max(since, now()) or until - since > LONGEST:
        raise Refused("a grant ends after it begins, in the future, and within five years")


def _check_receiver(session: Session, case: Case, receiver: Person, basis: str) -> None:
    if not receives(receiver):
        raise Refused("to this person nothing is granted: they have left, or are given the case itself")
    if basis != CONSENT:
        return
    subject = SHARED_WITH[receiver.role]
    consent = grants_in_force.consent_to(session, case.id, subject)
    if consent is None or consent.outcome in WITHDRAWN_OUTCOMES:
        raise ConsentMissing(f"no consent to {subject} is recorded in case {case.id}")


def _check_item(session: Session, case: Case, item: ItemExtent) -> None:
    part = session.get(Evidence, item.evidence)
    if part is None or part.case_id != case.id:
        raise Missing(f"no evidence {item.evidence[:32]} in case {case.id}")
    if not part.state.sealed:
        raise Refused(f"evidence {part.id} is {part.state}, not sealed")
    if part.interview_id is None:
        _check_file(session, part, item)
        return
    if item.excerpt is not None and not 0 <= item.excerpt[0] < item.excerpt[1] <= (part.duration or 0):
        raise Refused(f"an excerpt of {part.id} that does not lie in it")


def _check_file(session: Session, row: Evidence, item: ItemExtent) -> None:
    if session.get_one(Photograph, row.id).intimate:
        raise IntimateStays(f"photograph {row.id} is intimate")
    release.require_accepted(session, row)
    if item.excerpt is not None:
        raise Refused("a photograph, document or working copy is granted whole")


def _grant_details(basis: str, reason: str, reference: str, agreement: str) -> dict[str, Any]:
    details, reason = {"agreement": agreement.strip()}, reason.strip()
    if not 0 < len(details["agreement"]) <= MAX_AGREEMENT or len(reason) > MAX_TEXT:
        raise Refused(f"the agreement has 1 to {MAX_AGREEMENT} characters, a reason at most {MAX_TEXT}")
    if basis != CONSENT or reference.strip():
        details |= referring(reference, "")
    return details | {"reason": reason} if reason else details


def _of_receiver(center: Center, person: Person, grant_id: str) -> Grant:
    grant = center.database.require(Grant, grant_id, "grant")
    if grant.person_id != person.id:
        raise Missing(f"no grant {grant_id[:32]} of {person.id}")
    return grant


def _of_giver(center: Center, by: Person, act: Act, grant_id: str) -> tuple[Grant, Case]:
    # People who may not do this must not learn which grants exist.
    require(by, act)
    grant = center.database.require(Grant, grant_id, "grant")
    with center.database() as session:
        return grant, require_case(session, by, act, grant.case_id)


def _stated(center: Center, state: State, draft: Draft) -> Grant:
    """Have a grant's act stated (2. Statement), and return the grant as it is then."""
    state(center, draft)
    return center.database.get_one(Grant, draft.body["grant"])


def _listed(center: Center, grants: Sequence[Grant]) -> list[ListedGrant]:
    with center.database() as session:
        cases = {grant.case_id: session.get_one(Case, grant.case_id) for grant in grants}
        people = {grant.person_id: session.get_one(Person, grant.person_id) for grant in grants}
        at = now()
        wrong = {
            grant.id: grants_in_force.trouble(session, grant, people[grant.person_id].role, at)
            for grant in grants
        }
    sealed_names.named(center, people.values())
    reasons: dict[int, Any] = {}
    for case in cases.values():
        reasons |= reasons_at(center, case, [one.position for one in grants if one.case_id == case.id])
    return [
        ListedGrant(
            grant=grant,
            code=cases[grant.case_id].code,
            person=people[grant.person_id],
            trouble=_code(wrong[grant.id], people[grant.person_id]),
            reason=stated.get("reason"),
            reference=stated.get("reference"),
            agreement=stated.get("agreement"),
            giver=stated.get("name"),
        )
        for grant in grants
        for stated in [reasons.get(grant.position, {})]
    ]


def _code(wrong: Forbidden | None, receiver: Person) -> str | None:
    if not receiver.active:
        return "has-left"
    return None if wrong is None else wrong.code
