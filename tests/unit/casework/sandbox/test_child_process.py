"""The sandbox as a whole: without one of its layers nothing runs, and the reason is told."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from casework.errors import SandboxMissing
from casework.sandbox import child_process, previews, self_check, starter_client
from casework.sandbox.child_process import Child, Limits, Work, in_memory
from tests.support.children import of_sandboxes
from tests.support.media.made_pictures import picture
from tests.support.patience import PATIENCE, wait_until

pytestmark = pytest.mark.starts

HOUSE = Path(child_process.__file__).parents[2]
LIMITS = Limits(memory=512 * 1024**2, written=1_000_000, seconds=10)
SCRIPT = Work(LIMITS, program="/bin/sh")
APART = (
    *("unshare", "--user", "--map-root-user", "--mount"),
    *("sh", "-c", 'mount -t tmpfs none /var/tmp && exec "$@"', "sh"),
)
"""Runs a command with mounts of its own."""


def said(*arguments: str, work: Work = SCRIPT) -> tuple[int, bytes]:
    with in_memory() as given, in_memory() as answered:
        return child_process.run(
            work, *arguments, given=given, answered=answered, seconds=30
        ), answered.read()


def started(given: int, answered: int) -> Child:
    return child_process.start(SCRIPT, "-c", "read never", given=given, answered=answered)


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Starts sandboxes from now on with this change to the code that does; nothing else is another."""

    def changed(code: str) -> None:
        script, file = tmp_path / "python", tmp_path / "code.py"
        told = CHANGED.replace("ROOT", repr(str(HOUSE))).replace("PYTHON", repr(sys.executable))
        file.write_text(told.replace("CHANGE", code))
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -I {file} "$@"\n')
        script.chmod(0o700)
        monkeypatch.setattr(child_process, "_starter", starter_client.Starter())
        monkeypatch.setattr(starter_client.sys, "executable", str(script))

    yield changed
    asking = child_process._starter._asking
    if asking is not None:
        asking.close()


def test_a_program_runs_in_it_and_ends_with_its_own_code() -> None:
    assert said("-c", "echo $$ $(( 6 * 7 )); exit 3") == (3, b"2 42\n")


def test_what_a_program_lacks_is_told() -> None:
    with pytest.raises(SandboxMissing, match="No such file"):
        said(work=replace(SCRIPT, program="/bin/no-such-program"))
    with pytest.raises(SandboxMissing, match="is not a program"):
        said(work=replace(SCRIPT, program="/etc/passwd"))


WITHOUT = {
    "bubblewrap": "bubblewrap._NAME = 'no-such-bwrap'",
    "user namespace": "separate('user')",
    "process tree": "separate('pid')",
    "all filters": "starter.decoder_filter = lambda: seccomp.refusing(['reboot'])",
    "filter": "command(lambda words, number: [one for one in words if one not in ('--seccomp', number)])",
    "empty file system": "command(lambda words, _: [*words[:-1], '--proc', '/proc', '--'])",
    "Landlock": "system_calls.DECODER = (*system_calls.DECODER[:-1], 'getrlimit setrlimit')",
}
"""What is missing → how its code is changed before it starts sandboxes."""
CHANGED = """
import sys
sys.path.append(ROOT)
sys.executable = PYTHON
from casework.sandbox import bubblewrap, seccomp, starter, system_calls

def separate(but):
    bubblewrap._SEPARATE = tuple(one for one in bubblewrap._SEPARATE if one != but)

def command(change):
    whole = bubblewrap.command
    bubblewrap.command = lambda number, *rest: change(whole(number, *rest), str(number))

CHANGE
sys.exit(starter.main(sys.argv[-1]))
"""


@pytest.mark.parametrize("layer", WITHOUT)
def test_without_one_layer_nothing_runs(layer: str, starter: Callable[[str], None]) -> None:
    starter(WITHOUT[layer])
    with pytest.raises(SandboxMissing) as missing:
        said("-c", "echo ran")
    assert str(missing.value)
    found = self_check.look()
    assert found.why == str(missing.value)
    looked = previews.look(picture(), "jpeg")
    assert (looked.read, looked.pictures) == ({"unreadable": "sandbox-missing"}, {})


