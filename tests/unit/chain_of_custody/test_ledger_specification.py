"""docs/spec/ledger.md: its worked example is made again from its fixed keys and compared, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chain_of_custody.encoding.signed_note import Note, encode_base64
from chain_of_custody.tlog.checkpoint import Checkpoint, LogKeys, cosigned_message, open_checkpoint
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.tlog.ledger import Ledger
from chain_of_custody.tlog.merkle import leaf_hash, root_of
from chain_of_custody.tlog.tiles import Tile, VerifiedTiles, hash_tile
from tests.support.ledger.ledger_in_memory import ORIGIN, MemoryStorage, signer

SPECIFICATION = Path(__file__).resolve().parents[3] / "docs" / "spec" / "ledger.md"
EXAMPLE = dict(re.findall(r"^```text (\w+)\n(.*?)^```$", SPECIFICATION.read_text(), re.DOTALL | re.MULTILINE))
TIME = 1_795_550_000
ENTRIES = [f"entry {n}".encode() for n in range(5)]


@pytest.fixture
def ledger() -> Ledger:
    ours = signer(seed=1, now=lambda: TIME)
    ledger = Ledger(MemoryStorage(), ours, ours.keys)
    ledger.append(ENTRIES)
    return ledger


def test_its_hashes_come_out_again(ledger: Ledger) -> None:
    hashes = [leaf_hash(entry) for entry in ENTRIES]
    assert EXAMPLE["leaves"] == "".join(
        f"{e.decode()}  {h.hex()}\n" for e, h in zip(ENTRIES, hashes, strict=True)
    )
    assert EXAMPLE["roots"] == f"root(3) {root_of(hashes[:3]).hex()}\nroot(5) {root_of(hashes).hex()}\n"
    assert EXAMPLE["consistency"] == "".join(f"{encode_base64(h)}\n" for h in ledger.consistency(3, 5))


def test_its_keys_and_the_message_they_sign_come_out_again() -> None:
    keys = signer(seed=1).keys
    assert EXAMPLE["origin"] == f"{ORIGIN}\n"
    assert EXAMPLE["vkeys"] == "".join(f"{vkey}\n" for vkey in keys.vkeys())
    tree = Checkpoint(ORIGIN, 5, root_of(leaf_hash(entry) for entry in ENTRIES))
    assert EXAMPLE["message"].replace("\n", "") == cosigned_message(ORIGIN, TIME, tree).hex()


def test_its_checkpoint_comes_out_again_but_for_the_randomised_signature_which_is_right(
    ledger: Ledger,
) -> None:
    written, made = EXAMPLE["checkpoint"].encode(), ledger.checkpoint()
    opened = open_checkpoint(written, LogKeys.from_vkeys(*EXAMPLE["vkeys"].split()))
    assert (opened.size, opened.signed_at) == (5, TIME)
    theirs, ours = Note.parse(written), Note.parse(made)
    assert theirs.text == ours.text
    assert theirs.signatures[0] == ours.signatures[0]
    assert theirs.signatures[1].key_id == ours.signatures[1].key_id
    assert len(theirs.signatures) == 2


def test_its_proof_comes_out_again_and_proves_its_entry(ledger: Ledger) -> None:
    written = EXAMPLE["proof"].encode() + EXAMPLE["checkpoint"].encode()
    made = ledger.inclusion(2)
    assert written == TlogProof(2, made.path, EXAMPLE["checkpoint"].encode()).serialise()
    TlogProof.parse(written).verify(b"entry 2", LogKeys.from_vkeys(*EXAMPLE["vkeys"].split()))


def test_its_tiles_come_out_again_and_lead_to_its_root(ledger: Ledger) -> None:
    written = {
        Tile(0, 0, 5): bytes.fromhex(EXAMPLE["tile"]),
        Tile(None, 0, 5): bytes.fromhex(EXAMPLE["bundle"]),
    }
    assert {tile: ledger.tile(tile) for tile in written} == written
    tree = Checkpoint.parse(Note.parse(EXAMPLE["checkpoint"].encode()).text)
    tiles = VerifiedTiles(tree.size, tree.root, written.__getitem__)
    assert tiles.entries(0) == ENTRIES
    assert hash_tile(Tile(0, 0, 5), tiles.node) == written[Tile(0, 0, 5)]
