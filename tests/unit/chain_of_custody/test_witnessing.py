from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import ED25519_COSIGNATURE, Note, Signature, VerifierKey
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_of
from chain_of_custody.trust.cosignatures import verify_cosignature
from chain_of_custody.trust.witness import (
    SIZE,
    AddCheckpoint,
    Contradiction,
    KnownLog,
    Witness,
    WitnessResponse,
    parse_cosignatures,
    parse_size,
)
from tests.support.ledger.cosigners import BAR, COURT
from tests.support.ledger.ledger_in_memory import ORIGIN, signer
from tests.support.ledger.mutations import mutated

NOW = 1_795_551_000
LOG = signer(1)
LEAVES = [leaf_hash(b"entry %d" % n) for n in range(9)]
OTHER_LEAVES = [*LEAVES[:3], *(leaf_hash(b"rewritten %d" % n) for n in range(3, 9))]


class Memory:
    """A witness's storage. `rivals` are advances by somebody else, each just before one of ours."""

    def __init__(self, *logs: KnownLog) -> None:
        self.logs = {log.origin: log for log in logs}
        self.notes: dict[str, bytes] = {}
        self.kept: list[tuple[Contradiction, bytes, bytes]] = []
        self.advances = 0
        self.rivals: list[bytes] = []

    def log(self, origin: str) -> KnownLog | None:
        return self.logs.get(origin)

    def latest(self, origin: str) -> bytes | None:
        return self.notes.get(origin)

    def latest_by_hash(self, origin_hash: str) -> bytes | None:
        known = {sha256(origin.encode()).hexdigest(): note for origin, note in self.notes.items()}
        return known.get(origin_hash)

    def advance(self, origin: str, previous: bytes | None, note: bytes) -> bool:
        if self.rivals:
            self.notes[origin] = self.rivals.pop(0)
        if self.notes.get(origin) != previous:
            return False
        self.advances += 1
        self.notes[origin] = note
        return True

    def keep(self, origin: str, kind: Contradiction, cosigned: bytes, offered: bytes) -> None:
        self.kept.append((kind, cosigned, offered))


def times(lines: bytes, size: int) -> int:
    """The time that both of the court's lines over the tree of this size give."""
    checkpoint = Checkpoint(ORIGIN, size, root_of(LEAVES[:size]))
    given = {
        verify_cosignature(Note(checkpoint.text(), (line,)), key, checkpoint)
        for line, key in zip(parse_cosignatures(lines), COURT.keys, strict=True)
    }
    [at] = given
    return at


@pytest.fixture
def memory() -> Memory:
    return Memory(KnownLog.parse(LOG.keys.vkeys()))


@pytest.fixture
def witness(memory: Memory) -> Witness:
    return Witness(COURT, memory, lambda: NOW)


def note_of(size: int, leaves: Sequence[bytes] = LEAVES) -> bytes:
    return LOG.sign_checkpoint(Checkpoint(ORIGIN, size, root_of(leaves[:size])))


def asking(old: int, size: int, leaves: Sequence[bytes] = LEAVES, note: bytes | None = None) -> bytes:
    proof = consistency_proof(leaves, old, size) if 0 < old <= size else []
    return AddCheckpoint(old, tuple(proof), note or note_of(size, leaves)).serialise()


def text_of(note: bytes) -> str:
    return Note.parse(note).text


def assert_cosigned(answer: WitnessResponse, note: bytes) -> None:
    assert answer.status == 200, answer.body
    lines = parse_cosignatures(answer.body)
    assert len(lines) == 2
    cosigned = Note.parse(note).with_signatures(lines)
    checkpoint = open_checkpoint(cosigned.serialise(), LOG.keys)
    assert [verify_cosignature(cosigned, key, checkpoint) for key in COURT.keys] == [NOW, NOW]


def test_a_growing_ledger_is_cosigned_with_both_algorithms(witness: Witness, memory: Memory) -> None:
    for old, size in ((0, 3), (3, 4), (4, 9)):
        note = note_of(size)
        assert_cosigned(witness.add_checkpoint(asking(old, size, note=note)), note)
        assert memory.notes[ORIGIN] == note
    assert memory.kept == []


