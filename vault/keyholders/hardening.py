"""Making it harder to take keys out of a process that holds them.

None of this stops root. It stops what happens by accident and what other programs of the same user could do:
core dumps on disk, a debugger attached, keys written to swap.
"""

from __future__ import annotations

import ctypes
import os
import resource

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_LOCK_ALL_ON_FAULT = 1 | 2 | 4  # MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT


def harden_process() -> list[str]:
    """Forbid core dumps, debuggers and new privileges to this process, and keep its memory out of swap.

    Returns a sentence for each thing that could not be done; call it before keys are loaded. Linux only.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    failed = []
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        failed.append("other programs of this user may read the keyholder's memory")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        failed.append("the keyholder could gain new privileges")
    # Under a limit, locking everything would make later allocations fail, which is worse than swap.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if not (unlimited or os.geteuid() == 0) or libc.mlockall(_LOCK_ALL_ON_FAULT) != 0:
        failed.append("keys may be written to swap: encrypt it, or allow LimitMEMLOCK=infinity")
    return failed
