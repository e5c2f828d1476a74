"""Exporting items into a court package, and the statement that records it. An item is a recording, whole or
an excerpt, or a photograph or document.

Only `gateway` creates exports, after permission and statement. The order of the steps matters:

1. contents are decrypted record by record while the package is written, with message keys only;
2. documents about the package are made and added (`documents`, passed in: this layer does not write them);
3. `evidence.exported` names the package's digest, in each item's chain, all or none;
4. all proofs are made under one checkpoint, with the witnesses' cosignatures where there are any.

Step 1 takes minutes. Before step 3, permission to export everything is checked again: meanwhile a court may
have excluded something, or a grant, a case or consent may have been withdrawn. Between 2 and 3 a person may
open an item, or the registry may grow: then the new statements are added to the package, permission is
checked once more, and step 3 is repeated. If any step fails, nothing of the package remains.

Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sqlalchemy import select

from casework.clock import now
from casework.copies.sealed_item import ENDINGS
from casework.database.models import Case, Evidence, Grant, Person, Role, StatementIndex, Timestamp
from casework.errors import Refused
from casework.evidence.decryption import decrypted, header_of
from casework.evidence.exported_details import leaves_under_grant
from casework.evidence.openings import Stated
from casework.evidence.sealed_recordings import recording_of
from casework.evidence.viewing import policy
from casework.ledger import chains as ledger_chains
from casework.ledger import custody_log, sealed_details
from casework.sealed_names import with_name
from casework.witnesses import timestamps
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import ChainConflict, Malformed
from chain_of_custody.items import excerpt as excerpts
from chain_of_custody.items.file_manifest import FileKind
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import Header
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.package.writer import (
    ExcerptPieces,
    FilePieces,
    PreparedPackage,
    RecordingPieces,
    write_court_package,
)
from chain_of_custody.statements.statement import Actor, Head, SignedStatement, Statement
from chain_of_custody.statements.types import TYPES
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy

if TYPE_CHECKING:
    from casework.center import Center

WITNESSES_WITHIN = 10.0
"""Seconds that an export waits for the witnesses' quorum; without it the package says "not yet witnessed"."""

Excerpt: TypeAlias = "tuple[int, int]"
"""From and to, µs of the part's timeline."""


@dataclass(frozen=True)
class ExportedItem:
    """One item of the package, as the functions that write the package's documents receive it."""

    evidence: str
    interview: str
    part: int
    manifest: Manifest
    manifest_digest: str
    header: Header
    excerpt: Excerpt | None
    duration: int | None
    recorder_name: str
    sealed: int
    """Position of `recording.sealed`."""
    stamps: Sequence[Timestamp]


@dataclass(frozen=True)
class ExportedFile:
    """One photograph, document or derivative, as the functions that write the package's documents receive
    it."""

    evidence: str
    kind: FileKind
    number: int
    """Its number among the items of its kind in the case."""
    format: str
    manifest_digest: str
    records: int
    root: str
    sealed: int
    """Position of the statement that sealed it."""
    stamps: Sequence[Timestamp]


@dataclass(frozen=True)
class ExportFacts:
    """Facts for the documents of a package, before the statement that names it."""

    case: str
    """Its id, as statements name it."""
    case_number: str
    policy: TrustPolicy
    authority: bytes
    """The center's certificate authority, X.509 in DER."""
    items: Sequence[ExportedItem]
    """Recordings, whole and excerpts."""
    exhibits: Sequence[ExportedFile]
    """Photographs, documents and derivatives."""
    statements: Mapping[int, SignedStatement]
    """Position → statement of the items and their interviews so far; excludes those of the registry and of
    specimens."""
    specimens: Mapping[int, SignedStatement]
    """Position → statement of the specimens in the package."""
    names: Mapping[int, str]
    """Position → the person's name at that time."""
    files: Mapping[str, tuple[int, str]]
    """Path in the package → size in bytes and SHA-256, of the files written so far."""
    folder: Path
    """Contains these files under their paths until the package is in place; read, do not alter them."""
    actor: Actor
    name: str | None
    """None where it cannot be opened."""
    at: datetime
    purpose: str


Documents: TypeAlias = Callable[[ExportFacts], Mapping[str, bytes]]
"""Makes the documents that go into the package: name → content."""


