"""The system calls that a decoder may make: what computing, its files and its threads need.

Everything else fails as if the kernel did not have it. So there are no sockets, no other processes (neither
to start, nor to signal, trace or read), no mounts and namespaces, no memory that its limits do not count
(`memfd_create`, shared memory), no links and device files, since what a child leaves in its folder is opened
by name afterwards, and nothing that a later kernel adds.
"""

from __future__ import annotations

import functools

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
_LIMITS = "getrlimit landlock_add_rule landlock_create_ruleset landlock_restrict_self setrlimit ugetrlimit"

_THREAD = 0x10000  # linux/sched.h: CLONE_THREAD
_PRCTL = (1, 3, 4, 15, 16, 21, 22, 23, 38, 39, 0x53564D41)
"""linux/prctl.h: its death with its parent, core files, its name, filters and rights, names of memory."""
_TERMINAL = (0x5401, 0x5413, 0x541B, 0x5451)
"""asm-generic/ioctls.h: whether it is a terminal, how wide, what waits in a pipe, `close` by `execve`."""


@functools.cache
def decoder_filter() -> bytes:
    """Return the filter (`seccomp.allowing`). Raises `OSError` if it cannot be made."""
    whole = (_MEMORY, _FILES, _WAITING, _TIME, _THREADS, _ITSELF, _LIMITS)
    return seccomp.allowing(
        [
            *(name for names in whole for name in names.split()),
            Call("clone", 0, _THREAD, _THREAD),  # threads, not processes; without `clone3` libraries use it
            Call("prlimit64", 0, 0),  # its own
            *(Call("prctl", 0, option) for option in _PRCTL),
            *(Call("ioctl", 1, request) for request in _TERMINAL),
        ]
    )
