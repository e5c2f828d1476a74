"""The requests that the web side may make of an interview, and their validation.

Each request is a JSON object; every field is checked before anything happens. Commands that change something
carry

- `request`: a number of its own, made by the page (up to 64 letters, digits and hyphens). The same number
  again returns the first answer and does nothing: the page may repeat a request after a lost connection.
- `evidence`: the part shown to the person (null for none). A command meant for another part is *stale*.

    challenge {}   offer {camera, sdp, page, holder, network, proof}   sender {number, decision, by, who}
    check {elsewhere}   begin {ticket, by}   break {}   explain {reason, text}   resume {}
    mark {text, ago}   correct {mark, text}   person {event, who, role}   stop {reason, by}
    status {}   live_records {evidence, after}   message_keys {evidence, indices}   (read only)
    safe_in {evidence, segments}   answered {request}   preview {camera}
    safety {ticket, key, camera, holder, network, proof}   room {safety}   (of the room page: its safety
    recording)
    slip {kind, by, who, role, text}   settle {number, state, by}   next_door {}
    tick {protocol, version, item, text, done, note, by}   phase {protocol, version, phase, text, by}
    exhibit {exhibit}   report_exhibit {state, evidence, by, ago}
    drawing {drawing, means, ms, by, ago}
    (`questions`, `checklist`, `phases`, `exhibits`, `drawings`; they are for the interview, and without an
    open part they wait for the next one)

Errors are codes of `refused` in `pages/messages.toml`.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any

from casework.errors import CaseworkError, RecordingFailed
from casework.recording import safety_start
from casework.recording.ticket import RecordingTicket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.json_object import one_of
from chain_of_custody.errors import Malformed
from chain_of_custody.items.sender import Confirmer, Sender
from recorder.errors import InterviewRefused
from recorder.interview.connections import CAMERAS
from recorder.interview.exhibits import Exhibit
from recorder.interview.interview import SETTING_UP, Interview
from recorder.interview.part import Part
from recorder.interview.preflight import CONSENT, FactsOfWeb
from recorder.interview.status import describe_fully, describe_next_door

BeginSafety = Callable[[RecordingTicket, Sender, bytes], Awaitable[bytes]]
"""Prepares a safety recording: ticket, sender, the page's public key → the data key, sealed to it."""
ROOM_STATES = frozenset(("recording", "failed", "full", "off"))
"""States of the safety recording that a room page reports."""

Answer = dict[str, Any]
Request = Mapping[str, Any]

MAX_SDP = 64 * 1024
"""Characters; a browser's offer with all candidates has 4,000 to 8,000."""
MAX_RECORDS = 2000
"""Clear records in one answer, some 350 bytes each."""
MAX_KEYS = 256
REMEMBERED = 1000
"""Answers remembered for repeated requests."""

_NUMBER = re.compile(r"[0-9A-Za-z-]{1,64}")


