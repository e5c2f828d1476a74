"""Witnesses as they are run: `amana witness serve` as a process of its own, asked by a real ledger."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from amana.centers import attached_center
from amana.health import status as health
from amana.witness.store import create
from amana.workers.witnessing import HttpTransport
from casework.ledger import chains, custody_log
from casework.witnesses import trust_file
from casework.witnesses.witness_client import WitnessUnreachable
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import witnessed
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.witness import MAX_ANSWER
from tests.integration.test_service import AMANA, Service
from tests.support.centers.command_line import amana
from tests.support.ledger.small_ledger import KEYS, SmallLedger, opened, size_of
from tests.support.patience import PATIENCE, wait_until


@dataclass
class WitnessService:
    """A witness's process; it can be ended and started again on the same folder and port."""

    name: str
    folder: Path
    vkeys: list[str]
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @classmethod
    def make(cls, folder: Path, name: str) -> WitnessService:
        made = run("witness", "init", "--data", str(folder / name), "--name", f"{name}.example/witness")
        return cls(name, folder / name, made.splitlines()[1:])

    def know(self, *vkeys: str) -> None:
        run("witness", "add-log", "--data", str(self.folder), *vkeys)

    def start(self, *command: str) -> WitnessService:
        arguments = command or (
            *AMANA,
            "witness",
            "serve",
            "--data",
            str(self.folder),
            "--port",
            str(self.port),
        )
        self.process = subprocess.Popen(
            [*arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.process.stdout.readline())
        assert found
        self.port = int(found[1])
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def pause(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def status(self) -> str:
        done = amana("witness", "status", "--data", str(self.folder))
        return f"{done.returncode} {done.stdout}"

    def evidence(self, folder: Path) -> list[tuple[bytes, bytes]]:
        run("witness", "evidence", "--data", str(self.folder), "--to", str(folder))
        return [
            (path.read_bytes(), path.with_name(path.name.replace("-cosigned", "-offered")).read_bytes())
            for path in sorted(folder.glob("*-cosigned.txt"))
        ]


def run(*arguments: str) -> str:
    done = amana(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[WitnessService]]:
    """Those that are to be ended with the test."""
    started: list[WitnessService] = []
    yield started
    for one in started:
        if one.process is not None and one.process.poll() is None:
            one.go_on()
            one.kill()


@pytest.fixture
def court(tmp_path: Path, running: list[WitnessService]) -> WitnessService:
    running.append(WitnessService.make(tmp_path, "court"))
    running[-1].know(*KEYS.vkeys())
    return running[-1].start()


@pytest.fixture
def small(tmp_path: Path) -> SmallLedger:
    made = SmallLedger(tmp_path / "small")
    made.say(count=5)
    return made


def trusting(*services: WitnessService, rule: str = "all") -> ThirdParties:
    parties = ThirdParties()
    for one in services:
        parties = trust_file.with_witness(parties, one.name, one.url, one.vkeys)
    return trust_file.with_quorum(parties, rule, [one.name for one in services])


def quorum_met(note: bytes, parties: ThirdParties) -> bool:
    return witnessed(Note.parse(note), opened(note), parties).quorum_met


def test_a_real_ledger_is_cosigned_by_a_real_witness(court: WitnessService, small: SmallLedger) -> None:
    gatherer = small.asking(trusting(court), HttpTransport())
    for _ in range(3):
        small.say()
        note = gatherer.cosigned(small.ledger.size, PATIENCE)
        assert size_of(note) == small.ledger.size
        assert quorum_met(note, trust_file.read(small.trust))
    assert f"{small.ledger.size} entries cosigned" in court.status()
    assert small.alarms() == []


def test_a_witness_killed_between_keeping_and_answering_has_kept_and_signs_nothing_smaller(
    court: WitnessService, small: SmallLedger, tmp_path: Path
) -> None:
    backup = small.branch(tmp_path / "backup")
    small.say(count=3)
    court.kill()
    court.start(sys.executable, "-m", "tests.integration.dying_witness", str(court.folder))
    parties = trusting(court)
    gatherer = small.asking(parties, HttpTransport())
    note = gatherer.cosigned(small.ledger.size, PATIENCE)
    assert not quorum_met(note, parties), "nothing was answered"
    assert court.process is not None
    assert court.process.wait(PATIENCE) == -signal.SIGKILL
    assert (court.folder / "died").exists()
    assert f"{small.ledger.size} entries cosigned" in court.status(), "and yet it was kept"

    court.start()
    parties = trusting(court)
    rolled_back = backup.asking(parties, HttpTransport())
    assert not quorum_met(rolled_back.cosigned(backup.ledger.size, PATIENCE), parties)
    assert [alarm.kind for alarm in backup.alarms()] == ["rolled-back"]
    note = small.asking(parties, HttpTransport()).cosigned(small.ledger.size, PATIENCE)
    assert quorum_met(note, parties), "the very same checkpoint gets its lines when it is asked again"


@pytest.mark.parametrize(
    "delays", [(0.0, 0.004), pytest.param((0.002, 0.006), marks=pytest.mark.repeats)], ids=str
)
def test_a_witness_that_is_killed_at_any_time_goes_on_from_what_it_kept(
    court: WitnessService, small: SmallLedger, delays: tuple[float, ...]
) -> None:
    for delay in delays:
        parties = trusting(court)
        gatherer = small.asking(parties, HttpTransport())
        small.say()
        killer = threading.Timer(delay, court.kill)
        killer.start()
        gatherer.cosigned(small.ledger.size, PATIENCE)
        killer.join()
        court.start()
        parties = trusting(court)
        note = small.asking(parties, HttpTransport()).cosigned(small.ledger.size, PATIENCE)
        assert quorum_met(note, parties)
    assert small.alarms() == []


def test_rolled_back_forked_and_rewritten_ledgers_are_refused_and_both_sides_keep_both_checkpoints(
    court: WitnessService, small: SmallLedger, tmp_path: Path
) -> None:
    backup, fork, rewritten = (small.branch(tmp_path / name) for name in ("backup", "fork", "rewritten"))
    small.say(count=3)
    parties = trusting(court)
    theirs = small.asking(parties, HttpTransport()).cosigned(small.ledger.size, PATIENCE)
    fork.say("1", 3)
    rewritten.say("2", 4)
    for other, kind in ((backup, "rolled-back"), (fork, "forked"), (rewritten, "rewritten")):
        gatherer = other.asking(parties, HttpTransport())
        assert not quorum_met(gatherer.cosigned(other.ledger.size, PATIENCE), parties)
        [alarm] = other.alarms()
        assert (alarm.kind, alarm.source) == (kind, "court")
        assert opened(alarm.ours) == opened(other.ledger.checkpoint())
        assert opened(alarm.theirs) == opened(theirs)
    kept = court.evidence(tmp_path / "evidence")
    assert [opened(cosigned) for cosigned, _ in kept] == [opened(theirs)] * 2
    assert [opened(offered) for _, offered in kept] == [
        opened(other.ledger.checkpoint()) for other in (fork, rewritten)
    ]
    assert court.status().startswith("1 CHECK")
    assert f"{small.ledger.size} entries cosigned" in court.status(), "and stands where it stood"


def test_a_paused_witness_costs_the_others_nothing(
    court: WitnessService, small: SmallLedger, tmp_path: Path, running: list[WitnessService]
) -> None:
    bar = WitnessService.make(tmp_path, "bar")
    running.append(bar)
    bar.know(*KEYS.vkeys())
    bar.start()
    parties = trusting(court, bar, rule="any")
    gatherer = small.asking(parties, HttpTransport())
    gatherer.cosigned(small.ledger.size, PATIENCE)
    bar.pause()
    for _ in range(3):
        small.say()
        note = gatherer.cosigned(small.ledger.size, PATIENCE)
        assert quorum_met(note, parties)
        assert size_of(note) == small.ledger.size
    bar.go_on()
    both = trust_file.with_quorum(parties, "all", ["court", "bar"])
    assert quorum_met(small.asking(both, HttpTransport()).cosigned(small.ledger.size, PATIENCE), both)


def test_what_is_sent_to_a_witness_is_bounded(court: WitnessService) -> None:
    with socket.create_connection(("127.0.0.1", court.port), timeout=PATIENCE) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n")
        block = b"x" * 65_536
        answered = b""
        try:
            for _ in range(40):
                slow.sendall(block)
            answered = slow.recv(100)
        except OSError:
            pass  # it hung up on us
        assert answered == b"" or b" 413 " in answered
    assert (
        httpx.post(f"{court.url}/add-checkpoint", content=b"old 0\n\n", timeout=PATIENCE).status_code == 400
    )
    assert httpx.get(court.url, timeout=PATIENCE).text.splitlines() == court.vkeys


def answers(client: httpx.Client, url: httpx.URL) -> bool:
    """Whether it answered, with 200. Not where a busy machine was too slow to send a head in time."""
    try:
        answer = client.get(url)
    except httpx.TransportError:
        return False
    assert answer.status_code == 200
    return True


def test_silent_connections_keep_no_ledger_out(tmp_path: Path) -> None:
    """More of them than are served at once, each with half a request's head: they are ended in time."""
    create(tmp_path / "court", "court.example/witness")
    script = (
        "import sys; from pathlib import Path;"
        "from amana import server_config; server_config.HEAD_WITHIN = 1.0;"
        "from amana.witness import server as w;"
        "w.serve(Path(sys.argv[1]), '127.0.0.1', 0, lambda address: print(address, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "court")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = httpx.URL(process.stdout.readline().strip())
        silent = [socket.create_connection((url.host, url.port or 0), timeout=PATIENCE) for _ in range(105)]
        for connection in silent:
            connection.sendall(b"GET / HTTP/1.1\r\nhost:")
        for connection in silent:
            assert connection.recv(1) == b"", "it was ended"
            connection.close()
        with httpx.Client(timeout=PATIENCE) as client:
            wait_until(lambda: answers(client, url))
            wait_until(lambda: answers(client, url))
            time.sleep(2)  # longer than a head may take: an idle connection is kept for the next request
            wait_until(lambda: answers(client, url))
    finally:
        process.kill()
        process.wait()


def test_what_a_witness_sends_is_bounded() -> None:
    """A witness that answers without end, in time or in bytes."""
    ask = HttpTransport()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def endless() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"x" * 65_536)
                except OSError:
                    return

        thread = threading.Thread(target=endless, daemon=True)
        thread.start()
        with pytest.raises(WitnessUnreachable, match="too-long"):
            ask(url, b"x")
        thread.join(PATIENCE)
    with pytest.raises(WitnessUnreachable, match="unreachable"):
        ask(url, b"x")
    with pytest.raises(WitnessUnreachable, match="unreachable"):
        ask("http://[", None)
    assert MAX_ANSWER < 1_000_000


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amana.workers.witnessing.ANSWER", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dripping() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                try:
                    for _ in range(1000):
                        connection.sendall(b"x")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=dripping, daemon=True)
        thread.start()
        with pytest.raises(WitnessUnreachable, match="too-slow"):
            HttpTransport()(f"http://127.0.0.1:{server.getsockname()[1]}/", None)
        thread.join(PATIENCE)


# --- a whole service --------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service.start(tmp_path / "a")
    yield service
    if service.process.poll() is None:
        service.end()


def seen(service: Service) -> dict[str, Any]:
    """What `amana status` looks at, without the time that its start takes."""
    with attached_center(service.settings) as center:
        return health.look(center, service.settings)


def witness_for(service: Service, folder: Path, running: list[WitnessService]) -> WitnessService:
    """A witness that knows this center's ledger, named in its policy."""
    lines = service.command("policy", "show").stdout.splitlines()
    court = WitnessService.make(folder, "court")
    running.append(court)
    court.know(*(line.removeprefix("log ") for line in lines if line.startswith("log ")))
    court.start()
    added = service.command("policy", "add-witness", "court", court.url, *court.vkeys)
    assert added.returncode == 0, added.stderr
    assert service.command("policy", "quorum", "all", "court").returncode == 0
    return court


def confirmed(service: Service) -> bool:
    state = seen(service)
    return state["witnesses"]["cosigned"] == state["ledger"]["size"]


def test_a_service_has_its_ledger_cosigned_in_the_background_and_proves_with_it(
    service: Service, tmp_path: Path, running: list[WitnessService]
) -> None:
    court = witness_for(service, tmp_path, running)
    wait_until(lambda: confirmed(service))
    with attached_center(service.settings) as center:
        wanted = range(center.ledger.size)
        proofs = chains.prove_witnessed(center, wanted, PATIENCE)
        policy = trust_file.policy(center)
        [note] = {TlogProof.parse(proof).checkpoint_note for proof in proofs.values()}
        for position in wanted:
            checkpoint = TlogProof.parse(proofs[position]).verify(
                center.ledger.entry(position), policy.log_keys
            )
        assert witnessed(Note.parse(note), checkpoint, policy).quorum_met
        assert trust_file.stated(center) == policy.fingerprint
    # A witness that has stopped holds nothing up, and is said to have stopped.
    court.kill()
    with attached_center(service.settings) as center:
        custody_log.enrol_recorder(center, b"\x07" * 32, "machine-2")
    wait_until(lambda: seen(service)["witnesses"]["asked"]["court"]["trouble"] == "unreachable")
    assert service.command("status").returncode == 1
    court.start()
    wait_until(lambda: confirmed(service))


def test_a_database_that_was_rolled_back_is_an_alarm_with_both_checkpoints(
    service: Service, tmp_path: Path, running: list[WitnessService]
) -> None:
    witness_for(service, tmp_path, running)
    wait_until(lambda: confirmed(service))
    data = service.settings.data
    with (
        closing(sqlite3.connect(data / "web" / "database.sqlite")) as present,
        closing(sqlite3.connect(tmp_path / "backup")) as copy,
    ):
        present.backup(copy)
    with attached_center(service.settings) as center:
        custody_log.enrol_recorder(center, b"\x07" * 32, "machine-2")
        size = center.ledger.size
    wait_until(lambda: confirmed(service))
    service.end()
    for name in ("web/database.sqlite-wal", "web/database.sqlite-shm"):
        (data / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup", data / "web" / "database.sqlite")
    after = Service.start(data)
    try:
        wait_until(lambda: bool(seen(after)["alarms"]["kept"]))
        told = after.command("status")
        assert told.returncode == 1
        assert "rolled-back, by court" in told.stdout
        assert after.command("alarms", "--to", str(tmp_path / "proof")).returncode == 1
        ours, theirs = (next((tmp_path / "proof").glob(f"*-{which}.txt")) for which in ("ours", "theirs"))
        assert size_of(ours.read_bytes()) < size_of(theirs.read_bytes()) == size
    finally:
        after.end()
