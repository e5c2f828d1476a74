"""docs/spec/witnessing.md: its worked example is made again from its fixed keys, to the byte."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from chain_of_custody.encoding.signed_note import Note, Signature
from chain_of_custody.tlog.checkpoint import Checkpoint, cosigned_message, open_checkpoint
from chain_of_custody.tlog.merkle import consistency_proof, leaf_hash, root_of
from chain_of_custody.trust.cosignatures import Cosigner, ed25519_message, verify_cosignature, witnessed
from chain_of_custody.trust.named_parties import Group, ThirdParties
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.trust.witness import AddCheckpoint, parse_cosignatures
from tests.support.ledger.cosigners import certificate
from tests.support.ledger.ledger_in_memory import ORIGIN, signer

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "spec"
BLOCKS = re.compile(r"^```text ([\w-]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLE = dict(BLOCKS.findall((FOLDER / "witnessing.md").read_text()))
LEDGER = dict(BLOCKS.findall((FOLDER / "ledger.md").read_text()))

SIGNED, COSIGNED = 1_795_550_000, 1_795_550_007
KEYS = signer(seed=1, now=lambda: SIGNED).keys
CENTER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).public_key().public_bytes_raw()
COURT = Cosigner(
    "court.example/witness",
    Ed25519PrivateKey.from_private_bytes(b"\x03" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"\x03" * 32),
)
HASHES = [leaf_hash(b"entry %d" % n) for n in range(5)]
TREE = Checkpoint(ORIGIN, 5, root_of(HASHES))
PARTIES = ThirdParties(
    witnesses=dict(zip(("court-ed25519", "court-mldsa44"), COURT.keys, strict=True)),
    groups={"court": Group(2, ("court-ed25519", "court-mldsa44")), "quorum": Group(1, ("court",))},
    quorum="quorum",
    authorities={"time-1": certificate("time.example")},
    timestamps=1,
)
POLICY = TrustPolicy.make(KEYS, CENTER, trial=False, third_parties=PARTIES)
NOTE = LEDGER["checkpoint"].encode()


def made() -> dict[str, str]:
    """Every block whose bytes are always the same."""
    proof = tuple(consistency_proof(HASHES, 3, 5))
    classical, _ = COURT.cosign(TREE, COSIGNED)
    message = cosigned_message(COURT.name, COSIGNED, TREE).hex()
    return {
        "keys": "".join(f"{key.vkey()}\n" for key in COURT.keys),
        "policy": POLICY.data.decode(),
        "fingerprint": f"{POLICY.fingerprint}\n",
        "request": AddCheckpoint(3, proof, b"").serialise().decode(),
        "message-ed25519": ed25519_message(COSIGNED, TREE).decode(),
        "message-mldsa44": "\n".join(re.findall(".{1,96}", message)) + "\n",
        "line-ed25519": classical.line(),
    }


def test_everything_that_is_not_random_comes_out_again() -> None:
    for name, text in made().items():
        assert EXAMPLE[name] == text, name


def test_the_random_line_is_right_and_both_meet_the_quorum() -> None:
    lines = parse_cosignatures((EXAMPLE["line-ed25519"] + EXAMPLE["line-mldsa44"]).encode())
    note = Note.parse(NOTE).with_signatures(lines)
    opened = open_checkpoint(note.serialise(), KEYS)
    assert [verify_cosignature(note, key, opened) for key in COURT.keys] == [COSIGNED, COSIGNED]
    policy = TrustPolicy.parse(EXAMPLE["policy"].encode())
    assert witnessed(note, opened, policy).quorum_met
    only_one = Note.parse(NOTE).with_signatures(lines[:1])
    assert not witnessed(only_one, opened, policy).quorum_met


def test_the_request_with_the_ledger_s_checkpoint_is_one() -> None:
    request = AddCheckpoint.parse(EXAMPLE["request"].encode() + NOTE)
    assert (request.old, len(request.proof), request.note) == (3, 4, NOTE)


def random_line() -> Signature:
    """For whoever writes the example anew."""
    return COURT.cosign(TREE, COSIGNED)[1]
