"""Verify a court package in fifteen steps.

 1. **opening**: a sealed file has the right form, and the passphrase opens it. (`opening.open_package`; a
    folder needs no opening.)
 2. **bag**: exactly the files listed are present; all but the films have the digest listed.
 3. **policy**: the package's policy is the one registered beforehand, if one was.
 4. **checkpoint**: all proofs are under one checkpoint, signed by the ledger with both its keys; no witness's
    signature on it is wrong.
 5. **inclusion**: every statement is in the ledger, at the position it is filed under.
 6. **signatures**: every statement is signed by a key that was valid at that position; the registry, which
    says so, is complete.
 7. **chains**: the statements of each item are numbered and linked without a gap; each recording was started
    once and sealed once; its interview was opened before, in the same case; a file was sealed once, first; a
    specimen is handed on only by who has it, and each receipt is of one handover.
 8. **history**: earlier states of the ledger that something names are prefixes of this one.
 9. **time**: timestamps are by the policy's authorities, and in order.
10. **details**: details are those that their statements commit to.
11. **manifest**: manifest and index are the ones sealed; earlier commitments are to the first of its records.
12. **records**: header, events and every fragment of media are, byte by byte, what was recorded; every piece
    of a file is what was sealed; a source that a derivative names, and a picture that was shown in a
    recording, is the one named, if it is in the package.
13. **media**: films consist of exactly their fragments, viewing copies of the same bytes, files of their
    pieces.
14. **package**: the last statement of each item names exactly this package, whole or as this excerpt.
15. **quorum**: the witnesses and authorities that the policy requires have signed. This is last, because a
    missing signature does not mean that the package was altered.

A later step relies on what an earlier one proved. Verification needs no network, no clock and no secret key,
and changes nothing. It trusts the registered policy if there is one. Otherwise it trusts nothing, and cannot
say where a package comes from. Its only results are a report, or a `NotProved` with step, reason and place.
The command and its exit codes are in `__main__`, the sentences in `report`.

Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.encoding.file_source import Source
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved, NotWitnessed
from chain_of_custody.items.examination_record import ExaminationRecord
from chain_of_custody.package.contents import POLICY, CourtPackage, Item, details_path, is_media
from chain_of_custody.package.reader import PackageFiles, read_package
from chain_of_custody.report.report import ProvedStatements, Report
from chain_of_custody.statements.details_commitment import check_details, parse_details
from chain_of_custody.statements.types import FILES_SEALED
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import (
    Chains,
    LedgerStatement,
    check_chains,
    check_inclusion,
    check_signatures,
    open_common_checkpoint,
    parse_statements,
)
from chain_of_custody.verifier.derivative_item import check_sources
from chain_of_custody.verifier.examination_item import check_examinations
from chain_of_custody.verifier.export_statements import check_package
from chain_of_custody.verifier.file_item import (
    FileOpening,
    SealedFile,
    check_file_manifest,
    check_original,
    hashed_whole,
    open_file,
)
from chain_of_custody.verifier.ledger_history import check_history, check_times
from chain_of_custody.verifier.media import check_films, check_payload_size, check_viewing_copies
from chain_of_custody.verifier.media_digests import MediaDigests
from chain_of_custody.verifier.proved_items import FilePart, Part, file_of, part_of
from chain_of_custody.verifier.recording_item import (
    OpenedItem,
    Opening,
    Reads,
    Sealed,
    begin_reading,
    check_fragments,
    check_manifest,
    open_item,
)
from chain_of_custody.verifier.rehashed_item import check_rehashed_item, hashed_twice
from chain_of_custody.verifier.shown_items import check_shown
from chain_of_custody.verifier.specimens import check_specimens

STEPS = (
    *("opening", "bag", "policy", "checkpoint", "inclusion", "signatures", "chains", "history"),
    *("time", "details", "manifest", "records", "media", "package", "quorum"),
)
"""Names of the steps; step n is `STEPS[n - 1]`, and `NotProved.step` is "n name"."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Receives the current step (a name of `STEPS`), then the number of bytes of films checked and their total,
both including viewing copies."""


def verify(
    source: Source,
    registered: TrustPolicy | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Prove the court package in `source`.

    `registered`: the policy known from elsewhere than the package. `workers`: threads that hash, by default
    one for each processor. Returns a report if every step succeeds, else raises `NotProved`. If only the last
    step fails, raises `NotWitnessed`, which carries the report.
    """
    verification = _Verification(progress)
    with verification.step(2):
        package, files = read_package(source)
        verification.total = sum(size for path, size in source.sizes.items() if is_media(path))
        verification.total += hashed_whole(package)
    with MediaDigests(workers, verification.hashed) as media:
        reads = {
            evidence: begin_reading(item, files.items[evidence], package.bag, media)
            for evidence, item in package.items.items()
        }
        statements = _check_statements(verification, files, package, registered)
        verification.total += hashed_twice(package, statements.chains)
        openings, records = _check_items(verification, package, files, statements, media, reads)
    with verification.step(14):
        check_package(package, statements.chains, openings)
    return _conclude(verification, package, statements, openings, records, registered is not None)


