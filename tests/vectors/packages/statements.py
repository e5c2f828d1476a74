"""Statements and details: altered, left out, exchanged, taken from elsewhere, by somebody without keys."""

from __future__ import annotations

import shutil
from pathlib import Path

from chain_of_custody.tlog.inclusion_proof import TlogProof
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import changed, extra_data, listed, pair_removed
from tests.support.packages.court_packages import SECOND_EVIDENCE, Recording
from tests.vectors.packages.cases import SMALL, Case, Expected, Make, base, refused
from tests.vectors.packages.centers import (
    CREDENTIAL,
    ENROLLED,
    EXPORTED,
    OPENED,
    PROGRESS,
    ROLE,
    SEALED,
    STARTED,
    VIEWED,
    Deployment,
    honest,
    sealed,
    view,
)

NOT_IN_THE_TREE = "the proof does not lead to the signed root"


def left_out(name: str, altered: str, position: int, expected: Expected) -> Case:
    """A statement with its proof and details, and the lists made anew."""
    return Case(name, altered, expected, alter=pair_removed(position))


def entry(name: str, altered: str, position: int, old: str, new: str) -> Case:
    """Other words in a statement of the ledger."""
    path = f"data/statements/{position}.json"
    expected = refused(5, "InclusionInvalid", NOT_IN_THE_TREE, f"statement {position}")
    return Case(name, altered, expected, alter=listed(changed(path, old.encode(), new.encode())))


def moved(position: int, to: int) -> Make:
    def alter(folder: Path) -> None:
        for path in ("statements/{}.json", "statements/{}.tlog-proof", "details/{}.json"):
            there = folder / "data" / path.format(position)
            if there.exists():
                there.rename(folder / "data" / path.format(to))

    return alter


def proof_of(other: int, position: int) -> Make:
    """Another statement's proof."""
    return lambda folder: shutil.copyfile(
        folder / f"data/statements/{other}.tlog-proof", folder / f"data/statements/{position}.tlog-proof"
    )


def hash_flipped(folder: Path) -> None:
    path = folder / f"data/statements/{SEALED}.tlog-proof"
    proof = TlogProof.parse(path.read_bytes())
    first = bytes([proof.path[0][0] ^ 1]) + proof.path[0][1:]
    path.write_bytes(made.replace(proof, path=(first, *proof.path[1:])).serialise())


def hash_missing(folder: Path) -> None:
    path = folder / f"data/statements/{SEALED}.tlog-proof"
    proof = TlogProof.parse(path.read_bytes())
    path.write_bytes(made.replace(proof, path=proof.path[:-1]).serialise())


def hash_more(folder: Path) -> None:
    path = folder / f"data/statements/{SEALED}.tlog-proof"
    proof = TlogProof.parse(path.read_bytes())
    path.write_bytes(made.replace(proof, path=(*proof.path, bytes(32))).serialise())


def from_another_ledger(folder: Path) -> None:
    """The viewing of another center, whose ledger has it at the same place."""
    other = base(another_center)
    for ending in ("json", "tlog-proof"):
        name = f"data/statements/{VIEWED}.{ending}"
        shutil.copyfile(other / name, folder / name)


def another_center(folder: Path) -> None:
    center, recording = honest(Deployment(seed=60))
    center.export(folder, [recording])


def of_another_case(folder: Path) -> None:
    """Two items; the other one, of another case, is left out, but not what was stated about it."""
    center, recording = sealed(Deployment.small())
    other = Recording(SECOND_EVIDENCE, part=2)
    center.start(other, epoch="2026-11-24T19:30:00.000Z", case=made.OTHER_CASE)
    center.export(folder, [recording])


def in_another_chain(folder: Path) -> None:
    center, recording = sealed(Deployment.small())
    view(center, case=made.OTHER_CASE)
    center.export(folder, [recording])