def test_a_ledger_is_cosigned_from_its_empty_tree_on(witness: Witness) -> None:
    note = note_of(0)
    assert_cosigned(witness.add_checkpoint(asking(0, 0, note=note)), note)
    assert_cosigned(witness.add_checkpoint(asking(0, 2, note=(second := note_of(2)))), second)


def test_the_same_tree_again_is_cosigned_again_and_writes_nothing(witness: Witness, memory: Memory) -> None:
    """A witness that died between keeping and answering gives its lines to whoever asks again."""
    witness.add_checkpoint(asking(0, 5))
    again = note_of(5)
    assert_cosigned(witness.add_checkpoint(asking(5, 5, note=again)), again)
    assert memory.advances == 1


def test_another_old_size_is_answered_with_the_size_cosigned_last(witness: Witness, memory: Memory) -> None:
    witness.add_checkpoint(asking(0, 5))
    for old, size in ((0, 5), (3, 9), (4, 4), (0, 9)):
        answer = witness.add_checkpoint(asking(old, size))
        assert (answer.status, answer.body, answer.content_type) == (409, b"5\n", SIZE)
        assert parse_size(answer.body) == 5
    assert memory.kept == []
    assert text_of(memory.notes[ORIGIN]) == text_of(note_of(5))


def test_a_ledger_that_was_rolled_back_is_not_cosigned(witness: Witness, memory: Memory) -> None:
    witness.add_checkpoint(asking(0, 5))
    answer = witness.add_checkpoint(asking(3, 3))
    assert (answer.status, answer.body) == (409, b"5\n")
    assert witness.add_checkpoint(asking(5, 3)).status == 400
    assert text_of(memory.notes[ORIGIN]) == text_of(note_of(5))


@pytest.mark.parametrize("old", [0, 3, 5])
def test_another_tree_of_the_same_size_is_refused_and_both_notes_are_kept(
    witness: Witness, memory: Memory, old: int
) -> None:
    first, second = note_of(5), note_of(5, OTHER_LEAVES)
    witness.add_checkpoint(asking(0, 5, note=first))
    answer = witness.add_checkpoint(asking(old, 5, OTHER_LEAVES, second))
    assert (answer.status, answer.body) == (409, b"5\n")
    assert memory.kept == [("fork", first, second)]
    kept = [open_checkpoint(note, LOG.keys) for note in memory.kept[0][1:]]
    assert kept[0].size == kept[1].size and kept[0].root != kept[1].root


def test_a_line_gives_a_time_at_which_nothing_larger_was_cosigned(memory: Memory) -> None:
    """Another request may be faster between looking at the clock and answering."""
    clock = iter(range(NOW, NOW + 100))
    witness = Witness(COURT, memory, lambda: next(clock))
    witness.add_checkpoint(asking(0, 3))
    advance, latest_by_hash = memory.advance, memory.latest_by_hash

    def overtaken(origin: str, previous: bytes | None, note: bytes) -> bool:
        done = advance(origin, previous, note)
        memory.advance = advance  # type: ignore[method-assign]
        assert witness.add_checkpoint(asking(5, 9)).status == 200
        return done

    memory.advance = overtaken  # type: ignore[method-assign]
    slower = times(witness.add_checkpoint(asking(3, 5)).body, 5)
    faster = times(witness.add_checkpoint(asking(9, 9)).body, 9)
    assert slower < faster

    def shown_late(origin_hash: str) -> bytes | None:
        note = latest_by_hash(origin_hash)
        next(clock)  # somebody else was served
        return note

    memory.latest_by_hash = shown_late  # type: ignore[method-assign]
    before = next(clock)
    answer = witness.latest(sha256(ORIGIN.encode()).hexdigest())
    lines = b"".join(line.line().encode() for line in Note.parse(answer.body).signatures[-2:])
    assert times(lines, 9) == before + 1


def test_a_rewritten_ledger_is_refused_and_both_notes_are_kept(witness: Witness, memory: Memory) -> None:
    first, second = note_of(5), note_of(9, OTHER_LEAVES)
    witness.add_checkpoint(asking(0, 5, note=first))
    answer = witness.add_checkpoint(asking(5, 9, OTHER_LEAVES, second))
    assert answer.status == 422
    assert memory.kept == [("not-continued", first, second)]
    assert memory.notes[ORIGIN] == first


