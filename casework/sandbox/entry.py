"""First steps of every child in its sandbox, before it reads anything.

Command line: `python -I -m casework.sandbox.entry RULES ARGUMENTS…`, which `bubblewrap` runs. It

1. checks that the sandbox around it is complete: a process tree and a file system of its own, a filter of
   system calls, and no way to gain rights;
2. sets the limits on memory, processor time, files and threads;
3. restricts the file system once more, by other means (Landlock): what is readable, and one folder;
4. reports to its starter that it is ready;
5. runs the module or becomes the program.

If one of these fails, it ends, and nothing is decoded. RULES is JSON: `read` (paths), `change` (paths),
`limits` (the arguments of `confinement.limit`), `ready` (a descriptor), `module` or `program`.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import signal
import sys
from typing import Any

from casework.sandbox import confinement, landlock

READY = b"ready\n"
_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 21, 39  # linux/prctl.h
_FILTERED = 2
_OWN_INIT = 1


def main(rules_text: str, *arguments: str) -> None:
    """Run the module or program that the rules name. Raises `OSError` if the sandbox is not complete."""
    rules: dict[str, Any] = json.loads(rules_text)
    _require_sandbox()
    confinement.limit(**rules["limits"])
    landlock.restrict(read=rules["read"], change=rules["change"])
    os.write(rules["ready"], READY)
    os.close(rules["ready"])
    if program := rules.get("program"):
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python; the program would inherit it
            signal.signal(ignored, signal.SIG_DFL)
        os.execve(program, [program, *arguments], dict(os.environ))  # noqa: S606  # that is the purpose
    sys.argv = [rules["module"], *arguments]
    runpy.run_module(rules["module"], run_name="__main__", alter_sys=True)


def _require_sandbox() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getppid() != _OWN_INIT or os.path.lexists("/proc"):
        raise OSError("the sandbox has no processes or file system of its own")
    if libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 or libc.prctl(_PR_GET_SECCOMP) != _FILTERED:
        raise OSError("no system calls are filtered")
    if libc.socket(1, 1, 0) >= 0 or libc.kill(os.getpid(), 0) == 0:
        raise OSError("the filter of system calls lets sockets or signals through")


if __name__ == "__main__":
    main(*sys.argv[1:])
