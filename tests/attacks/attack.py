"""Code in the place of a decoder: tries everything that it must not reach, and says what it reached.

Run as a program with one argument, JSON: `sockets`, `abstract`, `ports`, `files`, `folders`, `processes`,
`memory` (bytes that are too many), `written` (bytes of a file that are too many), `inherited` (how many open
files it has), `work` (whether it has a working folder), `harmless` (whether it leaves out what would change
the system, outside of a sandbox), `own` (files and folders that are only opened). It writes JSON: for each
attempt `done`, or the name of the error.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

NUMBERS = {
    # x86_64, aarch64 (asm/unistd.h); the calls that Python has no function for
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone3": (435, 435),
    "connect": (42, 203),
    "bind": (49, 200),
    "finit_module": (313, 273),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "mount": (165, 40),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "sched_setattr": (314, 274),
    "seccomp": (317, 277),
    "setns": (308, 268),
    "shmget": (29, 194),
    "socketpair": (53, 199),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int) -> int:
    """Make a system call by its number. Raises `OSError`."""
    number = NUMBERS[name][platform.machine() == "aarch64"]
    answer = int(LIBC.syscall(number, *map(ctypes.c_long, arguments)))
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer


def connect(family: int, address: Any, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as tried:
        tried.connect(address)


def connect_path(path: str) -> None:
    try:
        connect(socket.AF_UNIX, path, socket.SOCK_SEQPACKET)
    except OSError as other:
        if other.errno != errno.EPROTOTYPE:
            raise
        connect(socket.AF_UNIX, path)


def program() -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def set_priority(process: int) -> None:
    os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, process))


def as_it_is(path: str) -> None:
    os.chmod(path, os.stat(path).st_mode & 0o7777)


def as_it_is_by_descriptor(path: str) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(opened, os.fstat(opened).st_mode & 0o7777)
    finally:
        os.close(opened)


def signal_by_the_kernel(process: int) -> None:
    """Ask for a signal to a process once a pipe can be read. Nothing is ever written to it."""
    ends = os.pipe()
    try:
        fcntl.fcntl(ends[0], fcntl.F_SETOWN, process)
    finally:
        for end in ends:
            os.close(end)


def set_clock() -> None:
    """Set how far the clock may be off (`ADJ_MAXERROR`, in microseconds) to what it is."""
    timex = ctypes.create_string_buffer(256)
    if LIBC.adjtimex(timex) >= 0:
        struct.pack_into("=I", timex, 0, 4)
        if LIBC.adjtimex(timex) >= 0:
            return
    raise OSError(ctypes.get_errno(), "adjtimex")


def change_network() -> None:
    """Have the kernel change nothing of the loopback interface (`RTM_NEWLINK`, index 1)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as route:
        route.send(struct.pack("=IHHIIHHiII", 32, 16, 5, 1, 0, 0, 0, 1, 0, 0))
        if (refused := -struct.unpack_from("=i", route.recv(4096), 16)[0]) != 0:
            raise OSError(refused, "RTM_NEWLINK")


def same_times(path: str) -> None:
    os.utime(path, ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns))


def write(path: str) -> None:
    with open(path, "w") as file:
        file.write("written")
    os.remove(path)


def fork() -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)


def raise_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard + 4096 if hard > 0 else hard))


def many_threads() -> None:
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, daemon=True) for _ in range(1500)]
    try:
        for one in threads:
            one.start()
    finally:
        end.set()


def too_long(path: str, length: int) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        os.pwrite(file, b"x", length)
    finally:
        os.close(file)
        os.remove(path)


def descriptors(inherited: int) -> None:
    """Whether there are more open files than it was given."""
    found = []
    for number in range(1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    if len(found) <= inherited:
        raise OSError(errno.EBADF, "no more than its own")


def attempts(told: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """By name; each raises `OSError`, or has reached what it tried."""
    ours = os.getpid()
    found: dict[str, Callable[[], object]] = {
        "abstract socket": lambda: connect(socket.AF_UNIX, "\0" + told["abstract"]),
        "UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        "pair of sockets": socket.socketpair,
        "process": fork,
        "program": program,
        "threads": many_threads,
        "memory": lambda: mmap.mmap(-1, told["memory"], flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS),
        "limit": raise_limit,
        "priority": lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)),
        "user": lambda: os.setuid(0),
        "mode": lambda: os.chmod("/usr", 0o755),
        "owner": lambda: os.chown("/usr", 0, 0),
        "times": lambda: os.utime("/usr"),
        "mode of an open folder": lambda: as_it_is_by_descriptor("/usr"),
        "clock": set_clock,
        "network": change_network,
        "every process": lambda: os.kill(-1, 0),
        "own parent": lambda: os.kill(os.getppid(), 0),
        "more open files": lambda: descriptors(told["inherited"]),
    }
    for path in told["sockets"]:
        found[f"socket {path}"] = lambda path=path: connect_path(path)
    for port in told["ports"]:
        found[f"port {port}"] = lambda port=port: connect(socket.AF_INET, ("127.0.0.1", port))
    for path in told["files"]:
        found[f"read {path}"] = lambda path=path: open(path, "rb").read(1)
        found[f"change {path}"] = lambda path=path: os.close(os.open(path, os.O_WRONLY))
        found[f"move {path}"] = lambda path=path: (os.rename(path, path + "~"), os.rename(path + "~", path))
        found[f"mode of {path}"] = lambda path=path: as_it_is(path)
        found[f"times of {path}"] = lambda path=path: same_times(path)
    for path in told["folders"]:
        found[f"list {path}"] = lambda path=path: os.listdir(path)
        found[f"write {path}"] = lambda path=path: write(path + "/written")
    for process in told["processes"]:
        found[f"signal by the kernel to {process}"] = lambda process=process: signal_by_the_kernel(process)
        found[f"environment of {process}"] = lambda process=process: open(f"/proc/{process}/environ").read()
        found[f"memory of {process}"] = lambda process=process: open(f"/proc/{process}/mem", "r+b").close()
        found[f"priority of {process}"] = lambda process=process: set_priority(process)
        found[f"limits of {process}"] = lambda process=process: resource.prlimit(
            process, resource.RLIMIT_CORE, resource.prlimit(process, resource.RLIMIT_CORE)
        )
        found[f"processors of {process}"] = lambda process=process: os.sched_setaffinity(
            process, os.sched_getaffinity(0)
        )
        for number in (0, signal.SIGCONT):
            found[f"signal {number} to {process}"] = lambda process=process, n=number: os.kill(process, n)
    for path in told.get("own", ()):
        found[f"open {path}"] = lambda path=path: os.close(os.open(path, os.O_RDONLY))
    for name in () if told["harmless"] else NUMBERS:
        found[f"call {name}"] = lambda name=name: call(name, ours, ours, 0, 0, 0, 0)
    if not told["harmless"]:
        found["input"] = lambda: os.pwrite(0, b"x", 0)
        found["longer input"] = lambda: os.ftruncate(0, told["written"])
        found["root"] = lambda: os.chroot("/usr")
    if told["work"]:
        found["length"] = lambda: too_long("long", told["written"])
    return found


def main(told: str) -> None:
    said = {}
    for name, attempt in attempts(json.loads(told)).items():
        try:
            attempt()
            said[name] = "done"
        except OSError as refused:
            said[name] = errno.errorcode.get(refused.errno or 0, type(refused).__name__)
        except (MemoryError, RuntimeError, ValueError) as refused:  # of threads, of limits
            said[name] = type(refused).__name__
    print(json.dumps(said), flush=True)
    os._exit(0)  # whatever threads are left


if __name__ == "__main__":
    main(sys.argv[1])
