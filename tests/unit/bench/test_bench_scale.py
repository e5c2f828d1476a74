"""What the benchmark calls growth: n log n may be, n² may not, and a page must stay as it is."""

from __future__ import annotations

import math

import pytest

from bench.sections.scale import LIST, PLAN, Measured, targets
from bench.synthetic.center import Size

SMALL, LARGE = Size(200, 5_000, 500_000), Size(2_000, 50_000, 5_000_000)


@pytest.mark.parametrize(
    ("what", "times", "met"),
    [
        (PLAN, 10 * math.log(5_000_000) / math.log(500_000), True),
        (PLAN, 100.0, False),
        (LIST, 1.2, True),
        (LIST, 10.0, False),
    ],
)
def test_what_grows_faster_than_it_may_is_missed(what: str, times: float, met: bool) -> None:
    small, large = Measured(SMALL, {what: 0.1}), Measured(LARGE, {what: 0.1 * times})
    [target] = targets(small, large)
    assert target.met is met


def test_a_share_has_one_of_each_at_least() -> None:
    assert LARGE.share(0.1) == SMALL
    assert LARGE.share(0.0001) == Size(1, 5, 500)
