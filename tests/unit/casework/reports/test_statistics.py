"""Counts for the ministries: what is hidden stays hidden from whoever knows exactly how it was hidden."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from casework.cases import cases
from casework.database.models import (
    Case,
    Evidence,
    EvidenceState,
    Interview,
    Person,
    Photograph,
    Role,
    Specimen,
    StatementIndex,
)
from casework.errors import Forbidden, Refused
from casework.interviews import interviews
from casework.ledger import chains
from casework.people import people
from casework.photographs.received_files import Origin
from casework.reports import statistics
from casework.reports.statistics import SMALL, publishable_months, shown, tabulate
from casework.retention import schedules
from casework.specimens import handovers
from tests.support.centers.casework_world import World
from tests.support.centers.taken_specimens import take_specimen
from tests.support.people.adding import added

MAY, JULY = datetime(2076, 5, 3, 9, tzinfo=UTC), datetime(2076, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_a_hidden_number_is_none_that_could_be_worked_out(columns: int) -> None:
    """Every row there can be, grouped by what is told of it: in each group a hidden number has several
    values. Rows of one group have the same total, so a bound on that leaves none of a group out."""
    told = defaultdict(list)
    for row in itertools.product(range(17), repeat=columns):
        if sum(row) <= 16:
            cells, total = shown(row)
            told[(*cells, total)].append(row)
    for answer, rows in told.items():
        for at, cell in enumerate(answer[:-1]):
            if cell is None:
                assert len({row[at] for row in rows}) >= 2, (answer, rows)
            else:
                assert not 0 < cell < SMALL, answer


def test_a_row_without_small_numbers_is_told_as_it_is() -> None:
    assert shown([0, 0]) == ([0, 0], 0)
    assert shown([5, 0, 7]) == ([5, 0, 7], 12)
    assert shown([4, 0, 0]) == ([None, None, None], None)
    assert shown([3, 0, 7, 9]) == ([None, 0, None, 9], 19)
    assert shown([9, 3, 4, 2]) == ([None, None, None, None], 18)


def test_a_month_is_told_once_the_month_after_it_is_over() -> None:
    assert publishable_months(2076, datetime(2076, 1, 31, tzinfo=UTC)) == []
    assert publishable_months(2075, datetime(2076, 1, 31, tzinfo=UTC))[-1].month == 11
    assert publishable_months(2075, datetime(2076, 2, 1, tzinfo=UTC))[-1].month == 12
    assert publishable_months(2077, datetime(2076, 2, 1, tzinfo=UTC)) == []


def test_a_sum_is_told_only_where_everything_in_it_is() -> None:
    counted = [(MAY, "a")] * 6 + [(MAY, "b")] * 5 + [(JULY, "a")] * 3 + [(JULY, "b")] * 8
    table = tabulate("r", 2076, ["a", "b", "c"], ["2076-05", "2076-06", "2076-07"], counted)
    assert [row.cells for row in table.rows] == [[6, 5, 0], [0, 0, 0], [None, None, 0]]
    assert [row.total for row in table.rows] == [11, 0, 11]
    assert (table.totals, table.total) == ([None, None, 0], 22)


def received(world: World, case: str, source: str, when: datetime) -> None:
    """A file, as if it had been sealed then."""
    data = f"{source} {when}".encode()
    status = added(
        world.center, world.prosecutor, case, data, kind="received", origin=Origin(source, "Person G")
    )
    with world.center.database.begin() as session:
        session.get_one(Evidence, status.id).sealed_at = when


def examined(world: World, case: Case, examiner: Person, when: datetime, corrects: str | None = None) -> str:
    """The record of an examination, as if it had been sealed then; its id."""
    cases.give(world.center, world.prosecutor, case.id, examiner.id)
    data = f"%PDF-1.7\n{case.id} {when}".encode()
    sealed = added(world.center, examiner, case.id, data, kind="document").id
    with world.center.database.begin() as session:
        session.get_one(Evidence, sealed).sealed_at = when
        file = session.get_one(Photograph, sealed)
        file.form, file.corrects = "ab" * 32, corrects
    return sealed


@pytest.fixture
def officer(world: World) -> Person:
    return people.add(world.center, world.administrator, "Person M", Role.MONITORING, "ministry")


def opened(world: World, when: datetime, count: int, kind: str | None = None) -> None:
    """So many cases as if they had been opened then."""
    for _ in range(count):
        case = cases.open_case(world.center, world.prosecutor)
        if kind:
            schedules.set_for(
                world.center, world.prosecutor, case.id, kind=kind, until=None, reference="4/2076"
            )
        with world.center.database.begin() as session:
            session.get_one(Case, case.id).opened_at = when


def test_cases_are_counted_by_type_and_the_question_is_in_the_ledger(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(world, MAY, 6, "child")
    opened(world, MAY + timedelta(days=1), 7)
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    table = statistics.read(world.center, officer, "cases", 2076)
    may = next(row for row in table.rows if row.month == "2076-05")
    assert dict(zip(table.columns, may.cells, strict=True)) == {
        "domestic-violence": 0,
        "sexual-violence": 0,
        "trafficking": 0,
        "child": 6,
        "homicide": 0,
        "unspecified": 7,
    }
    assert may.total == 13
    with world.center.database() as session:
        row = session.query(StatementIndex).filter_by(type="statistics.viewed").one()
    assert (row.actor, row.case_id, row.number) == (officer.id, None, 0)
    assert len(chains.chain(world.center, row.chain)) == 1


def test_what_changes_after_a_month_was_decided_changes_nothing_in_it(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again every day, the difference would tell of which type one case is."""
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    long_ago = datetime(2001, 1, 5, tzinfo=UTC)
    opened(world, long_ago, 8, "child")  # each said only now to be of that type
    table = statistics.read(world.center, officer, "cases", 2001)
    assert table.rows[0].cells[table.columns.index("unspecified")] == 8
    assert table.rows[0].cells[table.columns.index("child")] == 0


