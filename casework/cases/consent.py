"""Consent: what the person agrees to, limits, refuses or withdraws, for each subject separately.

A person answers several subjects in one conversation: `record` takes all of them, as one sheet. Each answer
is a statement in the chain of the case (`consent.recorded`, `consent.withdrawn`); for a subject only the
newest counts. The name of the person who explained it, her limits and notes are sealed to the case.
A withdrawal takes effect at once: a grant based on it opens nothing from the next request on
(`grants_in_force`). Its page names what it cannot undo: copies handed out, court orders, earlier recordings.

Recording an answer is a signed act: the person who records it signs it if they have a passkey
(`signed_act_types`). A refusal or withdrawal does not wait for a key: if there is no key to sign with, the
center's system enters it (`pending_acts`), with the same effect.

What a refusal prevents: of photographs and of the examination, taking them (`uploads`, `exam_sets`); of
giving something to the police and the prosecution, its opening and export by them (`police_consent`). No
refusal closes a page of care: the record of an examination can be filled in whatever she answered.

For an interview without consent to recording see `casework.interviews.consent_decisions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import select

from casework import codes
from casework.access import grants_in_force, police_consent
from casework.access.permissions import Act, require_case
from casework.cases import cases
from casework.center import Center
from casework.database.models import Consent, Person
from casework.errors import (
    GroundMissing,
    GuardianUnexpected,
    LimitsMissing,
    NothingAnswered,
    Refused,
    WrongState,
)
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.ledger.reasons import MAX_TEXT, reasons_at
from casework.short_text import identifying
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.statements.types import EXAMINATION

RECORDED = "consent.recorded"
RECORDING = "recording"
OF_EXAMINATION = (EXAMINATION, "photographs", "intimate-photographs")
GROUPS: Mapping[str, Sequence[str]] = {
    "interview": (RECORDING,),
    "examination": (*OF_EXAMINATION, police_consent.TAKING_SPECIMENS),
    "police": (police_consent.INFORMATION, police_consent.PHOTOGRAPHS, police_consent.SPECIMENS),
    "sharing": ("share-court", "share-defence", "share-agencies", "share-training"),
}
"""Subjects of consent, as a sheet groups them. These and the following values are codes in statements."""
SUBJECTS = tuple(chain.from_iterable(GROUPS.values()))
OUTCOMES = ("given", "limited", "refused")
SELF = "self"
BY = (SELF, "guardian", "both")
"""The persons who decided: the person, their guardian, or both."""
GROUNDS = ("natural-guardian", "appointed-guardian", "child-protection", "other")
"""On which legal ground another person decides: the law itself, a court's appointment, the authority that
protects children, another one."""
FORMS = ("oral", "oral-recorded", "signed")
PURPOSE = "consent"
MAX_NAME = 200

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?", re.ASCII)
"""In clear in the statement: too short for free text or a translator's name."""


@dataclass(frozen=True)
class Answer:
    """The person's answer on one subject. `text`: the limits in their own words, or a note."""

    subject: str
    outcome: str
    text: str = ""


@dataclass(frozen=True)
class ListedConsent:
    """One answer, for display. Sealed values are None while they cannot be read, or once erased."""

    consent: Consent
    explained_by: str | None
    text: str | None
    """The limits, or a note."""
    name: str | None
    """Name of the person who recorded it, as it was then."""
    guardian: str | None = None
    """The person who decided for her, and their relation to her."""
    ground: str | None = None
    """The legal ground, a code."""
    interpreter: bool = False
    """Whether it was explained through an interpreter."""


def record(
    center: Center,
    by: Person,
    case_id: str,
    answers: Sequence[Answer],
    *,
    decided_by: str,
    form: str,
    language: str,
    explained_by: str,
    ground: str = "",
    guardian: str = "",
    interpreter: bool = False,
    state: State = custody_log.append,
) -> None:
    """Record answers, all or none; each replaces earlier answers on its subject.

    `ground`, `guardian`: if another person decided, on which legal ground, and who they are to her; only
    refusals may be recorded without the ground. Raises `Forbidden`, `Missing`, `CaseVoided`,
    `NothingAnswered`, `LimitsMissing`, `GroundMissing`, `GuardianUnexpected` if she decided alone, `Refused`,
    `TextUnseen`, and as `state`.
    """
    if not answers:
        raise NothingAnswered("a sheet has at least one answer")
    if len({answer.subject for answer in answers}) < len(answers):
        raise Refused("a subject is answered once")
    for answer in answers:
        _check(answer.subject, decided_by, form, answer.text)
        if answer.outcome not in OUTCOMES:
            raise Refused("consent is given, limited or refused")
        if answer.outcome == "limited" and not answer.text.strip():
            raise LimitsMissing(f"{answer.subject} is limited, and nothing says how")
    explained_by = identifying(explained_by, MAX_NAME, "a name")
    if not explained_by:
        raise Refused("who explained it is named")
    if _LANGUAGE.fullmatch(language) is None:
        raise Refused("a language is a short code, such as ar")
    common: dict[str, Any] = {"by": decided_by, "form": form, "language": language}
    named = {"explained_by": explained_by}
    if decided_by == SELF:
        if ground or guardian.strip():
            raise GuardianUnexpected("the person decided alone, and a guardian or a ground is given")
    else:
        if ground:
            codes.require_one_of(ground, GROUNDS, "the ground")
            common["ground"] = ground
        elif any(answer.outcome != "refused" for answer in answers):
            raise GroundMissing("another person agreed for her, and nothing says on which ground")
        guardian = identifying(guardian, MAX_NAME, "a guardian")
        named |= {"guardian": guardian} if guardian else {}
    if interpreter:
        common["interpreter"] = True
    bodies = [common | {"outcome": answer.outcome, "subject": answer.subject} for answer in answers]
    details = [_details(answer.text, **named) for answer in answers]
    _state(center, by, case_id, RECORDED, list(zip(bodies, details, strict=True)), state)


