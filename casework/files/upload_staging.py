"""Staging of an upload: seal a photograph or document into the spool as it arrives, never in clear on a disk.

    <spool>/uploads/<evidence>/    during the upload: ticket, wraps, header, sealed pieces, and `resume.json`
    <spool>/<evidence>/            from `move` on: an item like any other, replicated to the copies

Each piece is sealed and durable before it is acknowledged; acknowledged pieces survive a lost connection and
a restart. The data key is not stored in clear. It is wrapped for the vault, like every item's key, and also
in `resume.json`, sealed under a key derived from the sender's session token. This machine stores only a
digest of that token; the token arrives in the cookie with each piece. So a stolen disk has nothing to open
the file with, and after a new sign-in the upload starts again.

Trusts: the spool, that what `append` returned from is durable. Specification: docs/spec/manifest.md.
"""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.errors import Missing, RecordingFailed, Refused, WrongState
from casework.files.log import MAX_PIECE, FileLog, Writing, plain_size
from casework.files.ticket import FileTicket
from casework.recording.pipeline import failure
from casework.recording.sealing_context import context_of
from chain_of_custody.errors import Malformed
from chain_of_custody.items.file_manifest import LARGE, ORIGINAL, SMALL, FileManifest, FileTold
from chain_of_custody.items.record import Record, check_record
from chain_of_custody.items.recording_manifest import RecordTree
from vault.disk import DISK
from vault.errors import Altered, ObjectExists, ObjectMissing, WriteFailed
from vault.sealing import key_wrapping, sealing
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter

PURPOSE = "examination"
"""Purpose of photographs and documents: the code in their header."""

_RESUME = "resume.json"
_RESUMING = b"amana/upload/v1\0"


class OtherSession(WrongState):
    """The upload was begun in another session: only that session's token can continue it."""

    code = "begin-anew"


class OutOfOrder(Refused):
    """The offset is not the next byte of the file; `due` is the expected offset."""

    code = "out-of-order"

    def __init__(self, due: int) -> None:
        super().__init__(f"byte {due} is the next one")
        self.due = due


def uploads_root(spool: Path) -> Path:
    """The folder of incomplete files: apart from evidence, so that they are not copied."""
    return spool / "uploads"


def make_room(spool: Path, ticket: FileTicket, session: str, name: str) -> None:
    """Create the folder and data key of a new file, durable on return. Raises `RecordingFailed`."""
    data_key = key_wrapping.generate_data_key()
    resuming = sealing.seal(_session_key(session, ticket.evidence), _RESUMING, data_key, name.encode())
    try:
        folder = SpoolWriter.create(uploads_root(spool), ticket.evidence, reserve_bytes=0)
        try:
            log = FileLog.begin(folder, ticket, data_key)
            folder.write_file(_RESUME, json.dumps(base64.b64encode(resuming).decode()).encode())
            folder.append([log.header(PURPOSE)])
            folder.roll()
        finally:
            folder.close()
    except ObjectExists as there:
        raise WrongState(f"upload {ticket.evidence} was begun already") from there
    except WriteFailed as error:
        raise failure(error) from error


