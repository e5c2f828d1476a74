"""All cases together: made, digested, described, and built once for all tests that read them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.vectors.packages import (
    HERE,
    archives,
    assertions,
    bag,
    bag_lists,
    checks,
    chunks,
    credentials,
    derivatives,
    details,
    earlier_trees,
    encodings,
    examinations,
    excerpts,
    exports,
    files,
    intact,
    keys,
    ledger,
    lies,
    lies_about_recordings,
    limits,
    media,
    origins,
    people,
    receipts,
    received,
    received_copies,
    recipes,
    recorders,
    records,
    sealed,
    senders,
    sheets,
    shown,
    signed_sheets,
    specimens,
    statements,
    times,
    viewing,
)
from tests.vectors.packages.cases import Case, policies

MODULES = (
    intact,
    media,
    viewing,
    records,
    bag,
    bag_lists,
    encodings,
    statements,
    details,
    ledger,
    earlier_trees,
    times,
    recorders,
    people,
    assertions,
    signed_sheets,
    receipts,
    keys,
    lies,
    lies_about_recordings,
    senders,
    exports,
    excerpts,
    files,
    examinations,
    specimens,
    received,
    derivatives,
    recipes,
    credentials,
    checks,
    sheets,
    received_copies,
    shown,
    sealed,
    chunks,
    archives,
    origins,
    limits,
)
CASES: Sequence[Case] = tuple(case for module in MODULES for case in module.CASES)


ROOT = HERE.parents[2]
BUILT = ROOT / "build" / "corpus"
"""The corpus as built from each of the last states of `SOURCES`, by their digest."""
SOURCES = (
    "requirements-dev.lock",
    "amana/demo/device_key.py",
    "chain_of_custody/**/*",
    "tests/support/ledger/*.py",
    "tests/support/packages/*.py",
    "tests/vectors/packages/*.py",
    "tests/vectors/packages/clips/*",
)
KEPT = 3
"""How many states of the sources stay built."""


def built(case: Case) -> Path:
    """The package of `case`, to be read and not altered.

    The first that asks builds the whole corpus; other processes wait for it meanwhile. It stays below build/
    until its sources change.
    """
    return built_corpus() / case.file


@cache
def built_corpus() -> Path:
    """The folder that `make` makes, built once from the sources as they are."""
    folder = BUILT / _sources_digest()
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _remove_old()
            partial = folder.with_suffix(".partial")
            make(partial)
            partial.rename(folder)
    return folder


def _sources_digest() -> str:
    digest = sha256(sys.version.encode())
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(ROOT)} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _remove_old() -> None:
    """What was not finished, and all but the newest `KEPT` - 1."""
    for partial in BUILT.glob("*.partial"):
        shutil.rmtree(partial)
    finished = sorted(
        (path for path in BUILT.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for folder in finished[: 1 - KEPT]:
        shutil.rmtree(folder)


def make(folder: Path) -> None:
    """Make every package in `folder`, with the policies and what is said of all."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policies").mkdir()
    for name, policy in policies().items():
        (folder / "policies" / f"{name}.txt").write_bytes(policy)
    entries = [entry(case, case.build(folder)) for case in CASES]
    (folder / "corpus.json").write_text(described(entries), "utf-8")


def entry(case: Case, package: Path) -> dict[str, Any]:
    """What corpus.json says of a case."""
    told: dict[str, Any] = {
        "name": case.name,
        "altered": case.altered,
        "package": case.file,
        "form": "folder" if case.passphrase is None else "sealed",
        "passphrase": case.passphrase,
        "policy": None if case.policy is None else f"policies/{case.policy}.txt",
        "outcome": case.expected.outcome,
    }
    if case.expected.step is not None:
        told |= {
            "step": case.expected.step,
            "class": case.expected.kind,
            "reason": case.expected.reason,
            "where": case.expected.where,
        }
    if case.unseen is not None:
        told["browser"] = case.unseen
    return told | {"sha256": digest(package)}


def described(entries: Sequence[dict[str, Any]]) -> str:
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def digest(package: Path) -> str:
    """SHA-256 of a package: of a sealed one the file's, of a folder that of its lines, sorted by their bytes:

    <SHA-256>  <path>              a file
    link  <path> -> <target>       a link
    folder  <path>/                a folder with nothing in it
    """
    if package.is_file():
        return sha256(package.read_bytes()).hexdigest()
    lines = sorted(f"{line}\n".encode() for line in _lines(package))
    return sha256(b"".join(lines)).hexdigest()


def _lines(folder: Path, place: str = "") -> Iterator[str]:
    """`place`: of the folder in the package, with a slash at its end."""
    for entry in os.scandir(folder):
        path, name = Path(entry.path), place + entry.name
        if entry.is_symlink():
            yield f"link  {name} -> {path.readlink().as_posix()}"
        elif entry.is_file():
            yield f"{sha256(path.read_bytes()).hexdigest()}  {name}"
        else:
            yield from list(_lines(path, f"{name}/")) or [f"folder  {name}/"]
