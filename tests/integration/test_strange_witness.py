"""Strangers agree with us on witnessing; nothing of Amana's is in them.

An independent witness cosigns our ledger and refuses our rollback; Go opens a checkpoint with cosignatures.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from amana.witness.store import create
from amana.workers.witnessing import HttpTransport
from casework.witnesses import trust_file
from chain_of_custody.encoding.signed_note import Note, VerifierKey, verify_ed25519
from chain_of_custody.trust.cosignatures import verify_cosignature, witnessed
from chain_of_custody.trust.named_parties import ThirdParties
from tests.support.ledger.small_ledger import KEYS, SmallLedger, opened, size_of
from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.ceph import free_port
from tests.support.strangers import BUILD, go_program, unavailable

LOCK = Path(__file__).resolve().parents[1] / "strangers.lock"
NEEDS = (3, 12)


def python() -> str:
    """An interpreter that the independent witness runs on."""
    names = [sys.executable, "python3", "/usr/bin/python3", *(f"python3.{n}" for n in range(12, 20))]
    for name in names:
        found = shutil.which(name)
        if found is None:
            continue
        code = f"import sys, venv; sys.exit(sys.version_info < {NEEDS})"
        if subprocess.run([found, "-c", code], capture_output=True, timeout=PATIENCE).returncode == 0:
            return found
    unavailable("Python 3.12 or newer, with venv")
    raise AssertionError("unreachable")


@pytest.fixture(scope="module")
def stranger() -> Path:
    """The independent witness's command, installed by hash into an environment of its own, once."""
    chosen = python()
    digest = hashlib.sha256(LOCK.read_bytes() + chosen.encode()).hexdigest()[:16]
    folder = BUILD / f"strange-witness-{digest}"
    command = folder / "bin" / "aics-witness"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([chosen, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=PATIENCE)
        pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))  # ours, for that one
        install = "install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r"
        subprocess.run([*pip, *install.split(), str(LOCK)], check=True, timeout=PATIENCE)
        (folder / "complete").touch()
    return command


class StrangeWitness:
    """Its process, its address and its key."""

    def __init__(self, command: Path, folder: Path) -> None:
        folder.mkdir()
        self._command = command
        self._config = folder / "witness.json"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        said = self.run("init", "--name", "stranger.example/w1", "--listen", f"127.0.0.1:{port}")
        found = re.search(r"stranger\.example/w1\+[0-9a-f]{8}\+\S+", said)
        assert found, said
        self.vkey = found[0]
        self.run("add-log", "--origin", KEYS.origin, "--vkey", KEYS.vkeys()[0])
        self.process = subprocess.Popen(
            [str(command), "serve", "--config", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._command), *arguments, "--config", str(self._config)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return httpx.get(f"{self.url}/healthz", timeout=PATIENCE).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def witness(stranger: Path, tmp_path: Path) -> Iterator[StrangeWitness]:
    witness = StrangeWitness(stranger, tmp_path / "stranger")
    yield witness
    witness.process.terminate()
    witness.process.wait(PATIENCE)


@pytest.fixture
def small(tmp_path: Path) -> SmallLedger:
    made = SmallLedger(tmp_path / "small")
    made.say(count=5)
    return made


def parties(witness: StrangeWitness) -> ThirdParties:
    one = trust_file.with_witness(ThirdParties(), "stranger", witness.url, [witness.vkey])
    return trust_file.with_quorum(one, "all", ["stranger"])


def assert_shown(shown: bytes | None, cosigned: bytes, witness: StrangeWitness) -> None:
    """What it showed is the tree that it cosigned, signed by it and by the one key of ours that it knows."""
    assert shown is not None
    note = Note.parse(shown)
    assert note.text == Note.parse(cosigned).text
    verify_ed25519(note, KEYS.ed25519_key)
    assert verify_cosignature(note, VerifierKey.parse(witness.vkey), opened(cosigned)) > 0


def test_an_independent_witness_cosigns_our_ledger_as_it_grows(
    witness: StrangeWitness, small: SmallLedger
) -> None:
    trusted = parties(witness)
    gatherer = small.asking(trusted, HttpTransport())
    for count in (1, 1, 7, 300):
        small.say(count=count)
        note = gatherer.cosigned(small.ledger.size, PATIENCE)
        assert size_of(note) == small.ledger.size
        assert witnessed(Note.parse(note), opened(note), trusted).quorum_met
    [told] = json.loads(witness.run("status", "--json"))["logs"]
    assert told["size"] == small.ledger.size
    assert small.alarms() == []


def test_an_independent_witness_refuses_our_rollback_and_we_ring(
    witness: StrangeWitness, small: SmallLedger, tmp_path: Path
) -> None:
    trusted = parties(witness)
    backup = small.branch(tmp_path / "backup")
    small.say(count=3)
    theirs = small.asking(trusted, HttpTransport()).cosigned(small.ledger.size, PATIENCE)
    rolled_back = backup.asking(trusted, HttpTransport()).cosigned(backup.ledger.size, PATIENCE)
    assert not witnessed(Note.parse(rolled_back), opened(rolled_back), trusted).cosigned
    [alarm] = backup.alarms()
    assert alarm.kind == "rolled-back"
    assert opened(alarm.ours) == opened(backup.ledger.checkpoint())
    assert_shown(alarm.theirs, theirs, witness)


def test_an_independent_witness_refuses_our_fork_and_our_rewriting_and_we_ring(
    witness: StrangeWitness, small: SmallLedger, tmp_path: Path
) -> None:
    trusted = parties(witness)
    fork, rewritten = (small.branch(tmp_path / name) for name in ("fork", "rewritten"))
    small.say(count=3)
    theirs = small.asking(trusted, HttpTransport()).cosigned(small.ledger.size, PATIENCE)
    fork.say("1", 3)
    rewritten.say("2", 4)
    for other, kind in ((fork, "forked"), (rewritten, "rewritten")):
        note = other.asking(trusted, HttpTransport()).cosigned(other.ledger.size, PATIENCE)
        assert not witnessed(Note.parse(note), opened(note), trusted).cosigned
        [alarm] = other.alarms()
        assert alarm.kind == kind
        assert opened(alarm.ours) == opened(other.ledger.checkpoint())
        assert_shown(alarm.theirs, theirs, witness)
    kept = [str(one["request"]) for one in json.loads(witness.run("evidence"))]
    for other in (fork, rewritten):
        offered = opened(other.ledger.checkpoint()).text()
        assert any(offered in request for request in kept), "it kept what we signed, as we do"


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's own reader of notes, built."""
    return go_program("note", tmp_path_factory.mktemp("go"))


def test_go_opens_our_checkpoint_and_passes_over_the_lines_of_witnesses(
    go: Path, small: SmallLedger, tmp_path: Path
) -> None:
    court = create(tmp_path / "court", "court.example/witness")
    note = small.ledger.checkpoint()
    cosigned = Note.parse(note).with_signatures(court.cosign(opened(note), 1_795_550_000)).serialise()

    def read(data: bytes, vkey: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([str(go), vkey], input=data, capture_output=True, timeout=PATIENCE)

    said = read(cosigned, KEYS.vkeys()[0])
    assert said.returncode == 0, said.stderr
    assert said.stdout.decode() == (
        f"{opened(note).text()}verified {KEYS.origin}\nunknown {KEYS.origin}\n"
        "unknown court.example/witness\nunknown court.example/witness\n"
    )
    assert read(cosigned.replace(b"\n5\n", b"\n6\n", 1), KEYS.vkeys()[0]).returncode == 1
