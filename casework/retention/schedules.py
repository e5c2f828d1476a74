"""Retention schedules: rules by type of case, of which the longest applicable wins.

    <data>/rules/retention.txt        any               10 years
                                voided            1 year
                                child             50 years       # and so on, one type a line

`any` applies to every case. A case of a type is retained as long as its rule says too, and until the date
that a court has stated, if any. A case without a type is retained as long as the longest of all rules. Time
is counted from the sealing of the item, for a case's details from the last sealing. `voided` (without that
line: `any`) is for the details of a case that was voided as opened in error and has no evidence. The
administrator writes the requirements of a country's law into that file; without it the rules below apply.

Decisions about the end of a case are stated (`retention.set`), with the person, signed by them if they have a
passkey (`signed_act_types`), and the type as a code in clear. The rules themselves are the center's own, and
a legal hold overrides them all (`legal_holds`). Both are checked by `disposal_requests.require_free`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import select

from casework import codes
from casework.access.permissions import Act, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import now
from casework.database.models import Case, Evidence, EvidenceState, Person
from casework.errors import Refused
from casework.ledger import custody_log
from casework.ledger.custody_log import State
from casework.ledger.reasons import referring
from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.statements.statement import Statement

ANY, VOIDED = "any", "voided"
BUILT_IN = """\
any                 10 years
voided              1 year
domestic-violence   20 years
sexual-violence     30 years
trafficking         30 years
child               50 years
homicide            75 years
"""
PURPOSE = "retention"
"""The purpose code of statements about retention."""

_LINE = re.compile(r"([a-z0-9][a-z0-9._-]{0,63})\s+(\d{1,4})\s+(days?|months?|years?)", re.ASCII)

Why = Literal["any", "kind", "unspecified", "court", "voided"]


class RulesUnreadable(Refused):
    """The center's rules cannot be read: until they are corrected, nothing may be disposed of."""

    code = "rules-unreadable"


