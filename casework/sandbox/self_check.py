"""Whether this machine can set up the sandbox in which everything is decoded: tried with an empty child.

Run as a module in a sandbox, this is that child: it does nothing, and ends.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from casework.errors import SandboxMissing
from casework.sandbox import child_process, landlock
from casework.sandbox.child_process import Limits, Work, in_memory

log = logging.getLogger(__name__)

WORK = Work(Limits(memory=512 * 1024**2, seconds=5, written=64 * 1024), module=__name__, idle=False)
WITHIN = 20.0
"""Seconds until the child is killed, on a machine that has no time for it."""


@dataclass(frozen=True)
class Found:
    """What a check found."""

    why: str | None
    """Why there is no sandbox, in the words of what refused; None if there is one."""
    landlock: int = 0
    """The version of Landlock: what it restricts beside files, `landlock.restrict` says."""


_last: Found | None = None


def look() -> Found:
    """Check now; never raises."""
    global _last
    before, _last = _last, _checked()
    if _last.why is not None and (before is None or before.why != _last.why):
        log.error("no sandbox, so nothing is decoded: %s", _last.why)
    return _last


def last() -> Found | None:
    """Return what the last check of this process found; None before the first."""
    return _last


def _checked() -> Found:
    with in_memory() as given, in_memory() as answered:
        try:
            code = child_process.run(WORK, given=given, answered=answered, seconds=WITHIN)
        except (SandboxMissing, TimeoutError) as missing:
            return Found(str(missing))
    return Found(None, landlock.version()) if code == 0 else Found(f"an empty child ended with {code}")
