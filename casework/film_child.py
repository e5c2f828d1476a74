"""Becomes the program that makes films, once it can do little else: `python -I -m casework.film_child …`.

What it will read is testimony, and may have been made hostile in the room already: a camera's stream, a
broken file. Before the program begins:

1. a network namespace of its own without a way out, where the system allows it;
2. it ends with the service, and gets only the processor time that nobody else wants, so that a running
   interview is never disturbed;
3. limits of the operating system on memory, processor time, open files, and the size of what it writes;
4. of the file system it can read programs and libraries, and read and write the one folder it works in
   (Landlock), where the system has that; else the program's own list of protocols has to do.

Arguments: folder, seconds of processor time, bytes of a file, the program's path, and its arguments.
Specification of the calls: linux/landlock.h, landlock(7), unshare(2).
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

MEMORY = 4 * 1024**3
"""Bytes of address space: an encoder with two threads and a few pictures of each camera."""
MOST_OPEN = 512

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38  # linux/prctl.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_PATH_BENEATH, _VERSION = 1, 1
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _REMOVE, _MAKE, _TRUNCATE = 1, 2, 4, 8, 1 << 5, 1 << 8, 1 << 14
_HANDLED = (1 << 13) - 1  # what the first version of Landlock knows
_PROGRAMS = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store", "/opt")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


def main(folder: str, seconds: str, size: str, program: str, *arguments: str) -> None:
    """Never returns: it is the program from here on."""
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        libc.unshare(_NEW_USER | _NEW_NETWORK)
    libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the service is gone")
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_FSIZE, int(size)),
        (resource.RLIMIT_NOFILE, MOST_OPEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    confine(folder, str(Path(program).resolve().parent))
    os.execve(program, [program, *arguments], {})  # noqa: S606  # that is what this process is for


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
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
        sys.exit("the file system cannot be closed")
    os.close(rules)


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


if __name__ == "__main__":
    main(*sys.argv[1:])
