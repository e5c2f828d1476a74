"""Staging of an upload: seal a file into the spool as it arrives, never in clear on a disk.

    <spool>/uploads/<evidence>/    during the upload: ticket, wraps, header, sealed pieces, and `resume`

Each piece is sealed and durable before it is acknowledged; acknowledged pieces survive a lost connection and
a restart. After a restart they are read back, at most `READ_BACK` seconds in one call. The data key is not
stored in clear. It is wrapped for the vault, like every item's key, and also
in `resume`, sealed under a key derived from the sender's session token. This machine stores only a digest of
that token; the token arrives in the cookie with each piece. So a stolen disk contains no key to the file, and
after a new sign-in the upload starts again.

Trusts: the spool, that what `append` returned from is durable. Specification: docs/spec/manifest.md,
section 6; docs/spec/sealed-object.md, section 5 (`resume`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.errors import Missing, Refused, WrongState
from casework.files.pieces import MAX_SENT, pieces, plain_size
from casework.files.ticket import FileTicket
from casework.sealing.sealed_log import Content, SealedLog, read_back_into
from casework.sealing.sealing_context import context_of
from casework.sealing.spool_failures import spool_failures
from casework.sealing.staging import OutOfOrder, StagedItem, uploads_area
from chain_of_custody.items.file_manifest import LARGE, ORIGINAL, SMALL, FileDescription, FileManifest
from chain_of_custody.items.record import Record, check_record
from chain_of_custody.items.recording_manifest import RecordTree
from vault.errors import Altered, ObjectExists, ObjectMissing
from vault.sealing import key_wrapping, sealing
from vault.spool.writer import SpoolWriter

PURPOSE = "examination"
"""Purpose of photographs and documents: the code in their header and statements."""
RECEIVED_PURPOSE = "investigation"
"""Purpose of files received from outside, and of requests for them."""

_RESUME = "resume"
_RESUMING = b"amana/upload/v1\0"


READ_BACK = 20.0
"""Maximum seconds of reading back in one call: a request has to be answered before its client gives up."""

Item = TypeVar("Item")


class StillReading(WrongState):
    """The file is being read back after a restart; the next call continues."""


class OtherSession(WrongState):
    """The upload was begun in another session: only that session's token can continue it."""

    code = "begin-anew"


def purpose_of(kind: str) -> str:
    """Return the purpose for which a file of this kind is added, a code."""
    return RECEIVED_PURPOSE if kind == "received" else PURPOSE


def make_room(spool: Path, ticket: FileTicket, session: str, name: str) -> None:
    """Create the folder and data key of a new file, durable on return. Raises `RecordingFailed`."""
    data_key = key_wrapping.generate_data_key()
    resuming = sealing.seal(_session_key(session, ticket.evidence), _RESUMING, data_key, name.encode())
    begun_already = WrongState(f"upload {ticket.evidence} was begun already")
    with (
        spool_failures({ObjectExists: begun_already}),
        SpoolWriter.create(uploads_area(spool).root, ticket.evidence, reserve_bytes=0) as folder,
    ):
        log = SealedLog(ticket, folder, data_key)
        log.begin()
        folder.write_file(_RESUME, resuming)
        log.extend(Content("header", 0, ticket.header(purpose_of(ticket.kind))))
        folder.roll()