@dataclass(frozen=True)
class Term:
    """A length of time by the calendar."""

    months: int = 0
    days: int = 0

    def after(self, when: datetime) -> datetime:
        """Return the end of the term that begins at `when`; the last day of a month that has no such day."""
        month = when.month - 1 + self.months
        year = min(when.year + month // 12, 9998)
        for day in (when.day, 30, 29, 28):
            try:
                ended = when.replace(year=year, month=month % 12 + 1, day=day)
            except ValueError:
                continue
            return ended + timedelta(days=self.days)
        raise AssertionError("every month has 28 days")


@dataclass(frozen=True)
class RetentionEnd:
    """The end of the minimum retention period, and the rule that sets it."""

    until: datetime
    why: Why
    rule: str = ""
    """The type of case, if a rule for one decided."""

    @property
    def over(self) -> bool:
        """Return whether the retention period has ended by now."""
        return self.until <= now()


@dataclass(frozen=True)
class Rules:
    """Type of case → retention period."""

    terms: Mapping[str, Term]

    @property
    def kinds(self) -> list[str]:
        """Return the types of case that can be chosen."""
        return [kind for kind in self.terms if kind not in (ANY, VOIDED)]

    @classmethod
    def parse(cls, text: str) -> Rules:
        """Parse the rules. Raises `RulesUnreadable`, which names the line."""
        terms: dict[str, Term] = {}
        for number, line in enumerate(text.splitlines(), 1):
            content = line.partition("#")[0].strip()
            if not content:
                continue
            match = _LINE.fullmatch(content)
            if match is None or match[1] in terms or match[1] == "unspecified":
                raise RulesUnreadable(
                    f"the rules of retention, line {number}: a type of case, a number and days, months or "
                    "years; each type once"
                )
            terms[match[1]] = _term(int(match[2]), match[3])
        if ANY not in terms:
            raise RulesUnreadable(f"the rules of retention have no line for {ANY!r}")
        return cls(terms)

    def kept(self, case: Case, since: datetime) -> RetentionEnd:
        """Return the retention of an item of this case sealed at `since`: the longest that applies."""
        periods = [RetentionEnd(self.terms[ANY].after(since), "any")]
        if case.kind is not None and case.kind in self.terms:
            periods.append(RetentionEnd(self.terms[case.kind].after(since), "kind", case.kind))
        else:  # no type yet, or one that the rules no longer have
            periods += [
                RetentionEnd(self.terms[kind].after(since), "unspecified", kind)
                for kind in (ANY, *self.kinds)
            ]
        if case.keep_until is not None:
            periods.append(RetentionEnd(case.keep_until, "court"))
        return max(periods, key=lambda one: (one.until, one.why == "court"))

    def kept_voided(self, case: Case) -> RetentionEnd:
        """Return the retention of the details of a case without evidence that was voided, from then on."""
        if case.voided_at is None:
            raise ValueError("the case was not voided")
        term = self.terms.get(VOIDED, self.terms[ANY])
        periods = [RetentionEnd(term.after(case.voided_at), "voided")]
        if case.keep_until is not None:
            periods.append(RetentionEnd(case.keep_until, "court"))
        return max(periods, key=lambda one: one.until)


def rules(center: Center) -> Rules:
    """The rules in force. Raises `RulesUnreadable`."""
    return read(center.retention)


def read(path: Path | None) -> Rules:
    """The rules in a file; the built-in ones if there is none. Raises `RulesUnreadable`."""
    if path is None:
        return Rules.parse(BUILT_IN)
    try:
        return Rules.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        return Rules.parse(BUILT_IN)
    except (OSError, UnicodeDecodeError) as error:
        raise RulesUnreadable(f"{path.name} cannot be read: {type(error).__name__}") from None


def of_case(center: Center, case: Case) -> dict[str, RetentionEnd]:
    """The retention of each item of a case; under the case's own id, of its details: as long as any item.

    Raises `RulesUnreadable`.
    """
    rules_now, last = rules(center), case.opened_at
    periods = {}
    parts = center.database.scalars(
        select(Evidence)
        .where(Evidence.case_id == case.id, Evidence.state != EvidenceState.VOID)
        .order_by(Evidence.opened_at, Evidence.id)
    )
    for part in parts:
        since = part.sealed_at or now()  # while it is recorded its period has not begun
        last = max(last, since)
        periods[part.id] = rules_now.kept(case, since)
    empty = case.voided_at is not None and not periods
    periods[case.id] = rules_now.kept_voided(case) if empty else rules_now.kept(case, last)
    return periods


def added(center: Center, person: Person, case_id: str) -> Sequence[Evidence]:
    """The photographs and documents of a case, intimate ones included, for people who decide its retention.

    These people see kind, number and date, and nothing else. Raises `Forbidden`, `Missing`.
    """
    with center.database() as session:
        require_case(session, person, Act.KEEP_CASE, case_id)
        return session.scalars(
            select(Evidence)
            .where(
                Evidence.case_id == case_id,
                Evidence.interview_id.is_(None),
                Evidence.state != EvidenceState.VOID,
            )
            .order_by(Evidence.kind.desc(), Evidence.number)
        ).all()


def set_for(
    center: Center,
    person: Person,
    case_id: str,
    *,
    kind: str,
    until: datetime | None,
    reference: str,
    text: str = "",
    state: State = custody_log.append,
) -> Case:
    """Set the type of a case, and the date until which a court requires retention; states `retention.set`
    first.

    Replaces earlier values. `reference` (of the order, or the file) and `text` are sealed to the case. Raises
    `Forbidden`, `Missing`, `Refused`, and the errors of `state`.
    """
    details = referring(reference, text)
    case = cases.get(center, person, case_id, Act.KEEP_CASE)
    codes.require_one_of(kind, rules(center).kinds, "the type of case")
    state(
        center,
        custody_log.Draft(
            type="retention.set",
            evidence=case_id,
            person=person,
            purpose=PURPOSE,
            body={"kind": kind, "until": None if until is None else instant_text(until)},
            case=case,
            details=details,
        ),
    )
    return center.database.get_one(Case, case_id)


def check_still(center: Center, person: Person, statement: Statement) -> None:
    """Check that this person may still state what they signed. Raises `Forbidden`, `Missing`, `Refused`."""
    codes.require_one_of(statement.body["kind"], rules(center).kinds, "the type of case")
    cases.get(center, person, statement.evidence, Act.KEEP_CASE)


def _term(count: int, unit: str) -> Term:
    match unit.rstrip("s"):
        case "day":
            return Term(days=count)
        case "month":
            return Term(months=count)
    return Term(months=12 * count)
