"""What a process reaches by name after it restricted itself, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from casework.sandbox import landlock

pytestmark = pytest.mark.starts

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/dev/null", sys.prefix, sys.base_prefix)


def ran(code: str, *arguments: str | int | Path) -> subprocess.CompletedProcess[str]:
    """A new process with this code; `sys.argv[1:]` are the arguments."""
    begin = "import os, signal, socket, sys, threading\nfrom casework.sandbox.landlock import restrict\n"
    command = [sys.executable, "-c", f"{begin}SYSTEM = {SYSTEM}\n{code}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_this_machine_has_it() -> None:
    assert landlock.version() >= 1


def test_only_the_given_folders_are_reached(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder in (ours, other):
        folder.mkdir()
        (folder / "file").write_text("text")
    code = """
ours, other = sys.argv[1:]
restrict(read=SYSTEM, change=[ours])
open(ours + "/more", "w").write("more")
os.rename(ours + "/more", ours + "/moved")
os.truncate(ours + "/file", 1)
for attempt in (
    lambda: open(other + "/file"),
    lambda: open(other + "/more", "w"),
    lambda: os.truncate(other + "/file", 0),
    lambda: os.remove(other + "/file"),
    lambda: os.rename(other + "/file", other + "/renamed"),
    lambda: os.rename(other + "/file", ours + "/taken"),
    lambda: os.link(other + "/file", ours + "/linked"),
    lambda: os.mkdir(other + "/folder"),
    lambda: os.listdir(other),
):
    try:
        attempt()
        print("done")
    except OSError:
        pass
"""
    ended = ran(code, ours, other)
    assert (ended.stdout, ended.stderr) == ("", "")
    assert sorted(one.name for one in ours.iterdir()) == ["file", "moved"]
    assert [(one.name, one.read_text()) for one in other.iterdir()] == [("file", "text")]


def test_what_may_be_read_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    code = """
restrict(read=[*SYSTEM, sys.argv[1]])
print(open(sys.argv[1] + "/file").read())
open(sys.argv[1] + "/file", "a")
"""
    ended = ran(code, tmp_path)
    assert ended.stdout == "text\n"
    assert "PermissionError" in ended.stderr


@pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock does not know TCP")
@pytest.mark.parametrize("allowed", [False, True])
def test_tcp_is_reached_only_where_it_was_asked_for(allowed: bool) -> None:
    code = (
        f"restrict(read=SYSTEM, connect={allowed})\nsocket.create_connection(('127.0.0.1', int(sys.argv[1])))"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert (ran(code, server.getsockname()[1]).returncode == 0) is allowed


@pytest.mark.skipif(landlock.version() < 6, reason="this kernel's Landlock does not know scopes")
@pytest.mark.parametrize("allowed", [False, True])
def test_processes_outside_are_signalled_and_connected_to_only_where_it_was_asked_for(allowed: bool) -> None:
    name = f"\0amana-{os.getpid()}"
    code = f"""
restrict(read=SYSTEM, outside={allowed})
for attempt in (
    lambda: os.kill(int(sys.argv[1]), signal.SIGWINCH),
    lambda: socket.socket(socket.AF_UNIX).connect("\\0" + sys.argv[2]),
):
    try:
        attempt()
        print("done")
    except PermissionError:
        pass
os.kill(os.getpid(), 0)
"""
    received: list[int] = []
    before = signal.signal(signal.SIGWINCH, lambda number, _: received.append(number))
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(name)
            server.listen()
            ended = ran(code, os.getpid(), name[1:])
    finally:
        signal.signal(signal.SIGWINCH, before)
    assert (ended.stdout.count("done"), ended.stderr) == ((2, "") if allowed else (0, ""))
    assert bool(received) is allowed


def test_threads_that_run_already_are_not_left_out() -> None:
    code = "threading.Thread(target=threading.Event().wait, daemon=True).start()\nrestrict(read=SYSTEM)"
    assert "OSError: [Errno 16]" in ran(code).stderr
