"""The process that starts sandboxes, for one other process (`child_process`).

A process that has restricted itself cannot set up a sandbox: that takes mounts. So this one is started
before, by that process or by systemd (`amana-sandbox.socket`). It inherits one end of a connection, and has
no other way in; it ends when the other end is closed.

Command line: `python -I -m casework.sandbox.starter DESCRIPTOR`. A request is one message without content and
with descriptors: the request itself (JSON in a memory file: `Work`'s fields, `arguments`, `environment`,
`folder`: whether there is one), a socket for the answers, standard input, output and error, the working
folder, the program, and the files that the child inherits. Each request has a process of its own here, which

1. takes the child's share of the machine: the first to be killed when memory ends, and idle processor time;
2. starts it (`bubblewrap`), with `entry` as its first code;
3. answers `ready`, or `failed` and why: then nothing has run;
4. answers with its exit code; or kills it, once the client closes the socket or has ended. Its trust in the
   client is limited: a child gets only files that the client has opened itself, also as a program, never a
   path that the client could not open.
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from casework.sandbox import bubblewrap, seccomp
from casework.sandbox.entry import READY
from casework.sandbox.system_calls import decoder_filter, starter_filter

MOST_DESCRIPTORS = 253
"""Of one message (linux/net/scm.h: SCM_MAX_FD)."""
_FIRST_TO_GO = "1000"
"""Of `/proc/PID/oom_score_adj`: the highest."""
_MAX_REASON = 2000
_STANDARD = 3
_SIGNALS_END = 64


def main(control: str) -> int:
    """Serve requests until the other end is closed; returns 0. Raises `OSError` without libseccomp."""
    seccomp.load(starter_filter())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the processes of requests are not waited for
    with socket.socket(fileno=int(control)) as asker:
        while descriptors := _received(asker):
            if _forked() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                asker.close()
                try:
                    _serve(descriptors)
                finally:  # an error, too, ends only this process, and the child with it
                    os._exit(0)
            for one in descriptors:
                os.close(one)
    return 0


def _forked() -> int | None:
    """Fork as `os.fork`; None if the system has no room for a process now, which ends one request only."""
    try:
        return os.fork()
    except OSError:
        return None


def _received(asker: socket.socket) -> list[int]:
    room = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
    _, beside, _, _ = asker.recvmsg(1, room, socket.MSG_CMSG_CLOEXEC)
    numbers = array.array("i")
    for level, kind, data in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return list(numbers)


def _serve(descriptors: Sequence[int]) -> None:
    with os.fdopen(descriptors[0], "rb") as file, socket.socket(fileno=descriptors[1]) as reply:
        request = json.load(file)
        try:
            child, ready = _started(request, descriptors[2:])
        except (OSError, ValueError) as error:
            reply.sendall(f"failed {error}".encode()[:_MAX_REASON] + b"\n")
            return
        with child:
            if not _wait(ready, reply, child):
                return
            if os.read(ready, len(READY)) != READY:
                child.kill()
                child.wait()  # its error output is complete
                reply.sendall(b"failed\n")
                return
            reply.sendall(b"ready\n")
            if _wait(os.pidfd_open(child.pid), reply, child):
                reply.sendall(b"%d\n" % _ended(child.wait()))


def _started(request: Mapping[str, Any], descriptors: Sequence[int]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the child; return it, and the pipe over which it reports that it is ready."""
    _set_priority(request["idle"])
    (given, out, errors), rest = descriptors[:_STANDARD], list(descriptors[_STANDARD:])
    folder = _folder(rest.pop(0)) if request["folder"] else None
    program = None if request["program"] is None else _program(request["program"], rest.pop(0))
    ready, ready_end = os.pipe()
    filter_ = os.memfd_create("filter")
    os.write(filter_, decoder_filter())
    os.lseek(filter_, 0, os.SEEK_SET)
    rules = {
        "read": bubblewrap.readable(program),
        "change": [*bubblewrap.DEVICES, *(() if folder is None else (bubblewrap.FOLDER,))],
        "limits": request["limits"],
        "ready": ready_end,
        "module": request["module"],
        "program": program,
    }
    command = bubblewrap.command(filter_, folder, program, request["environment"])
    command += [sys.executable, "-I", "-m", "casework.sandbox.entry", json.dumps(rules)]
    child = subprocess.Popen(
        [*command, *request["arguments"], *map(str, rest)],
        stdin=given,
        stdout=out,
        stderr=errors,
        pass_fds=[ready_end, filter_, *rest, *(() if folder is None else (folder,))],
        env={},  # the child's is in the command: bubblewrap itself runs outside of the sandbox
        cwd="/",
    )
    for one in (*descriptors, ready_end, filter_):
        os.close(one)
    return child, ready


def _set_priority(idle: bool) -> None:
    Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    if idle:
        with suppress(OSError):  # refused by some systems: then it has its normal share
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _folder(number: int) -> int:
    """Raises `OSError` unless the client could open it itself: a path alone is no permission. It is opened
    again: the client may have other mounts, and the kernel binds only a folder of our own mounts.
    """
    opened = os.fstat(number)
    if not _opened(number) or not stat.S_ISDIR(opened.st_mode):
        raise OSError("a working folder that was not opened")
    path = os.readlink(f"/proc/self/fd/{number}")  # noqa: PTH115
    here = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    os.dup2(here, number, inheritable=False)
    os.close(here)
    if not os.path.samestat(opened, os.fstat(number)):
        raise OSError("a working folder that is not here")
    return number


def _program(path: str, number: int) -> str:
    """Return the program's path. `number`: the same file, as the client has opened it. Raises `OSError`."""
    found = os.path.realpath(path)
    file = os.stat(found)  # noqa: PTH116
    if not _opened(number) or not os.path.samestat(file, os.fstat(number)):
        raise OSError(f"{path} was not opened")
    if not stat.S_ISREG(file.st_mode) or not os.access(found, os.X_OK):
        raise OSError(f"{path} is not a program")
    return found


def _opened(number: int) -> bool:
    """Return whether it was opened for more than its path (`O_PATH`), which needs no right to the file."""
    return not fcntl.fcntl(number, fcntl.F_GETFL) & os.O_PATH


def _wait(for_: int, reply: socket.socket, child: subprocess.Popen[bytes]) -> bool:
    """Return whether `for_` can be read; else the client has cancelled the child, which was killed."""
    readable, _, _ = select.select([for_, reply.fileno()], [], [])
    if for_ in readable:
        return True
    child.kill()
    child.wait()
    with suppress(OSError):
        reply.sendall(b"%d\n" % -signal.SIGKILL)
    return False


def _ended(code: int) -> int:
    """The exit code, negative for the signal that ended it: bubblewrap adds 128 to the signal's number."""
    return 128 - code if 128 < code <= 128 + _SIGNALS_END else code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
