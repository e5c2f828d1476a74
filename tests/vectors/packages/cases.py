"""A case of the corpus: a package, what was altered in it, and what must be said of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from chain_of_custody.verify import STEPS
from tests.vectors.packages import centers

Make: TypeAlias = Callable[[Path], object]
"""Writes a package, or alters the one there."""

CENTER, SMALL = "center", "small"
TIMED, TWO_AUTHORITIES, ODD_AUTHORITIES = "timed", "two-authorities", "odd-authorities"
"""Policies that a court may have registered, by their names in `policies()`."""


@dataclass(frozen=True)
class Expected:
    """What a verifier must say. `kind`: why it fails, as the errors of `chain_of_custody` are called;
    `reason`, `where`: Python's sentence, and the place in its words."""

    outcome: str
    step: str | None = None
    kind: str | None = None
    reason: str | None = None
    where: str | None = None


INTACT, CONSISTENT = Expected("intact"), Expected("consistent")


def refused(step: int, kind: str, reason: str, where: str | None = None) -> Expected:
    return Expected("not proved", f"{step} {STEPS[step - 1]}", kind, reason, where)


def unwitnessed(reason: str, where: str | None = None) -> Expected:
    return Expected("not witnessed", "15 quorum", "NotWitnessed", reason, where)


def nothing(_: Path) -> None:
    """Alters nothing."""


@dataclass(frozen=True)
class Case:
    """`altered`: a sentence. `base`: makes what is altered by `alter`. `policy`: name of the one registered,
    or None. `passphrase`: of a sealed file; None for a folder. `unseen`: why a browser, refusing it
    at the same step, does so for another reason."""

    name: str
    altered: str
    expected: Expected
    base: Make = centers.whole
    alter: Make = nothing
    policy: str | None = CENTER
    passphrase: str | None = None
    unseen: str | None = None

    @property
    def file(self) -> str:
        """The package's name in the corpus."""
        return self.name if self.passphrase is None else f"{self.name}.amana"

    def build(self, folder: Path) -> Path:
        """Make the package in `folder`."""
        path = folder / self.file
        made = base(self.base)
        if made.is_dir():
            shutil.copytree(made, path, symlinks=True)
        else:
            shutil.copyfile(made, path)
        self.alter(path)
        return path


_numbers = count()


def base(make: Make) -> Path:
    """What `make` makes, made once. Not to be altered."""
    return _base(make, _room())


@cache
def _base(make: Make, room: Path) -> Path:
    path = room / f"{next(_numbers)}"
    make(path)
    return path


@cache
def _temporary() -> TemporaryDirectory[str]:
    """In memory if it has room: packages are written durably, and a disk takes milliseconds a file."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**29
    return TemporaryDirectory(prefix="amana-corpus-", dir=memory if roomy else None)


def _room() -> Path:
    return Path(_temporary().name)


def policies() -> dict[str, bytes]:
    """Name → bytes of the policies that somebody registered."""
    return {
        CENTER: centers.Deployment().policy.data,
        SMALL: centers.Deployment.small().policy.data,
        TIMED: _asking(),
        TWO_AUTHORITIES: _asking(timestamps=2),
        ODD_AUTHORITIES: _asking(authorities=centers.ODD),
    }


def _asking(**changed: Any) -> bytes:
    return centers.Deployment(third_parties=replace(centers.ONLY_TIME, **changed)).policy.data
