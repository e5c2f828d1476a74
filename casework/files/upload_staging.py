"""A photograph or document on its way into the spool: sealed as it comes, never in clear on a disk.

    <spool>/uploads/<evidence>/    while it comes: ticket, wraps, header, sealed pieces, and `resume.json`
    <spool>/<evidence>/            from `finish` on: an item like any other, which the copies take up

Each piece is sealed and durable before it is acknowledged; what was acknowledged outlives a cut connection
and a restart. Nobody here keeps the data key meanwhile. It lies wrapped for the vault, like every item's, and
in `resume.json` once more, sealed under a key that follows from the sender's own session token, of which this
machine keeps only a digest: with each piece it comes along with their cookie. So whoever takes the disk has
nothing to open it with, and whoever signs in anew begins the file anew.

Trusts: the spool's word that what `append` returned from is durable. Specification: docs/spec/manifest.md.
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
"""Why photographs and documents are taken: the code in their header."""

_RESUME = "resume.json"
_RESUMING = b"amana/upload/v1\0"


class OtherSession(WrongState):
    """Begun in a session that is over: nothing but that session's own token can go on with it."""

    code = "begin-anew"


class OutOfOrder(Refused):
    """Not the next byte of the file; `due` is the number of the one that is."""

    code = "out-of-order"

    def __init__(self, due: int) -> None:
        super().__init__(f"byte {due} is the next one")
        self.due = due


def uploads_root(spool: Path) -> Path:
    """Where files lie that are not whole: apart from evidence, so that no copy takes them up."""
    return spool / "uploads"


def make_room(spool: Path, ticket: FileTicket, session: str, name: str) -> None:
    """Make room for a new file, durable on return; its data key is made here. Raises `RecordingFailed`."""
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
    """One file that is coming. For several threads: hold `turn`."""

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
        """Raises `OtherSession` where this session did not begin it, `Missing`."""
        self._resume(session)

    def take(self, session: str, offset: int, data: bytes) -> int:
        """Seal the bytes from `offset` on and make them durable; how many there are then.

        What has come already is not taken again. Raises `Missing`, `OtherSession`, `OutOfOrder`, `Refused`,
        `RecordingFailed`, `WrongState` while somebody else is at it.
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
        """(the whole file, its name). Raises as `take`."""
        data_key, name = self._resume(session)
        return b"".join(self._opened(data_key, ORIGINAL)), name

    def finish(self, session: str, told: FileTold, pictures: Mapping[int, bytes]) -> FileManifest:
        """What the file is, the pictures made from it (by track), index and manifest, each durable before the
        next; safe to repeat. Raises as `take`."""
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
        """Whether its manifest is durable: it needs no key any more to become evidence."""
        return self._reader.sealed

    def move(self) -> None:
        """Hand a whole one to the copies, in one step; a second time it does nothing."""
        home = self._spool / self._evidence
        if home.is_dir():
            return
        (self._reader.folder / _RESUME).unlink(missing_ok=True)
        self._reader.folder.rename(home)
        DISK.sync_directory(self._spool)

    def give_up(self) -> None:
        """Remove what has come of it: its wrapped key goes with it, and nothing opens it any more."""
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
        """(data key, the file's name). Raises `Missing`, `OtherSession`."""
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
    # HKDF with its extracting step (HMAC-SHA-512): no key follows from the token's SHA-256, which is kept.
    hkdf = HKDF(SHA512(), 32, salt=None, info=_RESUMING + bytes.fromhex(evidence))
    return hkdf.derive(session.encode())
