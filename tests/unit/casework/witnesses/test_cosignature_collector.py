"""The gatherer, with real witnesses and without a network."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from casework.center import Center
from casework.database.models import Cosignature, WitnessState
from casework.ledger import chains, custody_log
from casework.witnesses import alarms, cosignature_collector, trust_file
from casework.witnesses.cosignature_collector import CosignatureCollector
from casework.witnesses.cosignatures import Cosignatures
from casework.witnesses.witness_client import Reply, asked_witnesses
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import witnessed
from chain_of_custody.trust.named_parties import ThirdParties
from chain_of_custody.trust.witness import AddCheckpoint
from tests.support.centers.casework_world import DEPLOYMENT, World
from tests.support.patience import PATIENCE, wait_until
from tests.support.people.asked import Network, RealWitness, gathering, real_witness, trusting


@pytest.fixture
def court(world: World, tmp_path: Path) -> RealWitness:
    return real_witness(tmp_path, "court", world.center.log_keys)


@pytest.fixture
def bar(world: World, tmp_path: Path) -> RealWitness:
    return real_witness(tmp_path, "bar", world.center.log_keys)


def say(center: Center) -> int:
    """One more statement; its position."""
    receipt = custody_log.append(
        center,
        custody_log.Draft(
            type="policy.changed",
            evidence=DEPLOYMENT,
            person=None,
            purpose="administration",
            body={"policy": "0" * 64},
        ),
    )
    return receipt.index


def cosigned(center: Center, note: bytes) -> set[str]:
    """Whose lines are in the note, each verified."""
    checkpoint = open_checkpoint(note, center.log_keys)
    return set(witnessed(Note.parse(note), checkpoint, trust_file.read(center.trust)).cosigned)


def size(note: bytes) -> int:
    return Checkpoint.parse(Note.parse(note).text).size


def state(center: Center, name: str) -> tuple[int, str | None]:
    """What is known of a witness. It is written after the cosignatures, for which others wait."""
    known: list[WitnessState] = []

    def written() -> bool:
        with center.database() as session:
            known.extend(session.scalars(select(WitnessState).where(WitnessState.name == name)))
        return bool(known)

    wait_until(written)
    return known[0].size, known[0].trouble


BOTH = {"court-ed25519", "court-mldsa44", "bar-ed25519", "bar-mldsa44"}


def test_a_checkpoint_comes_back_with_everybody_s_cosignatures(
    world: World, court: RealWitness, bar: RealWitness
) -> None:
    center, gatherer = gathering(world.center, [court, bar])
    note = gatherer.cosigned(center.ledger.size, PATIENCE)
    assert cosigned(center, note) == BOTH
    assert trust_file.read(center.trust).quorum_met(cosigned(center, note))
    assert state(center, "court") == (center.ledger.size, None)
    assert alarms.kept(center) == []


def test_statements_are_proved_under_the_cosigned_note_while_the_ledger_goes_on(
    world: World, court: RealWitness
) -> None:
    center, gatherer = gathering(world.center, [court])
    wanted = [0, say(center)]
    note = gatherer.cosigned(max(wanted) + 1, PATIENCE)
    say(center)
    proofs = chains.prove_witnessed(center, wanted, PATIENCE)
    assert {TlogProof.parse(proof).checkpoint_note for proof in proofs.values()} == {note}
    assert size(note) < center.ledger.size
    for position in wanted:
        proof = TlogProof.parse(proofs[position])
        proof.verify(center.ledger.entry(position), center.log_keys)


def test_a_newer_statement_gets_a_newer_note(world: World, court: RealWitness) -> None:
    center, gatherer = gathering(world.center, [court])
    first = gatherer.cosigned(1, PATIENCE)
    position = say(center)
    assert size(gatherer.cosigned(1, PATIENCE)) == size(first), "an earlier one does, and nobody is asked"
    second = gatherer.cosigned(position + 1, PATIENCE)
    assert size(second) == position + 1
    assert cosigned(center, second) == {"court-ed25519", "court-mldsa44"}


def test_without_witnesses_there_is_the_ledger_s_own_note(world: World, tmp_path: Path) -> None:
    center = world.center
    gatherer = CosignatureCollector(
        center.database, center.ledger, center.log_keys, tmp_path / "none", Network([])
    )
    assert gatherer.cosigned(1, PATIENCE) == center.ledger.checkpoint()
    gatherer.tend()


def test_a_quorum_does_not_wait_for_a_paused_witness(
    world: World, court: RealWitness, bar: RealWitness
) -> None:
    bar.paused = threading.Event()
    center, gatherer = gathering(world.center, [court, bar], "any")
    began = time.monotonic()
    note = gatherer.cosigned(center.ledger.size, PATIENCE)
    assert cosigned(center, note) == {"court-ed25519", "court-mldsa44"}
    assert time.monotonic() - began < PATIENCE, "it was not waited for until the end"
    for _ in range(2):
        say(center)
        assert cosigned(center, gatherer.cosigned(center.ledger.size, PATIENCE))
    bar.paused.set()


def test_a_quorum_that_cannot_be_had_is_not_waited_for_longer_than_everybody_has_answered(
    world: World, court: RealWitness, bar: RealWitness
) -> None:
    bar.away = True
    center, gatherer = gathering(world.center, [court, bar])
    began = time.monotonic()
    note = gatherer.cosigned(center.ledger.size, PATIENCE)
    assert time.monotonic() - began < PATIENCE
    assert cosigned(center, note) == {"court-ed25519", "court-mldsa44"}, "what there is"
    assert state(center, "bar") == (0, "unreachable")
    bar.away = False
    assert cosigned(center, gatherer.cosigned(center.ledger.size, PATIENCE)) == BOTH


def test_a_paused_witness_is_given_up_in_time(world: World, court: RealWitness) -> None:
    court.paused = threading.Event()
    center, gatherer = gathering(world.center, [court])
    note = gatherer.cosigned(center.ledger.size, 0.2)
    assert note == center.ledger.checkpoint()
    court.paused.set()


def test_without_a_quorum_whoever_can_be_had_is_wanted(world: World, court: RealWitness) -> None:
    center, gatherer = gathering(world.center, [court], "none")
    assert cosigned(center, gatherer.cosigned(1, PATIENCE)) == {"court-ed25519", "court-mldsa44"}


def test_in_the_background_each_new_tree_is_taken_to_the_witnesses_once(
    world: World, court: RealWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosignature_collector, "AGAIN", 0.0)
    center, gatherer = gathering(world.center, [court])
    for _ in range(3):
        say(center)
        gatherer.tend()
        wait_until(lambda: court.memory.watched()[0].latest.size == center.ledger.size)  # type: ignore[union-attr]
    asked = len(court.asked)
    gatherer.tend()
    gatherer.tend()
    assert len(court.asked) == asked


def test_whoever_has_cosigned_everything_is_asked_again_after_a_start_and_from_time_to_time(
    world: World, court: RealWitness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosignature_collector, "AGAIN", 0.0)
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    gatherer.tend()
    assert len(court.asked) == 1
    monkeypatch.setattr(cosignature_collector, "FRESH", 0.0)
    gatherer.tend()
    wait_until(lambda: len(court.asked) == 2)
    monkeypatch.undo()
    # A backup in which everything was cosigned, put back after the ledger has grown.
    backup = grow_elsewhere(world, tmp_path / "backup")
    say(center)
    gatherer.cosigned(center.ledger.size, PATIENCE)
    restored, gatherer = gathering(backup, [court])
    gatherer.tend()
    wait_until(lambda: len(alarms.kept(restored)) == 1)
    assert only_alarm(restored).kind == "rolled-back"


def test_a_witness_that_is_away_is_asked_less_and_less_often(
    world: World, court: RealWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosignature_collector, "AGAIN", 0.0)
    court.away = True
    _, gatherer = gathering(world.center, [court])
    for _ in range(5):
        gatherer.tend()
    assert len(court.asked) == 1
    gatherer.cosigned(world.center.ledger.size, PATIENCE)
    assert len(court.asked) == 2, "somebody who waits for it is worth a try"
    pause = gatherer._pauses["court"]
    assert pause.length > cosignature_collector.FIRST_PAUSE * 2


def test_a_witness_that_answered_and_was_not_heard_gives_its_lines_again(
    world: World, court: RealWitness
) -> None:
    """It kept the checkpoint and died, or the answer was lost."""
    center, gatherer = gathering(world.center, [court])

    def lost(_: Reply) -> Reply:
        court.change = lambda reply: reply
        return Reply(502, b"")

    court.change = lost
    assert gatherer.cosigned(center.ledger.size, PATIENCE) == center.ledger.checkpoint()
    assert state(center, "court") == (0, "failed-502")
    assert cosigned(center, gatherer.cosigned(center.ledger.size, PATIENCE))


def test_a_witness_that_works_off_what_was_asked_of_it_meanwhile_is_asked_on(
    world: World, court: RealWitness
) -> None:
    """It was away; what others have asked reaches it one by one, each before a question of ours."""
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    stood = center.ledger.size
    asked = []
    for _ in range(5):
        say(center)
        note = center.ledger.checkpoint()
        asked.append(AddCheckpoint(stood, tuple(center.ledger.consistency(stood, size(note))), note))
        stood = size(note)
    answer = court.answer

    def busy(path: str, body: bytes | None) -> Reply:
        if asked:
            assert court.witness.add_checkpoint(asked.pop(0).serialise()).status == 200
        return answer(path, body)

    court.answer = busy  # type: ignore[method-assign]
    assert cosigned(center, gatherer.cosigned(stood, PATIENCE)) == {"court-ed25519", "court-mldsa44"}
    assert state(center, "court") == (stood, None)


# --- contradictions ---------------------------------------------------------------------------------------


def grow_elsewhere(world: World, folder: Path) -> Center:
    """The same keys over a copy of the database as it is now: two histories begin here."""
    from tests.support.centers.casework_world import open_center

    folder.mkdir()
    return open_center(folder, world.keyholder, world.database.like(folder).url)


def only_alarm(center: Center) -> alarms.Alarm:
    [alarm] = alarms.kept(center)
    assert alarm.source == "court"
    return alarm


def test_a_rolled_back_ledger_is_an_alarm_with_both_checkpoints(
    world: World, court: RealWitness, tmp_path: Path
) -> None:
    backup = grow_elsewhere(world, tmp_path / "backup")
    say(world.center)
    center, gatherer = gathering(world.center, [court])
    theirs = gatherer.cosigned(center.ledger.size, PATIENCE)
    restored, gatherer = gathering(backup, [court])
    assert size(gatherer.cosigned(restored.ledger.size, PATIENCE)) == restored.ledger.size
    alarm = only_alarm(restored)
    assert alarm.kind == "rolled-back"
    assert alarm.ours == restored.ledger.checkpoint()
    assert alarm.theirs is not None
    assert Note.parse(alarm.theirs).text == Note.parse(theirs).text
    assert cosigned(restored, alarm.theirs) == {"court-ed25519", "court-mldsa44"}
    assert open_checkpoint(alarm.theirs, restored.log_keys).size > restored.ledger.size
    assert state(restored, "court")[1] == "rolled-back"


def test_a_forked_ledger_is_an_alarm_here_and_kept_by_the_witness(
    world: World, court: RealWitness, tmp_path: Path
) -> None:
    other = grow_elsewhere(world, tmp_path / "other")
    say(world.center)
    custody_log.enrol_recorder(other, b"\x07" * 32, "machine-2")
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    forked, gatherer = gathering(other, [court])
    gatherer.cosigned(forked.ledger.size, PATIENCE)
    alarm = only_alarm(forked)
    assert alarm.kind == "forked"
    ours, theirs = (open_checkpoint(note or b"", forked.log_keys) for note in (alarm.ours, alarm.theirs))
    assert ours.size == theirs.size and ours.root != theirs.root
    [kept] = court.memory.contradictions()
    assert kept.kind == "fork"
    assert open_checkpoint(kept.cosigned, forked.log_keys) == theirs
    assert open_checkpoint(kept.offered, forked.log_keys) == ours


def test_a_rewritten_ledger_is_an_alarm_here_and_kept_by_the_witness(
    world: World, court: RealWitness, tmp_path: Path
) -> None:
    other = grow_elsewhere(world, tmp_path / "other")
    say(world.center)
    custody_log.enrol_recorder(other, b"\x07" * 32, "machine-2")
    say(other)
    say(other)
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    rewritten, gatherer = gathering(other, [court])
    for _ in range(3):
        gatherer.cosigned(rewritten.ledger.size, PATIENCE)
    alarm = only_alarm(rewritten)
    assert alarm.kind == "rewritten"
    assert alarm.ours is not None and alarm.theirs is not None
    theirs = open_checkpoint(alarm.theirs, rewritten.log_keys)
    assert rewritten.ledger.root(theirs.size) != theirs.root
    assert [kept.kind for kept in court.memory.contradictions()] == ["not-continued"]


def test_a_witness_that_shows_nothing_still_rings(world: World, court: RealWitness, tmp_path: Path) -> None:
    backup = grow_elsewhere(world, tmp_path / "backup")
    say(world.center)
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    court.shows = False
    restored, gatherer = gathering(backup, [court])
    for _ in range(3):
        gatherer.cosigned(restored.ledger.size, PATIENCE)
    alarm = only_alarm(restored)
    assert (alarm.kind, alarm.theirs) == ("rolled-back", None)
    assert alarm.ours == restored.ledger.checkpoint()


def test_a_witness_that_says_no_and_shows_that_all_is_well_rings_nothing(
    world: World, court: RealWitness
) -> None:
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    say(center)
    court.change = lambda _: Reply(422, b"no\n")
    gatherer.cosigned(center.ledger.size, PATIENCE)
    assert alarms.kept(center) == []
    assert state(center, "court")[1] == "unsteady"


def test_a_person_takes_note_of_an_alarm_and_its_proof_stays(world: World) -> None:
    note = world.center.ledger.checkpoint()
    assert alarms.ring(world.center.database, "forked", "court", note, None)
    say(world.center)
    later = world.center.ledger.checkpoint()
    assert not alarms.ring(world.center.database, "forked", "court", later, None)
    [alarm] = alarms.kept(world.center)
    assert alarms.unseen(world.center) == 1
    alarms.take_note(world.center, world.administrator, alarm.id)
    [seen] = alarms.kept(world.center)
    assert (seen.seen_by, seen.ours) == (world.administrator.id, note)
    assert alarms.unseen(world.center) == 0


def test_who_cosigned_again_and_then_contradicts_again_without_showing_anything_rings_again(
    world: World,
) -> None:
    """What was seen is over by then; otherwise nobody would learn of a second fork."""
    database, first = world.center.database, world.center.ledger.checkpoint()
    assert alarms.ring(database, "forked", "court", first, None)
    [alarm] = alarms.kept(world.center)
    alarms.take_note(world.center, world.administrator, alarm.id)
    say(world.center)
    second = world.center.ledger.checkpoint()
    assert not alarms.ring(database, "forked", "court", second, None, cosigned=size(first) - 1)
    assert alarms.unseen(world.center) == 0
    assert alarms.ring(database, "forked", "court", second, None, cosigned=size(first))
    assert alarms.unseen(world.center) == 1
    assert not alarms.ring(database, "forked", "court", second, None, cosigned=size(first))


def test_the_proof_of_an_alarm_lies_apart_from_the_database_that_it_is_about(
    world: World, court: RealWitness, tmp_path: Path
) -> None:
    backup = grow_elsewhere(world, tmp_path / "backup")
    say(world.center)
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    restored, gatherer = gathering(backup, [court], proofs=tmp_path / "alarms")
    gatherer.cosigned(restored.ledger.size, PATIENCE)
    alarm = only_alarm(restored)
    files = {path.name: path.read_bytes() for path in (tmp_path / "alarms").iterdir()}
    assert files == {f"{alarm.id}-ours.txt": alarm.ours, f"{alarm.id}-theirs.txt": alarm.theirs}


# --- answers that are not as they should be ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (Reply(400, b"no\n"), "refused"),
        (Reply(403, b""), "not-accepted"),
        (Reply(404, b""), "not-known"),
        (Reply(500, b"oh"), "failed-500"),
        (Reply(301, b""), "failed-301"),
        (Reply(200, b""), "unreadable"),
        (Reply(200, b"ok\n"), "unreadable"),
        (Reply(200, "— other.example AAAAAAAAAAA=\n".encode()), "line-missing"),
        (Reply(409, b"many\n"), "unreadable"),
        (Reply(409, b"0\n"), "unreadable"),
    ],
)
def test_a_useless_answer_is_a_trouble_and_no_alarm(
    world: World, court: RealWitness, answer: Reply, trouble: str
) -> None:
    court.change = lambda _: answer
    center, gatherer = gathering(world.center, [court])
    assert gatherer.cosigned(center.ledger.size, PATIENCE) == center.ledger.checkpoint()
    assert state(center, "court") == (0, trouble)
    assert alarms.kept(center) == []


def test_a_wrong_line_is_not_kept_and_the_right_one_is(world: World, court: RealWitness) -> None:
    def spoilt(reply: Reply) -> Reply:
        first, second = reply.body.decode().splitlines(keepends=True)
        encoded = first.rstrip("\n")
        return Reply(
            200,
            (
                encoded[:-6] + ("AAAA" if encoded[-6:-2] != "AAAA" else "BBBB") + encoded[-2:] + "\n" + second
            ).encode(),
        )

    court.change = spoilt
    center, gatherer = gathering(world.center, [court])
    assert cosigned(center, gatherer.cosigned(center.ledger.size, PATIENCE)) == {"court-mldsa44"}
    assert state(center, "court")[1] == "wrong-line"


def test_a_line_that_was_altered_in_the_database_is_left_out_of_the_note(
    world: World, court: RealWitness
) -> None:
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    key = str(court.cosigner.keys[0])
    with center.database.begin() as session:
        line = session.scalar(select(Cosignature.line).where(Cosignature.key == key)) or ""
        session.execute(
            update(Cosignature).where(Cosignature.key == key).values(line=line.replace(line[-9:-5], "AAAA"))
        )
    note = gatherer.cosigned(center.ledger.size, PATIENCE)
    assert cosigned(center, note) == {"court-mldsa44"}


def test_without_the_ledger_s_own_lines_an_earlier_note_is_not_put_together(
    world: World, court: RealWitness
) -> None:
    center, gatherer = gathering(world.center, [court])
    gatherer.cosigned(center.ledger.size, PATIENCE)
    with center.database.begin() as session:
        session.execute(
            update(Cosignature).where(Cosignature.key == str(center.log_keys.ed25519_key)).values(line="x")
        )
    assert list(Cosignatures(center.database, center.log_keys).newest(trust_file.read(center.trust))) == []


def test_lines_of_old_trees_are_not_kept_for_ever(
    world: World, court: RealWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.witnesses.cosignatures.KEPT_SIZES", 3)
    center, gatherer = gathering(world.center, [court])
    for _ in range(6):
        say(center)
        gatherer.cosigned(center.ledger.size, PATIENCE)
    with center.database() as session:
        sizes = set(session.scalars(select(Cosignature.size)))
    assert sizes == {center.ledger.size - n for n in range(3)}


# --- whom to ask ------------------------------------------------------------------------------------------


def test_lines_with_one_address_are_one_witness(court: RealWitness, bar: RealWitness) -> None:
    parties = trusting([court, bar])
    assert [(one.name, one.url, set(one.keys)) for one in asked_witnesses(parties)] == [
        ("court", "http://court.example", {"court-ed25519", "court-mldsa44"}),
        ("bar", "http://bar.example", {"bar-ed25519", "bar-mldsa44"}),
    ]
    alone = trust_file.with_witness(
        ThirdParties(), "w", "https://w.example/x/", [court.cosigner.keys[0].vkey()]
    )
    assert [(one.name, one.url) for one in asked_witnesses(alone)] == [("w", "https://w.example/x")]
    assert asked_witnesses(replace(alone, urls={})) == []
