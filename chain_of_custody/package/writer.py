"""Write a court package, in two steps.

The package must end in a statement that names the package. So the order is:

1. `write_court_package` writes everything that the statement covers, streaming the media.
2. `package_digest` returns the digest that the statement must name.
3. The caller has `evidence.exported` appended to the ledger.
4. `finish` adds it with all proofs and renames the folder to its final name.

Until then the folder has another name, and `discard` removes it. Everything is checked while it is written: a
package that would not verify is not made.

Trusts: its caller to pass content that may be exported. It never handles a key.

Specification: docs/spec/court-package.md; RFC 8493.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from chain_of_custody.encoding.atomic_folder import WrittenFolder
from chain_of_custody.encoding.bagit import BAGIT, INFO, PAYLOAD_LIST, TAG_FILES, TAG_LIST, list_bytes
from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import Incomplete, Malformed, NotProved
from chain_of_custody.items.file_manifest import FileManifest
from chain_of_custody.package import contents
from chain_of_custody.package.item_writer import (
    ExcerptPieces,
    FilePieces,
    Pieces,
    RecordingPieces,
    WrittenItem,
    write_item,
)
from chain_of_custody.package.readme import sheet
from chain_of_custody.statements.details_commitment import check_details, parse_details
from chain_of_custody.statements.statement import SignedStatement, Statement
from chain_of_custody.statements.types import EXAMINATION
from chain_of_custody.tlog.checkpoint import Checkpoint, open_checkpoint
from chain_of_custody.tlog.consistency_file import ConsistencyFile
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.cosignatures import witnessed
from chain_of_custody.trust.policy import TrustPolicy

__all__ = ["ExcerptPieces", "FilePieces", "PreparedPackage", "RecordingPieces", "write_court_package"]

_STEP = "package"


def write_court_package(
    folder: Path,
    *,
    items: Sequence[Pieces],
    statements: Mapping[int, bytes],
    policy: bytes,
    details: Mapping[int, bytes] | None = None,
    documents: Mapping[str, bytes] | None = None,
    viewing_copies: bool = True,
    today: date | None = None,
) -> PreparedPackage:
    """Write a court package without its last statements and its proofs.

    `folder` must not exist; it appears when `finish` is done. `statements`: position in the ledger → leaf,
    for the whole registry, the whole chain of every item until now, and the start of its interview's chain.
    `policy`: the bytes of the policy file. `details`: position → details file
    (`details_commitment.details_bytes`). `documents`: `certificate.pdf`, `custody.jsonld`,
    `credentials/<evidence id>.c2pa` → content. `viewing_copies`: whether to combine all tracks of an item in
    one film as well.

    Raises `Altered` for a content that is not its record's, `Incomplete` if contents are missing,
    `Malformed`, `FileExistsError`, `OSError` on disk errors. It then leaves no files behind.
    """
    written = WrittenFolder.begin(folder)
    prepared = PreparedPackage(written, TrustPolicy.parse(policy), today or datetime.now(UTC).date())
    try:
        written.write(contents.POLICY, policy)
        for pieces in items:
            prepared._write_item(pieces, viewing_copies)
        prepared.add_statements(statements, details or {})
        prepared.add_documents(documents or {})
    except BaseException:
        prepared.discard()
        raise
    return prepared


@dataclass
class PreparedPackage:
    """A court package that still lacks the statement that names it."""

    written: WrittenFolder
    policy: TrustPolicy
    today: date
    _leaves: dict[int, bytes] = field(default_factory=dict)
    _items: dict[str, WrittenItem] = field(default_factory=dict)

    def package_digest(self) -> str:
        """Return the digest (hexadecimal) that each `evidence.exported` statement must name."""
        return contents.package_digest(self.written.payload)

    def add_statements(
        self, statements: Mapping[int, bytes], details: Mapping[int, bytes] | None = None
    ) -> None:
        """Add statements, such as those made meanwhile, and details; this changes `package_digest`.

        Raises `Malformed`, and `Altered` for details that are not the statement's.
        """
        for position, leaf in statements.items():
            self._write_statement(position, leaf)
        for position, content in (details or {}).items():
            if position not in self._leaves:
                raise Malformed(f"details of statement {position}, which is not here")
            check_details(_statement(self._leaves[position]).details, *parse_details(content))
            self.written.write(contents.details_path(position), content)

    def add_documents(self, documents: Mapping[str, bytes]) -> None:
        """Add `certificate.pdf`, `custody.jsonld` or the content credential of a derivative in the package.

        This changes `package_digest`. Raises `Malformed`.
        """
        allowed = {*contents.DOCUMENTS, *map(contents.credential_path, self._credited())}
        for name, content in documents.items():
            path = f"data/{name}"
            if path not in allowed:
                raise Malformed(f"{name} has no place in a court package")
            if len(content) > contents.longest_document(path):
                raise Malformed(f"{name}: longer than {contents.longest_document(path)} bytes")
            self.written.write(path, content)

    def earlier_trees(self) -> frozenset[int]:
        """Return the sizes of the trees that the items' first statements name.

        `finish` needs a consistency file for each.
        """
        started = [one for one in map(_statement, self._leaves.values()) if one.type == "recording.started"]
        sizes = {one.body["not_before"]["size"] for one in started if one.evidence in self._items}
        return frozenset(sizes - {0})

    def finish(
        self,
        exported: Mapping[int, bytes],
        proofs: Mapping[int, bytes],
        consistency: Mapping[int, bytes],
        timestamps: Mapping[tuple[int, str], bytes] | None = None,
    ) -> Path:
        """Add the statements that name this package and all proofs; return the folder under its final name.

        `exported`: position → leaf of `evidence.exported`, one for each item. `proofs`: position →
        `.tlog-proof` for every statement, all with the same checkpoint. (If the ledger grows between two
        proofs, they have different checkpoints: request all again.) `consistency`: size → consistency file,
        for each of `earlier_trees` and for each size that a timestamp covers. `timestamps`: (size, authority)
        → the authority's response.

        Raises `Incomplete`, `Malformed` or another `NotProved`; the package is then unchanged.
        """
        timestamps = timestamps or {}
        self._check_exported(exported)
        checkpoint = self._check_proofs({**self._leaves, **exported}, proofs)
        needed = self.earlier_trees() | {size for size, _ in timestamps}
        _check_consistency(consistency, needed, checkpoint)
        for position, leaf in exported.items():
            self._write_statement(position, leaf)
        for position, proof in proofs.items():
            self.written.write(contents.proof_path(position), proof)
        for size, content in consistency.items():
            self.written.write(contents.consistency_path(size), content)
        for (size, authority), response in timestamps.items():
            self.written.write(contents.timestamp_path(size, authority), response)
        self._write_tags()
        return self.written.finish()

    def discard(self) -> None:
        """Remove a package that was not finished."""
        self.written.discard()

    def _credited(self) -> list[str]:
        """Return the ids of the derivatives that may have a content credential."""
        return [
            evidence
            for evidence in self._items
            if any(
                contents.item_path("derivatives", evidence, f"original.{one}") in self.written.payload
                for one in contents.CREDITED
            )
        ]

    def _write_tags(self) -> None:
        payload, sizes = self.written.payload, self.written.sizes
        info = (
            f"Bag-Software-Agent: Amana\nBagging-Date: {self.today}\n"
            f"Payload-Oxum: {sum(sizes.values())}.{len(sizes)}\n"
        )
        tags = {
            "README.txt": self._sheet().encode(),
            "bagit.txt": BAGIT,
            INFO: info.encode(),
            PAYLOAD_LIST: list_bytes(payload),
        }
        tags[TAG_LIST] = list_bytes({name: sha256(tags[name]).hexdigest() for name in TAG_FILES})
        for name, content in tags.items():
            self.written.write_tag(name, content)

    def _sheet(self) -> str:
        manifests = [one.manifest for one in self._items.values()]
        kinds = {one.kind for one in manifests if isinstance(one, FileManifest)}
        credited = any(contents.credential_path(one) in self.written.payload for one in self._items)
        records = any(path.endswith(f"/original.{EXAMINATION}") for path in self.written.payload)
        return sheet(kinds, credited, records)

    def _write_statement(self, position: int, leaf: bytes) -> None:
        """Write a statement. Raises `Malformed` if it is none."""
        SignedStatement.parse(leaf)
        self.written.write(contents.statement_path(position), leaf)
        self._leaves[position] = leaf

    def _write_item(self, pieces: Pieces, viewing_copies: bool) -> None:
        item = write_item(self.written, pieces, viewing_copies, frozenset(self._items))
        self._items[item.manifest.evidence] = item

    def _check_exported(self, exported: Mapping[int, bytes]) -> None:
        digest, named = self.package_digest(), []
        for position, leaf in exported.items():
            statement, where = _statement(leaf), f"statement {position}"
            if statement.type != "evidence.exported" or statement.body["package"] != digest:
                raise NotProved(_STEP, "the statement does not name this package", where)
            if item := self._items.get(statement.evidence):
                item.check_extent(statement.body["excerpt"], where)
            named.append(statement.evidence)
        if sorted(named) != sorted(self._items):
            raise Incomplete(_STEP, "there is not exactly one evidence.exported for each item")

    def _check_proofs(self, leaves: Mapping[int, bytes], proofs: Mapping[int, bytes]) -> Checkpoint:
        if proofs.keys() != leaves.keys():
            raise Incomplete(_STEP, "statements and proofs are not for the same positions")
        parsed = {position: TlogProof.parse(proof) for position, proof in proofs.items()}
        notes = {proof.checkpoint_note for proof in parsed.values()}
        if len(notes) != 1:
            raise NotProved(_STEP, "the proofs are not all under the same checkpoint")
        note = notes.pop()
        checkpoint = open_checkpoint(note, self.policy.log_keys)
        witnessed(Note.parse(note), checkpoint, self.policy)
        for position, proof in parsed.items():
            if proof.index != position:
                raise NotProved(_STEP, f"the proof is for {proof.index}", f"statement {position}")
            proof.verify_under(leaves[position], checkpoint)
        return checkpoint


def _check_consistency(files: Mapping[int, bytes], needed: frozenset[int], checkpoint: Checkpoint) -> None:
    if set(files) != needed:
        raise Incomplete(_STEP, "there is not exactly one consistency file for each tree that is named")
    for size, content in files.items():
        parsed = ConsistencyFile.parse(content)
        if parsed.size != size:
            raise NotProved(_STEP, f"the consistency file is for a tree of {parsed.size}", f"tree of {size}")
        parsed.verify(checkpoint)


def _statement(leaf: bytes) -> Statement:
    return SignedStatement.parse(leaf).statement
