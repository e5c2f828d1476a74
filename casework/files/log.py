"""The records of one file while it is sealed: the only way a photograph, a document or a derivative becomes
a log of sealed pieces in a spool folder.

A `FileLog` holds the data key for its lifetime; the caller drops it once the step is done. For what a record
commits to, see `chain_of_custody.items.record`; for the order of records,
`chain_of_custody.items.file_manifest`.

Trusts: the spool, that what `append` returned from is durable. Specification: docs/spec/manifest.md.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from casework.errors import Missing, Refused, WrongState
from casework.files.ticket import FILE_TICKET, FileTicket
from casework.recording.pipeline import failure
from casework.recording.sealing_context import place
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import FileHeader, FileManifest
from chain_of_custody.items.record import SALT_SIZE, Kind, Record, seal_leaf
from chain_of_custody.items.recording_manifest import Index, RecordTree
from vault.errors import ObjectMissing, SpoolInUse, WriteFailed
from vault.sealing import key_wrapping, sealing
from vault.sealing.sealing import CHUNK_SIZE, HEADER_SIZE, TAG_SIZE
from vault.spool.reader import WRAPS
from vault.spool.writer import SpoolWriter

MAX_PIECE = 4 * 1024 * 1024
"""Bytes of a file in one record: each is one sealed message."""


class Writing:
    """The writer of a spool folder, for one step. Raises casework's errors for the spool's."""

    def __init__(self, root: Path, evidence: str) -> None:
        self._root, self._evidence = root, evidence

    def __enter__(self) -> SpoolWriter:
        try:
            self._folder, _ = SpoolWriter.recover(self._root, self._evidence)
        except SpoolInUse as busy:
            raise WrongState("this file is being written already") from busy
        except ObjectMissing as missing:
            raise Missing("no such upload is waiting") from missing
        except WriteFailed as error:
            raise failure(error) from error
        return self._folder

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            self._folder.close()
        except WriteFailed as closing:
            raise failure(closing) from closing
        if isinstance(error, WriteFailed):
            raise failure(error) from error


class FileLog:
    """The records so far, and the construction of the next. Holds the data key."""

    def __init__(self, ticket: FileTicket, data_key: bytes, records: list[Record]) -> None:
        self.ticket, self._data_key = ticket, data_key
        self.records = records
        self.tree = RecordTree(records)

    @classmethod
    def begin(cls, folder: SpoolWriter, ticket: FileTicket, data_key: bytes) -> FileLog:
        """Begin the log of a new file; writes its ticket and wrapped keys beside it. Raises `WriteFailed`."""
        info = key_wrapping.wrap_info(bytes.fromhex(ticket.deployment), bytes.fromhex(ticket.evidence))
        wraps = [key_wrapping.wrap(data_key, public, info) for public in ticket.recipients.values()]
        folder.write_file(FILE_TICKET, ticket.canonical())
        for file, wrap in zip(WRAPS, wraps, strict=False):
            folder.write_file(file, wrap)
        return cls(ticket, data_key, [])

    def header(self, purpose: str) -> tuple[bytes, bytes]:
        """Record 0: the identity and purpose of the file."""
        header = FileHeader(
            deployment=self.ticket.deployment,
            case=self.ticket.case,
            evidence=self.ticket.evidence,
            kind=self.ticket.kind,
            purpose=purpose,
            software={"amana": metadata.version("amana")},
        )
        return self.frame("header", 0, header.canonical())

    def pieces(self, track: int, data: bytes) -> list[tuple[bytes, bytes]]:
        """Seal `data` as the next pieces of this track. Raises `Refused`."""
        return [
            self.frame("piece", track, data[at : at + MAX_PIECE]) for at in range(0, len(data), MAX_PIECE)
        ]

    def frame(self, kind: Kind, track: int, content: bytes) -> tuple[bytes, bytes]:
        """Seal this content as the next record; return (record, sealed message). Raises `Refused`."""
        number = (
            0
            if kind == "header"
            else sum(record.track == track and record.kind == kind for record in self.records)
        )
        salt = secrets.token_bytes(SALT_SIZE)
        context = place(self.ticket.deployment, self.ticket.evidence, kind, track, number)
        message = sealing.seal(self._data_key, context, salt, content)
        record = seal_leaf(
            index=len(self.records),
            kind=kind,
            track=track,
            number=number,
            start=0,
            duration=0,
            key=True,
            init=None,
            salt=salt,
            content=content,
            message=message,
        )
        try:
            self.tree.append(record)
        except Malformed as malformed:
            raise Refused(str(malformed)) from malformed
        self.records.append(record)
        return record.canonical(), message

    def finish(self, folder: SpoolWriter) -> FileManifest:
        """Write the index, then the manifest, each durable when written; the file is complete then.

        Raises `chain_of_custody.errors.Malformed` for records that are not those of one file, `WriteFailed`.
        """
        index = Index.serialise(self.records)
        manifest = FileManifest(
            deployment=self.ticket.deployment,
            case=self.ticket.case,
            evidence=self.ticket.evidence,
            kind=self.ticket.kind,
            records=len(self.records),
            root=self.tree.root().hex(),
            index=sha256(index).hexdigest(),
        )
        manifest.open_index(index)  # never seal what a reader would reject
        folder.write_file("index", index)
        folder.write_file("manifest", manifest.canonical())
        return manifest


def plain_size(record: Record) -> int:
    """Bytes of a record's content, derived from the size of its sealed message."""
    sealed = record.size - HEADER_SIZE
    chunks = sealed // (CHUNK_SIZE + TAG_SIZE) + 1
    return sealed - chunks * TAG_SIZE - SALT_SIZE
