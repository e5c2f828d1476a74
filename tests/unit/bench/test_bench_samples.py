"""What a soak calls growth is growth: steady rise is seen, noise and warming up are not."""

from __future__ import annotations

import os
import random

import pytest

from bench.samples import MIB, Sample, Samples, fit


def taken(memory: list[float], files: list[int] | None = None, every: float = 5.0) -> Samples:
    """Of one process, in MiB."""
    files = files or [10] * len(memory)
    found = [
        Sample(number * every, int(pss * MIB), int(pss * MIB), count)
        for number, (pss, count) in enumerate(zip(memory, files, strict=True))
    ]
    return Samples({"web 1": found})


def troubles(samples: Samples) -> list[str]:
    return [trouble for line in samples.lines() for trouble in line.troubles(growth=24.0, files=2)]


def test_a_line_is_fitted_exactly_and_its_error_is_that_of_the_points() -> None:
    assert fit([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == (2.0, 0.0)
    slope, error = fit([(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)])
    assert slope == 0.0
    assert error == pytest.approx((2 / 3 / 2) ** 0.5)


def test_memory_that_leaks_is_named_and_noise_about_a_level_is_not() -> None:
    chance = random.Random(1)
    half_an_hour = range(360)
    noise = [100 + chance.uniform(-3, 3) for _ in half_an_hour]
    assert troubles(taken(noise)) == []
    leaks = [level + 30 * number / 360 for number, level in enumerate(noise)]  # 60 MiB an hour
    [trouble] = troubles(taken(leaks))
    assert trouble.startswith("web 1 grows by 6")


def test_what_grows_until_it_is_warm_and_then_stays_is_flat() -> None:
    assert troubles(taken([50.0 + min(number, 80) for number in range(360)])) == []


def test_files_that_are_left_open_are_named() -> None:
    level = [100.0] * 360
    assert troubles(taken(level, [10 + number % 3 for number in range(360)])) == []
    [trouble] = troubles(taken(level, [10 + number // 30 for number in range(360)]))
    assert "open files" in trouble


def test_a_process_that_ended_on_the_way_has_no_line() -> None:
    samples = taken([100.0] * 20)
    samples.taken["recorder 2"] = samples.taken["web 1"][:10]
    assert [line.name for line in samples.lines()] == ["web 1"]


def test_a_living_process_and_what_it_started_are_looked_at() -> None:
    samples = Samples()
    for at in (0.0, 1.0):
        samples.take(at, os.getpid())
    own = next(found for name, found in samples.taken.items() if name.endswith(f" {os.getpid()}"))
    assert len(own) == 2
    assert own[0].rss >= own[0].pss > MIB
    assert own[0].files > 2
