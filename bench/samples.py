"""Memory and open files of processes, sampled repeatedly, with a fitted line.

Each process of a service is sampled: its memory as PSS (its private pages, and its share of shared ones) and
RSS, and its open files. The slope of the least-squares line through the PSS says whether it grows. The
slope's standard error prevents a few noisy samples of a short run from counting as growth.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

WARM_UP = 0.25
"""Share of the run that is ignored at its beginning: pools fill, caches and heaps reach their size."""
LEAST = 60.0
"""Minimum seconds ignored, if the run is at least three times as long."""
MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """One sample of one process. Memory in bytes."""

    at: float
    """Seconds since the start."""
    pss: int
    rss: int
    files: int


@dataclass(frozen=True)
class Line:
    """The fitted line of one process after the warm-up. Memory in MiB, slopes in MiB an hour."""

    name: str
    samples: int
    first: float
    last: float
    most: float
    slope: float
    error: float
    """Standard error of the slope."""
    files_first: int
    """Maximum number of open files in the first third."""
    files_most: int

    def troubles(self, growth: float, files: int) -> Iterator[str]:
        """Yield what grows: memory by more than `growth` MiB an hour, open files by more than `files`."""
        if self.slope - 2 * self.error > growth:
            yield f"{self.name} grows by {self.slope:.1f} ± {2 * self.error:.1f} MiB an hour"
        if self.files_most > self.files_first + files:
            yield f"{self.name} has {self.files_most} open files, and had {self.files_first}"


@dataclass
class Samples:
    """The samples by process, which is named by name and id."""

    taken: dict[str, list[Sample]] = field(default_factory=dict)

    def take(self, at: float, supervisor: int) -> None:
        """Sample a service's supervisor and every process that it started."""
        for process in [supervisor, *_descendants(supervisor)]:
            with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
                found = _look(at, process)
                self.taken.setdefault(f"{_name(process)} {process}", []).append(found)

    def lines(self) -> list[Line]:
        """Return the line of each process that ran until the end."""
        last = max((found[-1].at for found in self.taken.values()), default=0.0)
        warm = max(WARM_UP * last, min(LEAST, last / 3))
        return [
            _line(name, [one for one in found if one.at >= warm])
            for name, found in self.taken.items()
            if found[-1].at >= last - 1 and sum(one.at >= warm for one in found) >= 3
        ]

    def as_json(self) -> dict[str, list[tuple[float, int, int, int]]]:
        """Return by process: seconds, PSS and RSS in bytes, open files."""
        return {
            name: [(round(one.at, 1), one.pss, one.rss, one.files) for one in found]
            for name, found in self.taken.items()
        }


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the slope of the least-squares line, and its standard error. Needs at least three different
    points."""
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
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    pss, rss = (int(re.findall(rf"^{what}: +(\d+) kB", rollup, re.M)[0]) * 1024 for what in ("Pss", "Rss"))
    return Sample(at, pss, rss, sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()))


def _name(process: int) -> str:
    """Return `web`, `keyholder`, `recorder` or `supervisor`, by the process's command line."""
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
