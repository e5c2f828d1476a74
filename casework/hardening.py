"""What a process that holds private keys, or reads what may be hostile, does first.

Who holds keys keeps its memory to itself.

Against other processes of the same user and against crash dumps on the disk, not against root. CPython
cannot wipe memory, so the end of the process is what ends a key; this only shortens the list of ways out
before that.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """No core dumps, and no other process of this user may read this one's memory (Linux: ptrace, /proc).

    Raises `OSError` if the system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def end_with_parent(parent: int) -> None:
    """Be told to end (SIGTERM) when the process `parent` that started this one ends, even by SIGKILL."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before we could ask to be told
        os.kill(os.getpid(), signal.SIGTERM)


def leave_network() -> None:
    """A network namespace without a way out; where the system forbids it, the other limits of the process
    have to do (docs/limitations.md)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
