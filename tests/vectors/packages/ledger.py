"""The ledger: its checkpoint, who signed and cosigned it, and the earlier states that something names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from struct import pack

from chain_of_custody.encoding.signed_note import Note, Signature
from chain_of_custody.tlog.checkpoint import MAX_TIMESTAMP, Checkpoint, LocalSigner
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import ed25519_message
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import listed
from tests.support.packages.court_packages import DEPLOYMENT
from tests.vectors.packages.cases import Case, Make, refused, unwitnessed
from tests.vectors.packages.centers import (
    COURT,
    EXPORTED,
    LOGGED_AT,
    MINISTRY,
    SIZE,
    VIEWED,
    Deployment,
    honest,
    sealed,
)
from tests.vectors.packages.deterministic import Mldsa44, cosigner

LOG = f"amana/{DEPLOYMENT}"
QUORUM = "the witnesses that the policy asks for have not cosigned this ledger"
Lines = tuple[Signature, ...]


def noted(change: Callable[[Note], Note]) -> Make:
    """Every proof of the package under another note."""

    def alter(folder: Path) -> None:
        for path in made.files_of(folder, "data/statements/*.tlog-proof"):
            proof = TlogProof.parse(path.read_bytes())
            note = change(Note.parse(proof.checkpoint_note))
            path.write_bytes(made.replace(proof, checkpoint_note=note.serialise()).serialise())

    return listed(alter)


def signed(change: Callable[[Lines], Lines]) -> Make:
    """The same checkpoint under other signature lines."""
    return noted(lambda note: Note(note.text, change(note.signatures)))


def texted(old: str, new: str) -> Make:
    """Another checkpoint under the same lines."""
    return noted(lambda note: Note(note.text.replace(old, new, 1), note.signatures))


def without(number: int) -> Make:
    """The lines are: the log's Ed25519 and ML-DSA-44, the court's two, the bar association's two."""
    return signed(lambda all_: all_[:number] + all_[number + 1 :])


def flipped(number: int) -> Make:
    def change(all_: Lines) -> Lines:
        line = all_[number]
        wrong = line.signature[:-1] + bytes([line.signature[-1] ^ 1])
        return (*all_[:number], made.replace(line, signature=wrong), *all_[number + 1 :])

    return signed(change)


def by_another_log(folder: Path) -> None:
    """Signed by another ledger's keys, under its own name."""
    other = Deployment(seed=60)

    def change(note: Note) -> Note:
        checkpoint = Checkpoint.parse(note.text)
        return Note.parse(other.signer.sign_checkpoint(checkpoint))

    noted(change)(folder)


def cosigned_another(folder: Path) -> None:
    """The court's lines are over an earlier checkpoint."""
    earlier = Deployment().checkpoint(0)
    lines_ = COURT.cosign(earlier, LOGGED_AT + 60)
    signed(lambda all_: (*all_[:2], *lines_, *all_[4:]))(folder)


def of_two_checkpoints(folder: Path) -> None:
    """All but the export are under the checkpoint before it."""
    center, recording = honest()
    center.export(folder, [recording])
    for position in range(EXPORTED):
        (folder / f"data/statements/{position}.tlog-proof").write_bytes(center.prove(position, EXPORTED))
    made.list_again(folder)


def rolled_back(folder: Path) -> None:
    """All are under the checkpoint before the export, which it does not have."""
    of_two_checkpoints(folder)
    path = folder / f"data/statements/{EXPORTED}.tlog-proof"
    other = TlogProof.parse((folder / f"data/statements/{VIEWED}.tlog-proof").read_bytes())
    proof = made.replace(TlogProof.parse(path.read_bytes()), checkpoint_note=other.checkpoint_note)
    path.write_bytes(proof.serialise())
    made.list_again(folder)


def forked(folder: Path) -> None:
    """The ledger signed a second history, in which nobody viewed the recording; no witness cosigned that."""
    center, recording = sealed()
    center.witnesses = []
    center.export(folder, [recording])


def signed_in_the_year_10000(note: Note) -> Note:
    """The ledger's lines, rightly signed by a clock that is wholly wrong."""
    quantum_safe = Mldsa44(bytes([4]) * 32)
    signer = LocalSigner(made.key(3), quantum_safe, LOG, now=lambda: MAX_TIMESTAMP + 1)  # type: ignore[arg-type]
    ours = Note.parse(signer.sign_checkpoint(Checkpoint.parse(note.text))).signatures
    return Note(note.text, (*ours, *note.signatures[2:]))


def cosigned_in_the_year_287168(note: Note) -> Note:
    """The court's Ed25519 line, rightly signed by a clock that is wholly wrong."""
    at, key = 9_000_000_000_000, COURT.keys[0]
    signature = COURT.ed25519.sign(ed25519_message(at, Checkpoint.parse(note.text)))
    line = Signature(key.name, key.key_id, pack(">Q", at) + signature)
    return Note(note.text, (*note.signatures[:2], line, *note.signatures[3:]))


def cosigned_by(*witnesses: object) -> Make:
    def make(folder: Path) -> None:
        center = Deployment()
        center.witnesses = list(witnesses)  # type: ignore[arg-type]
        center, recording = honest(center)
        center.export(folder, [recording])

    return make


def cosigned_by_a_stranger(folder: Path) -> None:
    stranger = cosigner("else.example/witness")

    def change(note: Note) -> Note:
        theirs = stranger.cosign(Checkpoint.parse(note.text), LOGGED_AT + 60)
        return Note(note.text, (*note.signatures[:4], *theirs))

    noted(change)(folder)