def _check_statements(
    verification: _Verification,
    files: PackageFiles,
    package: CourtPackage,
    registered: TrustPolicy | None,
) -> ProvedStatements:
    with verification.step(3):
        policy = TrustPolicy.parse(files.policy)
        if registered is not None and registered.data != policy.data:
            raise NotProved("policy", "it is not the policy that was registered", POLICY)
    with verification.step(4):
        proofs = {position: TlogProof.parse(proof) for position, proof in files.proofs.items()}
        checkpoint, witnessing = open_common_checkpoint(proofs, policy)
    with verification.step(5):
        check_inclusion(files.leaves, proofs, checkpoint)
    with verification.step(6):
        filed = parse_statements(files.leaves)
        signers = check_signatures(filed, policy)
    with verification.step(7):
        kinds = {evidence: item.file_kind for evidence, item in package.items.items()}
        files_here = {evidence: kind for evidence, kind in kinds.items() if kind is not None}
        chains = check_chains(filed, package.items, policy, files_here)
        specimens = check_specimens(chains, policy.deployment)
    with verification.step(8):
        timestamped = {size for size, _ in files.timestamps}
        roots = check_history(files.consistency, timestamped, chains, checkpoint)
    with verification.step(9):
        seals = [
            one
            for chain in chains.items.values()
            for one in chain
            if one.statement.type in FILES_SEALED | {"recording.sealed"}
        ]
        time_findings = check_times(files.timestamps, roots, chains, seals, policy)
    with verification.step(10):
        details = _check_details(files.details, chains)
    return ProvedStatements(
        policy, checkpoint, witnessing, signers, chains, specimens, time_findings, details
    )


def _check_details(files: Mapping[int, bytes], chains: Chains) -> dict[int, Mapping[str, object]]:
    committed = {one.position: one.statement.details for one in chains.all}
    proved: dict[int, Mapping[str, object]] = {}
    for position, content in files.items():
        try:
            details, salt = parse_details(content)
            check_details(committed[position], details, salt)
        except Malformed as error:
            raise Malformed(f"{details_path(position)}: {error}") from error
        except Altered as error:
            raise Altered(error.step, error.reason, f"statement {position}") from error
        proved[position] = details
    return proved


def _check_items(
    verification: _Verification,
    package: CourtPackage,
    files: PackageFiles,
    statements: ProvedStatements,
    media: MediaDigests,
    reads: Mapping[str, Reads],
) -> tuple[list[OpenedItem], Mapping[str, ExaminationRecord]]:
    with verification.step(11):
        sealed = [
            _seal_of(item, files.items[evidence], statements.chains.items[evidence], statements.policy)
            for evidence, item in package.items.items()
        ]
    with verification.step(12):
        openings = [
            _open(one, files.items[one.item.evidence], package.bag, reads[one.item.evidence])
            for one in sealed
        ]
        check_sources(openings)
        check_shown(openings)
        proved = [check_fragments(opening) for opening in openings]
        for opening in openings:
            small = files.items[opening.item.evidence]
            check_rehashed_item(opening, small, package.bag, verification.hashed)
    with verification.step(13):
        for opening, plains in zip(openings, proved, strict=True):
            check_films(opening, package.bag)
            if isinstance(opening, Opening):
                check_viewing_copies(opening, plains, package.bag, media)
            elif isinstance(opening, FileOpening):
                check_original(opening, package.bag, verification.hashed)
        records = check_examinations(openings, package.bag)
        check_payload_size(package.bag)
    return openings, records


def _seal_of(
    item: Item, files: Mapping[str, bytes], chain: tuple[LedgerStatement, ...], policy: TrustPolicy
) -> Sealed | SealedFile:
    if item.file_kind is None:
        return check_manifest(item, files, chain, policy)
    return check_file_manifest(item, files, chain, policy)


def _open(sealed: Sealed | SealedFile, files: Mapping[str, bytes], bag: Bag, reads: Reads) -> OpenedItem:
    if isinstance(sealed, SealedFile):
        return open_file(sealed, files, bag, reads)
    return open_item(sealed, files, bag, reads)


def _conclude(
    verification: _Verification,
    package: CourtPackage,
    statements: ProvedStatements,
    openings: Sequence[OpenedItem],
    records: Mapping[str, ExaminationRecord],
    registered: bool,
) -> Report:
    covers = statements.time_findings.times.covers
    parts: list[Part] = [
        part_of(opening, statements.chains, covers[opening.seal.position])
        for opening in openings
        if isinstance(opening, Opening)
    ]
    here = {opening.item.evidence: opening for opening in openings}
    files: list[FilePart] = [
        file_of(opening, covers[opening.seal.position], here, records)
        for opening in openings
        if isinstance(opening, FileOpening)
    ]
    parts.sort(
        key=lambda part: (part.header.interview, part.number, part.beside is not None, part.started.position)
    )
    report = Report(
        **vars(statements),
        outcome="intact" if registered else "consistent",
        parts=tuple(parts),
        files=tuple(sorted(files, key=lambda one: one.seal.position)),
        documents=package.documents,
        package=package.package_digest(chain[-1].position for chain in statements.chains.items.values()),
    )
    with verification.step(15):
        report.check_quorum()
    return report


@dataclass
class _Verification:
    """The progress of a verification. `done`, `total`: bytes of films."""

    progress: Progress | None
    done: int = 0
    total: int = 0
    current: str = STEPS[0]

    def hashed(self, count: int) -> None:
        self.done += count
        self._report_progress()

    def _report_progress(self) -> None:
        if self.progress is not None:
            self.progress(self.current, self.done, self.total)

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Raise every error within as `NotProved` at this step."""
        self.current = STEPS[number - 1]
        self._report_progress()
        step = f"{number} {self.current}"
        try:
            yield
        except NotWitnessed as error:
            raise NotWitnessed(step, error.reason, error.where, error.report) from error
        except NotProved as error:
            raise type(error)(step, error.reason, error.where) from error
        except Malformed as error:
            raise NotProved(step, str(error)) from error
        except OSError as error:
            reason = f"a file cannot be read ({error.strerror or error})"
            raise Incomplete(step, reason, _name(error)) from error


def _name(error: OSError) -> str | None:
    return None if error.filename is None else Path(str(error.filename)).name
