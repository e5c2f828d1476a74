"""The sealed log of one item: content in, sealed records durable in the spool, one tree over them.

    content → seal (fresh salt, context of its place) → record → tree → spool (durable) → acknowledged

The only way in which a recording, photograph, document or derivative is sealed here; the media of a safety
recording arrive sealed by the room's page (`web/static/room/sealing.js`). Synchronous, for one thread;
for recordings `casework.recording.pipeline` calls it from a thread. Knows no ledger.

Trusts: the spool, that what `append` returned from is durable. If `append` raises, the tree and so the
numbering return to the acknowledged state: a record that may not be on the disk is in no root.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic

from casework.errors import RecordingFailed, Refused, WrongState
from casework.sealing.sealing_context import context_of, place
from casework.sealing.ticket import AnyManifest, Ticket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import SALT_SIZE, Kind, Record, seal_leaf
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.items.recording_manifest import Index, RecordTree, State
from vault.errors import Altered, WriteFailed
from vault.sealing import key_wrapping, sealing
from vault.spool.reader import WRAPS, SpoolReader
from vault.spool.writer import SpoolWriter

LAGGING = 3_000_000
"""µs behind the newest track after which a track counts as stopped and no longer limits `safe_until`."""

_NO_INIT = bytes(32)


@dataclass(frozen=True)
class Content:
    """Input of a record. Times in µs; `key`: media that begin with a keyframe, and all other kinds."""

    kind: Kind
    track: int
    content: bytes | memoryview
    start: int = 0
    duration: int = 0
    key: bool = True


def safe_until(ends: Collection[int]) -> int:
    """Safe end of a recording whose tracks are durable up to `ends`; all in µs."""
    newest = max(ends, default=0)
    return min((end for end in ends if newest - end <= LAGGING), default=0)


class SealedLog(Generic[AnyManifest]):
    """The records of one item until it is complete; holds its data key until `forget`."""

    def __init__(
        self,
        ticket: Ticket[AnyManifest],
        spool: SpoolWriter,
        data_key: bytes,
        after: tuple[Sequence[Record], RecordTree] | None = None,
    ) -> None:
        """Continue `after` the durable records of an item begun before and the tree over them, which grows
        with this log; without them `begin` a new item."""
        self._ticket = ticket
        self._spool = spool
        self._data_key: bytes | None = data_key
        self._salts: dict[int, bytes] = {}
        self._ends: dict[int, int] = {}
        records, self._tree = after or ((), RecordTree())
        self.records: list[Record] = list(records)
        """The durable records; only ever grows, so other threads may read it."""
        self._inits = {record.index: record.cipher for record in self.records if record.kind == "init"}
        """Ciphers of the init records, by index; the tree says which one media need."""
        self.wraps: dict[str, str] = {}
        """SHA-256 of the wraps that `begin` wrote, by file name."""
        self.safe_in: dict[int, int] = {}
        """By segment, the value of `safe_until` when its last record so far became durable."""

    @property
    def safe_until(self) -> int:
        """µs of the timeline that are durable on every running track."""
        return safe_until(self._ends.values())

    def begin(self) -> None:
        """Write the ticket, then the data key, wrapped for every recipient; the header must follow.

        Raises `WriteFailed`.
        """
        ticket = self._ticket
        info = key_wrapping.wrap_info(bytes.fromhex(ticket.deployment), bytes.fromhex(ticket.evidence))
        self._spool.write_file(ticket.FILE, canonical_json.serialise(ticket.to_json()))
        for name, public in zip(WRAPS, ticket.recipients.values(), strict=False):
            wrap = key_wrapping.wrap(self._key(), public, info)
            self._spool.write_file(name, wrap)
            self.wraps[name] = sha256(wrap).hexdigest()

    def append(self, contents: Sequence[Content]) -> list[int | Refused]:
        """Seal these in order and make them durable together: each one's index, or why it was refused.

        Raises `WriteFailed`: none of these is safe, all earlier ones are.
        """
        outcomes: list[int | Refused] = []
        records: list[Record] = []
        salts: dict[int, bytes] = {}
        frames: list[tuple[bytes, bytes]] = []
        for content in contents:
            try:
                record, message = self._seal(content, len(self.records) + len(records))
                self._tree.append(record)
            except Malformed as malformed:
                outcomes.append(Refused(str(malformed)))
                continue
            if record.kind == "init":
                self._inits[record.index] = record.cipher
            records.append(record)
            salts[record.index] = message[: sealing.SALT_SIZE]
            frames.append((record.canonical(), message))
            outcomes.append(record.index)
        try:
            positions = self._spool.append(frames)
        except WriteFailed:
            self._tree = RecordTree(self.records)
            raise
        self._salts |= salts
        self.records += records
        self._ends.update((record.track, record.end) for record in records if record.kind == "media")
        self.safe_in |= {position.segment: self.safe_until for position in positions}
        return outcomes

    def extend(self, *contents: Content) -> None:
        """`append` for contents that can all follow.

        Raises `Refused` if one cannot (the others are durable then), `WriteFailed`.
        """
        for outcome in self.append(contents):
            if isinstance(outcome, Refused):
                raise outcome

    def snapshot(self) -> tuple[int, bytes]:
        """Return the number of durable records, and the root over exactly those."""
        return self._tree.size, self._tree.root()

    def message_keys(self, indices: Sequence[int]) -> list[bytes]:
        """76-byte keys of single messages. Raises `Refused` for one not durable, `WrongState` once sealed."""
        return [self._message_key(index) for index in indices]

    def roll(self) -> None:
        """Close the open segment, so that the next step can be another process's. Raises `WriteFailed`."""
        self._spool.roll()

    def roll_if_due(self) -> None:
        """Close the open segment once it is old, so that the copies get it in quiet periods too."""
        if self._spool.roll_is_due():
            self._spool.roll()

    def finish(self, state: State = "complete", failure: str | None = None) -> AnyManifest:
        """Close the last segment and write index and manifest, each durable before the next.

        After a failed write (`failure`: its code) the reserve frees space, the failed segment is replaced by
        exactly what was acknowledged, and the reason is recorded. Raises `WriteFailed`, and as
        `Ticket.manifest`.
        """
        self._spool.release_reserve()
        if failure is not None:
            self._spool.open_next()
            at = max(self._ends.values(), default=0)
            event = Event("stopped", at, {"by": "recorder", "reason": failure})
            self.append([Content("event", 0, event.canonical(), at)])
        self._spool.roll()
        return write_manifest(self._spool, self._ticket, self.records, self._tree.root(), state)

    def forget(self) -> None:
        """Discard the data key. (CPython does not wipe it; the end of the process does.)"""
        self._data_key = None

    def _key(self) -> bytes:
        if self._data_key is None:
            raise WrongState("this item is sealed; its keys are with the vault")
        return self._data_key

    def _seal(self, content: Content, index: int) -> tuple[Record, bytes]:
        number, init = self._tree.place(content.kind, content.track)
        salt = secrets.token_bytes(SALT_SIZE)
        context = place(
            self._ticket.deployment,
            self._ticket.evidence,
            content.kind,
            content.track,
            number,
            _NO_INIT if init is None else bytes.fromhex(self._inits[init]),
        )
        message = sealing.seal(self._key(), context, salt, content.content)
        # Media before any init of their track raise `Malformed` here, since `init` is then None.
        record = seal_leaf(
            index=index,
            kind=content.kind,
            track=content.track,
            number=number,
            start=content.start,
            duration=content.duration,
            key=content.key,
            init=init,
            salt=salt,
            content=content.content,
            message=message,
        )
        return record, message

    def _message_key(self, index: int) -> bytes:
        data_key = self._key()
        if index not in self._salts:
            raise Refused(f"no record {index} is durable")
        context = context_of(
            self._ticket.deployment, self._ticket.evidence, self.records[index], self.records
        )
        return sealing.message_key(data_key, context, self._salts[index])


