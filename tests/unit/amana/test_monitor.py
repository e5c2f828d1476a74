"""The monitor: what it signs was read whole, and what it remembers survives it."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from amana.commands.outside.monitor import CLEAN, NOT_READ, _look
from amana.monitor.monitor import ATTEMPTS, BUNDLES_TOGETHER, HttpLedger, Monitor, MonitorPass, Unreachable
from amana.monitor.store import MAX_FINDINGS, MonitorMemory, NoMonitor, open_cosigner
from chain_of_custody.encoding.signed_note import Note, VerifierKey
from chain_of_custody.errors import Malformed
from chain_of_custody.tlog.checkpoint import CheckpointSigner, open_checkpoint
from chain_of_custody.tlog.tiles import Tile
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.ledger.made_ledger import (
    CENTER,
    POLICY,
    SIGNER,
    STRANGER,
    MadeLedger,
    evidence,
    honest,
    public,
)

NAME = "court.example/monitor"
ADDRESS = "http://center.example/ledger"
NOW = 1_795_560_000


class Served:
    """A made ledger behind HTTP; `alter` may change any answer."""

    def __init__(self, made: MadeLedger) -> None:
        self.made = made
        self.size: int | None = None
        self.asked: list[str] = []
        self.failing = 0
        self.status = 503
        self.alter: Callable[[str, bytes], bytes] = lambda path, data: data

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        path = request.url.path.removeprefix("/ledger/")
        self.asked.append(path)
        if self.failing:
            self.failing -= 1
            return httpx.Response(self.status)
        if path == "checkpoint":
            return httpx.Response(200, content=self.alter(path, self.made.note(self.size)))
        try:
            tile = Tile.parse(path)
        except Malformed:
            return httpx.Response(404)
        if not tile.within(self.made.tree.size):
            return httpx.Response(404)
        return httpx.Response(200, content=self.alter(path, self.made.fetch(tile)))


class Watching:
    """A monitor over what is served, in a folder; `again` is the same after a restart."""

    def __init__(self, folder: Path, served: Served, policy: TrustPolicy = POLICY) -> None:
        self.folder = folder
        self.served = served
        self.cosigner = open_cosigner(folder, NAME)
        self.memory = MonitorMemory(folder, policy)
        ledger = HttpLedger(ADDRESS, "token", httpx.MockTransport(served), pause=0)
        self.monitor = Monitor(ledger, policy, self.memory, self.cosigner, now=lambda: NOW)

    def look(self) -> MonitorPass:
        return self.monitor.look()

    def again(self) -> Watching:
        self.memory.close()
        return Watching(self.folder, self.served)

    def kinds(self) -> list[tuple[str, int | None]]:
        """What stands in the file of findings."""
        lines = (self.folder / "findings.jsonl").read_text().splitlines()
        return [(found["found"], found["position"]) for found in map(json.loads, lines)]


@pytest.fixture
def served() -> Served:
    return Served(copy.deepcopy(_clean()))


@functools.cache
def _clean() -> MadeLedger:
    return honest(30, 10)


@pytest.fixture
def watching(tmp_path: Path, served: Served) -> Watching:
    return Watching(tmp_path / "state", served)


def test_a_clean_ledger_is_read_whole_and_its_head_signed_by_both_of_the_monitors_keys(
    watching: Watching, served: Served
) -> None:
    look = watching.look()
    assert look.clean
    assert look.findings == ()
    assert look.signed == watching.folder / "heads" / "301.note"
    written = look.signed.read_bytes()
    checkpoint = open_checkpoint(written, POLICY.log_keys)
    assert checkpoint == served.made.checkpoint()
    keys = [VerifierKey.parse(line) for line in (watching.folder / "monitor.pub").read_text().splitlines()]
    assert [verify_cosignature(Note.parse(written), key, checkpoint) for key in keys] == [NOW, NOW]
    seen = (watching.folder / "seen" / "301.note").read_bytes()
    assert open_checkpoint(seen, POLICY.log_keys) == checkpoint
    assert watching.kinds() == []


def test_only_what_is_new_is_read_after_a_restart(watching: Watching, served: Served) -> None:
    watching.look()
    first = watching.again()
    served.asked.clear()
    assert first.look().clean
    assert not [path for path in served.asked if "entries" in path]
    for _ in range(300):
        served.made.view(evidence(500))
    served.asked.clear()
    look = first.again().look()
    assert look.clean
    assert look.checkpoint == served.made.checkpoint()
    read = [path for path in served.asked if "entries" in path]
    assert read == ["tile/entries/001", "tile/entries/002.p/89"]
    assert sorted(path.name for path in (watching.folder / "heads").iterdir()) == ["301.note", "601.note"]


def test_a_monitor_without_its_memory_signs_nothing(watching: Watching) -> None:
    """It would sign whatever ledger it is shown next, as if it had never seen another."""
    assert watching.look().clean
    watching.memory.close()
    (watching.folder / "monitor.sqlite").unlink()
    with pytest.raises(NoMonitor, match="nobody knows what"):
        Watching(watching.folder, watching.served)
    assert not (watching.folder / "monitor.sqlite").exists()


def test_a_monitor_that_dies_while_reading_goes_on_where_it_was(tmp_path: Path) -> None:
    made = MadeLedger()
    made.enrol()
    leaf = made.view(evidence(0))
    bad = made.view(evidence(1), key=STRANGER)
    for _ in range((BUNDLES_TOGETHER + 2) * 256):
        made.add(made.leaves[leaf])  # cheap to make, and each one a branch: findings of their own
    served = Served(made)
    watching = Watching(tmp_path / "state", served)

    class Killed(BaseException):
        pass

    def die(path: str, data: bytes) -> bytes:
        if path == f"tile/entries/{BUNDLES_TOGETHER + 1:03d}":
            raise Killed
        return data

    served.alter = die
    with pytest.raises(Killed):
        watching.look()
    assert watching.memory.tree().size == BUNDLES_TOGETHER * 256
    served.alter = lambda path, data: data
    served.asked.clear()
    again = watching.again()
    look = again.look()
    assert not look.clean
    assert "tile/entries/000" not in served.asked
    assert again.memory.tree().root() == made.tree.root()
    # Everything was found once: many more than are kept, and none of them twice.
    assert again.memory.lasting() == (BUNDLES_TOGETHER + 2) * 256 + 1
    kinds = again.kinds()
    assert len(kinds) == len(set(kinds)) == MAX_FINDINGS
    assert kinds[0] == ("unknown-key", bad)


def test_nothing_is_signed_once_something_was_found_not_even_later(
    watching: Watching, served: Served
) -> None:
    assert watching.look().clean
    bad = served.made.view(evidence(1), key=STRANGER)
    look = watching.look()
    assert not look.clean
    assert [(finding.kind, finding.position) for finding in look.findings] == [("unknown-key", bad)]
    assert look.signed is None
    served.made.view(evidence(2))
    later = watching.again().look()
    assert not later.clean
    assert later.findings == ()
    assert [path.name for path in (watching.folder / "heads").iterdir()] == ["301.note"]
    assert watching.kinds() == [("unknown-key", bad)]


def test_a_rolled_back_ledger_is_an_alarm_with_both_heads_kept(watching: Watching, served: Served) -> None:
    watching.look()
    served.size = 200
    look = watching.look()
    assert not look.clean
    assert [finding.kind for finding in look.findings] == ["rolled-back"]
    assert look.alarm == watching.folder / "alarms" / "1-rolled-back"
    kept = [
        open_checkpoint((look.alarm / name).read_bytes(), POLICY.log_keys).size
        for name in ("earlier.note", "later.note")
    ]
    assert kept == [301, 200]
    # Asked again it says the same once, and does not forget what it saw.
    again = watching.look()
    assert again.alarm == look.alarm
    assert again.findings == ()
    assert len(list((watching.folder / "alarms").iterdir())) == 1
    served.size = None
    assert not watching.again().look().clean


@pytest.mark.parametrize("growth", [0, 300])
def test_a_forked_ledger_is_an_alarm_and_its_entries_are_not_read(
    watching: Watching, served: Served, growth: int
) -> None:
    watching.look()
    forked = MadeLedger()
    forked.view(evidence(77))
    for leaf in served.made.leaves[1:]:
        forked.add(leaf)
    for _ in range(growth):
        forked.view(evidence(78))
    served.made = forked
    served.asked.clear()
    look = watching.look()
    assert not look.clean
    assert [finding.kind for finding in look.findings] == ["not-continued" if growth else "forked"]
    assert look.alarm is not None
    assert {path.name for path in look.alarm.iterdir()} == {"earlier.note", "later.note"}
    assert not [path for path in served.asked if "entries" in path]
    assert [path.name for path in (watching.folder / "heads").iterdir()] == ["301.note"]


def test_a_checkpoint_without_both_signatures_is_found_and_forgiven_when_it_is_over(
    watching: Watching, served: Served
) -> None:
    def only_one(path: str, data: bytes) -> bytes:
        if path != "checkpoint":
            return data
        note = Note.parse(data)
        return Note(note.text, note.signatures[:1]).serialise()

    served.alter = only_one
    look = watching.look()
    assert not look.clean
    assert [finding.kind for finding in look.findings] == ["checkpoint"]
    assert served.asked == ["checkpoint"]
    served.alter = lambda path, data: data
    assert watching.look().clean
    assert watching.kinds() == [("checkpoint", None)]


@pytest.mark.parametrize("answer", [b"<html>please sign in</html>", b"", b"x" * 1_000_002])
def test_what_is_no_checkpoint_at_all_is_said_to_be_none(
    watching: Watching, served: Served, answer: bytes
) -> None:
    served.alter = lambda path, data: answer
    assert [finding.kind for finding in watching.look().findings] == ["checkpoint"]


@pytest.mark.parametrize(
    "place", ["tile/0/000", "tile/0/001.p/45", "tile/entries/000", "tile/entries/001.p/45"]
)
def test_one_altered_bit_in_any_tile_is_found_and_nothing_of_it_believed(
    watching: Watching, served: Served, place: str
) -> None:
    def flip(path: str, data: bytes) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 1]) if path == place else data

    served.alter = flip
    look = watching.look()
    assert not look.clean
    assert [finding.kind for finding in look.findings] == ["tiles"]
    assert look.signed is None
    served.alter = lambda path, data: data
    assert watching.look().clean


def test_a_ledger_of_other_keys_is_not_the_one_that_is_watched(watching: Watching, served: Served) -> None:
    other = CheckpointSigner(SIGNER.keys, STRANGER.sign, lambda message: bytes(2420))
    checkpoint = served.made.checkpoint()
    served.alter = lambda path, data: other.sign_checkpoint(checkpoint) if path == "checkpoint" else data
    assert [finding.kind for finding in watching.look().findings] == ["checkpoint"]


def test_what_fails_on_the_way_is_asked_for_again_and_then_said(watching: Watching, served: Served) -> None:
    served.failing = ATTEMPTS - 1
    assert watching.look().clean
    served.failing = ATTEMPTS
    with pytest.raises(Unreachable, match="answered 503"):
        watching.look()
    assert watching.kinds() == []


@pytest.mark.parametrize(
    ("status", "says"), [(401, "token is not valid"), (403, "does not open entries"), (307, "307")]
)
def test_a_refusal_is_said_at_once(watching: Watching, served: Served, status: int, says: str) -> None:
    served.failing, served.status = 1, status
    with pytest.raises(Unreachable, match=says):
        watching.look()
    assert len(served.asked) == 1


def test_a_folder_is_for_one_monitor_of_one_ledger(watching: Watching) -> None:
    watching.look()
    with pytest.raises(NoMonitor, match="another monitor works"):
        MonitorMemory(watching.folder, POLICY)
    with pytest.raises(NoMonitor, match=r"is called court\.example/monitor"):
        open_cosigner(watching.folder, "other.example/monitor")
    assert open_cosigner(watching.folder, None).keys == watching.cosigner.keys
    watching.memory.close()
    other = TrustPolicy.make(SIGNER.keys, public(STRANGER), trial=False)
    with pytest.raises(NoMonitor, match="another ledger"):
        MonitorMemory(watching.folder, other)


def test_keys_that_others_can_read_are_not_used_and_a_name_is_needed_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(NoMonitor, match="needs a name"):
        open_cosigner(tmp_path / "state", None)
    with pytest.raises(NoMonitor, match="key name"):
        open_cosigner(tmp_path / "state", "a name with spaces")
    open_cosigner(tmp_path / "state", NAME)
    (tmp_path / "state" / "monitor.json").chmod(0o644)
    with pytest.raises(NoMonitor, match="read by others"):
        open_cosigner(tmp_path / "state", NAME)


def test_a_line_of_findings_cut_short_by_a_crash_is_written_again(watching: Watching, served: Served) -> None:
    for number in range(3):
        served.made.view(evidence(number), key=STRANGER)
    watching.look()
    whole = (watching.folder / "findings.jsonl").read_bytes()
    for cut in (0, 1, whole.index(b"\n"), whole.index(b"\n") + 1, len(whole) - 1):
        (watching.folder / "findings.jsonl").write_bytes(whole[:cut])
        watching = watching.again()
        assert (watching.folder / "findings.jsonl").read_bytes() == whole


def test_a_policy_that_asks_for_no_witness_is_no_quorum_that_was_met(
    watching: Watching, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _look(watching.monitor) == CLEAN
    said = capsys.readouterr().out
    assert "; the policy asks for no witness; signed in " in said
    assert "quorum" not in said


def test_a_monitor_whose_own_disk_fails_says_nothing_of_the_ledger(
    watching: Watching, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _look(watching.monitor) == CLEAN
    served.made.view(evidence(1))
    seen = watching.folder / "seen"
    seen.rename(watching.folder / "elsewhere")
    seen.touch()
    assert _look(watching.monitor) == NOT_READ
    assert "not kept" in capsys.readouterr().err
    assert [path.name for path in (watching.folder / "heads").iterdir()] == ["301.note"]
    seen.unlink()
    (watching.folder / "elsewhere").rename(seen)
    assert _look(watching.monitor) == CLEAN
    assert (watching.folder / "heads" / "302.note").exists()


def test_the_empty_ledger_is_clean(tmp_path: Path) -> None:
    served = Served(MadeLedger())
    watching = Watching(tmp_path / "state", served)
    assert watching.look().clean
    served.made.view(evidence(1), key=CENTER)
    assert watching.look().clean
