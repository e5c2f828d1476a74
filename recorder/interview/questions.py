"""Messages from observers to the interview: questions to the interviewer, requests for a break.

    question          sent → read → put → asked        put: it is shown to the interviewer
                                  ⤷ later  ⤷ aside
    break-requested   sent → read → taken (a break began) or aside

Each of them, and each step, is an event in the record, before it is acknowledged (`pending_notes`).

Trusts: the web side for a person's identity (`by`, `who`, `role`). Not trusted: the text, and its frequency.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from recorder.errors import InterviewRefused
from recorder.interview.pending_notes import Note, PendingNotes, clean, now_text

QUESTION, BREAK = "question", "break-requested"
MAX_TEXT = 500
"""Characters in a question."""
MAX_NAME = 200
"""Characters in a name; longer ones are cut."""
OFTEN, WITHIN = 6, 60.0
"""Maximum messages by one person within this many seconds: more would distract the interviewer."""
MOST_OPEN = 40
"""Maximum open at once in an interview."""
MOST = 1000
"""Maximum in one interview."""

STEPS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    QUESTION: {
        "sent": frozenset(("read", "put", "aside")),
        "read": frozenset(("put", "aside")),
        "put": frozenset(("asked", "later", "aside")),
        "later": frozenset(("put", "asked", "aside")),
        "aside": frozenset(("put",)),
        "asked": frozenset(),
    },
    BREAK: {
        "sent": frozenset(("read", "aside")),
        "read": frozenset(("aside",)),
        "aside": frozenset(),
        "taken": frozenset(),
    },
}
"""The states that may follow each state."""
OVER: Final = frozenset(("asked", "aside", "taken"))


@dataclass
class PassedQuestion:
    """One question, or one request for a break."""

    number: int
    """1, 2, 3, … in the interview."""
    kind: str
    by: str
    """Id of the person who sent it."""
    who: str
    role: str
    text: str
    sent: str
    """Time, as RFC 3339 text."""
    request: str
    """The number that the page gave its request: the same number is the same message."""
    state: str = "sent"
    recorded: bool = False
    """Whether it is recorded in a part; else it is pending."""

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object for the pages: every field but `request`."""
        return {name: value for name, value in asdict(self).items() if name != "request"}


class PassedQuestions:
    """The messages sent so far."""

    def __init__(self, notes: PendingNotes) -> None:
        self._notes = notes
        self._messages = [PassedQuestion(**one) for one in notes.stored.get("slips", ())]
        self._sent: dict[str, list[float]] = {}
        self._turn = asyncio.Lock()
        """Serialises steps: no step is reported while it is being written, and no number is used twice."""
        notes.keeps("slips", lambda: [asdict(message) for message in self._messages])
        notes.recorded = self._recorded

    @property
    def listed(self) -> list[dict[str, Any]]:
        """Return all of them, in the order in which they arrived."""
        return [message.as_json() for message in self._messages]

    async def send(self, kind: str, by: str, who: str, role: str, text: str, request: str) -> dict[str, Any]:
        """Add a message. Raises `InterviewRefused`."""
        async with self._turn:
            for message in self._messages:
                if message.request == request and message.by == by:
                    return message.as_json()
            text = clean(text)
            if kind not in STEPS or (kind == QUESTION and not text):
                raise InterviewRefused("slip.empty")
            if len(text) > MAX_TEXT:
                raise InterviewRefused("slip.long", str(MAX_TEXT))
            self._bound(by)
            message = PassedQuestion(
                len(self._messages) + 1, kind, by, clean(who)[:MAX_NAME], role, text, now_text(), request
            )
            self._messages.append(message)
            sender = {"by": by, "role": role, "who": message.who}
            with self._notes.change(undo=self._messages.pop):
                await self._notes.note(kind, {**_about(message), **sender}, message.number, message.sent)
            return message.as_json()

    async def settle(self, number: int, state: str, by: str) -> dict[str, Any]:
        """Record the new state of a message. Raises `InterviewRefused`."""
        async with self._turn:
            message = next((one for one in self._messages if one.number == number), None)
            if message is None:
                raise InterviewRefused("slip.unknown")
            if message.state == state:
                return message.as_json()
            if state not in STEPS[message.kind][message.state]:
                raise InterviewRefused("slip.state")
            before, message.state = message.state, state
            with self._notes.change(undo=lambda: setattr(message, "state", before)):
                await self._notes.note(f"{message.kind}.{state}", {**_about(message), "by": by})
            return message.as_json()

    async def break_taken(self) -> None:
        """Close the requests for a break: a break has begun, which is an event of its own."""
        async with self._turn:
            waiting = [one for one in self._messages if one.kind == BREAK and one.state not in OVER]
            for message in waiting:
                message.state = "taken"
            if waiting:
                await self._notes.keep()

    def _recorded(self, note: Note) -> None:
        for message in self._messages:
            if message.number == note.about:
                message.recorded = True

    def _bound(self, by: str) -> None:
        now = asyncio.get_running_loop().time()
        recent = [at for at in self._sent.get(by, ()) if now - at < WITHIN]
        if len(recent) >= OFTEN:
            raise InterviewRefused("slip.often")
        unsettled = sum(one.state not in OVER for one in self._messages)
        if unsettled >= MOST_OPEN or len(self._messages) >= MOST:
            raise InterviewRefused("slip.many")
        self._sent[by] = [*recent, now]


def _about(message: PassedQuestion) -> dict[str, Any]:
    """Return the fields that identify the message: each event repeats them, since it may be in another
    part."""
    return {"number": message.number, "text": message.text} if message.text else {"number": message.number}
