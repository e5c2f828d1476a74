"""Received content of one safety recording: frames checked, durable, in order.

No input is trusted. A request is accepted as a whole or not at all: whole frames, each with a canonical
record that matches its sealed message (size and digest), is of a kind that a room records, and may come next
by the rules of every recording (`chain_of_custody.items.recording_manifest`). The tree in memory covers what
is durable; after any failure it is read from the disk again.
"""

from __future__ import annotations

import io
from hashlib import sha256

from casework.errors import Refused
from casework.sealing.staging import OutOfOrder, StagedItem, StagingArea
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_manifest import RecordTree
from vault.sealing.sealing import HEADER_SIZE, TAG_SIZE
from vault.spool.segments import Frame, read_frames

MAX_BYTES = 6 * 1024**3
"""Maximum bytes of one safety recording: eight hours of a room's output."""
MAX_RECORDS = 400_000
"""Two tracks for over two days, a record a second. Each costs memory here, and a line of the index."""
MAX_TIME = 24 * 3600 * 1_000_000
"""µs: no record of a safety recording ends later."""

_TRACKS = (1, 2)


class Arriving(StagedItem):
    """One safety recording that waits."""

    NAME = "safety recording"
    BUSY = "the recorder is still preparing it"

    def __init__(self, area: StagingArea, evidence: str) -> None:
        super().__init__(area, evidence)
        self._tree: RecordTree | None = None

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
            raise OutOfOrder("record", tree.size)
        size = sum(self._reader.segment_sizes()) + len(data)
        if size > MAX_BYTES or tree.size + len(frames) > MAX_RECORDS:
            raise Refused("it is longer than a safety recording may be")
        records = [_record(frame, MAX_TIME if until is None else until) for frame in frames]
        self._tree = None  # until all of it is durable
        try:
            for record in records:
                tree.append(record)
        except Malformed as malformed:
            raise Refused(str(malformed)) from malformed
        with self._writing() as folder:
            folder.append([(frame.record, frame.message) for frame in frames])
            folder.roll()
        self._tree = tree
        return tree.size

    def _followed(self) -> RecordTree:
        if not self._reader.folder.is_dir() or self._tree is None:
            _, self._tree = self._read_back()
        return self._tree


def _frames(data: bytes) -> list[Frame]:
    frames, end = [], 0
    for position, frame in read_frames(io.BytesIO(data), 0):
        frames.append(frame)
        end = position.end
    if not frames or end != len(data):
        raise Refused(f"not whole frames: {end} of {len(data)} bytes can be read")
    return frames


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