def log(
    name: str, altered: str, alter: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), alter=alter)


CASES = (
    log(
        "checkpoint-without-ed25519",
        "The ledger's Ed25519 signature is missing.",
        without(0),
        4,
        "SignatureInvalid",
        "no Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-without-ml-dsa",
        "The ledger's ML-DSA-44 signature is missing.",
        without(1),
        4,
        "SignatureInvalid",
        "no ML-DSA-44 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+0f2c1bf0",
    ),
    log(
        "checkpoint-wrong-ed25519",
        "A bit of the ledger's Ed25519 signature.",
        flipped(0),
        4,
        "SignatureInvalid",
        "wrong Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-wrong-ml-dsa",
        "A bit of the ledger's ML-DSA-44 signature.",
        flipped(1),
        4,
        "SignatureInvalid",
        "wrong ML-DSA-44 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+0f2c1bf0",
    ),
    log(
        "checkpoint-signed-twice",
        "The ledger's Ed25519 signature is there twice.",
        signed(lambda all_: (all_[0], *all_)),
        4,
        "SignatureInvalid",
        "repeated Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-of-another-size",
        "Another size in the checkpoint.",
        texted(f"\n{SIZE}\n", f"\n{SIZE + 1}\n"),
        4,
        "SignatureInvalid",
        "wrong Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-of-another-root",
        "Another root in the checkpoint.",
        noted(lambda note: Note(note.text[:-9] + "AAAAAAA=\n", note.signatures)),
        4,
        "SignatureInvalid",
        "wrong Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-of-another-log",
        "The checkpoint is of another ledger.",
        texted(LOG, LOG.replace("d0", "d1", 1)),
        4,
        "SignatureInvalid",
        "the checkpoint is of another log than amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0",
    ),
    log(
        "checkpoint-by-another-log",
        "The checkpoint is signed by another ledger's keys.",
        by_another_log,
        4,
        "SignatureInvalid",
        "no Ed25519 signature by amana/d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0+ff9ba6f2",
    ),
    log(
        "checkpoint-with-an-extension",
        "A line more in the checkpoint.",
        noted(lambda note: Note(note.text + "more\n", note.signatures)),
        4,
        "Malformed",
        "the checkpoint does not have exactly three lines",
    ),
    Case(
        "checkpoints-two",
        "All but the export are under an earlier checkpoint.",
        refused(4, "NotProved", "the proofs are not all under the same checkpoint"),
        of_two_checkpoints,
    ),
    Case(
        "checkpoint-rolled-back",
        "An earlier checkpoint, which does not have the export yet.",
        refused(
            5, "InclusionInvalid", f"there is no entry {EXPORTED} among {EXPORTED}", f"statement {EXPORTED}"
        ),
        rolled_back,
    ),
    log(
        "checkpoint-of-the-year-10000",
        "The ledger's ML-DSA-44 signature states a time after the year 9999.",
        noted(signed_in_the_year_10000),
        4,
        "SignatureInvalid",
        f"the time in the ML-DSA-44 signature by {LOG}+0f2c1bf0 is out of range",
    ),
    log(
        "cosignature-of-the-year-287168",
        "A witness's Ed25519 cosignature states a time after the year 9999.",
        noted(cosigned_in_the_year_287168),
        4,
        "SignatureInvalid",
        "the time in the cosignature by court.example/witness+74b407c9 is out of range",
    ),
    log(
        "cosignature-wrong-ed25519",
        "A bit of a witness's Ed25519 cosignature.",
        flipped(2),
        4,
        "SignatureInvalid",
        "wrong Ed25519 cosignature by court.example/witness+74b407c9",
    ),
    log(
        "cosignature-wrong-ml-dsa",
        "A bit of a witness's ML-DSA-44 cosignature.",
        flipped(3),
        4,
        "SignatureInvalid",
        "wrong ML-DSA-44 signature by court.example/witness+691f2725",
    ),
    log(
        "cosignature-over-another-checkpoint",
        "A witness's lines are over another checkpoint.",
        cosigned_another,
        4,
        "SignatureInvalid",
        "wrong Ed25519 cosignature by court.example/witness+74b407c9",
    ),
    log(
        "cosignature-twice",
        "A witness's line is there twice.",
        signed(lambda all_: (*all_, all_[-1])),
        4,
        "SignatureInvalid",
        "repeated ML-DSA-44 signature by bar.example/witness+c1b10c23",
    ),
    Case(
        "cosignature-of-a-stranger",
        "Somebody whom the policy does not name cosigned in a witness's place.",
        unwitnessed(QUORUM),
        alter=cosigned_by_a_stranger,
    ),
    Case("witnesses-none", "No witness has cosigned yet.", unwitnessed(QUORUM), cosigned_by()),
    Case(
        "witnesses-too-few",
        "One witness has cosigned, where the policy asks for two.",
        unwitnessed(QUORUM),
        cosigned_by(MINISTRY),
    ),
    Case(
        "witness-with-one-algorithm",
        "A witness's Ed25519 cosignature alone.",
        unwitnessed(QUORUM),
        alter=without(5),
    ),
    Case(
        "witness-with-the-other-algorithm",
        "A witness's ML-DSA-44 cosignature alone.",
        unwitnessed(QUORUM),
        alter=without(4),
    ),
    Case(
        "fork-without-witnesses",
        "The ledger's second history, which no witness cosigned.",
        unwitnessed(QUORUM),
        forked,
    ),
)
