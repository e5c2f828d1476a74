"""Readers of the ledger: a token shown once, kept as a digest, withdrawn at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from sqlalchemy import select

from casework.database.models import LedgerReader
from casework.errors import Missing, NotSignedIn, Refused
from casework.ledger import custody_log
from casework.witnesses import ledger_readers, trust_file
from casework.witnesses.cosignatures import Cosignatures
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.tlog.checkpoint import open_checkpoint
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import ThirdParties
from tests.support.centers.casework_world import World


def test_a_token_admits_its_reader_and_only_its_digest_is_kept(world: World) -> None:
    monitor = ledger_readers.add(world.center, "monitor-1", entries=True)
    witness = ledger_readers.add(world.center, "bar-association", entries=False)
    assert ledger_readers.admitted(world.center, monitor).entries
    admitted = ledger_readers.admitted(world.center, witness)
    assert (admitted.name, admitted.entries) == ("bar-association", False)
    with world.center.database() as session:
        kept = session.execute(select(LedgerReader.__table__)).all()
    assert len(kept) == 2
    assert not any(token in str(row) for row in kept for token in (monitor, witness))


@pytest.mark.parametrize("token", ["", "x", "é", "0" * 64])
def test_whoever_has_no_token_is_not_admitted(world: World, token: str) -> None:
    with pytest.raises(NotSignedIn):
        ledger_readers.admitted(world.center, token)
    ledger_readers.add(world.center, "monitor-1", entries=True)
    with pytest.raises(NotSignedIn):
        ledger_readers.admitted(world.center, token)


def test_the_digest_of_a_token_is_not_a_token(world: World) -> None:
    ledger_readers.add(world.center, "monitor-1", entries=True)
    digest = ledger_readers.everybody(world.center)[0].token_digest
    with pytest.raises(NotSignedIn):
        ledger_readers.admitted(world.center, digest)


def test_a_withdrawn_token_admits_nobody_and_its_name_can_have_a_new_one(world: World) -> None:
    old = ledger_readers.add(world.center, "monitor-1", entries=True)
    with pytest.raises(Refused, match="withdraw that token first"):
        ledger_readers.add(world.center, "monitor-1", entries=False)
    ledger_readers.withdraw(world.center, "monitor-1")
    with pytest.raises(NotSignedIn):
        ledger_readers.admitted(world.center, old)
    with pytest.raises(Missing):
        ledger_readers.withdraw(world.center, "monitor-1")
    new = ledger_readers.add(world.center, "monitor-1", entries=False)
    assert ledger_readers.admitted(world.center, new).name == "monitor-1"
    with pytest.raises(NotSignedIn):
        ledger_readers.admitted(world.center, old)
    assert [reader.withdrawn_at is None for reader in ledger_readers.everybody(world.center)] == [True, False]


@pytest.mark.parametrize("name", ["", "Bar Association", "a" * 65, "\u202e", "../x"])
def test_a_reader_has_a_code_for_a_name(world: World, name: str) -> None:
    with pytest.raises(Refused, match="code"):
        ledger_readers.add(world.center, name, entries=False)


def test_the_checkpoint_carries_the_cosignatures_of_this_very_tree_and_no_others(world: World) -> None:
    witness, stranger = (
        Cosigner(
            f"court.example/{name}",
            Ed25519PrivateKey.from_private_bytes(name.encode() * 16),
            MLDSA44PrivateKey.from_seed_bytes(name.encode() * 16),
        )
        for name in ("w1", "w2")
    )
    center = replace(world.center, trust=world.folder / "trust.txt")
    trust_file.write(
        world.folder / "trust.txt",
        trust_file.with_witness(
            ThirdParties(), "court", "http://court.example/", [key.vkey() for key in witness.keys]
        ),
    )
    kept = Cosignatures(center.database, center.log_keys)

    def cosigned(by: Cosigner) -> bytes:
        plain = center.ledger.checkpoint()
        checkpoint = open_checkpoint(plain, center.log_keys)
        lines = by.cosign(checkpoint, 1_795_550_000)
        kept.keep(Note.parse(plain), checkpoint, [(line, 1_795_550_000) for line in lines])
        return Note.parse(plain).with_signatures(lines).serialise()

    plain = center.ledger.checkpoint()
    assert ledger_readers.checkpoint(center) == plain
    cosigned(stranger)
    assert ledger_readers.checkpoint(center) == plain
    with_lines = cosigned(witness)
    assert ledger_readers.checkpoint(center) == with_lines
    # An unreadable trust file names no witness; the ledger can be read all the same.
    (world.folder / "trust.txt").write_bytes(b"nobody knows this word\n")
    assert ledger_readers.checkpoint(center) == plain
    # The ledger has gone on: what it added last is shown, not what was cosigned last.
    custody_log.append(
        center,
        custody_log.Draft(type="evidence.viewed", evidence="0e" * 16, person=None, purpose="review", body={}),
    )
    assert ledger_readers.checkpoint(center) == center.ledger.checkpoint()
