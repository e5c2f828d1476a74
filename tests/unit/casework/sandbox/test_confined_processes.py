"""What a long-lived process may do after it confined itself, each in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from casework.sandbox import landlock, processes, system_calls
from casework.sandbox.system_calls import Sockets

pytestmark = pytest.mark.starts

MPTCP = 262  # linux/in.h: IPPROTO_MPTCP


def ran(code: str, *arguments: object) -> str:
    """What a new process with this code prints; `sys.argv[1:]` are the arguments."""
    begin = """
import os, signal, socket, sys, threading
from pathlib import Path
from casework.sandbox import processes
from casework.sandbox.processes import RECORDER, WEB, confine, keyholder, reaching_by_path
def tried(*attempts):
    for attempt in attempts:
        try:
            attempt()
            print("done", end=" ")
        except OSError as error:
            print(error.errno, end=" ")
"""
    ended = subprocess.run(
        [sys.executable, "-c", begin + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_this_machine_can_confine_processes() -> None:
    assert processes.hindrance() is None


def test_a_machine_without_the_means_is_named_and_nothing_is_confined(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert "no Landlock" in (processes.hindrance() or "")
    assert processes.confine(processes.WEB) == ()
    assert "the web process is NOT CONFINED: this kernel has no Landlock" in caplog.text

    def missing(_: Sockets) -> bytes:
        raise OSError("libseccomp.so.2: cannot open shared object file")

    monkeypatch.undo()
    monkeypatch.setattr(system_calls, "process_filter", missing)
    assert processes.hindrance() == "libseccomp.so.2: cannot open shared object file"


def test_what_fails_though_the_machine_has_the_means_is_an_error() -> None:
    code = """
threading.Thread(target=threading.Event().wait, daemon=True).start()
try:
    confine(WEB)
except OSError as error:
    print(error)
os._exit(0)
"""
    assert "threads that run already" in ran(code.replace("os._exit", "sys.stdout.flush(); os._exit"))


def test_only_its_folders_are_changed_and_what_was_missing_stays_out_of_reach(tmp_path: Path) -> None:
    for name in ("own", "read", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    code = """
here = Path(sys.argv[1])
places = confine(RECORDER, read=[here / "read"], change=[here / "own", here / "absent"])
assert places == (here / "read", here / "own", here / "absent"), places
assert [processes.out_of_reach(here / name) for name in ("own", "absent", "other")] == [False, False, True]
(here / "own/more").write_text("more")
(here / "own/more").rename(here / "own/moved")
os.link(here / "own/moved", here / "own/linked")
assert (here / "read/file").read_text() == "text"
tried(
    lambda: (here / "read/file").write_text("changed"),
    lambda: (here / "other/file").read_text(),
    lambda: (here / "other/file").unlink(),
    lambda: (here / "absent").mkdir(),
    lambda: (here / "own/file").chmod(0o777),
    lambda: os.utime(here / "own/file"),
    lambda: os.chown(here / "own/file", 1, 1),
    lambda: os.symlink("/etc", here / "own/link"),
)
for path in ("own/file", "read/file", "read"):
    opened = os.open(here / path, os.O_RDONLY)
    tried(lambda: os.fchmod(opened, 0o777), lambda: os.fchown(opened, 1, 1))
"""
    assert ran(code, tmp_path) == "13 13 13 13 38 38 38 38" + 3 * " 38 38"


def test_sockets_are_those_of_its_work() -> None:
    code = f"""
confine({{}})
def pair(kind):
    for end in socket.socketpair(socket.AF_UNIX, kind):
        end.close()
