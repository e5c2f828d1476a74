"""The loop of background work: when it calls, what it logs, and how it ends."""

from __future__ import annotations

import threading

import pytest

from amana.background_loop import BackgroundLoop, Unfinished
from tests.support.patience import PATIENCE


class Work:
    """Raises what it was given, one error a call, then says that it is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.done = list(errors), threading.Event()

    def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.done.set()


class Pauses(threading.Event):
    """Notes how long it is to be waited for, and is not."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        return super().wait(0.001)


def run(work: Work) -> list[float | None]:
    """Until it is done; the pauses after each call."""
    pauses = Pauses()
    loop = BackgroundLoop("the work", work, 1, 3, expected=(OSError,), at_once=True, wake=pauses)
    loop.start()
    assert work.done.wait(PATIENCE)
    loop.stop(None)
    assert not loop.running
    return pauses.asked


def test_an_expected_error_is_logged_once_and_without_what_follows_its_first_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(Work(OSError("away\nDETAIL: a value"), OSError("away\nDETAIL: another"), OSError("full")))
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("WARNING", "the work: OSError: away"),
        ("WARNING", "the work: OSError: full"),
    ]


def test_any_other_error_is_logged_with_its_traceback_and_what_was_unfinished_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(Work(KeyError("a bug"), Unfinished()))
    [record] = caplog.records
    assert (record.levelname, record.exc_info is not None) == ("ERROR", True)


def test_pauses_grow_after_failures_up_to_the_longest() -> None:
    assert run(Work(*(OSError("away") for _ in range(3))))[:3] == [2, 3, 3]


def test_after_a_success_the_next_call_comes_in_its_time() -> None:
    assert set(run(Work())) <= {1}


def test_a_pause_ends_when_it_is_woken_and_when_it_is_stopped() -> None:
    wake, called = threading.Event(), threading.Semaphore(0)
    loop = BackgroundLoop("the work", called.release, 3600, at_once=True, wake=wake)
    loop.start()
    assert called.acquire(timeout=PATIENCE)
    wake.set()
    assert called.acquire(timeout=PATIENCE)
    loop.stop(PATIENCE)
    assert not loop.running
