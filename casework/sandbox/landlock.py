"""Restriction of a process's access by name to files, TCP ports and other processes (Landlock).

A restriction holds for the calling thread, the threads and the processes that it starts from then on, and
is never lifted. So a process restricts itself before it starts a thread. It cannot mount anything afterwards,
and so cannot start a sandbox (`bubblewrap`).

Not covered: connections to Unix sockets that have a path, and changing an existing file's mode, owner or
times. Only a mount namespace or a filter of system calls (`seccomp`) covers those.

Specification: landlock(7), linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import threading
from collections.abc import Collection, Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_PATH_BENEATH, _PORT, _VERSION = 1, 2, 1
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h

_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FOLDER, _REMOVE_FILE = 1 << 4, 1 << 5
_, _MAKE_FOLDER, _MAKE_FILE, _MAKE_SOCKET = 1 << 6, 1 << 7, 1 << 8, 1 << 9
_MAKE_PIPE, _, _MAKE_LINK = 1 << 10, 1 << 11, 1 << 12
_MOVE, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
_FIRST_VERSION = (1 << 13) - 1
_SINCE = ((2, _MOVE), (3, _TRUNCATE), (5, _DEVICE_CONTROL))
"""Version of Landlock, and the right that it added."""
_BIND_TCP, _CONNECT_TCP, _TCP_SINCE = 1, 2, 4
_ABSTRACT_SOCKETS, _SIGNALS, _SCOPES_SINCE = 1, 2, 6

_READING = _EXECUTE | _READ | _READ_FOLDER
_CHANGING = (
    *(_READ, _WRITE, _TRUNCATE, _READ_FOLDER, _REMOVE_FOLDER, _REMOVE_FILE, _MOVE),
    *(_MAKE_FOLDER, _MAKE_FILE, _MAKE_SOCKET, _MAKE_PIPE, _MAKE_LINK, _DEVICE_CONTROL),
)
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CONTROL


def version() -> int:
    """Return the version of Landlock in this kernel (its ABI), 0 if it has none or it is switched off."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, _VERSION)))


def restrict(
    *,
    read: Iterable[str] = (),
    change: Iterable[str] = (),
    bind: bool = False,
    connect: bool | Collection[int] = False,
    outside: bool = False,
) -> None:
    """Restrict this thread, and what it starts, to these files and folders and everything beneath them.

    Args:
        read: what may be read, listed and executed.
        change: what may be read, written, created, renamed and removed, but not executed.
        bind: whether TCP ports may be bound.
        connect: whether TCP ports may be connected to, or to which ones.
        outside: whether processes outside may be sent signals, and reached through abstract Unix sockets.

    A missing path is passed over: nothing is allowed there, even if it appears later. TCP is restricted from
    version 4 of Landlock, signals and abstract sockets from version 6 (Linux 6.12).

    Raises `OSError` if the system has no Landlock or refuses, and if other threads run already.
    """
    available = version()
    if available < 1:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock, or it is switched off")
    if threading.active_count() > 1:
        raise OSError(errno.EBUSY, "threads that run already would not be restricted")
    files = _FIRST_VERSION | sum(right for since, right in _SINCE if available >= since)
    ports = (0 if bind else _BIND_TCP) | (0 if connect is True else _CONNECT_TCP)
    ports = ports if available >= _TCP_SINCE else 0
    scopes = _ABSTRACT_SOCKETS | _SIGNALS if available >= _SCOPES_SINCE and not outside else 0
    attributes = struct.pack("=QQQ", files, ports, scopes)
    libc = _libc()
    # An older kernel accepts a longer structure if all fields unknown to it are zero.
    rules = _done(libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0), "rules")
    try:
        _allow(libc, rules, read, _READING & files)
        _allow(libc, rules, change, sum(_CHANGING) & files)
        for port in connect if ports and not isinstance(connect, bool) else ():
            rule = struct.pack("=QQ", _CONNECT_TCP, port)
            _done(libc.syscall(_ADD_RULE, rules, _PORT, rule, 0), f"port {port}")
        _done(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        _done(libc.syscall(_RESTRICT_SELF, rules, 0), "restriction")
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            beneath = rights if stat.S_ISDIR(os.fstat(place).st_mode) else rights & _OF_A_FILE
            rule = struct.pack("=Qi", beneath, place)
            _done(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0), path)
        finally:
            os.close(place)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _done(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {what}: {os.strerror(number)}")
    return answer