class ArrivingFile(StagedItem):
    """One file being uploaded."""

    NAME = "upload"
    BUSY = "this file is being written already"

    def __init__(self, spool: Path, evidence: str) -> None:
        super().__init__(uploads_area(spool), evidence)
        self._durable = _Durable()
        self._reading: Iterator[Record] | None = None
        """The records that are still to be read back; None before the first is, and after a failed write."""
        self._digest = _RunningDigest()

    @property
    def received(self) -> int:
        """Bytes of the file that are durable. Raises `Missing`, `RecordingFailed`, `WrongState` while they
        are read back after a restart: the next call continues."""
        return self._followed().received

    @property
    def changed_at(self) -> datetime | None:
        """When a piece was last made durable; None if there is no upload."""
        times = [path.stat().st_mtime for path in self._reader.folder.glob("*")]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def require_session(self, session: str) -> None:
        """Raise `OtherSession` if this session did not begin it, `Missing` if there is no upload."""
        self._resume(session)

    def take(self, session: str, offset: int, data: bytes) -> int:
        """Seal the bytes from `offset` on and make them durable; return the bytes received so far.

        Bytes already received are ignored. Raises `Missing`, `OtherSession`, `OutOfOrder`, `Refused`,
        `RecordingFailed`, `WrongState` while another writer uses the file.
        """
        if not 0 < len(data) <= MAX_SENT:
            raise Refused(f"a request has 1 to {MAX_SENT} bytes of a file")
        received = self.received
        if offset + len(data) <= received:
            return received
        if offset != received:
            raise OutOfOrder("byte", received)
        data_key, _ = self._resume(session)
        self._append(data_key, *pieces(ORIGINAL, data))
        self._digest.update(offset, data)
        return self.received

    def name(self, session: str) -> str:
        """Return the file's own name. Raises as `take`."""
        return self._resume(session)[1]

    def content(self, session: str) -> Iterator[bytes]:
        """Yield the file in order, a record's bytes at a time. Raises as `take`."""
        data_key, _ = self._resume(session)
        return self._opened(data_key, ORIGINAL)

    def sha256(self, session: str) -> str:
        """Return the SHA-256 of a file that has arrived whole, in hexadecimal.

        It is computed while the file arrives; after a restart the file is read once more. Raises as `take`,
        `WrongState` while it is read: the next call continues.
        """
        return self._digest.of(self.received, lambda: self.content(session))

    def finish(
        self, session: str, description: FileDescription, pictures: Mapping[int, bytes]
    ) -> FileManifest:
        """Write the file's description, the pictures made from it (by track), index and manifest, each
        durable before the next; safe to repeat. Raises as `take`."""
        if self._reader.sealed:
            return FileManifest.parse(self._reader.file("manifest"))
        data_key, _ = self._resume(session)
        if not any(record.kind == "event" for record in self._followed().records):
            contents = [Content("event", 0, description.canonical())]
            for track in (SMALL, LARGE):
                contents += pieces(track, pictures.get(track, b""))
            self._append(data_key, *contents)
        with self._log(data_key) as log:
            return log.finish()

    @property
    def whole(self) -> bool:
        """Whether it can become evidence without a key."""
        return self._area.whole(self._evidence)

    def move(self) -> None:
        """Move a complete file into the spool for the copies; does nothing a second time."""
        (self._reader.folder / _RESUME).unlink(missing_ok=True)
        self._area.move(self._evidence)

    def give_up(self) -> None:
        """Remove the received data with its wrapped key, so that nothing opens it any more."""
        self._area.discard(self._evidence)
        self._reading = None

    # --- inside -----------------------------------------------------------------------------------------

    def _followed(self) -> _Durable:
        if not self._reader.folder.is_dir() or self._reading is None:
            self._require_folder()
            self._durable = _Durable()
            self._reading = read_back_into(self._durable.tree, self._reader)
        try:
            for record in within(READ_BACK, self._reading):
                self._durable.add(record)
        except StillReading:
            raise
        except Exception:
            self._reading = None  # an iterator that failed does not continue
            raise
        return self._durable

    @contextmanager
    def _log(self, data_key: bytes) -> Iterator[SealedLog[FileManifest]]:
        ticket = FileTicket.waiting(self._area.root, self._evidence)
        durable = self._followed()
        with self._writing() as folder:
            yield SealedLog(ticket, folder, data_key, (durable.records, durable.tree))

    def _append(self, data_key: bytes, *contents: Content) -> None:
        with self._log(data_key) as log:
            self._reading = None  # until all of it is durable
            log.extend(*contents)
            log.roll()
        for record in log.records[len(self._durable.records) :]:
            self._durable.add(record)
        self._reading = iter(())

    def _resume(self, session: str) -> tuple[bytes, str]:
        """Return (data key, the file's name). Raises `Missing`, `OtherSession`."""
        try:
            sealed = self._reader.file(_RESUME)
            opened = sealing.open_message(_session_key(session, self._evidence), _RESUMING, sealed)
        except ObjectMissing as missing:
            raise Missing(f"no upload {self._evidence[:32]} is waiting") from missing
        except Altered as other:
            raise OtherSession(f"upload {self._evidence} was begun in another session") from other
        return opened[: sealing.DATA_KEY_SIZE], opened[sealing.DATA_KEY_SIZE :].decode()

    def _opened(self, data_key: bytes, track: int) -> Iterator[bytes]:
        ticket = FileTicket.waiting(self._area.root, self._evidence)
        records = self._followed().records
        for (_, frame), record in zip(self._reader.frames(), records, strict=True):
            if record.track != track:
                continue
            context = context_of(ticket.deployment, ticket.evidence, record, records)
            yield check_record(record, sealing.open_message(data_key, context, frame.message))


@dataclass
class _Durable:
    """What is durable of a file: its records, the tree over them, and the bytes of the file in them."""

    records: list[Record] = field(default_factory=list)
    tree: RecordTree = field(default_factory=RecordTree)
    received: int = 0

    def add(self, record: Record) -> None:
        """Count a record that is in the tree already."""
        self.records.append(record)
        if record.track == ORIGINAL:
            self.received += plain_size(record)


class _RunningDigest:
    """The SHA-256 of a file, as far as its bytes were given in order."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._hashed = 0
        self._again: Iterator[bytes] | None = None

    def update(self, offset: int, data: bytes) -> None:
        """Add the bytes from `offset` on, unless bytes before them were not given (after a restart)."""
        if offset == self._hashed and self._again is None:
            self._hash.update(data)
            self._hashed += len(data)

    def of(self, size: int, content: Callable[[], Iterator[bytes]]) -> str:
        """Return the digest of all `size` bytes; where some were not given, from `content`. Raises as
        `within`."""
        if self._hashed != size and self._again is None:
            self._hash, self._hashed, self._again = sha256(), 0, content()
        try:
            for piece in within(READ_BACK, self._again or ()):
                self._hash.update(piece)
                self._hashed += len(piece)
        except StillReading:
            raise
        except Exception:
            self._again = None  # an iterator that failed does not continue
            raise
        return self._hash.hexdigest()


def within(seconds: float, items: Iterable[Item]) -> Iterator[Item]:
    """Yield `items`; raise `StillReading` when they take longer, so that the rest comes with a later call."""
    until = time.monotonic() + seconds
    for item in items:
        yield item
        if time.monotonic() > until:
            raise StillReading("the file is read back after a restart; the next call continues")


def _session_key(session: str, evidence: str) -> bytes:
    # HKDF with its extract step (HMAC-SHA-512): no key can be derived from the stored SHA-256 of the token.
    hkdf = HKDF(SHA512(), 32, salt=None, info=_RESUMING + bytes.fromhex(evidence))
    return hkdf.derive(session.encode())