def test_no_room_for_a_process_ends_one_request_and_not_all_of_them(starter: Callable[[str], None]) -> None:
    starter("""
import os
fork, full = os.fork, [True]
def forked():
    if full and full.pop():
        raise BlockingIOError(11, "no room")
    return fork()
os.fork = forked
""")
    with pytest.raises(SandboxMissing):
        said("-c", "exit 4")
    assert said("-c", "exit 4") == (4, b"")


def test_a_child_that_never_says_that_it_is_ready_is_given_up_and_ended(
    starter: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    starter("bubblewrap.command = lambda *_: ['/bin/sh', '-c', 'echo $$ >&2; exec sleep 3600']")
    monkeypatch.setattr(child_process, "READY_WITHIN", 2)
    with pytest.raises(SandboxMissing, match="of /bin/sh was not complete within 2 s") as late:
        said("-c", "echo ran")
    with suppress(ProcessLookupError):  # it has ended already
        ended = os.pidfd_open(int(str(late.value).rpartition(": ")[2]))
        assert select.select([ended], [], [], 60)[0]
        os.close(ended)


def test_the_check_finds_this_machine_in_order() -> None:
    found = self_check.look()
    assert found.why is None
    assert found.landlock >= 1
    assert self_check.last() == found


def test_the_check_fails_with_a_reason_and_never_with_an_error() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        found = self_check.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found.why is not None and "Too many open files" in found.why


def test_the_check_at_the_start_is_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_check, "_begun", False)
    self_check.begin().join(PATIENCE)
    assert self_check.begun()
    found = self_check.last()
    assert found is not None and found.why is None


def test_the_test_s_own_changes_are_no_reason_for_refusal(starter: Callable[[str], None]) -> None:
    starter("pass")
    assert said("-c", "echo ran") == (0, b"ran\n")


def test_a_child_whose_asker_closes_is_gone() -> None:
    with child_process.pipe() as (given, _), in_memory() as answered:
        with started(given.fileno(), answered.fileno()) as child:
            assert of_sandboxes("")
        assert of_sandboxes("") == []
        assert child.returncode == -signal.SIGKILL


def test_a_child_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os, sys; from casework.sandbox import child_process as c; "
        "limits = c.Limits(memory=512 * 1024**2, written=1000); "
        "r, w = os.pipe(); work = c.Work(limits, program='/bin/sh'); "
        "child = c.start(work, '-c', 'read never', given=r, answered=1); "
        "print('started', flush=True); os.kill(os.getpid(), 9)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        # The child's standard output is the same pipe: it is closed once the child is gone.
        assert process.stdout.read() == b""


def test_a_starter_that_was_killed_is_started_again() -> None:
    assert said("-c", "exit 0")[0] == 0
    process = child_process._starter._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert said("-c", "exit 0")[0] == 0


@dataclass(frozen=True)
class Service:
    place: Path
    started: list[subprocess.Popen[bytes]]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """As `amana-sandbox.socket` has it: a starter for each connection, with mounts of its own."""
    made = Service(tmp_path / "sandbox", [])
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(made.place))
        listener.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    asker, _ = listener.accept()
                    with asker:
                        command = [*APART, sys.executable, "-I", "-m", "casework.sandbox.starter"]
                        command.append(str(asker.fileno()))
                        made.started.append(subprocess.Popen(command, pass_fds=[asker.fileno()]))

        serving = threading.Thread(target=serve)
        serving.start()
        monkeypatch.setattr(child_process, "_starter", starter_client.Starter())
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(PATIENCE)
            if (asking := child_process._starter._asking) is not None:
                asking.close()
            for one in made.started:
                one.wait(PATIENCE)


