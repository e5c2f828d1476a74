"""Several machines: who is heard, who records what, and who does the work of all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import nodes
from casework.center import Center
from casework.clock import now
from casework.copies import scrub
from casework.database.models import Evidence, EvidenceState, Interview, InterviewState, Node
from casework.errors import Missing, Refused, WrongState
from casework.evidence import gateway
from casework.interviews import interviews
from casework.nodes import EVERY, SILENT, FencedDatabase, LeaseLost, Watch
from tests.support.centers.casework_world import World
from tests.support.patience import PATIENCE
from vault.copies.copies import Copies


def machine(center: Center, name: str) -> Center:
    """The same center, on another machine."""
    return replace(center, node=name, recorder=f"{name:0>16}")


def rows(**beats: int) -> list[Node]:
    return [
        Node(name=name, address="", recorder="", beat=beat, seen_at=now()) for name, beat in beats.items()
    ]


def silent(watch: Watch, at: float, **beats: int) -> list[str]:
    return [one.name for one in watch.look(rows(**beats), at) if one.silent]


def test_a_machine_is_silent_once_somebody_has_looked_on_for_long_enough_without_hearing_it() -> None:
    watch, at, beat = Watch("a"), 100.0, 0
    while at < 100.0 + SILENT:
        assert silent(watch, at, a=beat, b=7) == []
        at, beat = at + EVERY, beat + 1
    assert silent(watch, at, a=0, b=7) == ["b"], "and never itself"
    assert silent(watch, at + EVERY, a=0, b=8) == []


def test_who_has_slept_concludes_nothing_from_what_it_saw_before() -> None:
    watch = Watch("a")
    assert silent(watch, 100.0, a=1, b=7) == []
    assert silent(watch, 100.0 + 60.0, a=1, b=7) == [], "perhaps both slept, or the database was away"
    at = 160.0
    while at < 160.0 + SILENT - EVERY:
        at += EVERY
        assert silent(watch, at, a=1, b=7) == []
    assert silent(watch, at + EVERY, a=1, b=7) == ["b"]


def test_what_nobody_owns_belongs_to_the_first_machine_there_is(world: World) -> None:
    interview = world.interview()
    ticket = gateway.ticket_for_part(world.center, world.prosecutor, interview.id)
    with world.center.database.begin() as session:  # as an earlier version left it
        session.get_one(Interview, interview.id).node = None
        session.get_one(Evidence, ticket.evidence).node = None
    assert interviews.unfinished(world.center) == []
    nodes.register(machine(world.center, "old"), "")
    nodes.register(machine(world.center, "new"), "http://127.0.0.1:1")
    assert nodes.of_interview(world.center, interview.id) == "old"
    assert interviews.unfinished(machine(world.center, "old")) == [(interview.id, ticket.evidence)]
    assert interviews.unfinished(machine(world.center, "new")) == []
    assert nodes.unfinished_elsewhere(machine(world.center, "new")) == {"old": [ticket.evidence]}


def test_two_machines_of_one_name_are_found_out(world: World) -> None:
    a = machine(world.center, "a")
    beat = nodes.register(a, "")
    assert [row.name for row in nodes.beat(a, beat)] == ["a"]
    with pytest.raises(Refused, match="another machine of this center is named a"):
        nodes.beat(a, beat)
    began = time.monotonic()
    nodes.require_free_name(a, beat + 1, PATIENCE)  # the same machine, started again
    assert time.monotonic() < began + PATIENCE
    with pytest.raises(Refused, match="another machine of this center is named a"):
        nodes.beat(replace(a, recorder="f" * 16), beat + 1)
    others = (replace(a, recorder="f" * 16), None), (replace(a, node="b"), beat + 1), (a, None), (a, beat - 1)
    for other, last in others:
        nodes.require_free_name(other, last, 0.2)  # nobody else is heard
        with ThreadPoolExecutor(1) as working:
            working.submit(beat_soon, a)
            with pytest.raises(Refused, match=r"named a too|machine a works with this recorder's key"):
                nodes.require_free_name(other, last, PATIENCE)


def test_a_heartbeat_of_which_the_database_did_not_say_whether_it_counted_is_this_machines(
    world: World,
) -> None:
    a = machine(world.center, "a")
    beat = nodes.register(a, "")
    nodes.beat(a, beat)  # the server ended after the commit, and before it said so
    assert [row.beat for row in nodes.beat(a, beat, unclear=True)] == [beat + 2]
    assert [row.beat for row in nodes.beat(a, beat + 9)] == [beat + 3], "the database went back"


def beat_soon(center: Center) -> None:
    time.sleep(0.3)
    nodes.register(center, "")


def test_a_machine_with_a_new_name_keeps_what_was_its_own(world: World) -> None:
    a = machine(world.center, "a")
    nodes.register(a, "")
    interview = world.interview()
    nodes.adopt(a, interview.id, "1")
    with world.center.database.begin() as session:
        session.add(part(interview, 1, EvidenceState.RECORDING))
    b = replace(a, node="b")
    nodes.register(b, "")
    assert [row.name for row in nodes.listed(b)] == ["b"]
    assert interviews.unfinished(b) == [(interview.id, f"{1:032x}")]
    assert nodes.of_interview(b, interview.id) == "b"


def test_an_interview_goes_on_at_one_other_machine_and_the_first_can_begin_nothing_more(world: World) -> None:
    a, b, c = (machine(world.center, name) for name in "abc")
    interview = world.interview()
    assert nodes.adopt(a, interview.id, "1")
    assert nodes.adopt(b, interview.id, "a")
    assert not nodes.adopt(c, interview.id, "a"), "it was not with a any more"
    with world.center.database() as session:
        row = session.get_one(Interview, interview.id)
    with pytest.raises(WrongState, match="recorded on machine b"):
        nodes.require_here(a, row)
    with pytest.raises(WrongState, match="recorded on machine b"):
        gateway.ticket_for_part(world.center, world.prosecutor, interview.id)
    assert interviews.get(a, world.prosecutor, interview.id).state is InterviewState.OPENED


def test_one_machine_has_a_lease_until_it_is_gone_and_then_writes_nothing_under_it(world: World) -> None:
    a, b = machine(world.center, "a"), machine(world.center, "b")
    for one in (a, b):
        nodes.register(one, "")
    term = nodes.take_lease(a, "work", [])
    assert term is not None
    assert nodes.take_lease(a, "work", []) == term, "after a restart too"
    assert nodes.take_lease(b, "work", []) is None
    before = FencedDatabase(a.database, "work", term)
    with before.begin() as session:
        session.get_one(Node, "a").address = "http://10.0.0.1"
    assert nodes.take_lease(b, "work", ["a"]) == term + 1
    with pytest.raises(LeaseLost), before.begin() as session:
        session.get_one(Node, "a").address = "too late"
    assert addresses(a)["a"] == "http://10.0.0.1"
    assert nodes.take_lease(a, "work", []) is None
    with before() as session:
        assert session.scalar(select(Node.name).where(Node.name == "a")) == "a", "reading goes on"


def test_nobody_waits_for_a_machine_that_is_retired(world: World) -> None:
    a, b = machine(world.center, "a"), machine(world.center, "b")
    for one in (a, b):
        nodes.register(one, "")
    assert nodes.take_lease(a, "work", []) == 1
    interview = world.interview()
    with world.center.database.begin() as session:
        session.add_all(
            [part(interview, 1, EvidenceState.RECORDING), part(interview, 2, EvidenceState.COMPLETE)]
        )
    left, carried = parts(world)
    b = replace(b, copies=Copies({}, b.spool))
    assert not scrub.carried(b, "first-copy", carried), "who knows what is in the other's spool"
    with pytest.raises(Refused, match="itself"):
        nodes.retire(a, "a")
    assert nodes.retire(b, "a") == [left]
    assert nodes.take_lease(b, "work", []) == 2
    assert scrub.carried(b, "first-copy", carried), "now what is missing is missing"
    with pytest.raises(Missing):
        nodes.retire(b, "a")
    with pytest.raises(Missing, match="was retired"):
        nodes.beat(a, 1)


def part(interview: Interview, number: int, state: EvidenceState) -> Evidence:
    return Evidence(
        id=f"{number:032x}",
        case_id=interview.case_id,
        interview_id=interview.id,
        kind="recording",
        number=number,
        state=state,
        recorder="00" * 8,
        node="a",
        epoch=now(),
        opened_at=now(),
    )


def parts(world: World) -> Sequence[str]:
    with world.center.database() as session:
        return session.scalars(select(Evidence.id).order_by(Evidence.number)).all()


def addresses(center: Center) -> dict[str, str]:
    return {row.name: row.address for row in nodes.listed(center)}
