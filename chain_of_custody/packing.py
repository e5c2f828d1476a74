"""Writing a court folder, in two steps.

The folder must end in a statement that names the folder. So: `write_court_folder` writes everything that
statement covers, streaming the media; `package_digest` tells what it must name; the caller has
`evidence.exported` appended to the ledger; `finish` adds it with all proofs and puts the folder in place.
Until then it lies under another name, and `discard` leaves nothing of it.

Each content is checked against its record while it is written: a folder that would not verify is not made.

Trusts: its caller to hand over content that may leave the house. It never sees a key.

Specification: docs/spec/court-folder.md; RFC 8493.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from chain_of_custody import packages
from chain_of_custody.bags import BAGIT, INFO, PAYLOAD_LIST, TAG_FILES, TAG_LIST, list_bytes
from chain_of_custody.checkpoints import open_checkpoint
from chain_of_custody.contents import Header
from chain_of_custody.errors import Incomplete, Malformed, NotProved
from chain_of_custody.manifests import Manifest
from chain_of_custody.packages import Layout, Opened
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.proofs import TlogProof
from chain_of_custody.readme import README
from chain_of_custody.records import Record, check_record
from chain_of_custody.statements import SignedStatement

if TYPE_CHECKING:
    from hashlib import _Hash

_STEP = "package"


@dataclass(frozen=True)
class RecordingPieces:
    """A recording to write: its manifest's and index's bytes, and for each record of the index, in order,
    (record, 16-byte salt, content). The iterable is read once, one content in memory at a time."""

    manifest: bytes
    index: bytes
    opened: Iterable[tuple[Record, bytes, bytes]]


def write_court_folder(
    folder: Path,
    *,
    recordings: Sequence[RecordingPieces],
    statements: Mapping[int, bytes],
    policy: bytes,
    today: date | None = None,
) -> PreparedFolder:
    """Write all of a court folder but its last statements and its proofs.

    `folder` must not exist; it appears when `finish` is done. `statements`: position in the ledger → leaf,
    for the whole chain of every recording until now, the start of its interview's chain, and the enrolment
    of its recorder's key. `policy`: the bytes of the policy file.

    Raises `Altered` for a content that is not its record's, `Incomplete` if contents are missing,
    `Malformed`, `FileExistsError`, `OSError` if the disk does; nothing is left behind then.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists")
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        partial.mkdir(parents=True)
    except FileExistsError:
        raise FileExistsError(
            f"{partial} exists: another export is writing it now, or one has crashed; then remove that folder"
        ) from None
    prepared = PreparedFolder(folder, partial, TrustPolicy.parse(policy), today or datetime.now(UTC).date())
    try:
        prepared._write(packages.POLICY, policy)
        for pieces in recordings:
            prepared._write_recording(pieces)
        for position, leaf in statements.items():
            prepared._write_statement(position, leaf)
    except BaseException:
        prepared.discard()
        raise
    return prepared