def test_a_service_starts_sandboxes(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    child_process.begin(service.place)
    assert child_process._starter._process is None
    with in_memory() as given, in_memory() as answered:
        told = {"given": given, "answered": answered, "seconds": 30, "folder": folder}
        assert child_process.run(SCRIPT, "-c", "echo written >file", **told) == 0  # type: ignore[arg-type]
    assert (folder / "file").read_text() == "written\n"


def test_a_folder_that_is_another_there_is_refused(service: Service) -> None:
    child_process.begin(service.place)
    with in_memory() as given, in_memory() as answered, pytest.raises(SandboxMissing, match="is not here"):
        child_process.run(
            SCRIPT, "-c", "exit 0", given=given, answered=answered, seconds=9, folder=Path("/var/tmp")
        )


def test_after_its_service_restarted_the_next_starter_is_asked(service: Service) -> None:
    child_process.begin(service.place)
    assert said("-c", "exit 2")[0] == 2
    assert not child_process.starter_ended()
    service.started[0].kill()
    wait_until(child_process.starter_ended)
    assert said("-c", "exit 3")[0] == 3
    assert len(service.started) == 2


def test_without_its_service_nothing_is_decoded(tmp_path: Path) -> None:
    made = starter_client.Starter()
    with pytest.raises(SandboxMissing, match="No such file"):
        made.begin(tmp_path / "sandbox")


def test_a_process_that_has_restricted_itself_starts_sandboxes_as_before(tmp_path: Path) -> None:
    """It can mount nothing; and what it cannot open is in none of its sandboxes."""
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    code = """
import sys
from pathlib import Path
from casework.sandbox import child_process as c, landlock
c.begin()
landlock.restrict(read=["/usr", "/lib", sys.prefix, sys.base_prefix], change=[sys.argv[1] + "/ours"])
work = c.Work(c.Limits(memory=512 * 1024**2, written=1000), program="/bin/sh")
for name in ("ours", "other"):
    with c.in_memory() as given, c.in_memory() as answered:
        try:
            folder = Path(sys.argv[1]) / name
            told = {"given": given, "answered": answered, "seconds": 30, "folder": folder}
            c.run(work, "-c", "echo ran; echo written >file", **told)
            print(name, answered.read().decode().strip(), flush=True)
        except PermissionError as refused:
            print(name, "refused")
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ours ran\nother refused\n", "")
    assert (tmp_path / "ours" / "file").read_text() == "written\n"
    assert not list((tmp_path / "other").iterdir())


def test_an_environment_is_the_child_s_alone(tmp_path: Path) -> None:
    """`LD_DEBUG_OUTPUT` has the loader of whatever program starts with it write a file."""
    environment = {"GIVEN": "as asked", "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(tmp_path / "loaded")}
    with in_memory() as given, in_memory() as answered:
        child_process.run(
            SCRIPT,
            *("-c", 'echo "$GIVEN"'),
            given=given,
            answered=answered,
            seconds=30,
            environment=environment,
        )
        assert answered.read().endswith(b"as asked\n")  # the loader inside says the rest
    assert not list(tmp_path.iterdir()), "bubblewrap runs outside"


def test_no_folder_is_given_that_was_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restricted process may name what it cannot open; a name alone gives it no sandbox there."""
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, flags: real(path, flags | os.O_PATH if path == tmp_path else flags)
    )
    with in_memory() as given, in_memory() as answered, pytest.raises(SandboxMissing, match="not opened"):
        child_process.run(SCRIPT, "-c", "exit 0", given=given, answered=answered, seconds=9, folder=tmp_path)


def test_no_program_runs_that_was_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a process that is confined could have a child read any file that may be executed."""
    program, other = tmp_path / "program", tmp_path / "other"
    for path in (program, other):
        path.write_text("#!/bin/sh\n")
        path.chmod(0o700)
    work = replace(SCRIPT, program=str(program))
    assert said(work=work) == (0, b"")
    real = os.open
    for path, more in ((program, os.O_PATH), (other, 0)):
        with monkeypatch.context() as patched:
            patched.setattr(
                os,
                "open",
                lambda what, flags, path=path, more=more: (
                    real(path, flags | more) if what == str(program) else real(what, flags)
                ),
            )
            with pytest.raises(SandboxMissing, match="was not opened"):
                said(work=work)
