"""The system calls that each kind of process may make. All others fail as if the kernel lacked them.

A decoder may do what computing, its files and its threads need. So there are no sockets, no other processes
(neither to start, nor to signal, trace or read), no mounts and namespaces, no memory that its limits do not
count (`memfd_create`, shared memory), no links and device files, since what a child leaves in its folder is
opened by name afterwards, and nothing that a later kernel adds.

The long-lived processes (`processes`) may do more with files and have sockets. They start no program and no
process, signal and trace no other, set no other's priority or limits, mount nothing and enter no namespace;
they change mode, owner and times of no file, which Landlock does not cover.
"""

from __future__ import annotations

import functools
import os
import socket
import stat
from dataclasses import dataclass

from casework.sandbox import seccomp
from casework.sandbox.seccomp import Call

_MEMORY = "brk madvise membarrier mincore mmap mmap2 mprotect mremap msync munmap"
_FILES = (
    "access close close_range copy_file_range dup dup2 dup3 faccessat faccessat2 fadvise64 fallocate fcntl "
    "fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs fsync ftruncate ftruncate64 getcwd getdents "
    "getdents64 lseek _llseek lstat lstat64 mkdir mkdirat newfstatat open openat pread64 preadv pwrite64 "
    "pwritev read readlink readlinkat readv rename renameat renameat2 rmdir stat stat64 statfs statx umask "
    "unlink unlinkat write writev"
)
_WAITING = (
    "epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 pipe pipe2 poll ppoll pselect6 restart_syscall "
    "select wait4 waitid"
)
_TIME = (
    "clock_getres clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 gettimeofday "
    "nanosleep time times"
)
_THREADS = (
    "arch_prctl futex futex_time64 get_robust_list rseq sched_get_priority_max sched_get_priority_min "
    "sched_getaffinity sched_getparam sched_getscheduler sched_yield set_robust_list set_tid_address"
)
_ITSELF = (
    "execve exit exit_group getcpu getegid geteuid getgid getgroups getpgrp getpid getppid getrandom "
    "getresgid getresuid getrusage getsid gettid getuid rt_sigaction rt_sigpending rt_sigprocmask "
    "rt_sigreturn rt_sigtimedwait sigaltstack sysinfo uname"
)
_MORE_FILES = "link linkat memfd_create openat2 sendfile truncate"
_MORE_WAITING = (
    "epoll_create eventfd getitimer pause setitimer signalfd4 timerfd_create timerfd_gettime timerfd_settime"
)
_MORE_ITSELF = "getpgid getrlimit landlock_create_ruleset mlock munlock rt_sigsuspend sched_rr_get_interval"
_SOCKETS = "bind connect getpeername getsockname getsockopt recvfrom recvmmsg recvmsg setsockopt shutdown"
_ACCEPTING = "accept accept4 listen"
_NOT_WHOLLY = ("execve", "fcntl", "fcntl64")
"""Of those of a decoder: never, and with some commands only."""
_CLOCK_STATE = "adjtimex clock_adjtime"
_VENDOR = "fchmod fchown semctl semget semop semtimedop shmat shmctl shmdt shmget"

_NEVER = (
    "add_key bpf delete_module finit_module init_module io_uring_enter io_uring_register io_uring_setup "
    "kexec_file_load kexec_load keyctl open_by_handle_at perf_event_open pidfd_getfd process_madvise "
    "process_vm_readv process_vm_writev ptrace reboot request_key swapoff swapon userfaultfd"
)
_LIMITS = "getrlimit landlock_add_rule landlock_create_ruleset landlock_restrict_self setrlimit ugetrlimit"

