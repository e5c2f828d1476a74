"""`amana monitor` beside a running center: as its own process, with nothing but a token and the policy."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amana.centers import attached_center
from casework.evidence.viewing import policy
from casework.ledger import custody_log
from chain_of_custody.encoding.signed_note import Note, VerifierKey
from chain_of_custody.statements.statement import Actor, Head, follow, sign
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.trust.cosignatures import verify_cosignature
from tests.integration.test_service import AMANA, Service
from tests.support.patience import PATIENCE, wait_until

ITEM = "0e" * 16


class Watched:
    """A running center and a monitor's folder; the monitor's settings are those of its operator alone."""

    def __init__(self, folder: Path) -> None:
        self.service = Service.start(folder / "a")
        self.state = folder / "state"
        self.policy = folder / "policy.txt"
        self.token = folder / "token"
        with attached_center(self.service.settings) as center:
            self.policy.write_bytes(policy(center).data)
            self.keys = center.log_keys
        self.admit("--entries")

    def admit(self, *rights: str) -> None:
        added = self.service.command("readers", "add", "monitor-1", *rights)
        assert added.returncode == 0, added.stderr
        self.token.write_text(added.stdout.split()[-1] + "\n")

    def act(self) -> None:
        with attached_center(self.service.settings) as center:
            custody_log.append(
                center,
                custody_log.Draft(
                    type="evidence.viewed", evidence=ITEM, person=None, purpose="review", body={}
                ),
            )

    def inject(self, key: Ed25519PrivateKey) -> int:
        """What a center that was taken over could do: append a statement that `key` signed."""
        with attached_center(self.service.settings) as center:
            head: Head | None = custody_log.head(center, ITEM)
            statement = follow(
                head,
                type="evidence.viewed",
                evidence=ITEM,
                case=None,
                actor=Actor(center.deployment, "system", "center"),
                at="2026-11-24T20:15:03.120Z",
                purpose="review",
                body={},
            )
            return center.ledger.append([sign(statement, key)])[0].index

    def arguments(self, *how: str) -> list[str]:
        return [
            *AMANA, "monitor", "--ledger", f"{str(self.service.browser.base_url).rstrip('/')}/ledger",
            "--token", str(self.token), "--policy", str(self.policy), "--state", str(self.state),
            "--name", "court.example/monitor", *how,
        ]  # fmt: skip

    def look(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.arguments("--once"), capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    if watched.service.process.poll() is None:
        watched.service.end()


def test_a_monitor_follows_a_center_and_finds_what_was_slipped_in(watched: Watched) -> None:
    first = watched.look()
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.startswith("clean ")
    watched.act()
    second = watched.look()
    assert second.returncode == 0
    heads = sorted((watched.state / "heads").iterdir(), key=lambda path: int(path.stem))
    assert len(heads) == 2
    newest = heads[-1].read_bytes()
    checkpoint = open_checkpoint(newest, watched.keys)
    for line in (watched.state / "monitor.pub").read_text().splitlines():
        assert verify_cosignature(Note.parse(newest), VerifierKey.parse(line), checkpoint) > 0
    position = watched.inject(Ed25519PrivateKey.generate())
    third = watched.look()
    assert third.returncode == 1
    assert f"FOUND     unknown-key: entry {position}:" in third.stdout
    assert "not signed" in third.stdout
    [found] = [json.loads(line) for line in (watched.state / "findings.jsonl").read_text().splitlines()]
    assert (found["found"], found["position"], found["chain"]) == ("unknown-key", position, ITEM)
    assert watched.look().returncode == 1
    assert len(list((watched.state / "heads").iterdir())) == 2


def test_a_monitor_goes_on_until_it_is_told_to_end_also_over_a_restart_of_the_center(
    watched: Watched,
) -> None:
    monitor = subprocess.Popen(
        watched.arguments("--every", "1"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert monitor.stdout is not None
        assert monitor.stdout.readline().startswith("clean ")
        watched.service.kill("web")
        watched.act()
        with attached_center(watched.service.settings) as center:
            size = center.ledger.size
        wait_until(lambda: (watched.state / "heads" / f"{size}.note").exists())
        monitor.send_signal(signal.SIGTERM)
        assert monitor.wait(PATIENCE) == 0
    finally:
        monitor.kill()
        monitor.wait()


def test_a_monitor_that_may_not_read_says_so_and_signs_nothing(watched: Watched) -> None:
    assert watched.service.command("readers", "withdraw", "monitor-1").returncode == 0
    gone = watched.look()
    assert gone.returncode == 3
    assert "the token is not valid" in gone.stderr
    watched.admit()
    hashes = watched.look()
    assert hashes.returncode == 3
    assert "does not open entries" in hashes.stderr
    listed = watched.service.command("readers", "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["monitor-1", "hashes"], ["monitor-1", "hashes,"]]
    assert "withdrawn" in listed[1]
    assert watched.service.end() == 0
    away = watched.look()
    assert away.returncode == 3
    assert "not read" in away.stderr
    assert "ConnectError" in away.stderr
    assert list((watched.state / "heads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("policy.txt", b"nothing\n", "policy"),
        ("token", b"two words\n", "no token"),
        ("token", b"", "no token"),
    ],
)
def test_a_monitor_without_what_it_needs_says_what_is_missing(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    from tests.support.ledger.made_ledger import POLICY

    (tmp_path / "policy.txt").write_bytes(POLICY.data)
    (tmp_path / "token").write_text("token")
    (tmp_path / name).write_bytes(content)
    told = subprocess.run(
        [
            sys.executable, "-m", "amana", "monitor", "--ledger", "http://127.0.0.1:9/ledger",
            "--token", str(tmp_path / "token"), "--policy", str(tmp_path / "policy.txt"),
            "--state", str(tmp_path / "state"), "--once",
        ],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert told.returncode == 2
    assert says in told.stderr
    assert not (tmp_path / "state").exists()
