"""What works in the background: nothing unforeseen ends it for good, and a lost lease does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from amana.keyholder.client import KeyholderClient
from amana.settings import Settings
from amana.web_process import server
from amana.workers import witnessing, wrapped_keys
from amana.workers.key_rotation import KeyRotationWorker
from amana.workers.leader_work import LeaderWork
from amana.workers.membership import Machines
from amana.workers.witnessing import WitnessWorker
from amana.workers.wrapped_keys import WrappedKeyWorker
from casework import nodes
from casework.center import Center
from casework.errors import Missing
from tests.support.patience import PATIENCE


@dataclass
class Failing:
    """Fails in a way that nobody thought of, twice."""

    left: int = 2
    again: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *_: object) -> bool:
        if self.left:
            self.left -= 1
            raise KeyError("a bug")
        self.again.set()
        return True


def handing(center: Center, failing: Failing, patch: pytest.MonkeyPatch) -> Any:
    patch.setattr(wrapped_keys, "EVERY", 0.01)
    patch.setattr(WrappedKeyWorker, "look", failing)
    return WrappedKeyWorker(center)


def gathering(center: Center, failing: Failing, patch: pytest.MonkeyPatch) -> Any:
    patch.setattr(witnessing, "POLL", 0.01)
    patch.setattr(WitnessWorker, "_tend", failing)
    return WitnessWorker(center)


def rotating(center: Center, failing: Failing, _: pytest.MonkeyPatch) -> Any:
    def exchange(*_: object) -> None:
        failing()

    return KeyRotationWorker(center, center.keyholder, exchange, every=0.01)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [handing, gathering, rotating])
def test_what_nobody_thought_of_is_tried_again(
    center: Center,
    make: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = Failing()
    worker = make(center, failing, monkeypatch)
    worker.start()
    try:
        assert failing.again.wait(PATIENCE)
    finally:
        worker.stop()
    assert "a bug" in caplog.text, "and it is told"


@dataclass
class Worker:
    beginning: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.beginning.set()
        assert self.goes_on.wait(PATIENCE)
        self.said.append("started")

    def stop(self) -> None:
        self.said.append("stopped")
        self.ended.set()


def test_work_whose_lease_is_lost_while_it_begins_ends(
    center: Center, settings: Settings, keyholder: KeyholderClient
) -> None:
    work, slow, next_one = LeaderWork(center, settings, keyholder), Worker(), Worker()
    work._workers = (slow, next_one)
    starting = threading.Thread(target=work.start)
    starting.start()
    assert slow.beginning.wait(PATIENCE)
    ending = threading.Thread(target=work.stop)
    ending.start()
    ending.join(0.2)
    slow.goes_on.set()
    for thread in (starting, ending):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert (slow.said, next_one.said) == (["started", "stopped"], [])


@pytest.fixture
def machine(center: Center, settings: Settings) -> tuple[Machines, list[Worker | Exception]]:
    """One of several machines, which beats when it is told to; and what its work will be, in turn."""
    works: list[Worker | Exception] = []

    def begin(_: Center) -> Worker:
        work = works.pop(0)
        if isinstance(work, Exception):
            raise work
        work.goes_on.set()
        return work

    machines = Machines(center, settings, begin)
    machines._several = True
    machines._beat = nodes.register(center, "")
    return machines, works


def test_a_machine_that_was_retired_ends_the_work_of_all(
    center: Center, machine: tuple[Machines, list[Worker | Exception]]
) -> None:
    machines, works = machine
    work = Worker()
    works.append(work)
    machines.look()
    nodes.retire(replace(center, node="another"), center.node)
    with pytest.raises(Missing, match="retired"):
        machines.look()
    assert work.ended.wait(PATIENCE)


def test_work_that_could_not_begin_begins_at_the_next_beat(
    machine: tuple[Machines, list[Worker | Exception]],
) -> None:
    machines, works = machine
    work = Worker()
    works += [OSError("no more files"), work]
    with pytest.raises(OSError, match="no more files"):
        machines.look()
    machines.look()
    assert work.said == ["started"]
    machines.look()
    assert works == []


async def test_whatever_fails_interviews_that_others_have_gone_on_with_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Rooms:
        failing, looked = Failing(), asyncio.Event()

        async def leave_adopted(self) -> None:
            self.failing()
            self.looked.set()

    monkeypatch.setattr(server, "EVERY", 0.01)
    looking = asyncio.create_task(server._leave_adopted(Rooms()))  # type: ignore[arg-type]
    async with asyncio.timeout(PATIENCE):
        await Rooms.looked.wait()
    looking.cancel()
    assert "a bug" in caplog.text