@dataclass(frozen=True)
class Leaving:
    """An item to be exported, permitted by the gateway."""

    part: Evidence
    case: Case
    grant: Grant | None
    """The grant under which it is exported; None for the prosecution's own packages."""
    excerpt: Excerpt | None

    @property
    def is_file(self) -> bool:
        """Whether it is a photograph, a document or a derivative."""
        return self.part.interview_id is None

    def body(self, package: str, registry: int, order: str | None) -> dict[str, Any]:
        """Return the body of `evidence.exported`."""
        excerpt = self.excerpt
        body: dict[str, Any] = {
            "excerpt": None if excerpt is None else {"from": excerpt[0], "to": excerpt[1]},
            "package": package,
            "registry": registry,
        }
        if order is not None:
            body["order"] = order
        return body if self.grant is None else body | {"grant": self.grant.id}


class Export:
    """One package being made. `stated`: by evidence id, the statement that opened it for the export.
    `recheck` raises as the gateway does once exporting is no longer permitted."""

    def __init__(
        self,
        center: Center,
        person: Person,
        purpose: str,
        items: Sequence[Leaving],
        stated: Mapping[str, Stated],
        order: str | None = None,
        *,
        recheck: Callable[[], None],
    ) -> None:
        self._center = center
        self._recheck = recheck
        self._order = order
        self._person = person
        self._purpose = purpose
        self._items = items
        self._stated = stated
        self._policy = policy(center)
        chains = self._read_statements()
        self._recordings = {
            one.part.id: recording_of(center, one.part.id, chains[one.part.id]) for one in items
        }
        self._headers = {
            one.part.id: header_of(center, self._recordings[one.part.id], stated[one.part.id])
            for one in items
            if not one.is_file
        }

    def write(
        self,
        folder: Path,
        documents: Documents | None = None,
        *,
        viewing_copies: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write the package into `folder`, which must not exist yet; return it, in place.

        `progress` receives the bytes of sealed messages opened so far, and their total. Raises
        `NothingReadable`, `VaultLocked`, `chain_of_custody.errors.Altered` for a content that is not what was
        sealed, `FileExistsError`, `OSError`, and what the gateway raises once exporting is no longer
        permitted.
        """
        counter = _Progress(progress)
        prepared = write_court_package(
            folder,
            items=[
                self._file_pieces(one.part, counter)
                if one.is_file
                else self._pieces(one.part, one.excerpt, counter)
                for one in self._items
            ],  # 1
            statements=self._statements,
            policy=self._policy.data,
            details=self._details(self._statements),
            viewing_copies=viewing_copies,
        )
        try:
            if documents is not None:  # 2
                prepared.add_documents(documents(self._facts(prepared)))
            return self._finish(prepared)
        except BaseException:
            prepared.discard()
            raise

    def _finish(self, prepared: PreparedPackage) -> Path:
        while True:
            self._recheck()
            try:
                exported = self._state(prepared.package_digest())  # 3
            except ChainConflict:
                known = self._statements
                self._read_statements()
                news = {at: leaf for at, leaf in self._statements.items() if at not in known}
                prepared.add_statements(news, self._details(news))
                continue
            positions = [*self._statements, *exported]
            stamps = timestamps.for_package(self._center, self._seals())
            proofs = ledger_chains.prove_witnessed(self._center, positions, WITNESSES_WITHIN)  # 4
            checkpoint = _checkpoint(proofs)
            stamps = {(size, name): one for (size, name), one in stamps.items() if size <= checkpoint.size}
            sizes = prepared.earlier_trees() | {size for size, _ in stamps}
            return prepared.finish(exported, proofs, self._consistency(sizes, checkpoint), stamps)

    def _state(self, digest: str) -> dict[int, bytes]:
        registry = custody_log.head(self._center, self._center.deployment)
        if registry != self._heads[self._center.deployment]:
            raise ChainConflict("the registry has grown")
        drafts = [
            custody_log.Draft(
                type="evidence.exported",
                evidence=one.part.id,
                person=self._person,
                purpose=self._purpose,
                body=one.body(digest, registry.number if registry is not None else 0, self._order),
                case=one.case,
            )
            for one in self._items
        ]
        heads = {one.part.id: self._heads[one.part.id] for one in self._items}
        receipts = custody_log.append_together(self._center, drafts, heads)
        indices = [receipt.index for receipt in receipts]
        return dict(zip(indices, self._center.ledger.entries(indices), strict=True))

    def _read_statements(self) -> Mapping[str, Mapping[int, bytes]]:
        """Read all statements so far, of the registry, the items, their interviews, their cases' specimens.

        Return the chains.
        """
        items = {one.part.id for one in self._items}
        interviews = {one.part.recorded_in.id for one in self._items if not one.is_file}
        chains = {
            about: ledger_chains.chain(self._center, about)
            for about in {self._center.deployment} | items | interviews | self._specimens()
        }
        self._heads: dict[str, Head] = {
            about: SignedStatement.parse(leaves[max(leaves)]).head for about, leaves in chains.items()
        }
        self._registry = chains[self._center.deployment]
        merged = {at: leaf for leaves in chains.values() for at, leaf in leaves.items()}
        self._statements = dict(sorted(merged.items()))
        return chains

    def _specimens(self) -> set[str]:
        """Return the ids of the specimens whose chains are exported: all of the items' cases.

        A kit and what is in it are only understood together. Under a grant a court gets them, and the defence
        none: it was granted items.
        """
        granted = any(one.grant is not None for one in self._items)
        if granted and self._person.role is not Role.COURT:
            return set()
        cases = {one.case.id for one in self._items}
        with self._center.database() as session:
            taken = select(StatementIndex.chain).where(
                StatementIndex.case_id.in_(cases), StatementIndex.type == "specimen.taken"
            )
            return set(session.scalars(taken))

    def _details(self, leaves: Mapping[int, bytes]) -> dict[int, bytes]:
        """Return the details of these statements, with the salts that prove them.

        Erased ones are left out, and under a grant those that its receiver may not see.
        """
        statements = {at: SignedStatement.parse(leaf).statement for at, leaf in leaves.items()}
        committed = {at: one.details for at, one in statements.items() if one.details is not None}
        opened: dict[str, bytes] = {}
        for case in {one.case.id: one.case for one in self._items}.values():
            opened |= sealed_details.files(self._center, case, committed.values())
        found = {at: opened[commitment] for at, commitment in committed.items() if commitment in opened}
        if all(one.grant is None for one in self._items):
            return found
        return {
            at: content
            for at, content in found.items()
            if leaves_under_grant(self._person, statements[at], content)
        }

    def _consistency(self, sizes: frozenset[int] | set[int], checkpoint: Checkpoint) -> dict[int, bytes]:
        ledger = self._center.ledger
        return {
            size: ConsistencyFile(
                size, ledger.root(size), tuple(ledger.consistency(size, checkpoint.size))
            ).serialise()
            for size in sizes
        }

    def _seals(self) -> list[int]:
        return [self._sealed(one.part.id) for one in self._items]

    def _sealed(self, evidence: str) -> int:
        return self._seal(evidence)[0]

    def _seal(self, evidence: str) -> tuple[int, Statement]:
        for position, leaf in self._statements.items():
            statement = SignedStatement.parse(leaf).statement
            if statement.evidence == evidence and statement.type in ENDINGS:
                return position, statement
        raise Refused(f"evidence {evidence} is not sealed")

    # Contents.

    def _pieces(
        self, part: Evidence, excerpt: Excerpt | None, counter: _Progress
    ) -> RecordingPieces | ExcerptPieces:
        recording = self._recordings[part.id]
        if excerpt is None:
            counter.expect(sum(record.size for record in recording.records))
            whole = decrypted(self._center, recording, self._stated[part.id], recording.records)
            return RecordingPieces(recording.manifest_bytes, recording.index_bytes, counter.watch(whole))
        try:
            chosen = excerpts.choose(recording.records, self._headers[part.id], *excerpt)
        except Malformed as nothing:
            raise Refused(str(nothing)) from nothing
        counter.expect(sum(record.size for record in chosen))
        leaves = (bytes.fromhex(record.leaf) for record in recording.records)
        paths = excerpts.paths(leaves, chosen)
        opened = counter.watch(decrypted(self._center, recording, self._stated[part.id], chosen))
        pieces = ((*one, path) for one, path in zip(opened, paths, strict=True))
        return ExcerptPieces(recording.manifest_bytes, pieces)

    def _file_pieces(self, row: Evidence, counter: _Progress) -> FilePieces:
        sealed, (_, statement) = self._recordings[row.id], self._seal(row.id)
        counter.expect(sum(record.size for record in sealed.records))
        whole = counter.watch(decrypted(self._center, sealed, self._stated[row.id], sealed.records))
        return FilePieces(sealed.manifest_bytes, sealed.index_bytes, statement.body["format"], whole)

    # Documents.

    def _facts(self, prepared: PreparedPackage) -> ExportFacts:
        parsed = {
            at: SignedStatement.parse(leaf)
            for at, leaf in self._statements.items()
            if at not in self._registry
        }
        specimens = {at: one for at, one in parsed.items() if _about_specimen(one.statement)}
        statements = {at: one for at, one in parsed.items() if at not in specimens}
        names: dict[int, str] = {}
        for case in {signed.case.id: signed.case for signed in self._items}.values():
            committed = [
                signed.statement.details for signed in statements.values() if signed.statement.details
            ]
            opened = sealed_details.read(self._center, case, committed)
            for at, signed in statements.items():
                name = opened.get(signed.statement.details or "", {}).get("name")
                if isinstance(name, str):
                    names[at] = name
        written = prepared.written
        return ExportFacts(
            case=self._items[0].case.id,
            case_number=self._items[0].case.code,
            policy=self._policy,
            authority=self._center.keyholder.public_keys().authority,
            items=[self._item(signed.part, signed.excerpt) for signed in self._items if not signed.is_file],
            exhibits=[self._exhibit(signed.part) for signed in self._items if signed.is_file],
            statements=statements,
            specimens=specimens,
            names=names,
            files={path: (written.sizes[path], digest) for path, digest in written.payload.items()},
            folder=written.partial,
            actor=custody_log.actor_of(self._person),
            name=with_name(self._center, self._person).name,
            at=now(),
            purpose=self._purpose,
        )

    def _item(self, part: Evidence, excerpt: Excerpt | None) -> ExportedItem:
        recording = self._recordings[part.id]
        keys = custody_log.keys(self._center)
        return ExportedItem(
            evidence=part.id,
            interview=part.recorded_in.id,
            part=part.number,
            manifest=Manifest.parse(recording.manifest_bytes),
            manifest_digest=sha256(recording.manifest_bytes).hexdigest(),
            header=self._headers[part.id],
            excerpt=excerpt,
            duration=recording.duration,
            recorder_name=keys[part.recorder].name,
            sealed=self._sealed(part.id),
            stamps=timestamps.stamps(self._center, self._sealed(part.id)),
        )

    def _exhibit(self, row: Evidence) -> ExportedFile:
        position, statement = self._seal(row.id)
        body = statement.body
        return ExportedFile(
            evidence=row.id,
            kind=cast(FileKind, row.kind),
            number=row.number,
            format=body["format"],
            manifest_digest=body["manifest"],
            records=body["records"],
            root=body["root"],
            sealed=position,
            stamps=timestamps.stamps(self._center, position),
        )


class _Progress:
    """Counts sealed bytes as they are opened, over all items."""

    def __init__(self, report: Callable[[int, int], None] | None) -> None:
        self._report = report
        self._done, self._total = 0, 0

    def expect(self, size: int) -> None:
        self._total += size

    def watch(self, opened: Iterator[tuple[Record, bytes, bytes]]) -> Iterator[tuple[Record, bytes, bytes]]:
        for record, salt, content in opened:
            yield record, salt, content
            self._done += record.size
            if self._report is not None:
                self._report(self._done, self._total)


def _about_specimen(statement: Statement) -> bool:
    return TYPES[statement.type].chain == "specimen"


def _checkpoint(proofs: Mapping[int, bytes]) -> Checkpoint:
    """Return the checkpoint of proofs that were verified when they were made."""
    proof = TlogProof.parse(next(iter(proofs.values())))
    return Checkpoint.parse(Note.parse(proof.checkpoint_note).text)