def test_interviews_are_counted_by_purpose_and_practice_is_not(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for practice in (False,) * 6 + (True,) * 6:
        world.interview(practice)
    with world.center.database.begin() as session:
        for one in session.query(Interview):
            one.opened_at = MAY
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    table = statistics.read(world.center, officer, "purposes", 2076)
    assert (table.columns, table.rows[4].cells) == (interviews.PURPOSES, [6, 0, 0])
    table = statistics.read(world.center, officer, "outcomes", 2076)
    assert table.rows[4].cells[table.columns.index("not-recorded")] == 6


def test_a_case_with_files_from_outside_counts_once_a_month_for_each_source(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        case = cases.open_case(world.center, world.prosecutor)
        for day in range(2):
            received(world, case.id, "organisation", MAY + timedelta(days=day))
    received(world, case.id, "person", MAY)
    received(world, world.case.id, "organisation", MAY)
    received(world, case.id, "organisation", JULY)
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    table = statistics.read(world.center, officer, "received", 2076)
    assert table.columns == ("person", "organisation", "seizure", "public")
    assert (table.rows[4].cells, table.rows[4].total) == ([None, None, 0, 0], 7)


def test_a_case_with_records_of_an_examination_counts_once_a_month_and_once_for_corrections(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    for _ in range(12):
        case = cases.open_case(world.center, world.prosecutor)
        first = examined(world, case, examiner, MAY)
        examined(world, case, examiner, MAY + timedelta(days=1))
    for day in range(2, 4):
        examined(world, case, examiner, MAY + timedelta(days=day), corrects=first)
    examined(world, case, examiner, JULY)
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    table = statistics.read(world.center, officer, "examinations", 2076)
    assert table.columns == ("recorded", "corrected")
    assert (table.rows[4].cells, table.rows[4].total) == ([None, None], 13)


def test_a_case_with_specimens_counts_once_a_month_and_once_for_those_destroyed(
    world: World, officer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    examiner = people.add(world.center, world.administrator, "Person N", Role.EXAMINER, "clinic")
    for seal in range(6):
        case = cases.open_case(world.center, examiner)
        for kind in ("swab", "blood"):
            row = take_specimen(world.center, examiner, case.id, kind=kind, seal=f"s-{seal}", what="taken")
            with world.center.database.begin() as session:
                session.get_one(Specimen, row.id).taken_at = MAY
    with world.center.database.begin() as session:
        session.get_one(Specimen, row.id).ended_at = MAY
    case = cases.open_case(world.center, examiner)
    error = take_specimen(world.center, examiner, case.id, kind="swab", seal="s-9", what="taken")
    handovers.withdraw(world.center, examiner, error.id, "not-taken", "")
    with world.center.database.begin() as session:
        withdrawn = session.get_one(Specimen, error.id)
        withdrawn.taken_at = withdrawn.ended_at = MAY
    monkeypatch.setattr(statistics, "now", lambda: JULY)
    table = statistics.read(world.center, officer, "specimens", 2076)
    assert table.columns == ("taken", "destroyed")
    assert (table.rows[4].cells, table.rows[4].total) == ([None, None], 7)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ([(EvidenceState.COMPLETE, MAY, None)], "complete"),
        ([(EvidenceState.COMPLETE, MAY, None), (EvidenceState.INTERRUPTED, MAY, "disk-full")], "interrupted"),
        ([(EvidenceState.DISPOSED, MAY, "disk-full")], "interrupted"),
        ([(EvidenceState.DISPOSED, MAY, None)], "complete"),
        ([(EvidenceState.RECORDING, None, None)], "unfinished"),
        ([(EvidenceState.COMPLETE, JULY, None)], "unfinished"),
        ([(EvidenceState.VOID, None, None)], "not-recorded"),
        ([], "not-recorded"),
    ],
)
def test_how_an_interview_ended(
    parts: list[tuple[EvidenceState, datetime | None, str | None]], outcome: str
) -> None:
    interview = Interview(opened_at=MAY)
    rows = [
        Evidence(state=state, opened_at=MAY, sealed_at=sealed, reason=reason)
        for state, sealed, reason in parts
    ]
    monkey = pytest.MonkeyPatch()
    monkey.setattr(Interview, "parts", rows)
    try:
        assert statistics._outcome(interview) == outcome
    finally:
        monkey.undo()


def test_nobody_else_may_ask_and_only_what_there_is(world: World, officer: Person) -> None:
    for person in (world.administrator, world.prosecutor, world.court):
        with pytest.raises(Forbidden):
            statistics.read(world.center, person, "cases", 2026)
    for report, year in (("people", 2026), ("cases", 1999), ("cases", 9999)):
        with pytest.raises(Refused):
            statistics.read(world.center, officer, report, year)
