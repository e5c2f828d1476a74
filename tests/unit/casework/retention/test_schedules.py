"""How long a case is kept: the longest rule that applies wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from casework.cases import history
from casework.database.models import Case, Evidence
from casework.errors import Forbidden, Refused
from casework.retention import schedules
from casework.retention.schedules import Rules, RulesUnreadable, Term
from tests.support.centers.casework_world import World
from tests.support.people.passkeys import asked, completed, passkey

SEALED = datetime(2026, 1, 31, 12, tzinfo=UTC)
RULES = Rules.parse("any 10 years\nchild 50 years  # from the sealing\n\nshort 2 days\n")


def case(kind: str | None = None, until: datetime | None = None) -> Case:
    return Case(id="c0" * 16, kind=kind, keep_until=until)


@pytest.mark.parametrize(
    ("of", "until", "why"),
    [
        (case("child"), SEALED.replace(year=2076), "kind"),
        (case("short"), SEALED.replace(year=2036), "any"),
        (case(None), SEALED.replace(year=2076), "unspecified"),
        (case("a-type-that-is-gone"), SEALED.replace(year=2076), "unspecified"),
        (case("short", SEALED.replace(year=2090)), SEALED.replace(year=2090), "court"),
        (case("child", SEALED.replace(year=2030)), SEALED.replace(year=2076), "kind"),
    ],
)
def test_the_longest_rule_that_applies_wins(of: Case, until: datetime, why: str) -> None:
    kept = RULES.kept(of, SEALED)
    assert (kept.until, kept.why, kept.over) == (until, why, False)


@pytest.mark.parametrize(
    ("term", "ended"),
    [
        (Term(months=1), datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (Term(months=25), datetime(2028, 2, 29, 12, tzinfo=UTC)),
        (Term(days=1), datetime(2026, 2, 1, 12, tzinfo=UTC)),
        (Term(), SEALED),
    ],
)
def test_a_term_follows_the_calendar(term: Term, ended: datetime) -> None:
    assert term.after(SEALED) == ended


@pytest.mark.parametrize(
    "text",
    [
        "",
        "child 50 years",
        "any ten years",
        "any 10 years\nany 20 years",
        "any 10",
        "Any 10 years",
        "any -1 years",
        "any 10 years\nunspecified 1 day",
        "any 10 years and more",
    ],
)
def test_rules_that_cannot_be_read_are_refused_as_a_whole(text: str) -> None:
    with pytest.raises(RulesUnreadable):
        Rules.parse(text)


def test_without_a_file_the_built_in_rules_hold_and_a_broken_one_is_no_rule_at_all(tmp_path: Path) -> None:
    path = tmp_path / "retention.txt"
    assert schedules.read(path) == schedules.read(None) == Rules.parse(schedules.BUILT_IN)
    path.write_bytes(b"any 3 days \xff")
    with pytest.raises(RulesUnreadable):
        schedules.read(path)


async def test_what_decides_is_stated_and_the_reference_is_sealed(world: World) -> None:
    evidence = await world.recorded(world.interview())
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40_000)
    before = schedules.of_case(world.center, world.case)
    assert before[evidence].why == "unspecified"
    assert before[world.case.id].until >= before[evidence].until
    said = schedules.set_for(
        world.center, world.prosecutor, world.case.id, kind="child", until=until, reference="Order 12/2026"
    )
    kept = schedules.of_case(world.center, said)
    assert {(one.until, one.why) for one in kept.values()} == {(until, "court")}
    [entry] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert (entry.type, entry.body["kind"]) == ("retention.set", "child")
    assert entry.details == {"name": "Person P", "reference": "Order 12/2026"}


async def test_a_recording_that_goes_on_is_kept_from_its_seal_on(world: World) -> None:
    ticket = world.ticket(world.interview())
    kept = schedules.of_case(world.center, world.case)
    assert kept[ticket.evidence].until > datetime.now(UTC) + timedelta(days=75 * 365)
    with world.center.database() as session:
        assert session.get_one(Evidence, ticket.evidence).sealed_at is None


def test_a_type_must_be_one_of_the_rules_and_a_reference_must_be_given(world: World, tmp_path: Path) -> None:
    center = replace(world.center, retention=tmp_path / "retention.txt")
    (tmp_path / "retention.txt").write_text("any 1 day\nnew-type 3 months\n")
    for kind, reference in (("child", "12/26"), ("any", "12/26"), ("new-type", " "), ("new-type", "x" * 201)):
        with pytest.raises(Refused):
            schedules.set_for(
                center, world.prosecutor, world.case.id, kind=kind, until=None, reference=reference
            )
    with pytest.raises(Forbidden):
        schedules.set_for(center, world.court, world.case.id, kind="new-type", until=None, reference="12/26")
    schedules.set_for(center, world.prosecutor, world.case.id, kind="new-type", until=None, reference="12/26")


def test_who_says_how_long_it_is_kept_signs_it(world: World) -> None:
    key = passkey(world, world.prosecutor)
    say = partial(schedules.set_for, world.center, world.prosecutor, world.case.id, until=None, reference="7")
    completed(world.opened_again(), world.prosecutor, asked(partial(say, kind="child")), key)
    with world.center.database() as session:
        assert session.get_one(Case, world.case.id).kind == "child"
    [entry] = history.of_item(world.center, world.prosecutor, world.case.id)
    assert (entry.type, entry.signed_by) == ("retention.set", "person")


def test_a_type_that_the_rules_have_lost_meanwhile_is_not_given_by_a_signature(
    world: World, tmp_path: Path
) -> None:
    key = passkey(world, world.prosecutor)
    rules = tmp_path / "retention.txt"
    rules.write_text("any 1 day\nnew-type 3 months\n")
    center = replace(world.center, retention=rules)
    say = partial(schedules.set_for, center, world.prosecutor, world.case.id, until=None, reference="7")
    waiting = asked(partial(say, kind="new-type"))
    rules.write_text("any 1 day\n")
    with pytest.raises(Refused):
        completed(center, world.prosecutor, waiting, key)