@pytest.mark.parametrize(("old", "size"), [(0, 5), (5, 5), (5, 9)])
def test_a_proof_with_a_surplus_hash_is_refused(witness: Witness, old: int, size: int) -> None:
    if old:
        witness.add_checkpoint(asking(0, old))
    request = AddCheckpoint.parse(asking(old, size))
    assert (
        witness.add_checkpoint(replace(request, proof=(*request.proof, bytes(32))).serialise()).status == 422
    )


def test_an_empty_tree_with_another_root_is_refused(witness: Witness) -> None:
    note = LOG.sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)))
    assert witness.add_checkpoint(AddCheckpoint(0, (), note).serialise()).status == 409


def test_a_log_that_was_never_added_is_not_known(witness: Witness) -> None:
    other = signer(1, "amana/" + "f" * 32)
    note = other.sign_checkpoint(Checkpoint(other.keys.origin, 0, EMPTY_ROOT))
    assert witness.add_checkpoint(AddCheckpoint(0, (), note).serialise()).status == 404


def without(note: bytes, index: int) -> bytes:
    parsed = Note.parse(note)
    return Note(
        parsed.text, tuple(line for n, line in enumerate(parsed.signatures) if n != index)
    ).serialise()


def altered(note: bytes, index: int) -> bytes:
    parsed = Note.parse(note)
    lines = list(parsed.signatures)
    flipped = bytes(
        [lines[index].signature[0], *lines[index].signature[1:-1], lines[index].signature[-1] ^ 1]
    )
    lines[index] = replace(lines[index], signature=flipped)
    return Note(parsed.text, tuple(lines)).serialise()


@pytest.mark.parametrize("index", [0, 1])
def test_both_of_the_log_s_signatures_must_be_there_and_right(
    witness: Witness, memory: Memory, index: int
) -> None:
    for note in (without(note_of(5), index), altered(note_of(5), index)):
        assert witness.add_checkpoint(asking(0, 5, note=note)).status == 403
    twice = Note.parse(note_of(5)).with_signatures(Note.parse(note_of(5)).signatures).serialise()
    assert witness.add_checkpoint(asking(0, 5, note=twice)).status == 403
    assert memory.notes == {}


def test_a_log_that_was_added_with_one_key_needs_that_one() -> None:
    for index, vkey in enumerate(LOG.keys.vkeys()):
        witness = Witness(COURT, Memory(KnownLog.parse([vkey])), lambda: NOW)
        assert witness.add_checkpoint(asking(0, 5, note=without(note_of(5), index))).status == 403
        assert witness.add_checkpoint(asking(0, 5, note=without(note_of(5), 1 - index))).status == 200


def test_lines_by_others_are_ignored_and_not_kept(witness: Witness, memory: Memory) -> None:
    more = [
        Signature("amana.example", b"abcd", b"x" * 70),
        *BAR.cosign(Checkpoint.parse(text_of(note_of(5))), 1),
    ]
    note = Note.parse(note_of(5)).with_signatures(more).serialise()
    assert_cosigned(witness.add_checkpoint(asking(0, 5, note=note)), note)
    assert len(Note.parse(memory.notes[ORIGIN]).signatures) == 2


def test_of_two_requests_at_once_the_smaller_tree_never_wins(witness: Witness, memory: Memory) -> None:
    """The race of the specification: the larger tree is made durable while the smaller is being checked."""
    witness.add_checkpoint(asking(0, 3))
    memory.rivals = [note_of(9)]
    answer = witness.add_checkpoint(asking(3, 5))
    assert (answer.status, answer.body) == (409, b"9\n")
    assert text_of(memory.notes[ORIGIN]) == text_of(note_of(9))


def test_nothing_is_signed_when_it_could_not_be_kept(witness: Witness, memory: Memory) -> None:
    def broken(origin: str, previous: bytes | None, note: bytes) -> bool:
        raise OSError("the disk is full")

    memory.advance = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="full"):
        witness.add_checkpoint(asking(0, 5))


