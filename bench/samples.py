"""What processes weigh, looked at again and again, and a line through it.

Of each process of a service: memory as PSS (its own pages, and its share of those it has in common with
others) and RSS, and its open files. Whether it grows is the slope of the least-squares line through its PSS,
with the slope's standard error, so that a few noisy samples of a short run are not taken for growth.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

WARM_UP = 0.25
"""Share of the time that is left out at the beginning: pools fill, caches and heaps reach their size."""
LEAST = 60.0
"""Seconds of that at least, where there are three times as many."""
MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """One look at one process. Memory in bytes."""

    at: float
    """Seconds since the beginning."""
    pss: int
    rss: int
    files: int


@dataclass(frozen=True)
class Line:
    """One process after the warm-up. Memory in MiB, slopes in MiB an hour."""

    name: str
    samples: int
    first: float
    last: float
    most: float
    slope: float
    error: float
    """Standard error of the slope."""
    files_first: int
    """The most that were open in the first third."""
    files_most: int

    def troubles(self, growth: float, files: int) -> Iterator[str]:
        """What is not flat: `growth` in MiB an hour, `files` by which they may become more."""
        if self.slope - 2 * self.error > growth:
            yield f"{self.name} grows by {self.slope:.1f} ± {2 * self.error:.1f} MiB an hour"
        if self.files_most > self.files_first + files:
            yield f"{self.name} has {self.files_most} open files, and had {self.files_first}"


@dataclass
class Samples:
    """By process: name and id."""

    taken: dict[str, list[Sample]] = field(default_factory=dict)

    def take(self, at: float, supervisor: int) -> None:
        """Look at a service's supervisor and all that it started."""
        for process in [supervisor, *_descendants(supervisor)]:
            with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
                found = _look(at, process)
                self.taken.setdefault(f"{_name(process)} {process}", []).append(found)

    def lines(self) -> list[Line]:
        """Of each process that was there until the end."""
        last = max((found[-1].at for found in self.taken.values()), default=0.0)
        warm = max(WARM_UP * last, min(LEAST, last / 3))
        return [
            _line(name, [one for one in found if one.at >= warm])
            for name, found in self.taken.items()
            if found[-1].at >= last - 1 and sum(one.at >= warm for one in found) >= 3
        ]

    def as_json(self) -> dict[str, list[tuple[float, int, int, int]]]:
        """By process: seconds, PSS, RSS (bytes), open files."""
        return {
            name: [(round(one.at, 1), one.pss, one.rss, one.files) for one in found]
            for name, found in self.taken.items()
        }


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Slope of the least-squares line, and its standard error. At least three points at different places."""
    count = len(points)
    middle, level = (sum(values) / count for values in zip(*points, strict=True))
    spread = sum((x - middle) ** 2 for x, _ in points)
    slope = sum((x - middle) * (y - level) for x, y in points) / spread
    left = sum((y - level - slope * (x - middle)) ** 2 for x, y in points)
    return slope, math.sqrt(left / (count - 2) / spread)


def _line(name: str, found: Sequence[Sample]) -> Line:
    slope, error = fit([(one.at / 3600, one.pss / MIB) for one in found])
    weights = [one.pss / MIB for one in found]
    third = found[: max(1, len(found) // 3)]
    return Line(
        name,
        len(found),
        weights[0],
        weights[-1],
        max(weights),
        slope,
        error,
        max(one.files for one in third),
        max(one.files for one in found),
    )


def _look(at: float, process: int) -> Sample:
    told = Path(f"/proc/{process}/smaps_rollup").read_text()
    pss, rss = (int(re.findall(rf"^{what}: +(\d+) kB", told, re.M)[0]) * 1024 for what in ("Pss", "Rss"))
    return Sample(at, pss, rss, sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()))


def _name(process: int) -> str:
    """`web`, `keyholder`, `recorder`, `supervisor`: after what was started."""
    words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
    module = words[words.index("-m") + 1] if "-m" in words else Path(words[0]).name
    return {
        "amana": "supervisor",
        "amana.web_process": "web",
        "amana.keyholder": "keyholder",
        "recorder": "recorder",
    }.get(module, module)


def _descendants(process: int) -> Iterator[int]:
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                yield int(child)
                yield from _descendants(int(child))