CASES = (
    entry(
        "statement-other-purpose",
        "Another purpose in a viewing.",
        VIEWED,
        '"investigation"',
        '"entertainment"',
    ),
    entry(
        "statement-other-time",
        "Another time in the seal.",
        SEALED,
        '"at":"2026-11-24T19:17',
        '"at":"2026-11-24T18:17',
    ),
    entry("statement-other-person", "Another person who opened the interview.", OPENED, "a0" * 16, "a1" * 16),
    entry("statement-other-digest", "Another manifest in the seal.", SEALED, '"manifest":"', '"manifest":"0'),
    entry(
        "statement-signature-flipped",
        "A letter of a statement's signature.",
        PROGRESS,
        '"signature":"',
        '"signature":"A',
    ),
    left_out(
        "enrolment-left-out",
        "The recorder's enrolment is left out.",
        ENROLLED,
        refused(6, "Incomplete", "statement 0 of the chain is expected, this is 1", f"statement {ROLE}"),
    ),
    left_out(
        "role-left-out",
        "A statement in the middle of the registry is left out.",
        ROLE,
        refused(
            6, "Incomplete", "statement 1 of the chain is expected, this is 2", f"statement {CREDENTIAL}"
        ),
    ),
    left_out(
        "registry-end-left-out",
        "The registry's last statement is left out, and what it enrolled was used.",
        CREDENTIAL,
        refused(6, "Incomplete", "the registry ends after 2 statements, number 2 is needed"),
    ),
    left_out(
        "interview-left-out",
        "The opening of the interview is left out.",
        OPENED,
        refused(7, "Incomplete", "there is no statement that opened its interview", f"statement {STARTED}"),
    ),
    left_out(
        "start-left-out",
        "The start of the recording is left out.",
        STARTED,
        refused(7, "Incomplete", "statement 0 of the chain is expected, this is 1", f"statement {PROGRESS}"),
    ),
    left_out(
        "progress-left-out",
        "What was committed to meanwhile is left out.",
        PROGRESS,
        refused(7, "Incomplete", "statement 1 of the chain is expected, this is 2", f"statement {SEALED}"),
    ),
    left_out(
        "seal-left-out",
        "The seal is left out.",
        SEALED,
        refused(7, "Incomplete", "statement 2 of the chain is expected, this is 3", f"statement {VIEWED}"),
    ),
    left_out(
        "viewing-left-out",
        "Who viewed it is left out.",
        VIEWED,
        refused(7, "Incomplete", "statement 3 of the chain is expected, this is 4", f"statement {EXPORTED}"),
    ),
    left_out(
        "export-left-out",
        "The export is left out.",
        EXPORTED,
        refused(
            14, "Incomplete", "the chain does not end in the export of this package", f"statement {VIEWED}"
        ),
    ),
    Case(
        "statements-after-the-start-left-out",
        "Everything after the start is left out.",
        refused(7, "Incomplete", "the recording was never sealed", f"statement {STARTED}"),
        alter=lambda folder: [pair_removed(n)(folder) for n in (PROGRESS, SEALED, VIEWED, EXPORTED)],
    ),
    Case(
        "statement-under-another-position",
        "A statement filed under another position.",
        refused(5, "Altered", f"its proof is for position {VIEWED}", "statement 17"),
        alter=listed(moved(VIEWED, 17)),
    ),
    Case(
        "statements-exchanged",
        "Two statements exchanged, with their proofs.",
        refused(5, "Altered", f"its proof is for position {SEALED}", f"statement {PROGRESS}"),
        alter=listed(
            lambda folder: [
                moved(PROGRESS, 99)(folder),
                moved(SEALED, PROGRESS)(folder),
                moved(99, SEALED)(folder),
            ]
        ),
    ),
    Case(
        "statement-of-another-ledger",
        "A viewing, with its proof, of another center.",
        refused(4, "NotProved", "the proofs are not all under the same checkpoint"),
        alter=listed(from_another_ledger),
    ),
    Case(
        "statement-of-another-case",
        "A statement about a recording of another case.",
        refused(7, "NotProved", "the statement belongs to none of the items here", "statement 5"),
        of_another_case,
        policy=SMALL,
    ),
    Case(
        "statement-of-another-case-in-its-chain",
        "A viewing of the recording in another case.",
        refused(7, "NotProved", "the statement is of another case than its chain", "statement 5"),
        in_another_chain,
        policy=SMALL,
    ),
    Case(
        "proof-of-another-statement",
        "Another statement's proof.",
        refused(5, "Altered", f"its proof is for position {SEALED}", f"statement {VIEWED}"),
        alter=listed(proof_of(SEALED, VIEWED)),
    ),
    Case(
        "proof-hash-flipped",
        "A bit of a hash of a proof.",
        refused(5, "InclusionInvalid", NOT_IN_THE_TREE, f"statement {SEALED}"),
        alter=listed(hash_flipped),
    ),
    Case(
        "proof-hash-missing",
        "A hash of a proof is missing.",
        refused(5, "InclusionInvalid", "hashes are missing from the proof", f"statement {SEALED}"),
        alter=listed(hash_missing),
    ),
    Case(
        "proof-hash-more",
        "A hash more in a proof.",
        refused(5, "InclusionInvalid", "the proof has surplus hashes", f"statement {SEALED}"),
        alter=listed(hash_more),
    ),
    Case(
        "proof-with-extra-data",
        "A proof that carries more.",
        refused(5, "NotProved", "its proof carries extra data, which nothing vouches for", "statement 5"),
        alter=listed(extra_data),
    ),
)
