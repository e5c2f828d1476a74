"""Received content of one safety recording: frames checked, durable, in order.

No input is trusted. A request is accepted as a whole or not at all: whole frames, each with a canonical
record that matches its sealed message (size and digest), is of a kind that a room records, and may come next
by the rules of every recording (`chain_of_custody.items.recording_manifest`). The tree in memory covers what
is durable; after any failure it is read from the disk again.
"""

from __future__ import annotations

import io
import threading
from hashlib import sha256
from pathlib import Path

from casework.errors import Missing, RecordingFailed, Refused, WrongState
from casework.recording.pipeline import failure
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_manifest import RecordTree
from vault.errors import Altered, ObjectMissing, SpoolInUse, WriteFailed
from vault.sealing.sealing import HEADER_SIZE, TAG_SIZE
from vault.spool.reader import SpoolReader
from vault.spool.segments import Frame, read_frames
from vault.spool.writer import SpoolWriter

MAX_BYTES = 6 * 1024**3
"""Maximum bytes of one safety recording: eight hours of a room's output."""
MAX_RECORDS = 400_000
"""Two tracks for over two days, a record a second. Each costs memory here, and a line of the index."""
MAX_TIME = 24 * 3600 * 1_000_000
"""µs: no record of a safety recording ends later."""

_TRACKS = (1, 2)


class OutOfOrder(Refused):
    """Not the next record; `due` is its index."""

    def __init__(self, due: int) -> None:
        super().__init__(f"record {due} is the next one")
        self.due = due


class Arriving:
    """One safety recording that waits in `root`. For several threads: hold `turn`."""

    def __init__(self, root: Path, evidence: str) -> None:
        self.turn = threading.Lock()
        self._root, self._evidence = root, evidence
        self._tree: RecordTree | None = None
        self._bytes = 0

    @property
    def records(self) -> int:
        """Number of durable records, including the header. Raises `Missing`, `RecordingFailed`."""
        return self._followed().size

    def take(self, first: int, data: bytes, until: int | None = None) -> int:
        """Accept the frames in `data`, from record `first` on; returns the index of the next one due.

        Records that arrived already are not written again. `until`: µs; a record that ends later is refused.
        Raises `Missing`, `OutOfOrder`, `Refused`, `RecordingFailed`, `WrongState` while the recorder still
        prepares it.
        """
        frames = _frames(data)
        tree = self._followed()
        if first < tree.size and first + len(frames) <= tree.size:
            return tree.size
        if first != tree.size:
            raise OutOfOrder(tree.size)
        if self._bytes + len(data) > MAX_BYTES or tree.size + len(frames) > MAX_RECORDS:
            raise Refused("it is longer than a safety recording may be")
        records = [_record(frame, MAX_TIME if until is None else until) for frame in frames]
        self._tree = None  # until all of it is durable
        try:
            for record in records:
                tree.append(record)
        except Malformed as malformed:
            raise Refused(str(malformed)) from malformed
        self._append(frames)
        self._tree, self._bytes = tree, self._bytes + len(data)
        return tree.size

    def _followed(self) -> RecordTree:
        reader = SpoolReader(self._root, self._evidence)
        if not reader.folder.is_dir():
            raise Missing(f"no safety recording {self._evidence} is waiting")
        if self._tree is None:
            tree, size = RecordTree(), 0
            try:
                for position, frame in reader.frames():
                    tree.append(Record.parse(frame.record))
                    size += position.length
            except (Altered, Malformed) as damage:
                raise RecordingFailed("spool-damaged", str(damage)) from damage
            self._tree, self._bytes = tree, size
        return self._tree

    def _append(self, frames: list[Frame]) -> None:
        try:
            folder, _ = SpoolWriter.recover(self._root, self._evidence)
            try:
                folder.append([(frame.record, frame.message) for frame in frames])
                folder.roll()
            finally:
                folder.close()
        except SpoolInUse as busy:
            raise WrongState("the recorder is still preparing it") from busy
        except ObjectMissing as missing:
            raise Missing("no such safety recording is waiting") from missing
        except WriteFailed as error:
            raise failure(error) from error


def _frames(data: bytes) -> list[Frame]:
    found, end = [], 0
    for position, frame in read_frames(io.BytesIO(data), 0):
        found.append(frame)
        end = position.end
    if not found or end != len(data):
        raise Refused(f"not whole frames: {end} of {len(data)} bytes can be read")
    return found


def _record(frame: Frame, until: int) -> Record:
    try:
        record = Record.parse(frame.record)
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
    if record.kind not in ("init", "media") or record.track not in _TRACKS or record.end > MAX_TIME:
        raise Refused(f"record {record.index}: no room records this")
    if record.end > until:
        raise Refused(f"record {record.index}: it ends in a break, or after the interview was stopped")
    if len(frame.message) != record.size or record.size < HEADER_SIZE + TAG_SIZE:
        raise Refused(f"record {record.index}: its message has another length")
    if sha256(frame.message).hexdigest() != record.cipher:
        raise Refused(f"record {record.index}: its message is another one")
    return record
