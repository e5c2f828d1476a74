"""All cases together: made, digested, described."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.vectors.packages import (
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
    excerpts,
    exports,
    files,
    intact,
    ledger,
    lies,
    lies_about_recordings,
    limits,
    media,
    origins,
    people,
    receipts,
    recipes,
    recorders,
    records,
    sealed,
    sheets,
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
    receipts,
    lies,
    lies_about_recordings,
    exports,
    excerpts,
    files,
    derivatives,
    recipes,
    credentials,
    checks,
    sheets,
    sealed,
    chunks,
    archives,
    origins,
    limits,
)
CASES: Sequence[Case] = tuple(case for module in MODULES for case in module.CASES)


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
    lines = sorted(f"{line}\n".encode() for line in _lines(package, package))
    return sha256(b"".join(lines)).hexdigest()


def _lines(root: Path, folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            yield f"link  {name} -> {path.readlink().as_posix()}"
        elif path.is_file():
            yield f"{sha256(path.read_bytes()).hexdigest()}  {name}"
        elif any(path.iterdir()):
            yield from _lines(root, path)
        else:
            yield f"folder  {name}/"