def made(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()
tried(
    lambda: made(socket.AF_INET, socket.SOCK_DGRAM),
    lambda: made(socket.AF_INET6, socket.SOCK_STREAM),
    lambda: made(socket.AF_INET, socket.SOCK_STREAM, {MPTCP}),
    lambda: made(socket.AF_INET, socket.SOCK_RAW, 1),
    lambda: made(socket.AF_UNIX, socket.SOCK_STREAM),
    lambda: made(socket.AF_UNIX, socket.SOCK_DGRAM),
    lambda: pair(socket.SOCK_STREAM),
    lambda: pair(socket.SOCK_SEQPACKET),
    lambda: pair(socket.SOCK_DGRAM),
)
"""
    for needs, said in (
        ("RECORDER", "done 38 38 38 38 38 done done 38"),
        ("WEB", "done done 38 38 38 38 done done 38"),
        ("reaching_by_path(WEB)", "done done 38 38 done 38 done done 38"),
        ("keyholder([], vendor=False)", "38 38 38 38 38 38 done done 38"),
    ):
        assert ran(code.format(needs)) == said, needs


@pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock does not know TCP")
def test_a_keyholder_connects_to_its_servers_and_to_no_other() -> None:
    code = """
ports = [int(port) for port in sys.argv[1:]]
confine(keyholder(ports[:1], vendor=False))
tried(
    *(lambda port=port: socket.create_connection(("127.0.0.1", port)).close() for port in ports),
    lambda: socket.create_server(("127.0.0.1", 0)),
    lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", ports[1])),
    lambda: socket.socket().listen(),  # without an address: the kernel would choose a port
)
"""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        assert ran(code, first.getsockname()[1], second.getsockname()[1]) == "done 13 13 38 38"


def test_it_starts_and_signals_none_but_itself() -> None:
    code = """
import ctypes
confine(WEB)
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
got = []
signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
os.setpriority(os.PRIO_PROCESS, 0, 19)
assert got == [1, 1]
tried(
    os.fork,
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.kill(os.getppid(), 0),
    lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 5),
    lambda: os.setpriority(os.PRIO_USER, 0, 5),
)
"""
    assert ran(code) == "38 38 38 38 38"


def test_it_has_the_kernel_send_no_signal_for_it() -> None:
    code = """
import fcntl, struct
F_SETSIG, F_SETOWN_EX = 10, 15
confine(RECORDER)
end, _ = socket.socketpair()
tried(
    lambda: fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_NONBLOCK),
    lambda: fcntl.fcntl(end, fcntl.F_SETOWN, os.getppid()),
    lambda: fcntl.fcntl(end, F_SETOWN_EX, struct.pack("@ii", 1, os.getppid())),
    lambda: fcntl.fcntl(end, F_SETSIG, signal.SIGKILL),
)
"""
    assert ran(code) == "done 38 38 38"


@pytest.mark.skipif(os.getuid() != 0, reason="others have no capabilities to lose")
def test_root_keeps_no_capability_but_that_to_other_users_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    os.chown(tmp_path / "file", 1, 1)
    (tmp_path / "file").chmod(0o600)
    code = """
import ctypes, dataclasses, struct
confine(dataclasses.replace(RECORDER, sockets=WEB.sockets), change=[Path(sys.argv[1])])
assert Path(sys.argv[1], "file").read_text() == "text"
names = ("CapInh", "CapPrm", "CapEff", "CapAmb")
lines = Path("/proc/self/status").read_text().splitlines()
assert {line.split()[1] for line in lines if line.startswith(names[1:3])} == {"0000000000000002"}
assert {line.split()[1] for line in lines if line.startswith((names[0], names[3]))} == {"0000000000000000"}

timex = ctypes.create_string_buffer(struct.pack("=I", 4), 256)  # ADJ_MAXERROR: how far the clock may be off
assert ctypes.CDLL(None, use_errno=True).adjtimex(timex) == -1
print(ctypes.get_errno(), end=" ")

with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as route:
    RTM_NEWLINK, REQUEST_ACK, LOOPBACK = 16, 5, 1
    header = struct.pack("=IHHII", 32, RTM_NEWLINK, REQUEST_ACK, 1, 0)
    route.send(header + struct.pack("=HHiII", 0, 0, LOOPBACK, 0, 0))
    print(struct.unpack_from("=i", route.recv(4096), 16)[0])
"""
    assert ran(code, tmp_path) == "1 -1"


def test_its_database_sorts_and_undoes_more_than_its_cache_holds(tmp_path: Path) -> None:
    code = """
from casework.database.engine import connect, writing
engine = connect(f"sqlite:///{sys.argv[1]}/database.sqlite")
confine(WEB, change=[Path(sys.argv[1])])
with writing(engine).begin() as connection:
    run = connection.exec_driver_sql
    run("CREATE TABLE rows (number INTEGER UNIQUE, content BLOB)")
    run("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 8000)"
        " INSERT INTO rows SELECT i, randomblob(1000) FROM n")
    run("CREATE INDEX by_content ON rows (content)")
    assert len(run("SELECT * FROM rows ORDER BY content, number").fetchall()) == 8000
    print(run("INSERT INTO rows SELECT number + 8000, content FROM rows").rowcount)
"""
    assert ran(code, tmp_path) == "8000"
