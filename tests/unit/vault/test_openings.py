"""An item is open for hours after its statement, and under an id that belongs to it alone."""

from __future__ import annotations

import pytest

from tests.support.stated_openings import StatedOpenings
from vault.errors import NotOpen, OpeningOver, Unproven
from vault.keyholders import openings
from vault.keyholders.openings import AHEAD, OPEN_FOR, Openings

ITEM, OTHER = "e0" * 16, "e1" * 16
NOW = 1_795_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now, self.elapsed = NOW, 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def begun(clock: Clock) -> Openings:
    """Two items are stated to be open now."""
    made = Openings(clock, lambda: clock.elapsed)
    made.proofs = StatedOpenings({ITEM: NOW, OTHER: NOW})
    return made


def test_without_a_way_to_prove_anything_nothing_is_opened() -> None:
    with pytest.raises(Unproven, match=ITEM):
        Openings().begin(ITEM, [(b"leaf", b"proof")])


def test_what_is_not_stated_is_not_opened(begun: Openings) -> None:
    with pytest.raises(Unproven, match="nothing shown"):
        begun.begin("e2" * 16, [])


def test_an_opening_is_of_its_item_and_unknown_ids_open_nothing(begun: Openings) -> None:
    first, second, again = (begun.begin(one, []) for one in (ITEM, OTHER, ITEM))
    assert [begun.item(one) for one in (first, second, again)] == [ITEM, OTHER, ITEM]
    assert len({first, second, again}) == 3
    for unknown in ("", ITEM, "00" * 16, first[:-1], first.upper() + " "):
        with pytest.raises(NotOpen):
            begun.item(unknown)


def test_it_is_over_hours_after_the_statement_not_after_the_proof(begun: Openings, clock: Clock) -> None:
    clock.now = NOW + OPEN_FOR.total_seconds() - 1
    late = begun.begin(ITEM, [])
    assert begun.item(late) == ITEM
    clock.now += 1
    with pytest.raises(OpeningOver):
        begun.item(late)
    with pytest.raises(NotOpen):
        begun.item(late)


def test_a_clock_that_is_set_back_prolongs_nothing(begun: Openings, clock: Clock) -> None:
    clock.now += 3600
    opening = begun.begin(ITEM, [])
    clock.now -= 7200
    clock.elapsed += OPEN_FOR.total_seconds() - 3601
    assert begun.item(opening) == ITEM
    clock.elapsed += 1
    with pytest.raises(OpeningOver):
        begun.item(opening)


def test_a_statement_opens_nothing_once_it_is_old(begun: Openings, clock: Clock) -> None:
    clock.now = NOW + OPEN_FOR.total_seconds()
    with pytest.raises(OpeningOver, match="over"):
        begun.begin(ITEM, [])


def test_a_statement_dated_ahead_opens_nothing_beyond_what_clocks_differ(
    begun: Openings, clock: Clock
) -> None:
    clock.now = NOW - AHEAD.total_seconds()
    assert begun.item(begun.begin(ITEM, [])) == ITEM
    clock.now -= 1
    with pytest.raises(Unproven, match="in the future"):
        begun.begin(ITEM, [])


def test_of_too_many_the_oldest_is_forgotten(begun: Openings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "MOST", 3)
    first, *others = (begun.begin(ITEM, []) for _ in range(4))
    with pytest.raises(NotOpen):
        begun.item(first)
    assert [begun.item(one) for one in others] == [ITEM] * 3