class Commands:
    """Carries out requests on one interview."""

    def __init__(self, interview: Interview, begin_safety: BeginSafety) -> None:
        self._interview = interview
        self._begin_safety = begin_safety
        self._answers: OrderedDict[str, asyncio.Future[Answer]] = OrderedDict()
        self._changes: Mapping[str, Callable[[Request], Awaitable[Answer]]] = {
            "challenge": self._challenge,
            "offer": self._offer,
            "sender": self._sender,
            "check": self._check,
            "begin": self._begin,
            "break": self._break,
            "explain": self._explain,
            "resume": self._resume,
            "mark": self._mark,
            "correct": self._correct,
            "person": self._person,
            "stop": self._stop,
            "safety": self._safety,
            "room": self._room,
            "slip": self._slip,
            "settle": self._settle,
            "tick": self._tick,
            "phase": self._phase,
            "exhibit": self._exhibit,
            "report_exhibit": self._report_exhibit,
            "drawing": self._drawing,
        }
        self._looks: Mapping[str, Callable[[Request], Answer]] = {
            "status": lambda _: describe_fully(interview),
            "answered": self._answered,
            "live_records": self._live_records,
            "safe_in": self._safe_in,
            "message_keys": self._message_keys,
            "preview": self._preview,
            "next_door": lambda _: describe_next_door(interview),
        }

    async def do(self, op: str, request: Request) -> Answer:
        """Carry out a request. Raises `InterviewRefused`."""
        if look := self._looks.get(op):
            return look(request)
        change = self._changes.get(op)
        if change is None:
            raise InterviewRefused("op.unknown", op[:32])
        number = request.get("request")
        if not isinstance(number, str) or not _NUMBER.fullmatch(number):
            raise InterviewRefused("request.missing")
        first = self._answers.get(number)
        if first is None:
            first = asyncio.ensure_future(change(request))
            self._answers[number] = first
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        # Shielded: if the client disconnects, its request is still carried out, and its answer remembered.
        return await asyncio.shield(first)

    def _answered(self, request: Request) -> Answer:
        """Whether a request was carried out already, so that the web side need not prepare it again."""
        first = self._answers.get(_text(request, "request", 64))
        return {"answered": first is not None}

    # --- commands -------------------------------------------------------------------------------------------

    async def _challenge(self, _request: Request) -> Answer:
        return self._interview.challenge()

    async def _offer(self, request: Request) -> Answer:
        sdp = _text(request, "sdp", MAX_SDP, "sdp.malformed")
        page = _identifier(request, "page")
        return {"sdp": await self._interview.offer(sdp, page, _claim(request))}

    async def _sender(self, request: Request) -> Answer:
        """Confirm or dismiss a device that was refused, as the person at the console decides."""
        number, decision = _number(request, "number"), _text(request, "decision", 16)
        try:
            by = Confirmer.from_json({"id": request.get("by"), "name": request.get("who")})
        except Malformed as malformed:
            raise InterviewRefused("body.malformed", str(malformed)) from malformed
        return self._interview.senders.settle(number, decision, by)

    async def _check(self, request: Request) -> Answer:
        results = self._interview.check(_elsewhere(request.get("elsewhere")))
        return {"checks": [result.as_json() for result in results]}

    async def _begin(self, request: Request) -> Answer:
        self._fresh(request)
        ticket = request.get("ticket")
        if not isinstance(ticket, Mapping):
            raise InterviewRefused("body.malformed", "ticket")
        try:
            parsed = RecordingTicket.received(ticket)
        except CaseworkError as refused:
            raise InterviewRefused("body.malformed", str(refused)) from refused
        by = _identifier(request, "by") if "by" in request else ""
        return await self._interview.begin(parsed, by)

    async def _break(self, request: Request) -> Answer:
        self._fresh(request)
        return await self._interview.take_break()

    async def _explain(self, request: Request) -> Answer:
        self._fresh(request)
        text = _text(request, "text", 1000) if request.get("text") else ""
        return await self._interview.explain_break(_text(request, "reason", 32), text)

    async def _resume(self, request: Request) -> Answer:
        self._fresh(request)
        return await self._interview.resume()

    async def _mark(self, request: Request) -> Answer:
        self._fresh(request)
        return await self._interview.mark(_text(request, "text", 1000), _number(request, "ago"))

    async def _correct(self, request: Request) -> Answer:
        self._fresh(request)
        return await self._interview.correct(_number(request, "mark"), _text(request, "text", 1000))

    async def _person(self, request: Request) -> Answer:
        self._fresh(request)
        who, role = _text(request, "who", 1000), _text(request, "role", 32)
        return await self._interview.person(_text(request, "event", 32), who, role)

    async def _stop(self, request: Request) -> Answer:
        self._fresh(request)
        return await self._interview.stop(_text(request, "reason", 32), _identifier(request, "by"))

    async def _safety(self, request: Request) -> Answer:
        """Return the data key of a new safety recording, sealed to the page that will make it."""
        ticket = request.get("ticket")
        try:
            parsed = RecordingTicket.received(ticket if isinstance(ticket, Mapping) else {})
            public = canonical_json.base64_bytes(request.get("key"), 32, "key")
            safety_start.tracks(_text(request, "camera", 16))
            handed = await self._interview.beside(
                parsed.beside,
                _claim(request),
                sha256(public).hexdigest(),
                lambda sender: self._begin_safety(parsed, sender, public),
            )
        except RecordingFailed as failed:
            raise InterviewRefused("spool.failed", failed.reason) from failed
        except (CaseworkError, Malformed) as refused:
            raise InterviewRefused("body.malformed", str(refused)) from refused
        return {
            "evidence": parsed.evidence,
            "deployment": parsed.deployment,
            "beside": parsed.beside,
            "epoch": parsed.epoch,
            "key": base64.b64encode(handed).decode(),
        }

    async def _room(self, request: Request) -> Answer:
        state = _text(request, "safety", 16)
        if state not in ROOM_STATES:
            raise InterviewRefused("body.malformed", "no such state of a safety recording")
        self._interview.note_safety_state(state)
        return {}

    async def _slip(self, request: Request) -> Answer:
        by, number = _identifier(request, "by"), _identifier(request, "request")
        who, role = _text(request, "who", 1000), _text(request, "role", 32)
        kind, text = _text(request, "kind", 32), _text(request, "text", MAX_SDP)
        return await self._interview.questions.send(kind, by, who, role, text, number)

    async def _settle(self, request: Request) -> Answer:
        number, state = _number(request, "number"), _text(request, "state", 16)
        return await self._interview.questions.settle(number, state, _identifier(request, "by"))

    async def _tick(self, request: Request) -> Answer:
        fields = {
            name: _text(request, name, 1000) for name in ("protocol", "version", "item", "text", "note")
        }
        if not isinstance(done := request.get("done"), bool):
            raise InterviewRefused("body.malformed", "done: neither true nor false")
        return await self._interview.checklist.tick(**fields, done=done, by=_identifier(request, "by"))

    async def _phase(self, request: Request) -> Answer:
        fields = {name: _text(request, name, 1000) for name in ("protocol", "version", "phase", "text")}
        return await self._interview.phases.enter(**fields, by=_identifier(request, "by"))

    async def _exhibit(self, request: Request) -> Answer:
        if (chosen := request.get("exhibit")) is None:
            return await self._interview.exhibits.choose(None)
        return await self._interview.exhibits.choose(_picture(chosen))

    async def _report_exhibit(self, request: Request) -> Answer:
        state, evidence = _text(request, "state", 16), _identifier(request, "evidence")
        by, ago = _identifier(request, "by"), _number(request, "ago")
        return await self._interview.exhibits.report(state, evidence, by, ago)

    async def _drawing(self, request: Request) -> Answer:
        drawing, means = _picture(request.get("drawing")), _text(request, "means", 16)
        ms, ago = _number(request, "ms"), _number(request, "ago")
        by = _identifier(request, "by")
        return await self._interview.drawings.report(drawing, means, ms, by, ago)

    def _fresh(self, request: Request) -> None:
        part = self._interview.part
        if request.get("evidence") != (None if part is None else part.evidence):
            raise InterviewRefused("request.stale")

    # --- reading -----------------------------------------------------------------------------------------

    def _live_records(self, request: Request) -> Answer:
        part = self._part(request)
        records = part.writer.records(_number(request, "after"))[:MAX_RECORDS]
        return {"evidence": part.evidence, "records": [record.canonical().decode() for record in records]}

    def _safe_in(self, request: Request) -> Answer:
        """Return the time up to which a copy with the first so many segments is complete."""
        return {"until": self._part(request).writer.safe_in(_number(request, "segments"))}

    def _preview(self, request: Request) -> Answer:
        """Return a camera's newest picture, as MP4, while the room is set up; else an empty one."""
        name, interview = request.get("camera"), self._interview
        if name not in CAMERAS:
            raise InterviewRefused("camera.unknown")
        shown = interview.state in (*SETTING_UP, "interrupted")
        picture = interview.cameras.preview(name) if shown else b""
        return {"picture": base64.b64encode(picture).decode()}

    def _message_keys(self, request: Request) -> Answer:
        part = self._part(request)
        indices = request.get("indices")
        if not isinstance(indices, list) or not 1 <= len(indices) <= MAX_KEYS:
            raise InterviewRefused("body.malformed", f"indices: 1 to {MAX_KEYS}")
        if not self._interview.live:  # it has just ended, which the observer's page could not know yet
            return {"evidence": part.evidence, "keys": []}
        try:
            numbers = [canonical_json.integer(index, "index") for index in indices]
            keys = part.writer.message_keys(numbers)
        except Malformed as malformed:
            raise InterviewRefused("body.malformed", str(malformed)) from malformed
        except CaseworkError as refused:
            raise InterviewRefused("record.unknown", str(refused)) from refused
        return {"evidence": part.evidence, "keys": [base64.b64encode(key).decode() for key in keys]}

    def _part(self, request: Request) -> Part:
        part = self._interview.part
        if part is None or request.get("evidence") != part.evidence:
            raise InterviewRefused("record.unknown", "another part is being recorded, or none")
        return part


