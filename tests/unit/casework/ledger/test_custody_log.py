"""Statements of people and of recorders on their way into the ledger."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from casework.cases import cases
from casework.database.models import Evidence, EvidenceState, LedgerEntry, StatementIndex
from casework.errors import Refused
from casework.interviews import recorder_statements
from casework.ledger import chains, custody_log
from casework.ledger.custody_log import Draft
from casework.recording.ticket import RecordingTicket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import (
    Altered,
    ChainConflict,
    Malformed,
    NotProved,
    SignatureInvalid,
    StorageFailed,
)
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, Statement, follow, sign
from chain_of_custody.tlog.ledger import Ledger
from tests.support.centers.casework_world import World
from vault.sealing.key_wrapping import WRAP_SIZE

ABOUT = "0a" * 16
SOMEONES_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"""A public key: RFC 8032, 7.1, test 1."""


def viewed(world: World, about: str = ABOUT) -> Draft:
    return Draft("evidence.viewed", about, world.prosecutor, "review", {})


WRAP = b"w" * WRAP_SIZE


def started(world: World, ticket: RecordingTicket) -> Statement:
    """What a recorder says first, with its wrapped key where it must be."""
    folder = world.center.spool / ticket.evidence
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part.json").write_bytes(canonical_json.serialise(ticket.to_json()))
    (folder / "wrap").write_bytes(WRAP)
    return follow(
        None,
        type="recording.started",
        evidence=ticket.evidence,
        case=ticket.case,
        actor=ticket.actor,
        at="2026-11-24T20:15:03.120Z",
        purpose=ticket.purpose,
        body={
            "header": "00" * 32,
            "interview": ticket.interview,
            "not_before": {"root": ticket.not_before.root, "size": ticket.not_before.size},
            "part": ticket.part,
            "recorder": ticket.recorder,
            "wrap": sha256(WRAP).hexdigest(),
        },
    )


def progress(ticket: RecordingTicket, head: Head) -> Statement:
    return follow(
        head,
        type="recording.progress",
        evidence=ticket.evidence,
        case=ticket.case,
        actor=ticket.actor,
        at="2026-11-24T20:15:33.120Z",
        purpose=ticket.purpose,
        body={"records": 7, "root": "00" * 32},
    )


@pytest.fixture
def ticket(world: World) -> RecordingTicket:
    return world.ticket(world.interview())


def test_an_act_is_signed_by_the_center_for_the_person(world: World) -> None:
    receipt = custody_log.append(
        world.center,
        custody_log.Draft(
            type="evidence.viewed",
            evidence=ABOUT,
            person=world.prosecutor,
            purpose="review",
            body={},
        ),
    )
    signed = SignedStatement.parse(world.center.ledger.entry(receipt.index))
    [signer] = signed.verify(custody_log.keys(world.center), receipt.index)
    assert signer.holder == "center"
    assert (signed.statement.actor.id, signed.statement.actor.role) == (world.prosecutor.id, "prosecutor")


def test_no_name_stands_in_the_ledger(world: World) -> None:
    world.interview()
    leaves = b"".join(world.center.ledger.entry(n) for n in range(world.center.ledger.size))
    assert world.prosecutor.id.encode() in leaves
    for told in (b"Person", b"Ramallah", b"without observers"):
        assert told not in leaves


def test_acts_stated_together_are_in_the_ledger_together_or_not_at_all(world: World) -> None:
    other = "0b" * 16
    receipts = custody_log.append_together(world.center, [viewed(world), viewed(world, other)], {})
    assert receipts[1].index == receipts[0].index + 1
    heads = {ABOUT: custody_log.head(world.center, ABOUT), other: None}
    size = world.center.ledger.size
    with pytest.raises(ChainConflict):
        custody_log.append_together(
            world.center,
            [viewed(world), viewed(world, other)],
            {about: head for about, head in heads.items() if head is not None},
        )
    assert world.center.ledger.size == size


def test_enrolling_a_recorder_again_says_nothing_new(world: World) -> None:
    size = world.center.ledger.size
    public = world.recorder_key.public_key().public_bytes_raw()
    assert custody_log.enrol_recorder(world.center, public, "recorder-1") in custody_log.keys(world.center)
    assert world.center.ledger.size == size
    assert SignedStatement.parse(world.center.ledger.entry(0)).statement.type == "recorder.enrolled"


def test_a_recorders_first_statement_brings_the_part_to_life(world: World, ticket: RecordingTicket) -> None:
    leaf = sign(started(world, ticket), world.recorder_key)
    receipt = recorder_statements.append_leaf(world.center, leaf)
    assert world.center.ledger.entry(receipt.index) == leaf
    with world.center.database() as session:
        part = session.get_one(Evidence, ticket.evidence)
    assert part.state is EvidenceState.RECORDING
    [digest] = world.keyholder.wraps(ticket.evidence).values()
    assert digest == sha256(WRAP).hexdigest()
    assert part.interview.state.value == "recording"


def test_the_very_same_leaf_again_gives_the_same_receipt(world: World, ticket: RecordingTicket) -> None:
    first = sign(started(world, ticket), world.recorder_key)
    receipt = recorder_statements.append_leaf(world.center, first)
    second = sign(progress(ticket, SignedStatement.parse(first).head), world.recorder_key)
    recorder_statements.append_leaf(world.center, second)
    size = world.center.ledger.size
    again = recorder_statements.append_leaf(world.center, first)
    assert (again.index, again.leaf_hash) == (receipt.index, receipt.leaf_hash)
    assert world.center.ledger.size == size


def test_a_statement_out_of_place_is_a_conflict(world: World, ticket: RecordingTicket) -> None:
    first = sign(started(world, ticket), world.recorder_key)
    recorder_statements.append_leaf(world.center, first)
    for head in (Head(4, b"x" * 32), Head(0, b"x" * 32)):
        with pytest.raises(ChainConflict):
            recorder_statements.append_leaf(world.center, sign(progress(ticket, head), world.recorder_key))


def test_a_key_that_nobody_enrolled_signs_nothing(world: World, ticket: RecordingTicket) -> None:
    with pytest.raises(SignatureInvalid):
        recorder_statements.append_leaf(
            world.center, sign(started(world, ticket), Ed25519PrivateKey.generate())
        )


def test_a_recorder_speaks_only_for_the_part_whose_ticket_it_got(
    world: World, ticket: RecordingTicket
) -> None:
    another = Ed25519PrivateKey.generate()
    custody_log.enrol_recorder(world.center, another.public_key().public_bytes_raw(), "recorder-2")
    with pytest.raises(Refused, match="ticket"):
        recorder_statements.append_leaf(world.center, sign(started(world, ticket), another))


def test_a_recorder_cannot_move_a_part_to_another_case_interview_or_item(
    world: World, ticket: RecordingTicket
) -> None:
    good = started(world, ticket)
    other_case = cases.open_case(world.center, world.prosecutor).id
    other_interview = dict(good.body) | {"interview": world.interview().id}
    other_wrap = dict(good.body) | {"wrap": "00" * 32}
    for bad in (
        replace(good, case=other_case),
        replace(good, body=other_interview),
        replace(good, body=other_wrap),
        replace(good, evidence="0c" * 16),
    ):
        with pytest.raises(Refused):
            recorder_statements.append_leaf(world.center, sign(bad, world.recorder_key))


def test_a_recorder_cannot_say_what_people_do(world: World, ticket: RecordingTicket) -> None:
    said = replace(started(world, ticket), type="evidence.viewed", body={})
    with pytest.raises(Refused):
        recorder_statements.append_leaf(world.center, sign(said, world.recorder_key))
    with pytest.raises(Malformed):
        recorder_statements.append_leaf(world.center, b"{}")


def say(ticket: RecordingTicket, after: SignedStatement, type_: str, **body: object) -> Statement:
    return replace(progress(ticket, after.head), type=type_, body=body)


def records(count: int = 7) -> dict[str, object]:
    return {"records": count, "root": "00" * 32}


def sealed(state: str, count: int = 7) -> dict[str, object]:
    return {"manifest": "00" * 32, "state": state, **records(count)}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ([], ("recording.sealed", sealed("interrupted"))),
        ([], ("recording.sealed", sealed("complete", 5))),
        ([], ("recording.progress", records(5))),
        ([("recording.interrupted", {"reason": "power", **records()})], ("recording.progress", records(8))),
        (
            [("recording.interrupted", {"reason": "power", **records()})],
            ("recording.sealed", sealed("complete")),
        ),
        (
            [("recording.interrupted", {"reason": "power", **records()})],
            ("recording.sealed", sealed("interrupted", 8)),
        ),
        ([("recording.sealed", sealed("complete"))], ("recording.progress", records(8))),
        ([("recording.sealed", sealed("complete"))], ("recording.sealed", sealed("complete"))),
    ],
)
@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted, as after a crash"])
def test_nothing_is_taken_that_every_verifier_would_refuse(
    world: World,
    ticket: RecordingTicket,
    monkeypatch: pytest.MonkeyPatch,
    first: list[tuple[str, dict[str, object]]],
    then: tuple[str, dict[str, object]],
    noted: bool,
) -> None:
    if not noted:
        monkeypatch.setattr(recorder_statements, "take_note", lambda center, signed: None)
    last = sign(started(world, ticket), world.recorder_key)
    recorder_statements.append_leaf(world.center, last)
    for type_, body in [("recording.progress", records(7)), *first]:
        last = sign(say(ticket, SignedStatement.parse(last), type_, **body), world.recorder_key)
        recorder_statements.append_leaf(world.center, last)
    bad = say(ticket, SignedStatement.parse(last), then[0], **then[1])
    with pytest.raises(Refused):
        recorder_statements.append_leaf(world.center, sign(bad, world.recorder_key))


def test_a_recording_begins_once_and_with_its_start(world: World, ticket: RecordingTicket) -> None:
    first = started(world, ticket)
    early = replace(first, type="recording.progress", body=records())
    with pytest.raises(Refused):
        recorder_statements.append_leaf(world.center, sign(early, world.recorder_key))
    leaf = sign(first, world.recorder_key)
    recorder_statements.append_leaf(world.center, leaf)
    again = replace(first, number=1, previous=SignedStatement.parse(leaf).leaf_hash.hex())
    with pytest.raises(Refused):
        recorder_statements.append_leaf(world.center, sign(again, world.recorder_key))


def test_a_recorder_speaks_for_itself_and_in_no_person_s_name(world: World, ticket: RecordingTicket) -> None:
    good = started(world, ticket)
    person = Actor(world.prosecutor.id, "prosecutor", world.prosecutor.organisation)
    for bad in (
        replace(good, actor=person),
        replace(good, actor=replace(good.actor, role="prosecutor")),
        replace(good, purpose="supplementary"),
        replace(good, details="00" * 32),
    ):
        with pytest.raises(Refused):
            recorder_statements.append_leaf(world.center, sign(bad, world.recorder_key))


def test_a_recording_cannot_claim_to_follow_a_ledger_that_never_was(
    world: World, ticket: RecordingTicket
) -> None:
    good = started(world, ticket)
    size = ticket.not_before.size
    for root, claimed in (("00" * 32, size), (ticket.not_before.root, size + 9), ("00" * 32, 0)):
        body = dict(good.body) | {"not_before": {"root": root, "size": claimed}}
        with pytest.raises(Refused, match="not_before"):
            recorder_statements.append_leaf(world.center, sign(replace(good, body=body), world.recorder_key))
    recorder_statements.append_leaf(world.center, sign(good, world.recorder_key))


def test_a_database_cannot_pass_off_another_statement_as_one_of_the_registry(world: World) -> None:
    opened = world.interview().id
    known = custody_log.registry(world.center)
    assert known.head is not None
    with world.center.database.begin() as session:
        row = session.scalars(select(StatementIndex).where(StatementIndex.chain == opened)).one()
        row.chain, row.number, row.type = world.center.deployment, known.head.number + 1, "recorder.enrolled"
    for center in (world.center, world.opened_again()):
        with pytest.raises(NotProved, match="not about the deployment"):
            custody_log.keys(center)


def test_the_registry_is_read_through_the_ledger(world: World) -> None:
    with world.center.database.begin() as session:
        session.execute(update(LedgerEntry).where(LedgerEntry.position == 0).values(leaf=b"{}"))
    with pytest.raises(Altered):
        custody_log.keys(world.opened_again())


def test_the_registry_is_read_on_by_every_process(world: World) -> None:
    other = world.opened_again()
    assert custody_log.keys(other) == custody_log.keys(world.center)
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    identity = custody_log.enrol_recorder(other, public, "recorder-2")
    assert custody_log.keys(world.center)[identity].name == "recorder-2"
    assert custody_log.enrol_recorder(world.center, public, "recorder-2") == identity


@pytest.mark.parametrize(
    ("type_", "evidence", "body"),
    [
        ("recorder.revoked", None, {"key": "00" * 8, "reason": "lost"}),
        ("credential.revoked", None, {"key": "00" * 8, "proof": "center", "reason": "lost"}),
        ("recorder.enrolled", ABOUT, {"key": SOMEONES_KEY, "name": "recorder-3"}),
        ("evidence.viewed", None, {}),
    ],
)
def test_what_no_verifier_would_take_from_the_registry_is_not_appended(
    world: World, type_: str, evidence: str | None, body: dict[str, object]
) -> None:
    size = world.center.ledger.size
    with pytest.raises(Refused):
        custody_log.append(
            world.center,
            custody_log.Draft(
                type=type_,
                evidence=evidence or world.center.deployment,
                person=None,
                purpose="administration",
                body=body,
            ),
        )
    assert world.center.ledger.size == size


def test_an_answer_that_was_lost_is_looked_up_instead_of_said_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Ledger.append

    def kept_but_unanswered(self: Ledger, leaves: list[bytes]) -> object:
        real(self, leaves)
        raise StorageFailed("the answer was lost")

    monkeypatch.setattr(Ledger, "append", kept_but_unanswered)
    receipt = custody_log.append_together(world.center, [viewed(world)], {})[0]
    assert list(chains.chain(world.center, ABOUT)) == [receipt.index]

    def not_kept(self: Ledger, leaves: list[bytes]) -> object:
        raise StorageFailed("the disk is gone")

    monkeypatch.setattr(Ledger, "append", not_kept)
    with pytest.raises(StorageFailed):
        custody_log.append_together(world.center, [viewed(world, "0d" * 16)], {})
