"""Output on a terminal: the machine, tables of figures, and targets met or missed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Target:
    """A target: `figure` must not exceed `limit`, or not be below it."""

    what: str
    figure: float | None
    "None if it could not be measured on this machine."
    limit: float
    at_least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        if self.figure is None:
            return False
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        figure = "not measured" if self.figure is None else f"{self.figure:.3g}{self.unit}"
        verdict = "met" if self.met else "MISSED"
        return f"  {verdict:6}  {self.what}: {figure} ({word} {self.limit:g}{self.unit})"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first column is text, the others are aligned to the right."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    print(f"\n{title}\n")
    for number, row in enumerate(cells):
        line = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "   ".join(line).rstrip(), flush=True)
        if number == 0:
            print("  " + "   ".join("-" * width for width in widths))


def spread(figures: Sequence[float], digits: int = 2) -> str:
    """Return the median, with minimum and maximum, as text."""
    return f"{median(figures):.{digits}f} ({min(figures):.{digits}f}–{max(figures):.{digits}f})"


def machine(folder: Path) -> str:
    """Describe this machine in a few lines."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("aiortc", "av", "cryptography", "uvloop")
    )
    buffers = int(Path("/proc/sys/net/core/rmem_max").read_text()) // 1024
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Linux {platform.release()}, {_file_system(folder)}, "
        f"net.core.rmem_max {buffers} KiB\n"
        f"Python {platform.python_version()}, {versions}\n"
        f"load before: {' '.join(f'{load:.2f}' for load in os.getloadavg())}"
    )


def _file_system(folder: Path) -> str:
    """Return the type of the file system under `folder`: on a tmpfs an fsync costs nothing, and nothing is
    durable."""
    best, kind = "", "unknown file system"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, type_, *_ = line.split(" ")
        if (folder.resolve().is_relative_to(place)) and len(place) >= len(best):
            best, kind = place, type_
    return kind
