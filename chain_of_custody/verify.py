"""The verifier: a court folder is proved, in ten steps, or it is not.

 1. **bag**: every file listed is there with the digest listed, and nothing else is. (Media files are read
    once, in steps 8 and 9, so that an alteration is named by its time.)
 2. **policy**: the folder's policy is the one registered beforehand, if one was.
 3. **checkpoint**: all proofs are under one checkpoint, signed by the ledger with both its keys.
 4. **inclusion**: every statement is in the ledger, at the position it is filed under.
 5. **signatures**: every statement is signed by a key that may sign it, enrolled before.
 6. **chains**: the statements of each recording are numbered and linked without a hole, started once, sealed
    once; its interview was opened before, in the same case.
 7. **manifest**: manifest and index are the ones sealed; what was committed to on the way is its beginning.
 8. **records**: header, events and every fragment of media are, byte by byte, what was recorded.
 9. **media**: each media file consists of exactly its fragments.
10. **package**: the last statement of each recording names this very folder.

A later step relies on what an earlier one proved. Needs no network, no clock, no key that is secret; touches
nothing. Trusts the registered policy if there is one, else nothing, and then it cannot say where a folder
comes from. Raises `NotProved` with step, reason and place; what it raises is the only answer it gives besides
a report.

Specification: docs/spec/court-folder.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chain_of_custody import packages
from chain_of_custody.chains import (
    Chains,
    check_chains,
    check_inclusion,
    check_signatures,
    open_common_checkpoint,
    parse_statements,
)
from chain_of_custody.checkpoints import Checkpoint
from chain_of_custody.digests import MediaDigests
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved
from chain_of_custody.packages import CourtFolder, recording_path
from chain_of_custody.policy import MAX_POLICY, TrustPolicy
from chain_of_custody.proofs import MAX_PROOF_SIZE, TlogProof
from chain_of_custody.reading import read
from chain_of_custody.recordings import (
    Opening,
    check_files,
    check_fragments,
    check_manifest,
    open_recording,
)
from chain_of_custody.report import Outcome, Part, Report
from chain_of_custody.statements import MAX_LEAF

STEPS = (
    *("bag", "policy", "checkpoint", "inclusion", "signatures"),
    *("chains", "manifest", "records", "media", "package"),
)
"""Names of the steps; step n is `STEPS[n - 1]`, and `NotProved.step` is "n name"."""

_LIMITS = {
    "manifest.json": 65_536,
    "header.json": 1_000_000,
    "events.jsonl": 64 * 1024 * 1024,
    "index.jsonl": 256 * 1024 * 1024,
    "opened.jsonl": 256 * 1024 * 1024,
}
"""Bytes of a recording's small files that are read: days of recording."""

MAX_SMALL_FILES = 1024 * 1024 * 1024
"""Bytes of all files beside the films together, which are held in memory."""


def verify(folder: Path, registered: TrustPolicy | None = None, workers: int | None = None) -> Report:
    """Prove the court folder at `folder`.

    `registered`: the policy known from elsewhere than the folder. `workers`: threads that hash, by default
    one a processor. Returns a report if every step holds, else raises `NotProved`; `OSError` only if
    `folder` itself cannot be opened.
    """
    next(folder.iterdir(), None)
    with _step(1):
        court = CourtFolder.open(folder)
        if _small_bytes(court) > MAX_SMALL_FILES:
            raise Malformed(f"the files beside the films have more than {MAX_SMALL_FILES} bytes")
        policy_bytes = court.bag.read(packages.POLICY, MAX_POLICY)
        leaves = {n: court.bag.read(packages.statement_path(n), MAX_LEAF) for n in court.statements}
        proofs_bytes = {n: court.bag.read(packages.proof_path(n), MAX_PROOF_SIZE) for n in court.statements}
        files = {evidence: _small_files(court, evidence) for evidence in court.recordings}
    with _step(2):
        policy = TrustPolicy.parse(policy_bytes)
        if registered is not None and registered.data != policy.data:
            raise NotProved("policy", "it is not the policy that was registered", packages.POLICY)
    with _step(3):
        proofs = {position: TlogProof.parse(proof) for position, proof in proofs_bytes.items()}
        checkpoint = open_common_checkpoint(proofs, policy)
    with _step(4):
        check_inclusion(leaves, proofs, checkpoint)
    with _step(5):
        filed = parse_statements(leaves)
        keys = check_signatures(filed, policy)
    with _step(6):
        chains = check_chains(filed, keys, tuple(court.recordings), policy)
    openings = _check_recordings(court, files, chains, policy, workers)
    with _step(10):
        _check_package(court, chains)
    return _report(court, policy, registered is not None, checkpoint, chains, openings)