def _claim(request: Request) -> dict[str, object]:
    """Return the sender that a request names: the proof is from the page, the rest from the web process."""
    return {name: request.get(name) for name in ("camera", "holder", "network", "proof")}


def _picture(value: object) -> Exhibit:
    """Return a picture of the case, as the web process names it. Raises `InterviewRefused`."""
    if not isinstance(value, Mapping):
        raise InterviewRefused("body.malformed", "picture: no object")
    texts = {name: _text(value, name, 64) for name in ("evidence", "kind", "manifest")}
    return Exhibit(number=_number(value, "number"), **texts)


def _text(request: Request, name: str, longest: int, code: str = "body.malformed") -> str:
    value = request.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise InterviewRefused(code, f"{name}: not a text of at most {longest} characters")
    return value


def _identifier(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise InterviewRefused("body.malformed", f"{name}: not an id")
    return value


def _number(request: Request, name: str) -> int:
    try:
        return canonical_json.integer(request.get(name), name)
    except Malformed as malformed:
        raise InterviewRefused("body.malformed", str(malformed)) from malformed


def _elsewhere(value: object) -> FactsOfWeb:
    try:
        if not isinstance(value, Mapping) or not isinstance(value["copies"], Mapping):
            raise Malformed("elsewhere: not an object with copies")
        newest = value.get("newest")
        return FactsOfWeb(
            copies={
                str(name): canonical_json.boolean(works, "copy") for name, works in value["copies"].items()
            },
            ledger=canonical_json.boolean(value["ledger"], "ledger"),
            trial_keys=canonical_json.boolean(value["trial_keys"], "trial_keys"),
            practice=canonical_json.boolean(value["practice"], "practice"),
            newest=None
            if newest is None
            else canonical_json.moment(canonical_json.instant(newest, "newest")),
            consent=one_of(CONSENT)(value["consent"], "consent"),
        )
    except (KeyError, Malformed) as malformed:
        raise InterviewRefused("body.malformed", f"elsewhere: {malformed}") from malformed
