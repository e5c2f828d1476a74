"""Counts for the ministries: by month, kind and outcome, without identifying data.

A row is one month, and is fixed once: it counts what the ledger and the working rows contained at the end of
the following month, so that daily queries reveal nothing about changes in between. In a row:

1. A total of 1 to 4 is hidden, with every cell of the row.
2. Cells of 1 to 4 are hidden. If only one is hidden, or all hidden ones together are less than ten, another
   one is hidden too: the next in the order of the columns that is not 0, however large, since a reader who
   knows the selection rule could otherwise infer it. That is repeated while there is one.

A total over months is given only if every summand is given; so it reveals nothing new.

Every query is a statement (`statistics.viewed`) before it is answered. Months are those of UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from casework import codes
from casework.access.permissions import Act, require
from casework.center import Center
from casework.clock import new_id, now
from casework.database.models import (
    Case,
    Evidence,
    EvidenceState,
    Interview,
    Person,
    Photograph,
    Specimen,
    StatementIndex,
)
from casework.errors import Refused
from casework.interviews.interviews import PURPOSES
from casework.ledger import custody_log
from casework.photographs.received_files import SOURCES
from casework.retention import schedules
from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.statement import SignedStatement

SMALL = 5
"""Counts below this, except 0, are hidden."""
UNSPECIFIED = "unspecified"
OUTCOMES = ("complete", "interrupted", "unfinished", "not-recorded")
"""Of an interview: stopped by a person; at least one part cut off; not sealed by then; nothing recorded."""
RECORDS = ("recorded", "corrected")
"""Of the records of an examination: first ones, and those that correct another."""
ENDS = ("taken", "destroyed")
"""Of specimens."""
FIRST_YEAR = 2000

Counted = Sequence[tuple[datetime, str]]
"""Time of opening, and its column."""


@dataclass(frozen=True)
class Row:
    """One month. None: hidden."""

    month: str
    """`2026-01`."""
    cells: Sequence[int | None]
    total: int | None


@dataclass(frozen=True)
class Table:
    """The result of one query."""

    report: str
    year: int
    columns: Sequence[str]
    """Codes."""
    rows: Sequence[Row]
    """The months that may be published, in order."""
    totals: Sequence[int | None]
    total: int | None


def read(center: Center, person: Person, report: str, year: int) -> Table:
    """State the query and count. `report`: one of `REPORTS`. Raises `Forbidden`, `Refused`."""
    require(person, Act.SEE_STATISTICS)
    codes.require_one_of(report, REPORTS, "the report")
    if not FIRST_YEAR <= year <= now().year:
        raise Refused(f"the year is not one of {FIRST_YEAR} to {now().year}")
    custody_log.append(
        center,
        custody_log.Draft(
            type="statistics.viewed",
            evidence=new_id(),  # a separate chain: it belongs to no case and no package
            person=person,
            purpose="monitoring",
            body={"report": report, "year": year},
        ),
    )
    months = publishable_months(year, now())
    columns, counted = REPORTS[report](center, months)
    return tabulate(report, year, columns, [f"{month:%Y-%m}" for month in months], counted)


def publishable_months(year: int, moment: datetime) -> list[datetime]:
    """Return the beginnings of the months of a year that may be published: the following month is over."""
    months = [datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    return [month for month in months if _after(month, 2) <= moment]


def shown(counts: Sequence[int]) -> tuple[list[int | None], int | None]:
    """Return the cells of a row and its total as they may be published."""
    total = sum(counts)
    if 0 < total < SMALL:
        return [None] * len(counts), None
    hidden = {at for at, count in enumerate(counts) if 0 < count < SMALL}
    beside = [at for at, count in enumerate(counts) if count >= SMALL]
    while hidden and beside and (len(hidden) < 2 or sum(counts[at] for at in hidden) < 2 * SMALL):
        hidden.add(beside.pop(0))
    return [None if at in hidden else count for at, count in enumerate(counts)], total


def tabulate(
    report: str, year: int, columns: Sequence[str], months: Iterable[str], counted: Counted
) -> Table:
    """Count by month and column, and hide small counts."""
    rows = []
    for month in months:
        found = [column for at, column in counted if f"{at:%Y-%m}" == month]
        cells, total = shown([found.count(column) for column in columns])
        rows.append(Row(month, cells, total))
    return Table(
        report,
        year,
        columns,
        rows,
        [_sum(row.cells[at] for row in rows) for at in range(len(columns))],
        _sum(row.total for row in rows),
    )


# --- what is counted --------------------------------------------------------------------------------------


def _cases(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    cases = center.database.scalars(select(Case))
    found = [case for case in cases if _within(case.opened_at, months)]
    kinds = _kinds(center, found)
    columns = [*schedules.rules(center).kinds, UNSPECIFIED]
    typed = [(case.opened_at, kinds.get(case.id, UNSPECIFIED)) for case in found]
    return columns, [(at, kind if kind in columns else UNSPECIFIED) for at, kind in typed]


def _purposes(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    return PURPOSES, [(one.opened_at, one.purpose) for one in _interviews(center, months)]


def _outcomes(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    return OUTCOMES, [(one.opened_at, _outcome(one)) for one in _interviews(center, months)]


def _received(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    """Count a case once a month for each source. The number of its files might show which case it is."""
    with center.database() as session:
        rows = session.execute(
            select(Evidence.case_id, Photograph.source, Evidence.sealed_at)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(Evidence.kind == "received", Evidence.sealed_at.is_not(None))
        ).all()
    return SOURCES, _once_a_month([(case, str(source), at) for case, source, at in rows], months)


def _examinations(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    """Count a case once a month for records of an examination, and once for their corrections."""
    with center.database() as session:
        rows = session.execute(
            select(Evidence.case_id, Photograph.corrects, Evidence.sealed_at)
            .join(Photograph, Photograph.evidence_id == Evidence.id)
            .where(Photograph.form.is_not(None), Evidence.sealed_at.is_not(None))
        ).all()
    first, correction = RECORDS
    sealed = [(case, first if corrects is None else correction, at) for case, corrects, at in rows]
    return RECORDS, _once_a_month(sealed, months)


def _specimens(center: Center, months: Sequence[datetime]) -> tuple[Sequence[str], Counted]:
    """Count a case once a month for specimens taken, and once for those destroyed; without withdrawn ones."""
    with center.database() as session:
        rows = session.scalars(
            select(Specimen).where(Specimen.stated > 0, Specimen.withdrawn.is_(False))
        ).all()
    taken, destroyed = ENDS
    ends = [(one.case_id, taken, one.taken_at) for one in rows]
    return ENDS, _once_a_month([*ends, *((one.case_id, destroyed, one.ended_at) for one in rows)], months)


def _once_a_month(
    sealed: Iterable[tuple[str, str, datetime | None]], months: Sequence[datetime]
) -> list[tuple[datetime, str]]:
    """Return each month and column in which a case has items, once. `sealed`: of each item its case, its
    column and when it was sealed."""
    found = {
        (case, column, datetime(at.year, at.month, 1, tzinfo=UTC))
        for case, column, at in sealed
        if at is not None and _within(at, months)
    }
    return [(month, column) for _, column, month in found]


REPORTS: Mapping[str, Callable[[Center, Sequence[datetime]], tuple[Sequence[str], Counted]]] = {
    "cases": _cases,
    "purposes": _purposes,
    "outcomes": _outcomes,
    "received": _received,
    "examinations": _examinations,
    "specimens": _specimens,
}
"""Cases opened, by type of case; interviews opened, by purpose; the same, by outcome; cases with received
files, by source; cases with records of an examination, and with corrections of them;
cases with specimens that were taken, and that were destroyed."""


def _interviews(center: Center, months: Sequence[datetime]) -> list[Interview]:
    interviews = center.database.scalars(select(Interview).where(Interview.practice.is_(False)))
    return [one for one in interviews if _within(one.opened_at, months)]


def _outcome(interview: Interview) -> str:
    decided = _decided(interview.opened_at)
    parts = [
        one for one in interview.parts if one.state is not EvidenceState.VOID and one.opened_at < decided
    ]
    if not parts:
        return "not-recorded"
    if any(one.sealed_at is None or one.sealed_at >= decided for one in parts):
        return "unfinished"
    return "interrupted" if any(map(_cut_off, parts)) else "complete"


def _cut_off(part: Evidence) -> bool:
    return part.state is EvidenceState.INTERRUPTED or part.reason is not None  # also once it was disposed of


def _kinds(center: Center, cases: Sequence[Case]) -> dict[str, str]:
    """Return the type of each case at the time when its month was fixed."""
    decided = {case.id: _decided(case.opened_at) for case in cases}
    with center.database() as session:
        positions = session.execute(
            select(StatementIndex.chain, StatementIndex.position)
            .where(StatementIndex.type == "retention.set")
            .order_by(StatementIndex.position)
        ).all()
    openings = [(case, position) for case, position in positions if case in decided]
    leaves = center.ledger.entries([position for _, position in openings])
    kinds: dict[str, str] = {}
    for (case, _), leaf in zip(openings, leaves, strict=True):
        stated = SignedStatement.parse(leaf).statement
        if canonical_json.moment(stated.at) < decided[case]:
            kinds[case] = str(stated.body["kind"])
    return kinds


def _within(at: datetime, months: Sequence[datetime]) -> bool:
    return bool(months) and months[0] <= at < _after(months[-1], 1)


def _decided(opened: datetime) -> datetime:
    """Return the time from which the row that counts an opening at `opened` is fixed."""
    return _after(datetime(opened.year, opened.month, 1, tzinfo=UTC), 2)


def _after(month: datetime, months: int) -> datetime:
    years, rest = divmod(month.month - 1 + months, 12)
    return month.replace(year=month.year + years, month=rest + 1)


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
