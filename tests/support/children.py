"""Processes that run in sandboxes which this process had started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def of_sandboxes(name: str) -> list[int]:
    """Their numbers: those below this process, in a process tree of their own, whose name begins so.

    With an empty name, those of bubblewrap too."""
    ours = Path("/proc/self/ns/pid").readlink()
    return [
        one
        for one in _below(os.getpid())
        if (comm := _said(one, "comm")).startswith(name) and comm and _namespace(one) not in (None, ours)
    ]


def _below(process: int) -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for one in Path("/proc").iterdir():
        if one.name.isdigit() and (stat := _said(int(one.name), "stat")):
            parent = int(stat.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(one.name))
    todo = [process]
    while todo:
        children = parents.get(todo.pop(), [])
        todo += children
        yield from children


def _said(process: int, what: str) -> str:
    try:
        return Path(f"/proc/{process}/{what}").read_text()
    except OSError:  # it has ended
        return ""


def _namespace(process: int) -> Path | None:
    try:
        return Path(f"/proc/{process}/ns/pid").readlink()
    except OSError:
        return None