def _check_recordings(
    court: CourtFolder,
    files: dict[str, dict[str, bytes]],
    chains: Chains,
    policy: TrustPolicy,
    workers: int | None,
) -> list[Opening]:
    with MediaDigests(workers) as media:
        with _step(7):
            sealed = {
                evidence: check_manifest(evidence, files[evidence], chain, policy)
                for evidence, chain in chains.recordings.items()
            }
        with _step(8):
            openings = [
                open_recording(one, files[evidence], court.bag, media) for evidence, one in sealed.items()
            ]
            for opening in openings:
                check_fragments(opening)
        with _step(9):
            for evidence, opening in zip(sealed, openings, strict=True):
                check_files(opening, court.bag, court.recordings[evidence])
            if court.bag.oxum != (sum(_payload_sizes(court)), len(court.bag.payload)):
                raise Altered("media", "the payload is not as large as bag-info.txt says", "bag-info.txt")
    return openings


def _check_package(court: CourtFolder, chains: Chains) -> None:
    last = [chain[-1] for chain in chains.recordings.values()]
    digest = court.package_digest(one.position for one in last)
    for one in last:
        if one.statement.type != "evidence.exported":
            raise Incomplete("package", "the chain does not end in the export of this folder", one.where)
        if one.statement.body["package"] != digest:
            raise Altered("package", "the folder is not the one that was exported", one.where)


def _report(
    court: CourtFolder,
    policy: TrustPolicy,
    registered: bool,
    checkpoint: Checkpoint,
    chains: Chains,
    openings: list[Opening],
) -> Report:
    parts = [
        Part(
            evidence=opening.sealed.manifest.evidence,
            started=opening.sealed.started,
            header=opening.header,
            state=opening.sealed.manifest.state,
            fragments=sum(record.kind == "media" for record in opening.sealed.index.records),
            bytes=sum(opening.ends[file] for file in opening.media),
            reading=read(opening.header, opening.sealed.index.records, opening.events),
        )
        for opening in openings
    ]
    parts.sort(key=lambda part: (part.header.interview, part.header.part))
    outcome: Outcome = "intact" if registered else "consistent"
    return Report(outcome, policy, checkpoint, chains, tuple(parts))


def _small_files(court: CourtFolder, evidence: str) -> dict[str, bytes]:
    return {name: court.bag.read(recording_path(evidence, name), limit) for name, limit in _LIMITS.items()}


def _small_bytes(court: CourtFolder) -> int:
    return sum(court.bag.sizes[path] for path in court.bag.payload if not path.endswith(".mp4"))


def _payload_sizes(court: CourtFolder) -> Iterator[int]:
    return (court.bag.sizes[path] for path in court.bag.payload)


@contextmanager
def _step(number: int) -> Iterator[None]:
    """Everything that goes wrong within is `NotProved` at this step."""
    step = f"{number} {STEPS[number - 1]}"
    try:
        yield
    except NotProved as error:
        raise type(error)(step, error.reason, error.where) from error
    except Malformed as error:
        raise NotProved(step, str(error)) from error
    except OSError as error:
        raise Incomplete(step, f"a file cannot be read ({error.strerror or error})", _name(error)) from error


def _name(error: OSError) -> str | None:
    return None if error.filename is None else Path(str(error.filename)).name