def withdraw(
    center: Center,
    by: Person,
    case_id: str,
    subject: str,
    *,
    decided_by: str,
    form: str,
    text: str = "",
    state: State = custody_log.append,
) -> None:
    """Record a withdrawal of consent, effective from the next request on.

    Raises `Forbidden`, `Missing`, `Refused`, `WrongState` if there is none to withdraw, and as `state`.
    """
    _check(subject, decided_by, form, text)
    _require_in_force(center, by, case_id, subject)
    body = {"by": decided_by, "form": form, "subject": subject}
    _state(center, by, case_id, "consent.withdrawn", [(body, _details(text))], state)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still record what they have signed. Raises as `record`, `withdraw`."""
    if statement.type == "consent.withdrawn":
        _require_in_force(center, person, statement.evidence, str(statement.body["subject"]))
        return
    cases.get(center, person, statement.evidence, Act.RECORD_CONSENT)


def consents_in_force(center: Center, person: Person, case_id: str) -> dict[str, Consent | None]:
    """Return the newest answer for each subject. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.SEE_CASE, case_id)
        answers = session.scalars(
            select(Consent).where(Consent.case_id == case.id).order_by(Consent.position)
        )
        newest = {one.subject: one for one in answers}
    return {subject: newest.get(subject) for subject in SUBJECTS}


def listed(center: Center, person: Person, case_id: str) -> Sequence[ListedConsent]:
    """Return every answer ever recorded, newest first. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        case = require_case(session, person, Act.RECORD_CONSENT, case_id)
        answers = session.scalars(
            select(Consent).where(Consent.case_id == case.id).order_by(Consent.position.desc())
        ).all()
    positions = [one.position for one in answers]
    reasons = reasons_at(center, case, positions)
    bodies = [SignedStatement.parse(leaf).statement.body for leaf in center.ledger.entries(positions)]
    return [
        ListedConsent(
            one,
            stated.get("explained_by"),
            stated.get("text"),
            stated.get("name"),
            stated.get("guardian"),
            body.get("ground"),
            body.get("interpreter", False),
        )
        for one, stated, body in (
            (one, reasons.get(one.position, {}), body) for one, body in zip(answers, bodies, strict=True)
        )
    ]


def _require_in_force(center: Center, by: Person, case_id: str, subject: str) -> None:
    with center.database() as session:
        case = require_case(session, by, Act.RECORD_CONSENT, case_id)
        found = grants_in_force.consent_to(session, case.id, subject)
    if found is None or found.outcome in grants_in_force.WITHDRAWN_OUTCOMES:
        raise WrongState(f"no consent to {subject} stands in case {case.id}")


def _check(subject: str, decided_by: str, form: str, text: str) -> None:
    if subject not in SUBJECTS or decided_by not in BY or form not in FORMS:
        raise Refused("no such subject, person or form of consent")
    if len(text.strip()) > MAX_TEXT:
        raise Refused(f"a note has at most {MAX_TEXT} characters")


def _details(text: str, **more: str) -> dict[str, str]:
    return more | ({"text": text.strip()} if text.strip() else {})


def _state(
    center: Center,
    by: Person,
    case_id: str,
    type_: str,
    statements: Sequence[tuple[dict[str, Any], dict[str, str]]],
    state: State,
) -> None:
    """State each body with its details."""
    case = cases.get(center, by, case_id, Act.RECORD_CONSENT)  # 1. Permission
    if type_ == RECORDED:
        cases.require_in_use(case)
    drafts = [
        custody_log.Draft(type_, case.id, by, PURPOSE, body, case, details) for body, details in statements
    ]
    state(center, *drafts)  # 2. Statements