@dataclass
class PreparedFolder:
    """A court folder that waits for the statement that names it."""

    folder: Path
    partial: Path
    policy: TrustPolicy
    today: date
    _payload: dict[str, str] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _leaves: dict[int, bytes] = field(default_factory=dict)
    _recordings: set[str] = field(default_factory=set)

    def package_digest(self) -> str:
        """What each `evidence.exported` statement must name as its package (hexadecimal)."""
        return packages.package_digest(self._payload)

    def add_statements(self, statements: Mapping[int, bytes]) -> None:
        """Add what was stated about the recordings meanwhile; `package_digest` is another one then."""
        for position, leaf in statements.items():
            self._write_statement(position, leaf)

    def finish(self, exported: Mapping[int, bytes], proofs: Mapping[int, bytes]) -> Path:
        """Add the statements that name this folder, and the proofs of all; returns the folder, in place.

        `exported`: position → leaf of `evidence.exported`, one for each recording. `proofs`: position →
        `.tlog-proof` for every statement, all with the same checkpoint. (A ledger that grows between
        two proofs gives them different ones: ask for all again.)

        Raises `Incomplete`, `Malformed` or another `NotProved`; the folder then waits as before.
        """
        digest = self.package_digest()
        self._check_exported(exported, digest)
        self._check_proofs({**self._leaves, **exported}, proofs)
        for position, leaf in exported.items():
            self._write_statement(position, leaf)
        for position, proof in proofs.items():
            self._write(packages.proof_path(position), proof)
        oxum = f"{sum(self._sizes.values())}.{len(self._sizes)}"
        tags = {
            "README.txt": README.encode(),
            "bagit.txt": BAGIT,
            INFO: f"Bag-Software-Agent: Amana\nBagging-Date: {self.today}\nPayload-Oxum: {oxum}\n".encode(),
            PAYLOAD_LIST: list_bytes(self._payload),
        }
        tags[TAG_LIST] = list_bytes({name: sha256(tags[name]).hexdigest() for name in TAG_FILES})
        for name, content in tags.items():
            _write_durably(self.partial / name, content)
        for parent, _, _ in os.walk(self.partial, topdown=False):
            _sync_folder(Path(parent))
        self.partial.rename(self.folder)
        _sync_folder(self.folder.parent)
        return self.folder

    def discard(self) -> None:
        """Leave nothing of a folder that was not finished."""
        shutil.rmtree(self.partial, ignore_errors=True)

    def _write(self, path: str, content: bytes) -> None:
        """One payload file."""
        target = self.partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_durably(target, content)
        self._payload[path] = sha256(content).hexdigest()
        self._sizes[path] = len(content)

    def _write_statement(self, position: int, leaf: bytes) -> None:
        """A statement; raises `Malformed` if it is none."""
        SignedStatement.parse(leaf)
        self._write(packages.statement_path(position), leaf)
        self._leaves[position] = leaf

    def _write_recording(self, pieces: RecordingPieces) -> None:
        """A recording's files. Raises as `write_court_folder`."""
        manifest = Manifest.parse(pieces.manifest)
        index = manifest.open_index(pieces.index)
        if manifest.evidence in self._recordings:
            raise Malformed(f"recording {manifest.evidence} is given twice")
        self._recordings.add(manifest.evidence)
        home = packages.recording_path(manifest.evidence, "")
        (self.partial / home).mkdir(parents=True)
        opened = []
        with _Files(self.partial / home) as files:
            contents = iter(pieces.opened)
            for record in index.records:
                given, salt, content = next(contents, (None, b"", b""))
                if given != record:
                    raise Incomplete(_STEP, "its content was not given", record.where)
                check_record(record, salt + content)
                if record.kind == "header":
                    layout = Layout(Header.parse(content))
                file, offset = layout.place(record, len(content))
                files.append(file, content + b"\n" if record.kind == "event" else content)
                opened.append(Opened(record.index, file, offset, len(content), salt).canonical() + b"\n")
            if next(contents, None) is not None:
                raise Malformed("more contents were given than the index has records")
        for name, (digest, size) in files.digests().items():
            self._payload[home + name] = digest
            self._sizes[home + name] = size
        self._write(home + "manifest.json", pieces.manifest)
        self._write(home + "index.jsonl", pieces.index)
        self._write(home + "opened.jsonl", b"".join(opened))

    def _check_exported(self, exported: Mapping[int, bytes], digest: str) -> None:
        named = []
        for position, leaf in exported.items():
            statement = SignedStatement.parse(leaf).statement
            if statement.type != "evidence.exported" or statement.body["package"] != digest:
                raise NotProved(_STEP, "the statement does not name this package", f"statement {position}")
            named.append(statement.evidence)
        if sorted(named) != sorted(self._recordings):
            raise Incomplete(_STEP, "there is not exactly one evidence.exported for each recording")

    def _check_proofs(self, leaves: Mapping[int, bytes], proofs: Mapping[int, bytes]) -> None:
        if proofs.keys() != leaves.keys():
            raise Incomplete(_STEP, "statements and proofs are not for the same positions")
        parsed = {position: TlogProof.parse(proof) for position, proof in proofs.items()}
        notes = {proof.checkpoint_note for proof in parsed.values()}
        if len(notes) != 1:
            raise NotProved(_STEP, "the proofs are not all under the same checkpoint")
        checkpoint = open_checkpoint(notes.pop(), self.policy.log_keys)
        for position, proof in parsed.items():
            if proof.index != position:
                raise NotProved(_STEP, f"the proof is for {proof.index}", f"statement {position}")
            proof.verify_under(leaves[position], checkpoint)


@dataclass
class _File:
    """A file that grows."""

    file: BinaryIO
    hash: _Hash = field(default_factory=sha256)
    size: int = 0


class _Files:
    """The files of one recording, growing side by side; digested as they grow, durable at the end."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._files: dict[str, _File] = {}

    def __enter__(self) -> _Files:
        self.begin("events.jsonl")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for grown in self._files.values():
            with grown.file:
                if kind is None:
                    grown.file.flush()
                    os.fsync(grown.file.fileno())

    def begin(self, name: str) -> _File:
        # Exclusive: two contents never claim the same file.
        self._files[name] = _File((self._home / name).open("xb"))
        return self._files[name]

    def append(self, name: str, content: bytes) -> None:
        grown = self._files.get(name) or self.begin(name)
        grown.file.write(content)
        grown.hash.update(content)
        grown.size += len(content)

    def digests(self) -> dict[str, tuple[str, int]]:
        """File → (SHA-256, bytes)."""
        return {name: (grown.hash.hexdigest(), grown.size) for name, grown in self._files.items()}


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Make names in a folder durable. Where a system cannot (Windows), it has its own way of doing so."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
