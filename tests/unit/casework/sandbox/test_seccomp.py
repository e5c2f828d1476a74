"""Filters of system calls: what they let through. Each is tried in a process of its own, which keeps it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from casework.sandbox import bubblewrap, seccomp, system_calls
from casework.sandbox.seccomp import Call, allowing, refusing
from tests.attacks.attack import NUMBERS


def ran(code: str) -> subprocess.CompletedProcess[str]:
    """A new process with this code, after the imports that it needs."""
    begin = (
        "import os, signal, socket, threading\nfrom casework.sandbox.seccomp import Call, load, refusing\n"
    )
    return subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=False)


@pytest.mark.starts
def test_what_is_refused_fails_and_the_rest_works() -> None:
    code = "load(refusing(['socket']))\nprint(os.getpid() > 0)\nsocket.socket()"
    ended = ran(code)
    assert ended.stdout == "True\n"
    assert "PermissionError: [Errno 1]" in ended.stderr


@pytest.mark.starts
def test_a_filter_holds_for_threads_that_ran_before_it() -> None:
    code = """
go, said = threading.Event(), []
def late():
    go.wait()
    try:
        socket.socket()
    except PermissionError:
        said.append("refused")
thread = threading.Thread(target=late)
thread.start()
load(refusing(["socket"]))
go.set()
thread.join()
print(said)
"""
    assert ran(code).stdout == "['refused']\n"


@pytest.mark.starts
def test_a_use_of_a_call_is_told_by_an_argument() -> None:
    code = """
load(refusing([Call("kill", 1, signal.SIGTERM)]))
os.kill(os.getpid(), 0)
os.kill(os.getpid(), signal.SIGTERM)
"""
    assert "PermissionError: [Errno 1]" in ran(code).stderr


@pytest.mark.starts
def test_no_program_gains_rights_under_a_filter() -> None:
    code = "load(refusing(['socket']))\nprint(open('/proc/self/status').read())"
    assert "NoNewPrivs:\t1" in ran(code).stdout


def test_an_unknown_call_makes_no_filter() -> None:
    with pytest.raises(OSError, match="no_such_call"):
        refusing(["socket", "no_such_call"])


def test_a_call_that_only_other_machines_have_is_passed_over() -> None:
    assert refusing(["socket", "s390_pci_mmio_read"]) == refusing(["socket"])


def test_the_same_rules_give_the_same_program() -> None:
    rules = ["read", Call("clone", 0, 0x10000, 0x10000)]
    assert allowing(rules) == allowing(rules)
    assert len(allowing(rules)) % seccomp._INSTRUCTION == 0


def test_what_a_decoder_may_call_leads_nowhere() -> None:
    """Not by any name that `tests/attacks` tries, and a few of old machines beside."""
    allowed = set(" ".join(system_calls.DECODER).split())
    assert "mmap" in allowed and "openat" in allowed
    assert allowed.isdisjoint({*NUMBERS, "socket", "socketcall", "ipc", "fork", "vfork", "clone", "kill"})
    assert allowed.isdisjoint({"ioctl", "prctl", "prlimit64", "chmod", "chown", "setxattr", "execveat"})
    assert allowed.isdisjoint({"link", "linkat", "symlink", "symlinkat", "mknod", "mknodat"})


def test_a_sandbox_shares_no_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "found", lambda: "bwrap")
    command = bubblewrap.command(3, None, None, {})
    for one in ("user", "pid", "ipc", "net", "uts", "cgroup"):
        assert f"--unshare-{one}" in command
    assert not [one for one in command if one.endswith("-try") or one.startswith("--share")]
    assert "--die-with-parent" in command
