"""Films and pictures made of a court room's recordings by the real program, and what is seen and heard in
them.

The program takes a third of a second of processor time for each second of a film. Tests that only read a film
share those of a `Studio`; tests that change something take a copy of its room, in which these films are made.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy

from casework.cases import cases
from casework.database.models import Derivative, Person, Role
from casework.derivatives import compose
from casework.evidence import gateway
from casework.ledger import chains
from casework.people import people
from casework.redaction import edit_lists
from casework.redaction.edits import Key, Redaction, Region, Span
from casework.sandbox import ffmpeg
from casework.working_copies import orders, reviews
from casework.working_copies.film_plan import Edits
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.items.record import SALT_SIZE
from chain_of_custody.report.report import Report
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.verify import verify
from player.package.delivery import deliver, wanted
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.support.media.filmed import EDITS, SECOND, film
from vault.sealing import sealing

RATE = 48_000
SECONDS = 3
"""Of a studio's part."""
MOST_WATCHED = 3
"""Films that a studio holds decoded, the last ones; each has seventy megabytes."""
ALONE = Edits("one", ("wide",), ("microphone",), 120)
NOTHING = Redaction.of_film(ALONE)
PATH = (
    Key(0, 1000, 1000, 2000, 3000),
    Key(2 * SECOND, 4500, 4000, 3000, 3000),
    Key(3 * SECOND, 2500, 2000, 3000, 3000),
)
"""From the upper left to the lower right, and half of the way back."""


@dataclass
class Seen:
    """A film as a player shows it."""

    pictures: list[numpy.ndarray]
    seconds: float
    sound: numpy.ndarray

    @classmethod
    def of(cls, content: bytes) -> Seen:
        with av.open(io.BytesIO(content)) as opened:
            pictures = [frame.to_ndarray(format="gray") for frame in opened.decode(video=0)]
            seconds = float((opened.duration or 0) / av.time_base)
        with av.open(io.BytesIO(content)) as opened:
            sound = numpy.concatenate([frame.to_ndarray().ravel() for frame in opened.decode(audio=0)])
        return cls(pictures, seconds, sound)

    def at(self, second: float) -> numpy.ndarray:
        return self.pictures[int(second * 25)]


@dataclass
class Studio:
    """A room with one part of three seconds, and what was made of it so far: each film once. `folder`: where
    the program works."""

    room: CourtRoom
    folder: Path
    part: str
    made: dict[str, Derivative] = field(default_factory=dict)
    watched: dict[str, Seen] = field(default_factory=dict, repr=False)

    @classmethod
    async def open(cls, folder: Path) -> Studio:
        room = CourtRoom.make(folder)
        return cls(room, folder / "scratch", await film(room, SECONDS))

    async def composed(self, edits: Edits = EDITS, **options: object) -> Derivative:
        about = f"{edits} {options}"
        if about not in self.made:
            self.made[about] = await made_of(self.room, self.folder, edits, **options)
        return self.made[about]

    async def redacted(self, redaction: Redaction) -> Derivative:
        about = str(redaction)
        if about not in self.made:
            self.made[about] = await redacted(self.room, self.folder, redaction)
        return self.made[about]

    async def seen(self, row: Derivative) -> Seen:
        seen = self.watched.pop(row.id, None) or Seen.of(await content_of(self.room, row.id))
        self.watched[row.id] = seen
        while len(self.watched) > MOST_WATCHED:
            del self.watched[next(iter(self.watched))]
        return seen

    @property
    def for_the_defence(self) -> Redaction:
        """Everything that can be left out of it."""
        return replace(
            NOTHING,
            voice="lower",
            regions=(Region(self.part, "wide", "ellipse", "blur", PATH),),
            bleeps=(Span(self.part, 500_000, 1_500_000),),
            cuts=(Span(self.part, 2 * SECOND, 2_500_000),),
        )


async def made_of(room: CourtRoom, folder: Path, edits: Edits = EDITS, **options: object) -> Derivative:
    def order() -> Derivative:
        return orders.order(
            room.center,
            room.prosecutor,
            room.interview.id,
            edits,
            "hearing",
            **options,  # type: ignore[arg-type]
        )

    return await made(room, folder, order)


async def redacted(room: CourtRoom, folder: Path, redaction: Redaction) -> Derivative:
    def order() -> Derivative:
        center, person = room.center, room.prosecutor
        begun = edit_lists.begin(center, person, room.interview.id, redaction)
        kept = edit_lists.change(center, person, begun.id, begun.version, redaction.to_json())
        return edit_lists.order(center, person, kept.id, kept.version, "disclosure")

    return await made(room, folder, order)


async def made(room: CourtRoom, folder: Path, order: Callable[[], Derivative]) -> Derivative:
    program = ffmpeg.found()
    assert program is not None

    def work() -> Derivative:
        folder.mkdir(exist_ok=True)
        row = order()
        compose.compose(room.center, row, program, folder, draw, lambda done, total: None, threading.Event())
        return orders.get(room.center, room.prosecutor, row.id)

    return await asyncio.to_thread(work)


async def content_of(room: CourtRoom, item: str) -> bytes:
    """The film, as its page opens it."""

    def work() -> bytes:
        viewing = gateway.view(room.center, room.prosecutor, item, "hearing")
        indices = [record.index for record in viewing.recording.records if record.track == ORIGINAL]
        keys = viewing.message_keys(indices)
        opened = [
            sealing.open_with_message_key(key, viewing.message(index))[SALT_SIZE:]
            for key, index in zip(keys, indices, strict=True)
        ]
        return b"".join(opened)

    return await asyncio.to_thread(work)


def loudness(sound: numpy.ndarray, pitch: float, at: float, seconds: float = 0.08) -> float:
    """How loud one pitch is in a film's sound at a time: the amplitude of that sine."""
    first = int(at * RATE)
    piece = sound[first : first + int(seconds * RATE)]
    turn = numpy.exp(-2j * numpy.pi * pitch * numpy.arange(len(piece)) / RATE)
    return float(2 * abs((piece * turn * numpy.hanning(len(piece))).sum()) / (len(piece) / 2))


def colleague(room: CourtRoom) -> Person:
    """A second prosecutor of the case."""
    person = people.add(room.center, room.administrator, "Person B", Role.PROSECUTOR, namesake=True)
    cases.give(room.center, room.prosecutor, room.case.id, person.id)
    return person


def accept(room: CourtRoom, row: Derivative, accepted: bool = True) -> None:
    """A second person looks at it, and accepts it or does not."""
    second = colleague(room)
    gateway.view(room.center, second, row.id, "review")
    reviews.check(room.center, second, row.id, accepted=accepted)


def stated(room: CourtRoom, about: str) -> list[tuple[str, str]]:
    """Type and purpose of each statement about an item."""
    leaves = chains.chain(room.center, about).values()
    statements = [SignedStatement.parse(leaf).statement for leaf in leaves]
    return [(one.type, one.purpose) for one in statements]


async def left(room: CourtRoom, folder: Path, ids: list[str]) -> Path:
    """The folder of a package of these."""

    def work() -> Path:
        scratch = folder / "scratch"
        scratch.mkdir(exist_ok=True)
        items = wanted(room.center, room.prosecutor, ids)
        made = deliver(room.center, room.prosecutor, items, "hearing", folder / "stick", scratch, plain=True)
        return made.folder / "testimony"

    return await asyncio.to_thread(work)


def proved(room: CourtRoom, package: Path) -> Report:
    return verify(FolderSource(package), gateway.policy(room.center))
