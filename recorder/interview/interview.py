"""One interview in its recorder child: its state, and the transitions it allows.

    waiting → connected → checked → recording ⇄ break → stopped → sealed
                                        └→ interrupted (this part; a new one may begin)

1. Cameras connect before anything is recorded and stay connected through breaks. Media are made only in
   *recording*: otherwise there is no part to store them in, and in a break the cameras are paused.
2. A part begins with its statement durable in the ledger; then the cameras begin.
3. A break closes the open fragments first, then states the break: no media fall between the two.
4. However a part ends, its last event gives the reason, and it is sealed. If the disk fails, it is sealed as
   interrupted with what was safe.

Everything runs on one event loop. `tick` is called several times a second; it does all monitoring.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from casework.errors import LedgerAway, NeverStarted, RecordingFailed, Refused
from casework.recording import safety_cutoff
from casework.recording.pending_notes_file import PendingNotesFile
from casework.recording.recording_writer import HEADER_TRACKS, RecordingWriter
from casework.recording.ticket import RecordingTicket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.recording_contents import Track
from chain_of_custody.items.sender import SAFETY, Sender
from recorder.camera.camera import Camera
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.errors import InterviewRefused
from recorder.interview.alerts import Watch, sound_flows
from recorder.interview.checklist import Checklist
from recorder.interview.connections import CAMERAS, TRACKS, Connections, MakeCamera
from recorder.interview.disk_forecast import DiskForecast
from recorder.interview.drawings import Drawings
from recorder.interview.exhibits import Exhibits
from recorder.interview.part import Part
from recorder.interview.pending_notes import PendingNotes
from recorder.interview.phases import Phases
from recorder.interview.preflight import BYTES_PER_HOUR, CheckResult, FactsOfWeb, check_all, room_left
from recorder.interview.questions import PassedQuestions
from recorder.interview.senders import Senders
from recorder.webrtc.sdp_offer import certificates

log = logging.getLogger(__name__)

REASONS: Final = frozenset(("rest", "questions", "privileged", "technical"))
STOP_REASONS: Final = frozenset(("finished", "wish", "technical"))
ROLES: Final = frozenset(
    ("interviewer", "interpreter", "support", "social-worker", "advocate", "health", "other")
)
MAX_TEXT = 200
"""Characters in a mark, a name or a reason."""
MAX_AGO = 600_000
"""Milliseconds by which a mark may be in the past: the time a person may need to word it."""
CHECKED_FOR = 10.0
"""Seconds for which a checklist without failures counts as *checked*."""
OPENED_WITHIN = 1_000_000
"""µs in which a part is normally opened; a longer time is stated."""
SETTING_UP: Final = ("waiting", "connected", "checked")

OpenPart = Callable[[RecordingTicket, Sequence[Track], Sequence[Sender]], Awaitable[RecordingWriter]]


@dataclass(frozen=True)
class InterviewConfig:
    """What an interview needs to know about this machine."""

    interview: str
    spool: Path
    reserve: int
    """Bytes reserved for sealing."""
    capture: CaptureConfig = field(default_factory=CaptureConfig)


class Interview:
    """The state machine. `open_part` begins a part; `notes_file` stores pending notes; `make_camera` receives
    one camera."""

    def __init__(
        self,
        config: InterviewConfig,
        open_part: OpenPart,
        notes_file: PendingNotesFile,
        make_camera: MakeCamera = Camera,
    ) -> None:
        self.config = config
        self.state = "waiting"
        self.part: Part | None = None
        self.epoch: datetime | None = None
        self._ended_at = 0
        """µs on the part's timeline; constant once the part is over."""
        self.failed_at: datetime | None = None
        """Since when the disk has failed, for the people at the console."""
        self.hours = 0.0
        """Hours of recording for which there is space."""
        self.lasts = 0.0
        """Hours until the disk is full at its present rate."""
        self._disk_room = DiskForecast(BYTES_PER_HOUR)
        self.watch = Watch()
        self.sound_expected = False
        self._open_part = open_part
        self._timeline = Timeline()
        self.senders = Senders(config.interview, self._say)
        self.cameras = Connections(self._timeline, config.capture, self.senders, make_camera)
        self.present: list[dict[str, str]] = []
        self.notes = PendingNotes(notes_file, self._say, lambda: self.state in ("stopped", "sealed"))
        self.questions, self.checklist = PassedQuestions(self.notes), Checklist(self.notes)
        self.phases, self.exhibits = Phases(self.notes), Exhibits(self.notes)
        self.drawings = Drawings(self.notes)
        self.safety = "off"
        """The last state that the room page reported of its safety recording."""
        self.safety_since: datetime | None = None
        self._checks: list[CheckResult] = []
        self._checked_at = self._hours_at = float("-inf")
        self._turn = asyncio.Lock()
        self._ending: asyncio.Task[None] | None = None

    def note_safety_state(self, state: str) -> None:
        """Note the state of the safety recording, reported by the room page."""
        if state != self.safety:
            self.safety, self.safety_since = state, datetime.now(UTC)

    # --- before recording --------------------------------------------------------------------------------

    def challenge(self) -> dict[str, Any]:
        """Return what the room's device has to sign for its next connection or safety recording."""
        return self.senders.challenge(None if self.part is None else self.part.evidence)

    async def offer(self, sdp: str, page: str, claim: Mapping[str, object]) -> str:
        """Answer the room page's offer for one camera; `claim`: who sends it, as `Senders.proved` takes it.

        Raises `InterviewRefused`; nothing that is connected is disturbed.
        """
        if self.state in ("stopped", "sealed"):
            raise InterviewRefused("state.wrong", "the interview is over")
        if claim.get("camera") not in CAMERAS:
            raise InterviewRefused("camera.unknown")
        sender = self.senders.proved(claim, certificates(sdp))
        self.senders.admit(sender)
        return await self.cameras.offer(sdp, page, sender)

    def check(self, elsewhere: FactsOfWeb) -> list[CheckResult]:
        """Run all checks, including the facts that only the web side knows."""
        self.tick()
        stats = self.cameras.stats
        full_for = {name: self.watch.full_for(name) for name in CAMERAS}
        sound = any(map(sound_flows, stats.values())), self.watch.audio.moving
        self._checks = check_all(stats, full_for, sound, self.hours, elsewhere)
        self._checked_at = asyncio.get_running_loop().time()
        self.tick()
        return self._checks

    # --- the life of a part --------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Whether a part is open."""
        return self.state in ("recording", "break")

    @property
    def elapsed(self) -> int:
        """µs since the newest part began, or its length once it ended."""
        return self._timeline.now() if self.live else self._ended_at

    async def begin(self, ticket: RecordingTicket, by: str = "") -> dict[str, Any]:
        """Begin a part; on return it is recording. `by`: id of the person at the console, if known.

        Raises `InterviewRefused` if it cannot.
        """
        async with self._turn:
            if self.state not in (*SETTING_UP, "interrupted"):
                raise InterviewRefused("state.wrong", f"it is {self.state}")
            if ticket.interview != self.config.interview:
                raise InterviewRefused("request.stale", "the ticket is for another interview")
            self.tick()
            if not self.cameras.connected:
                raise InterviewRefused("check.blocking", "no camera is connected")
            epoch = self._timeline.begin()
            ticket = replace(ticket, epoch=canonical_json.instant_text(epoch))
            before, self.state = self.state, "beginning"
            named = tuple(self.cameras.senders.values())
            unbind = self.senders.bind(self.cameras.senders, by)
            try:
                with _refusals():
                    writer = await self._open_part(ticket, HEADER_TRACKS, named)
            except BaseException:
                self.state = before
                unbind()
                raise
            self._start(Part(writer), epoch)
            self.senders.begun(self.cameras.senders, named)
            return {"evidence": ticket.evidence, "part": ticket.part, "epoch": ticket.epoch}

    def _start(self, part: Part, epoch: datetime) -> None:
        self.part, self.epoch, self.failed_at = part, epoch, None
        self.state = "recording"
        self.watch.forget()
        self.cameras.begin(part)
        now = self._timeline.now()
        # No picture is recorded before `recording.started` is in the ledger: the time that a slow machine
        # needs for that is missing at the beginning, and is stated.
        opened_late = {"ms": now // 1000} if now > OPENED_WITHIN else {}
        for name in CAMERAS:
            connected = name in self.cameras.connected
            if opened_late or not connected:
                for track in TRACKS[name].values():
                    part.say("track.late", now, track=track, **(opened_late if connected else {}))
        self.sound_expected = any(one.last_audio_ms is not None for one in self.cameras.stats.values())
        for one in self.present:  # people noted in an earlier part are still present
            part.say("person", now, event="present", **one)
        if (shown := self.exhibits.still_shown) is not None:
            part.say("exhibit.shown", now, **shown)
        self.notes.look()

    def _say(
        self,
        type: str,  # noqa: A002 (the record's name)
        moment: int | None = None,
        **fields: Any,
    ) -> asyncio.Future[int] | None:
        """Record an event of this moment, or of `moment` on the monotonic clock; None if no part is open.

        What was before the part is recorded now, with its time of day as `sent`.
        """
        if self.part is None or not self.live:
            return None
        now = self._timeline.now()
        at = now if moment is None else moment - self._timeline.zero
        if at < 0:
            said = canonical_json.instant_text(self._timeline.wall(at))
            return self.part.say(type, now, sent=said, **fields)
        return self.part.say(type, at, **fields)

    async def take_break(self) -> dict[str, Any]:
        """Stop making media at once; the cameras stay connected. The reason follows (`explain_break`)."""
        async with self._turn:
            part = self._require("recording")
            self.cameras.pause()
            at = self._timeline.now()
            recorded = part.say("break", at)
            await self._end_safeties(at)
            self.state = "break"
            answer = await _durable(part, at, recorded)
            await self.questions.break_taken()
            return answer

    async def explain_break(self, reason: str, text: str) -> dict[str, Any]:
        """Record the reason of the newest break, which may be over."""
        part = self._require("recording", "break")
        breaks = [one["at"] for one in part.journal if one["type"] == "break"]
        if reason not in REASONS or not breaks:
            raise InterviewRefused("body.malformed", "no such reason, or no break")
        fields = {"reason": reason} | ({"text": one_line(text)} if text else {})
        at = self._timeline.now()
        return await _durable(part, at, part.say("break.explained", at, **{"break": breaks[-1]}, **fields))

    async def beside(
        self,
        evidence: str | None,
        claim: Mapping[str, object],
        certificate: str,
        begin: Callable[[Sender], Awaitable[bytes]],
    ) -> bytes:
        """Begin a safety recording beside the part that is recorded; serialised with breaks and the end, so
        that none misses it.

        `claim`: who makes it, as `Senders.proved` takes it, over the digest `certificate` of the page's key.
        Raises `InterviewRefused` if that part is not recorded or another device asks, and as `begin`.
        """
        async with self._turn:
            if self.part is None or self.state != "recording" or evidence != self.part.evidence:
                raise InterviewRefused("state.wrong", "that part is not being recorded")
            sender = self.senders.proved(claim, (certificate,), SAFETY)
            if sender.proof is not None and sender.proof.evidence != evidence:
                raise InterviewRefused("request.stale", "the device signed before this part began")
            self.senders.admit_beside(sender)
            return await begin(sender)

    async def _end_safeties(self, at: int | None) -> None:
        """Set the cut-off of the room's own recordings to `at`; None: to now, if no part is open."""
        later = datetime.now(UTC)
        if at is not None and self.epoch is not None:
            later = self.epoch + timedelta(microseconds=at)
        try:
            await asyncio.to_thread(
                safety_cutoff.end_waiting, self.config.spool, self.config.interview, later
            )
        except (RecordingFailed, OSError) as failed:  # the break begins anyway, and the room is notified
            log.error("where the room's own recording has to end could not be kept: %s", failed)

    async def resume(self) -> dict[str, Any]:
        """Continue recording after a break."""
        async with self._turn:
            part = self._require("break")
            at = self._timeline.now()
            recorded = part.say("resume", at)
            self.state = "recording"
            self.cameras.resume()
            return await _durable(part, at, recorded)

    async def mark(self, text: str, ago: int) -> dict[str, Any]:
        """Mark the moment `ago` ms before now."""
        part = self._require("recording", "break")
        at = max(0, self._timeline.now() - 1000 * min(max(0, ago), MAX_AGO))
        return await _durable(part, at, part.say("mark", at, text=one_line(text)))

    async def correct(self, mark: int, text: str) -> dict[str, Any]:
        """Give the mark at `mark` µs of this part another text, by a later event. The earlier event stays."""
        part = self._require("recording", "break")
        of = {"mark": "at", "mark.corrected": "mark"}
        words = [one["text"] for one in part.journal if (key := of.get(one["type"])) and one[key] == mark]
        if not words:
            raise InterviewRefused("body.malformed", "no mark at that time")
        at = self._timeline.now()
        corrected = {"mark": mark, "was": words[-1], "text": one_line(text)}
        return await _durable(part, at, part.say("mark.corrected", at, **corrected))

    async def person(self, event: str, who: str, role: str) -> dict[str, Any]:
        """Record that a person enters or leaves."""
        part = self._require("recording", "break")
        if event not in ("enters", "leaves") or role not in ROLES:
            raise InterviewRefused("body.malformed", "no such event or role")
        entry = {"who": one_line(who), "role": role}
        if event == "enters":
            self.present.append(entry)
        elif entry in self.present:
            self.present.remove(entry)
        at = self._timeline.now()
        return await _durable(part, at, part.say("person", at, event=event, **entry))

    async def stop(self, reason: str, by: str) -> dict[str, Any]:
        """Stop and seal; sealed on return (the statement may still wait for the ledger).

        If no part is open, the interview ends as it is.
        """
        async with self._turn:
            if self.state in (*SETTING_UP, "interrupted"):
                await self._end_safeties(None)
                await self._over()
                self.notes.clear()
                return {"evidence": self.part.evidence if self.part else None, "state": "interrupted"}
            part = self._require("recording", "break")
            if reason not in STOP_REASONS:
                raise InterviewRefused("body.malformed", "no such reason")
            ended = await self._end(part, "stopped", reason, by)
            self.notes.clear()
            return ended

    async def abandon(self, reason: str) -> None:
        """Seal what is open as interrupted, because the child has to end."""
        async with self._turn:
            if self.part is not None and self.live:
                with contextlib.suppress(InterviewRefused):  # then `recover` seals it
                    await self._end(self.part, "abandoned", reason, "recorder")
            await self._over()

    async def _end(self, part: Part, how: str, reason: str, by: str) -> dict[str, Any]:
        self.cameras.end()
        await self.notes.put_down()
        self._ended_at = self._timeline.now()
        part.say("stopped", self._ended_at, by=by, reason=reason)
        if how == "stopped":
            await self._end_safeties(self._ended_at)
        self.state = "stopped"
        self.watch.forget()
        try:
            if how == "stopped":
                manifest = await part.writer.seal()
            else:
                manifest = await part.writer.seal("interrupted", reason)
        except RecordingFailed as failed:
            self.failed_at = datetime.now(UTC)
            self.state = "interrupted"
            raise InterviewRefused("spool.failed", failed.reason) from failed
        await self._over()
        return {"evidence": part.evidence, "state": manifest.state}

    async def _over(self) -> None:
        await self.cameras.close()
        self.state = "sealed"

    async def _interrupt(self, part: Part) -> None:
        """End this part after a disk failure: nothing more is accepted; what was safe is sealed."""
        async with self._turn:
            if self.part is not part or not self.live:
                return
            failure = part.writer.failure
            log.error("part %s is interrupted: %s", part.evidence, failure)
            self._ended_at = self._timeline.now()
            self.failed_at = datetime.now(UTC)
            self.state = "interrupted"
            self.watch.forget()
            self.cameras.end()
            with contextlib.suppress(RecordingFailed):  # then `recover` seals it once the disk works again
                await part.writer.seal("interrupted", None if failure is None else failure.reason)

    def _require(self, *states: str) -> Part:
        if self.part is None or self.state not in states:
            raise InterviewRefused("state.wrong", f"it is {self.state}")
        return self.part

    # --- monitoring ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Check everything once; called several times a second."""
        self.cameras.look()
        stats = self.cameras.stats
        self.watch.look(stats)
        self.notes.look()
        now = asyncio.get_running_loop().time()
        if now - self._hours_at > 1.0:
            self._hours_at = now
            with contextlib.suppress(OSError):
                room = room_left(self.config.spool, self.config.reserve)
                self.hours = room / BYTES_PER_HOUR
                self.lasts = self._disk_room.look(room, now)
        if self.state in SETTING_UP:
            connected = any(one.state == "connected" for one in stats.values())
            passed = now - self._checked_at < CHECKED_FOR and not any(
                check.state == "fail" for check in self._checks
            )
            self.state = "waiting" if not connected else "checked" if passed and self._checks else "connected"
        if self.live and self.part is not None:
            self.sound_expected |= any(one.last_audio_ms is not None for one in stats.values())
            if self.part.writer.failure is not None and self._ending is None:
                self._ending = asyncio.ensure_future(self._interrupt(self.part))
                self._ending.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending = None
        if not task.cancelled() and task.exception() is not None:
            log.error("the part could not be ended", exc_info=task.exception())


def one_line(text: str) -> str:
    """Return one line of at most `MAX_TEXT` characters, without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:MAX_TEXT]


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Translate the writer's reasons for not beginning into refusals of the interview."""
    try:
        yield
    except RecordingFailed as failed:
        raise InterviewRefused("spool.failed", failed.reason) from failed
    except (LedgerAway, NeverStarted) as away:
        raise InterviewRefused("ledger.away", str(away)) from away
    except Refused as refused:
        raise InterviewRefused("ledger.refused", str(refused)) from refused


async def _durable(part: Part, at: int, recorded: asyncio.Future[int] | None) -> dict[str, Any]:
    """Answer once the event is durable. Raises `InterviewRefused` if it could not be stored."""
    if recorded is None:
        raise InterviewRefused("spool.failed")
    try:
        return {"at": at, "evidence": part.evidence, "index": await asyncio.shield(recorded)}
    except RecordingFailed as failed:
        raise InterviewRefused("spool.failed", failed.reason) from failed