class ArrivingFile:
    """One file being uploaded. With several threads: hold `turn`."""

    def __init__(self, spool: Path, evidence: str) -> None:
        self.turn = threading.Lock()
        self._spool, self._evidence = spool, evidence
        self._reader = SpoolReader(uploads_root(spool), evidence)
        self._records: list[Record] | None = None

    @property
    def received(self) -> int:
        """Bytes of the file that are durable. Raises `Missing`, `RecordingFailed`."""
        return sum(plain_size(record) for record in self._followed() if record.track == ORIGINAL)

    def require_session(self, session: str) -> None:
        """Raise `OtherSession` if this session did not begin it, `Missing` if there is no upload."""
        self._resume(session)

    def take(self, session: str, offset: int, data: bytes) -> int:
        """Seal the bytes from `offset` on and make them durable; return the bytes received so far.

        Bytes already received are ignored. Raises `Missing`, `OtherSession`, `OutOfOrder`, `Refused`,
        `RecordingFailed`, `WrongState` while another writer uses the file.
        """
        if not 0 < len(data) <= MAX_PIECE:
            raise Refused(f"a piece has 1 to {MAX_PIECE} bytes")
        received = self.received
        if offset + len(data) <= received:
            return received
        if offset != received:
            raise OutOfOrder(received)
        data_key, _ = self._resume(session)
        log = self._log(data_key)
        self._append([log.frame("piece", ORIGINAL, data)], log)
        return self.received

    def content(self, session: str) -> tuple[bytes, str]:
        """Return (the whole file, its name). Raises as `take`."""
        data_key, name = self._resume(session)
        return b"".join(self._opened(data_key, ORIGINAL)), name

    def finish(self, session: str, told: FileTold, pictures: Mapping[int, bytes]) -> FileManifest:
        """Write the file's description, the pictures made from it (by track), index and manifest, each
        durable before the next; safe to repeat. Raises as `take`."""
        if self._reader.sealed:
            return FileManifest.parse(self._reader.file("manifest"))
        data_key, _ = self._resume(session)
        log = self._log(data_key)
        if not any(record.kind == "event" for record in log.records):
            frames = [log.frame("event", 0, told.canonical())]
            for track in (SMALL, LARGE):
                frames += log.pieces(track, pictures.get(track, b""))
            self._append(frames, log)
        with self._writer() as folder:
            return log.finish(folder)

    @property
    def whole(self) -> bool:
        """Whether its manifest is durable, so that it can become evidence without a key."""
        return self._reader.sealed

    def move(self) -> None:
        """Move a complete file into the spool for the copies, atomically; does nothing a second time."""
        home = self._spool / self._evidence
        if home.is_dir():
            return
        (self._reader.folder / _RESUME).unlink(missing_ok=True)
        self._reader.folder.rename(home)
        DISK.sync_directory(self._spool)

    def give_up(self) -> None:
        """Remove the received data with its wrapped key, so that nothing opens it any more."""
        if not self._reader.folder.is_dir():
            return
        gone = self._reader.folder.with_name(f".removed-{self._evidence}")
        self._reader.folder.rename(gone)
        DISK.sync_directory(gone.parent)
        shutil.rmtree(gone, ignore_errors=True)
        self._records = None

    # --- inside -----------------------------------------------------------------------------------------

    def _followed(self) -> list[Record]:
        if not self._reader.folder.is_dir():
            raise Missing(f"no upload {self._evidence[:32]} is waiting")
        if self._records is None:
            tree, records = RecordTree(), []
            try:
                for _, frame in self._reader.frames():
                    record = Record.parse(frame.record)
                    tree.append(record)
                    records.append(record)
            except (Altered, Malformed) as damage:
                raise RecordingFailed("spool-damaged", str(damage)) from damage
            self._records = records
        return self._records

    def _log(self, data_key: bytes) -> FileLog:
        ticket = FileTicket.waiting(uploads_root(self._spool), self._evidence)
        return FileLog(ticket, data_key, list(self._followed()))

    def _resume(self, session: str) -> tuple[bytes, str]:
        """Return (data key, the file's name). Raises `Missing`, `OtherSession`."""
        try:
            sealed = base64.b64decode(json.loads(self._reader.file(_RESUME)))
            opened = sealing.open_message(_session_key(session, self._evidence), _RESUMING, sealed)
        except ObjectMissing as missing:
            raise Missing(f"no upload {self._evidence[:32]} is waiting") from missing
        except Altered as other:
            raise OtherSession(f"upload {self._evidence} was begun in another session") from other
        return opened[: sealing.DATA_KEY_SIZE], opened[sealing.DATA_KEY_SIZE :].decode()

    def _opened(self, data_key: bytes, track: int) -> Iterator[bytes]:
        ticket = FileTicket.waiting(uploads_root(self._spool), self._evidence)
        records = self._followed()
        for (_, frame), record in zip(self._reader.frames(), records, strict=True):
            if record.track != track:
                continue
            context = context_of(ticket.deployment, ticket.evidence, record, records)
            yield check_record(record, sealing.open_message(data_key, context, frame.message))

    def _append(self, frames: list[tuple[bytes, bytes]], log: FileLog) -> None:
        self._records = None  # until all of it is durable
        with self._writer() as folder:
            folder.append(frames)
            folder.roll()
        self._records = log.records

    def _writer(self) -> Writing:
        return Writing(uploads_root(self._spool), self._evidence)


def _session_key(session: str, evidence: str) -> bytes:
    # HKDF with its extract step (HMAC-SHA-512): no key can be derived from the stored SHA-256 of the token.
    hkdf = HKDF(SHA512(), 32, salt=None, info=_RESUMING + bytes.fromhex(evidence))
    return hkdf.derive(session.encode())
