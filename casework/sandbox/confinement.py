"""What a process that holds private keys, or reads what may be hostile, does first.

Who holds keys keeps its memory to itself.

Against other processes of the same user and against crash dumps on the disk, not against root. CPython
cannot wipe memory, so the end of the process is what ends a key; this only shortens the list of ways out
before that.

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
_HANDLED = (1 << 13) - 1  # what the first version of Landlock knows
_PROGRAMS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store", "/opt")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


def keep_memory_private() -> None:
    """No core dumps, and no other process of this user may read this one's memory (Linux: ptrace, /proc).

    Raises `OSError` if the system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def end_with_parent(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Be told to end (`by`) when the process `parent` that started this one ends, even by SIGKILL."""
    _prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:  # it ended before we could ask to be told
        os.kill(os.getpid(), by)


def leave_network() -> None:
    """A network namespace without a way out; where the system forbids it, the other limits of the process
    have to do (docs/limitations.md)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)


def stand_back() -> None:
    """Only the processor time that nobody else wants, so that a running interview is never disturbed; where
    the system forbids that, as much as everybody gets."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def limit(
    *, memory: int, written: int, opened: int, seconds: int | None = None, processes: int | None = None
) -> None:
    """At most so many bytes of address space, and of any file that is written; open files (those that are
    open stay so); seconds of processor time; and processes of this user. No core dump."""
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
    """Of the file system nothing but programs and libraries, those in `home` among them, and `folder`, which
    may be written to; where the system has that."""
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
            continue  # what is not there needs no leave
        try:
            beneath = access if Path(path).is_dir() else access & (_EXECUTE | _WRITE | _READ | _TRUNCATE)
            rule = struct.pack("=Qi", beneath, place)
            if libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) != 0:
                sys.exit(f"the file system cannot be closed: {os.strerror(ctypes.get_errno())}")
        finally:
            os.close(place)
