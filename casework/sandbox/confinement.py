"""First steps of a process that holds private keys, and the limits of one that reads possibly hostile input.

A process with keys protects its memory against other processes of the same user and against crash dumps on
the disk, not against root. CPython cannot wipe memory, so a key exists until its process ends; this only
reduces the ways to read it before that.

Specification of the calls: prctl(2), setrlimit(2).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Disable core dumps, and access of the user's other processes to this memory (Linux: ptrace, /proc).

    Raises `OSError` if the system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def end_with_parent(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Receive the signal `by` when the process `parent` that started this one ends, even by SIGKILL."""
    _prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:  # it ended before we could register
        os.kill(os.getpid(), by)


def limit(
    *, memory: int, written: int, opened: int, seconds: int | None = None, processes: int | None = None
) -> None:
    """Set limits, and disable core dumps.

    They are bytes of address space, and of any written file; open files (those already open remain so);
    seconds of processor time; and processes of this user.
    """
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_NOFILE, opened),
        (resource.RLIMIT_CORE, 0),
    ):
        if most is not None:
            resource.setrlimit(what, (most, most))


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