_THREAD = 0x10000  # linux/sched.h: CLONE_THREAD
_NAMESPACES = 0x7E020000  # linux/sched.h: CLONE_NEW…
_FAST_OPEN = 0x20000000  # linux/socket.h: MSG_FASTOPEN
_INT, _POINTER = 2**32 - 1, 2**64 - 1
_KIND = 0xF  # of a socket, without SOCK_CLOEXEC and SOCK_NONBLOCK
_OWN_PRCTL = (2, 3, 15, 16, 21, 23, 39, 0x53564D41)
"""linux/prctl.h: reading its state, its name, names of memory; not `PR_SET_DUMPABLE`."""
_DESCRIPTOR = (*range(8), 9, 12, 13, 14, 36, 37, 38, 1030, 1031, 1032, 1033, 1034)
"""linux/fcntl.h: duplicates, flags, locks, the size of a pipe, seals. Not `F_SETOWN`, `F_SETOWN_EX` and
`F_SETSIG`: with these the kernel sends any signal to any process of the same user, once a socket can be
read."""
_CONTROL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""asm-generic/ioctls.h: as `_TERMINAL`, whether a read waits, and `close` by `execve` switched off."""
_PRCTL = (1, 3, 4, 15, 16, 21, 22, 23, 38, 39, 0x53564D41)
"""linux/prctl.h: its death with its parent, core files, its name, filters and rights, names of memory."""
_TERMINAL = (0x5401, 0x5413, 0x541B, 0x5451)
"""asm-generic/ioctls.h: whether it is a terminal, how wide, what waits in a pipe, `close` by `execve`."""

DECODER = (_MEMORY, _FILES, _WAITING, _TIME, _THREADS, _ITSELF, _LIMITS)
"""Names of the calls that a decoder may make, whatever their arguments are."""


@functools.cache
def decoder_filter() -> bytes:
    """Return the filter (`seccomp.allowing`). Raises `OSError` if it cannot be made."""
    return seccomp.allowing(
        [
            *(name for names in DECODER for name in names.split()),
            Call("clone", 0, _THREAD, _THREAD),  # threads, not processes; without `clone3` libraries use it
            Call("prlimit64", 0, 0),  # its own
            *(Call("prctl", 0, option) for option in _PRCTL),
            *(Call("ioctl", 1, request) for request in _TERMINAL),
        ]
    )


def starter_filter() -> bytes:
    """Return the filter of the process that starts sandboxes: it mounts, and needs none of these.

    Raises `OSError`.
    """
    return seccomp.refusing(_NEVER.split())


@dataclass(frozen=True)
class Sockets:
    """Which sockets a process may make. It may use any that it was given."""

    udp: bool = False
    tcp: bool = False
    unix: bool = False
    """Stream sockets that connect to, or listen at, a path. A pair is always allowed."""


def process_filter(
    sockets: Sockets,
    *,
    accepts: bool = False,
    pipes: bool = False,
    clock: bool = False,
    vendor: bool = False,
) -> bytes:
    """Return the filter of a long-lived process, for this very process. Raises `OSError`.

    `accepts`: whether it serves a listening socket that it was given. Landlock does not cover listening
    without an address, at a port that the kernel chooses. `pipes`: whether it makes named pipes; `clock`:
    whether it asks the kernel if its clock is right; `vendor`: whether a vendor's library works in it, with
    devices and System V's shared memory.
    """
    names = [_MEMORY, _FILES, _WAITING, _TIME, _THREADS, _ITSELF, _MORE_FILES, _MORE_WAITING, _MORE_ITSELF]
    names += [_SOCKETS, *([_ACCEPTING] if accepts else ())]
    names += [*([_CLOCK_STATE] if clock else ()), *([_VENDOR] if vendor else ())]
    fifo = (stat.S_IFIFO, 0o170000) if pipes else None
    own = os.getpid()
    return seccomp.allowing(
        [
            *(name for several in names for name in several.split() if name not in _NOT_WHOLLY),
            *(Call(name, 1, command, _INT) for name in ("fcntl", "fcntl64") for command in _DESCRIPTOR),
            # Sending may not connect: Landlock does not see that.
            Call("sendto", 3, 0, _FAST_OPEN),
            Call("sendmsg", 2, 0, _FAST_OPEN),
            Call("sendmmsg", 3, 0, _FAST_OPEN),
            Call("clone", 0, _THREAD, _THREAD | _NAMESPACES),
            Call("kill", 0, own, _INT),
            Call("tgkill", 0, own, _INT),
            Call("prlimit64", 0, 0, _INT, ((2, 0, _POINTER),)),  # reads its own, sets none
            Call("setpriority", 0, os.PRIO_PROCESS, _INT, ((1, 0, _INT),)),  # of the calling thread
            *(Call("prctl", 0, option, _INT) for option in _OWN_PRCTL),
            *(["ioctl"] if vendor else [Call("ioctl", 1, request, _INT) for request in _CONTROL]),
            *_made_sockets(sockets),
            *([] if fifo is None else [Call("mknod", 1, *fifo), Call("mknodat", 2, *fifo)]),
        ]
    )


def _made_sockets(allowed: Sockets) -> list[Call]:
    """Of the internet only UDP and TCP themselves: Landlock knows no other protocol's ports."""
    kinds = [(socket.SOCK_DGRAM, socket.IPPROTO_UDP)] * allowed.udp
    kinds += [(socket.SOCK_STREAM, socket.IPPROTO_TCP)] * allowed.tcp
    made = [
        _socket(family, kind, protocol)
        for family in (socket.AF_INET, socket.AF_INET6)
        for kind, own in kinds
        for protocol in (0, own)
    ]
    if kinds:  # the addresses of this machine, which name resolution reads, too
        made += [_socket(socket.AF_NETLINK, kind, 0) for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM)]
    if allowed.unix:
        made.append(_socket(socket.AF_UNIX, socket.SOCK_STREAM, 0))
    # No datagrams: such a socket of a pair could be connected anew, to a path.
    pairs = [
        Call("socketpair", 0, socket.AF_UNIX, _INT, ((1, kind, _KIND),))
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
    ]
    return [*made, *pairs]


def _socket(family: int, kind: int, protocol: int) -> Call:
    return Call("socket", 0, family, _INT, ((1, kind, _KIND), (2, protocol, _INT)))
