"""Whether this machine can set up the sandbox in which everything is decoded: tried with `empty_child`.

The result is only shown: each decoder sets up its own sandbox, or fails.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from casework.errors import SandboxMissing
from casework.sandbox import child_process, landlock
from casework.sandbox.child_process import Limits, Work, in_memory

log = logging.getLogger(__name__)

WORK = Work(
    Limits(memory=512 * 1024**2, seconds=5, written=64 * 1024),
    module="casework.sandbox.empty_child",
    idle=False,
)
WITHIN = 20.0
"""Seconds until the child is killed, on a machine that has no time for it."""


@dataclass(frozen=True)
class Found:
    """The result of a check."""

    why: str | None
    """Why there is no sandbox, as the error message says; None if there is one."""
    landlock: int = 0
    """The version of Landlock: what it restricts beside files, `landlock.restrict` says."""


_last: Found | None = None
_begun = False


def begin() -> threading.Thread:
    """Check in a thread, which is returned, so that the start of a process that records does not wait for
    it."""
    global _begun
    _begun = True
    thread = threading.Thread(target=look, name="check of the sandbox", daemon=True)
    thread.start()
    return thread


def begun() -> bool:
    """Return whether this process is one that decodes, which `begin` says."""
    return _begun


def look() -> Found:
    """Check now; never raises."""
    global _last
    before, _last = _last, _checked()
    if _last.why is not None and (before is None or before.why != _last.why):
        log.error("no sandbox, so nothing is decoded: %s", _last.why)
    return _last


def last() -> Found | None:
    """Return the result of the last check in this process; None before the first."""
    return _last


def _checked() -> Found:
    try:
        with in_memory() as given, in_memory() as answered:
            code = child_process.run(WORK, given=given, answered=answered, seconds=WITHIN)
    except (SandboxMissing, OSError) as missing:  # OSError: `TimeoutError`, or no more open files
        return Found(str(missing))
    return Found(None, landlock.version()) if code == 0 else Found(f"an empty child ended with {code}")
