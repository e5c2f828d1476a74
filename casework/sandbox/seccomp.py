"""Filters of system calls (seccomp), made by libseccomp.

A filter is a short program that the kernel runs at each system call. `allowing` and `refusing` make one,
`load` puts it into force in this process; bubblewrap takes the same bytes for a process that it starts. A
process cannot leave a filter, and those that it starts inherit it.

Calls of another architecture than this machine's (32-bit ones, x32) end the process: rules identify calls by
number, and the numbers differ there.

Specification: seccomp(2), seccomp_init(3), seccomp_rule_add(3), seccomp_export_bpf(3).
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # linux/seccomp.h
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_MASKED_EQUAL = 7  # seccomp.h: SCMP_CMP_MASKED_EQ
_UNKNOWN = -1  # __NR_SCMP_ERROR
_ALL_BITS = 2**64 - 1
_INSTRUCTION = 8  # bytes of a `struct sock_filter`


@dataclass(frozen=True)
class Call:
    """Some uses of a system call: those in which argument number `argument`, after `mask`, is `value`."""

    name: str
    argument: int
    value: int
    mask: int = _ALL_BITS
    further: tuple[tuple[int, int, int], ...] = ()
    """More conditions, which all have to hold: argument, value, mask."""

    @property
    def conditions(self) -> tuple[tuple[int, int, int], ...]:
        """All conditions: argument, value, mask."""
        return ((self.argument, self.value, self.mask), *self.further)


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operation", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def allowing(calls: Iterable[str | Call]) -> bytes:
    """Make a filter under which these system calls work. All others fail with `ENOSYS`.

    That is what a kernel answers that does not have a call; so libraries turn to an older one. Raises
    `OSError` if libseccomp is missing, or does not know a name.
    """
    return _made(_ERRNO | errno.ENOSYS, _ALLOW, calls)


def refusing(calls: Iterable[str | Call]) -> bytes:
    """Make a filter under which these system calls fail with `EPERM`, and all others work.

    Raises as `allowing`.
    """
    return _made(_ALLOW, _ERRNO | errno.EPERM, calls)


def load(program: bytes) -> None:
    """Apply a filter to all threads of this process, and disable gaining rights by `execve`.

    Raises `OSError` if the system refuses, or cannot do it for every thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    given = _Program(len(program) // _INSTRUCTION, program)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    number = _number_of(_library(), "seccomp")
    answer = libc.syscall(number, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(given))
    if answer != 0:  # positive: the thread that could not follow
        raise OSError(ctypes.get_errno() if answer < 0 else errno.EBUSY, "no filter of system calls")


def _made(others: int, these: int, calls: Iterable[str | Call]) -> bytes:
    library = _library()
    context = library.seccomp_init(ctypes.c_uint32(others))
    if not context:
        raise OSError(errno.ENOMEM, "no filter of system calls")
    try:
        for call in calls:
            name = call if isinstance(call, str) else call.name
            conditions = () if isinstance(call, str) else call.conditions
            comparisons = [_Comparison(one, _MASKED_EQUAL, mask, value) for one, value, mask in conditions]
            several = (_Comparison * len(comparisons))(*comparisons)
            _require(
                library.seccomp_rule_add_array(
                    context, ctypes.c_uint32(these), _number_of(library, name), len(comparisons), several
                ),
                name,
            )
        with os.fdopen(os.memfd_create("seccomp", os.MFD_CLOEXEC), "rb") as file:
            _require(library.seccomp_export_bpf(context, file.fileno()), "export")
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(context)


def _number_of(library: ctypes.CDLL, name: str) -> int:
    """Return the call's number. A negative one is of another architecture alone: rules pass over it."""
    number: int = library.seccomp_syscall_resolve_name(name.encode())
    if number == _UNKNOWN:
        raise OSError(errno.EINVAL, f"libseccomp does not know the system call {name}")
    return number


def _require(result: int, what: str) -> None:
    if result != 0:
        raise OSError(-result, f"libseccomp: {what}: {os.strerror(-result)}")


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    for function, rest in (
        ("seccomp_release", ()),
        ("seccomp_export_bpf", (ctypes.c_int,)),
        (
            "seccomp_rule_add_array",
            (ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison)),
        ),
    ):
        getattr(library, function).argtypes = (ctypes.c_void_p, *rest)
    return library