def test_what_was_cosigned_last_is_shown_to_whoever_asks(witness: Witness) -> None:
    digest = sha256(ORIGIN.encode()).hexdigest()
    assert witness.latest(digest).status == 404
    witness.add_checkpoint(asking(0, 5, note=(note := note_of(5))))
    shown = Note.parse(witness.latest(digest).body)
    assert shown.text == text_of(note)
    checkpoint = open_checkpoint(shown.serialise(), LOG.keys)
    assert [verify_cosignature(shown, key, checkpoint) for key in COURT.keys] == [NOW, NOW]
    assert witness.latest("0" * 64).status == 404


HASH = base64.b64encode(bytes(32)).decode()
NOTE = note_of(5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"old 0\n\n",
        b"old 0\n" + NOTE,
        b"\n\n" + NOTE,
        b"old  0\n\n" + NOTE,
        b"old 00\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"old 9007199254740992\n\n" + NOTE,
        b"old 0\r\n\r\n" + NOTE,
        b"new 0\n\n" + NOTE,
        b"old 0\nAAAA\n\n" + NOTE,
        b"old 0\n" + HASH.encode()[:-1] + b"\n\n" + NOTE,
        b"old 0\n" + (HASH + "\n").encode() * 64 + b"\n" + NOTE,
        b"old 0\n\xd8\xa7\n\n" + NOTE,
        b"old 0\n\n" + NOTE[:-1],
        b"old 0\n\n" + NOTE.replace(b"\n5\n", b"\n05\n"),
        b"old 0\n\n" + NOTE.replace(b"\n\n", b"\nan extension\n\n", 1),
        b"old 0\n\n" + b"x" * 1_100_000,
    ],
)
def test_what_is_not_a_request_is_answered_with_400(witness: Witness, memory: Memory, body: bytes) -> None:
    answer = witness.add_checkpoint(body)
    assert answer.status == 400
    assert answer.body.endswith(b"\n") and len(answer.body) < 300
    assert memory.notes == {}


@given(mutated(asking(3, 9)))
def test_any_bytes_are_answered_and_nothing_unproved_is_signed(body: bytes) -> None:
    memory = Memory(KnownLog.parse(LOG.keys.vkeys()))
    witness = Witness(COURT, memory, lambda: NOW)
    witness.add_checkpoint(asking(0, 3))
    if witness.add_checkpoint(body).status == 200:
        assert text_of(memory.notes[ORIGIN]) == text_of(note_of(9))
    else:
        assert text_of(memory.notes[ORIGIN]) == text_of(note_of(3))


@given(mutated(asking(3, 9)))
def test_requests_have_one_form(data: bytes) -> None:
    try:
        request = AddCheckpoint.parse(data)
    except CustodyError as error:
        assert isinstance(error, Malformed)
        return
    assert request.serialise() == data


@given(st.integers(0, 2**53 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_any_request_is_read_back_as_it_was_written(old: int, proof: list[bytes]) -> None:
    request = AddCheckpoint(old, tuple(proof), NOTE)
    assert AddCheckpoint.parse(request.serialise()) == request


@pytest.mark.parametrize(
    "body", [b"", b"5", b"05\n", b"5\n\n", b"-5\n", b"five\n", b"\xd9\xa5\n", b"9" * 30 + b"\n"]
)
def test_what_is_no_size_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_size(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"court AAAA\n",
        COURT.cosign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), 1)[0].line().encode()[:-1],
        COURT.cosign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), 1)[0].line().encode() + b"\n",
        COURT.cosign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), 1)[0].line().encode() * 101,
        b"\xff\n",
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_cosignatures(body)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ([], "one Ed25519 key"),
        ([LOG.keys.ed25519_key] * 2, "one Ed25519 key"),
        ([VerifierKey(ORIGIN, ED25519_COSIGNATURE, LOG.keys.ed25519)], "one Ed25519 key"),
        ([LOG.keys.ed25519_key, replace(LOG.keys.mldsa44_key, name="amana/other")], "of different logs"),
    ],
)
def test_a_log_has_one_key_of_each_kind_at_most(keys: list[VerifierKey], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        KnownLog(tuple(keys))
