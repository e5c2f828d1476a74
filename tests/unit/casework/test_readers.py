"""Readers of the ledger: a token shown once, kept as a digest, withdrawn at once."""

from __future__ import annotations

import pytest
from casework_world import World
from sqlalchemy import select

from casework import readers
from casework.errors import Missing, NotSignedIn, Refused
from casework.models import Cosignature, LedgerReader
from chain_of_custody.checkpoints import Checkpoint
from chain_of_custody.notes import Note, Signature


def test_a_token_admits_its_reader_and_only_its_digest_is_kept(world: World) -> None:
    monitor = readers.add(world.center, "monitor-1", entries=True)
    witness = readers.add(world.center, "bar-association", entries=False)
    assert readers.admitted(world.center, monitor).entries
    admitted = readers.admitted(world.center, witness)
    assert (admitted.name, admitted.entries) == ("bar-association", False)
    with world.center.database() as session:
        kept = session.execute(select(LedgerReader.__table__)).all()
    assert len(kept) == 2
    assert not any(token in str(row) for row in kept for token in (monitor, witness))


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_whoever_has_no_token_is_not_admitted(world: World, token: str) -> None:
    with pytest.raises(NotSignedIn):
        readers.admitted(world.center, token)
    readers.add(world.center, "monitor-1", entries=True)
    with pytest.raises(NotSignedIn):
        readers.admitted(world.center, token)


def test_the_digest_of_a_token_is_not_a_token(world: World) -> None:
    readers.add(world.center, "monitor-1", entries=True)
    digest = readers.everybody(world.center)[0].token_digest
    with pytest.raises(NotSignedIn):
        readers.admitted(world.center, digest)


def test_a_withdrawn_token_admits_nobody_and_its_name_can_have_a_new_one(world: World) -> None:
    old = readers.add(world.center, "monitor-1", entries=True)
    with pytest.raises(Refused, match="withdraw that token first"):
        readers.add(world.center, "monitor-1", entries=False)
    readers.withdraw(world.center, "monitor-1")
    with pytest.raises(NotSignedIn):
        readers.admitted(world.center, old)
    with pytest.raises(Missing):
        readers.withdraw(world.center, "monitor-1")
    new = readers.add(world.center, "monitor-1", entries=False)
    assert readers.admitted(world.center, new).name == "monitor-1"
    with pytest.raises(NotSignedIn):
        readers.admitted(world.center, old)
    assert [reader.withdrawn_at is None for reader in readers.everybody(world.center)] == [True, False]


@pytest.mark.parametrize("name", ["", "Bar Association", "a" * 65, "\u202e", "../x"])
def test_a_reader_has_a_code_for_a_name(world: World, name: str) -> None:
    with pytest.raises(Refused, match="code"):
        readers.add(world.center, name, entries=False)


def test_the_checkpoint_carries_the_cosignatures_of_this_very_tree_and_no_others(world: World) -> None:
    plain = world.center.ledger.checkpoint()
    assert readers.checkpoint(world.center) == plain
    note = Note.parse(plain)
    newest = Checkpoint.parse(note.text)
    line = Signature("court.example/w1", b"\x01\x02\x03\x04", b"s" * 72)
    other = Signature("court.example/w1", b"\x01\x02\x03\x04", b"o" * 72)

    def keep(size: int, root: str, signature: Signature, key: str) -> None:
        with world.center.database.begin() as session:
            session.add(
                Cosignature(size=size, key=key, root=root, line=signature.line(), at=world.case.opened_at)
            )

    keep(newest.size - 1, newest.root.hex(), other, "court.example/w1+01020304")
    keep(newest.size, "00" * 32, other, "court.example/w2+01020304")
    assert readers.checkpoint(world.center) == plain
    keep(newest.size, newest.root.hex(), line, "court.example/w1+01020304")
    served = Note.parse(readers.checkpoint(world.center))
    assert served.text == note.text
    assert served.signatures == (*note.signatures, line)
