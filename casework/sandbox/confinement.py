"""First steps of a process that holds private keys or reads possibly hostile input.

A process with keys protects its memory against other processes of the same user and against crash dumps on
the disk, not against root. CPython cannot wipe memory, so a key ends with its process; this only reduces the
ways out before that.

Here are the means. A child's own limits are in its `*_child` module; those that depend on its work come from
the module that starts it.

Specification of the calls: linux/landlock.h, landlock(7), unshare(2), prctl(2), setrlimit(2).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_PATH_BENEATH, _VERSION = 1, 1
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _REMOVE, _MAKE, _TRUNCATE = 1, 2, 4, 8, 1 << 5, 1 << 8, 1 << 14
_HANDLED = (1 << 13) - 1  # the access rights of the first version of Landlock
_PROGRAMS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store", "/opt")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


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


def leave_network() -> None:
    """Enter an isolated network namespace.

    If the system forbids it, the other limits of the process must suffice (docs/limitations.md).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)


def stand_back() -> None:
    """Use only idle processor time, so that a running interview is never disturbed.

    If the system forbids that, the normal share.
    """
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


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


def confine(folder: str, home: str) -> None:
    """Restrict the file system to programs and libraries, including those in `home`, and to `folder`.

    Only `folder` may be written to. Applies if the system supports it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return
    handled = _HANDLED | (_TRUNCATE if version >= 3 else 0)
    wanted = struct.pack("=Q", handled)
    rules = libc.syscall(_CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return
    reading = _EXECUTE | _READ | _READ_FOLDER
    _allow(libc, rules, (*_PROGRAMS, home), reading)
    _allow(libc, rules, _DEVICES, _READ | _WRITE)
    _allow(libc, rules, (folder,), _READ | _WRITE | _READ_FOLDER | _REMOVE | _MAKE | (handled & _TRUNCATE))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
        sys.exit("the file system cannot be closed")
    os.close(rules)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _allow(libc: ctypes.CDLL, rules: int, paths: Iterable[str], access: int) -> None:
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # a missing path needs no permission
        try:
            beneath = access if Path(path).is_dir() else access & (_EXECUTE | _WRITE | _READ | _TRUNCATE)
            rule = struct.pack("=Qi", beneath, place)
            if libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) != 0:
                sys.exit(f"the file system cannot be closed: {os.strerror(ctypes.get_errno())}")
        finally:
            os.close(place)
