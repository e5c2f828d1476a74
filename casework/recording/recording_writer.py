"""Recording one part: every record sealed, hashed, durable and acknowledged, in one order.

Runs in the recorder child: public keys and its own data key, no database. What `media` acknowledged survives
a power cut; what a signed statement committed to can be proved. In this order; a crash at any line leaves a
part that can be sealed:

1. `open`: data key wrapped and durable → header sealed and durable → `recording.started` in the ledger.
   Before that no picture is taken; every picture after it is accounted for.
2. Each record: seal → tree → spool (durable) → acknowledged (`sealed_log`). Queued records are made durable
   together; the queue is bounded in bytes.
3. About every 30 s `recording.progress` commits to the tree so far (`statement_outbox`: in the background).
4. `seal`: last segment closed → index durable → manifest durable → `recording.sealed`.

If a write fails, everything acknowledged before is safe, nothing after it is accepted, and `seal` still works
with the reserved space. `recovery` does step 4 for a part whose child has ended, without any data key.

A practice recording follows the same steps, makes no statement, and is deleted when it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.errors import RecordingFailed, Refused, WrongState
from casework.recording.pipeline import Pipeline, PipelineLimits
from casework.recording.recovery import SEAL_WAITS, recover, say_sealed, spool_root
from casework.recording.statement_outbox import LedgerPort, Outbox
from casework.recording.ticket import RecordingTicket
from casework.sealing.sealed_log import Content, SealedLog
from casework.sealing.spool_failures import failure, spool_failures
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import Kind, Record
from chain_of_custody.items.recording_contents import Event, Header, Track
from chain_of_custody.items.recording_manifest import Manifest, State
from chain_of_custody.items.sender import Sender
from chain_of_custody.statements.keys import key_id
from vault.errors import ObjectExists, WriteFailed
from vault.sealing import key_wrapping
from vault.spool.writer import RESERVE_BYTES, SpoolWriter

__all__ = [
    "HEADER_TRACKS",
    "LedgerPort",
    "RecordingLimits",
    "RecordingTicket",
    "RecordingWriter",
    "Track",
    "spool_root",
]

HEADER_TRACKS = (
    Track(1, "wide", "video", "avc1.42e01f"),
    Track(2, "microphone", "audio", "opus"),
    Track(3, "close", "video", "avc1.42e01f"),
)
"""All tracks that may join, since a header cannot grow. Tracks missing at the start are stated as late."""


@dataclass(frozen=True)
class RecordingLimits(PipelineLimits):
    """Limits on how far a recording may get ahead of the disk and of the ledger."""

    reserve: int = RESERVE_BYTES
    """Bytes of disk reserved for sealing."""
    progress_seconds: float = 30.0
    """Interval between progress statements: at most this much is provable only by the seal."""
    seal_seconds: float = SEAL_WAITS
    """How long sealing waits for the ledger; what it has not accepted by then is delivered by `recover`."""


LIMITS = RecordingLimits()


class RecordingWriter:
    """Records one part. All methods are for one event loop; `open` creates one.

    `init`, `media` and `event` return the record's index once it is durable. They need not wait for each
    other; records are in the order of the calls. `queue` and `queue_event` are the same for callers that
    cannot await.
    """

    def __init__(
        self, ticket: RecordingTicket, spool: SpoolWriter, outbox: Outbox, limits: RecordingLimits
    ) -> None:
        self.ticket = ticket
        self._spool = spool
        self._log = SealedLog(ticket, spool, key_wrapping.generate_data_key())
        self._pipeline = Pipeline(self._log, limits)
        self._limits = limits
        self._outbox = outbox
        self._progress: asyncio.Task[None] | None = None
        self._sealing = False
        self._ending = asyncio.Event()

    @classmethod
    async def open(
        cls,
        ticket: RecordingTicket,
        root: Path,
        recorder_key: Ed25519PrivateKey,
        ledger: LedgerPort,
        tracks: Sequence[Track],
        *,
        senders: Sequence[Sender] = (),
        software: Mapping[str, str] | None = None,
        limits: RecordingLimits = LIMITS,
        make_spool: Callable[[Path, str, int], SpoolWriter] = SpoolWriter.create,
    ) -> RecordingWriter:
        """Begin a part; on return `recording.started` is in the ledger and media may follow.

        `root` is the spool, with one folder for each part. For the header: `senders`, who sends the cameras
        that are connected, and `software`, name → version. Raises `Refused` for a key that is not the
        ticket's or tracks that make no header, `WrongState` for a used ticket, `RecordingFailed` if the spool
        cannot take it, `LedgerAway` if the ledger cannot: then the part never began.
        """
        public = recorder_key.public_key().public_bytes_raw()
        if key_id(public) != ticket.recorder:
            raise Refused("the ticket was given to another recorder")
        header = make_header(ticket, tracks, senders, software)
        folder = spool_root(root, practice=ticket.practice)
        with spool_failures({ObjectExists: WrongState(f"part {ticket.evidence} has been recorded already")}):
            spool = await asyncio.to_thread(make_spool, folder, ticket.evidence, limits.reserve)
            writer = cls(ticket, spool, Outbox(ticket, recorder_key, ledger, spool), limits)
            try:
                await writer._begin(header)
            except BaseException:
                await writer._let_go()
                raise
        return writer

    async def _begin(self, header: bytes) -> None:
        await self._pipeline.call(self._log.begin)
        await self.queue("header", 0, header, 0)
        if self.ticket.practice:
            return
        await self._outbox.begin("recording.started", started_body(self.ticket, self._log))
        self._progress = asyncio.create_task(self._state_progress(), name="progress")

    # --- taking records ---------------------------------------------------------------------------------

    async def init(self, track: int, content: bytes, at: int) -> int:
        """Queue a track's init segment (CMAF `ftyp` and `moov`), which its later media need; return its
        index."""
        return await self.queue("init", track, content, at)

    async def media(self, track: int, content: bytes, start: int, duration: int, key: bool) -> int:
        """Queue a media fragment; `start` and `duration` in µs. Return its index, once durable."""
        return await self.queue("media", track, content, start, duration, key)

    async def event(self, type: str, at: int, **fields: Any) -> int:  # noqa: A002  # the field's own name
        """Queue an event, with its time in µs; return its index, once durable."""
        return await self.queue_event(type, at, **fields)

    def queue_event(self, type: str, at: int, **fields: Any) -> asyncio.Future[int]:  # noqa: A002
        """`event` without waiting. Raises `Refused` for an invalid event."""
        try:
            content = Event(type, at, fields).canonical()
        except Malformed as malformed:
            raise Refused(str(malformed)) from malformed
        return self.queue("event", 0, content, at)

    def queue(
        self, kind: Kind, track: int, content: bytes, start: int, duration: int = 0, key: bool = True
    ) -> asyncio.Future[int]:
        """Queue content now; the future gives its index once it is durable.

        Raises at once: `RecordingFailed` after a failed write, `WrongState` once sealing has begun,
        `SpoolBehind` if the queue is full (the content is not accepted). The future raises `RecordingFailed`,
        or `Refused` for a record that cannot follow those before it.
        """
        if self._sealing:
            raise WrongState("this part is being sealed")
        return self._pipeline.put(Content(kind, track, content, start, duration, key))

    # --- status -------------------------------------------------------------------------------------------

    @property
    def failure(self) -> RecordingFailed | None:
        """Why no more content is accepted; None if there is no failure."""
        return self._pipeline.failure

    @property
    def failed(self) -> asyncio.Event:
        """Set when a write has failed."""
        return self._pipeline.failed

    @property
    def safe_until(self) -> int:
        """µs of the timeline that are durable on every running track."""
        return self._log.safe_until

    def safe_in(self, segments: int) -> int:
        """µs of the timeline in the first `segments` segments: the progress of a copy that has them."""
        ends = self._log.safe_in
        return max((ends[segment] for segment in list(ends) if segment <= segments), default=0)

    @property
    def size(self) -> int:
        """Number of durable records."""
        return len(self._log.records)

    @property
    def waiting_bytes(self) -> int:
        """Bytes accepted and not yet durable."""
        return self._pipeline.waiting_bytes

    @property
    def statements_waiting(self) -> int:
        """Statements signed and not yet in the ledger."""
        return self._outbox.waiting

    @property
    def ledger_refused(self) -> str | None:
        """The ledger's message when it refused a statement of this part; None if there is no error."""
        return self._outbox.refused

    def records(self, after: int = 0) -> list[Record]:
        """The durable records from index `after` on."""
        return self._log.records[after:]

    def message_keys(self, indices: Sequence[int]) -> list[bytes]:
        """76-byte keys of single messages, for the live view.

        Raises `Refused` for a record that is not durable, `WrongState` once the part is sealed.
        """
        return self._log.message_keys(indices)

    # --- ending -----------------------------------------------------------------------------------------

    async def seal(self, state: State = "complete", reason: str | None = None) -> Manifest:
        """Seal the part: make queued content durable, then index, manifest and statement.

        `reason` is a code, for an interrupted part. After a failed write the part is sealed as interrupted
        with the failure's reason, regardless of `state`. On return the manifest and a signed
        `recording.sealed` are durable; if the ledger is unavailable, `recover` delivers it later. Raises
        `RecordingFailed` if not even the reserve could be written: `recover` seals it once the disk works
        again.
        """
        if self._sealing:
            raise WrongState("this part is being sealed")
        self._sealing = True
        await self._pipeline.stop()
        await self._end_progress()
        cut = None if self.failure is None else self.failure.reason
        if cut is not None:
            state, reason = "interrupted", cut
        try:
            manifest = await self._pipeline.call(lambda: self._log.finish(state, cut))
        except WriteFailed as error:
            await self._let_go()
            raise failure(error) from error
        self._log.forget()
        if not self.ticket.practice:
            await say_sealed(self._outbox, manifest, reason, self._limits.seal_seconds)
        await self._let_go()
        if self.ticket.practice:
            await asyncio.to_thread(shutil.rmtree, self._spool.folder)
        return manifest

    recover = staticmethod(recover)
    """Seals a part whose child has ended unexpectedly: `casework.recording.recovery.recover`."""

    # --- inside ---------------------------------------------------------------------------------------------

    async def _state_progress(self) -> None:
        """Commit to the tree so far, at intervals, if it has grown."""
        stated = 1
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.progress_seconds):
                    await self._ending.wait()
                    return
            # In the writing thread, between two batches: size and root match, all durable.
            records, root = await self._pipeline.call(self._log.snapshot)
            if records > stated:
                await self._outbox.say(("recording.progress", {"records": records, "root": root.hex()}))
                stated = records

    async def _end_progress(self) -> None:
        # Not cancelled: a statement in progress is completed, and precedes the closing ones.
        self._ending.set()
        if self._progress is not None:
            await asyncio.gather(self._progress, return_exceptions=True)

    async def _let_go(self) -> None:
        """Release tasks, key, spool and thread; durable data remains."""
        await self._end_progress()
        await self._outbox.close()
        await self._pipeline.close(self._spool.close)
        self._log.forget()


def started_body(ticket: RecordingTicket, log: SealedLog[Manifest]) -> dict[str, Any]:
    """Return the body of `recording.started`, for a log that has begun and has its header."""
    beside = {} if ticket.beside is None else {"beside": ticket.beside}
    return {
        **beside,
        "header": log.records[0].leaf,
        "interview": ticket.interview,
        "not_before": ticket.not_before.to_json(),
        "part": ticket.part,
        "recorder": ticket.recorder,
        **log.wraps,
    }


def make_header(
    ticket: RecordingTicket,
    tracks: Sequence[Track],
    senders: Sequence[Sender] = (),
    software: Mapping[str, str] | None = None,
) -> bytes:
    """Return the content of record 0. Raises `Refused` for tracks or senders that make no valid header."""
    header = Header(
        deployment=ticket.deployment,
        interview=ticket.interview,
        evidence=ticket.evidence,
        part=ticket.part,
        epoch=ticket.epoch,
        tracks=tuple(tracks),
        software=dict(software or {}) | {name: metadata.version(name) for name in ("amana", "cryptography")},
        recorder=ticket.recorder,
        purpose=ticket.purpose,
        practice=ticket.practice,
        senders=tuple(senders),
    )
    try:
        return header.canonical()
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