def write_manifest(
    spool: SpoolWriter, ticket: Ticket[AnyManifest], records: Sequence[Record], root: bytes, state: State
) -> AnyManifest:
    """Write index, then manifest, to the spool: a manifest never names an index that is not durable."""
    index = Index.serialise(records)
    manifest = ticket.manifest(index, len(records), root.hex(), state)
    spool.write_file("index", index)
    spool.write_file("manifest", manifest.canonical())
    return manifest


def read_back(reader: SpoolReader) -> tuple[list[Record], RecordTree]:
    """Read the durable records of an item, each checked against the sealed message beside it.

    Raises `RecordingFailed` with code `spool-damaged`.
    """
    tree = RecordTree()
    return list(read_back_into(tree, reader)), tree


def read_back_into(tree: RecordTree, reader: SpoolReader) -> Iterator[Record]:
    """Yield the same records one by one, each once it is in `tree`, which is empty at first. Raises as
    `read_back`."""
    try:
        for position, frame in reader.frames():
            record = Record.parse(frame.record)
            if record.index != tree.size or sha256(frame.message).hexdigest() != record.cipher:
                raise RecordingFailed(
                    "spool-damaged", f"segment {position.segment} holds another record {record.index}"
                )
            tree.append(record)
            yield record
    except (Altered, Malformed) as damage:
        raise RecordingFailed("spool-damaged", str(damage)) from damage
