"""Derivatives of every kind, and what a second person has said of them: or somebody who is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chain_of_custody.statements.statement import Actor
from tests.support.packages.alterations import flipped
from tests.support.packages.court_packages import INTERVIEW, SYSTEM, Cut, Derivative, Recording, source
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, Make
from tests.vectors.packages.centers import PASSKEY, Deployment, honest
from tests.vectors.packages.derivatives import (
    DERIVED,
    HOME,
    SECOND_DERIVED,
    alone,
    case,
    derivative,
    holds,
    lie,
    only,
    sealed,
    stamped,
    stating,
)
from tests.vectors.packages.files import JPEG, PIECE, photograph

SECOND_PERSON = Actor("a1" * 16, "prosecutor", "prosecution")
OTHER_CHAIN = "the statement belongs into another chain"
NOBODY_ELSE = "it was checked by nobody but who had it made"
FORMAT = "derivative.made format: not that of its kind"
PROGRAM = "recipe program: of what people write there is none, of anything else there is"
TEXT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Person A>ما قيل\n".encode()
ARABIC = """WEBVTT

00:00:00.000 --> 00:00:01.000
<v Person A>قالت إنَّ الباب كان مُغلقًا.

00:00:01.000 --> 00:00:02.200
<v Person B>ومن فتحه؟

00:00:02.200 --> 00:00:03.000
<v Person A>فُتح الباب من جديد.
""".encode()
ENGLISH = b"""WEBVTT

00:00:00.000 --> 00:00:01.000
<v Person A>She said that the door was closed.

00:00:01.000 --> 00:00:02.200
<v Person B>And who opened it?

00:00:02.200 --> 00:00:03.000
<v Person A>The door was opened again.
"""
BY_HAND = {"program": None, "arguments": [], "inputs": []}

Film = Callable[[Recording], Derivative]


def edits(language: str, translates: str | None = None) -> dict[str, Any]:
    return {"language": language, "replaces": None, "translates": translates}


def redacted(recording: Recording) -> Derivative:
    return derivative(source(recording), kind="redacted-film")


def transcript(
    recording: Recording, text: bytes = TEXT, evidence: str = DERIVED, pieces: int = 1, **recipe: Any
) -> Derivative:
    body = {"body": text, "piece": -(-len(text) // pieces), "format": "vtt", "name": "transcript.vtt"}
    says = {**BY_HAND, **recipe}
    return derivative(source(recording), evidence=evidence, kind="transcript", recipe=says, **body)


def with_transcripts(folder: Path, *excerpt: int) -> None:
    """A recording or an excerpt of it, an accepted transcript, and a translation that was not accepted."""
    center, recording = honest()
    arabic = transcript(recording, ARABIC, pieces=3, edits=edits("ar"))
    english = transcript(recording, ENGLISH, SECOND_DERIVED, edits=edits("en", translates=DERIVED))
    sealed(center, arabic, english)
    for accepted, one in (True, arabic), (False, english):
        center.say("derivative.checked", one.evidence, {"accepted": accepted}, actor=SECOND_PERSON)
    stamped(center, folder, Cut(recording, *excerpt) if excerpt else recording, arabic, english)


def picture(kind: str) -> Film:
    body = {"body": JPEG, "piece": len(JPEG), "format": "jpeg", "name": "picture.jpeg"}
    return lambda recording: derivative(source(recording, 0, 1_000_000), kind=kind, **body)


def checked(film: Film, *said: tuple[bool, Actor]) -> Make:
    """A derivative alone, and who said what of it, in this order."""

    def make(folder: Path) -> None:
        center, recording = centers.sealed(Deployment.small())
        one = film(recording)
        sealed(center, one)
        for accepted, who in said:
            center.say("derivative.checked", one.evidence, {"accepted": accepted}, actor=who)
        only(center, one)
        center.export(folder, [one])

    return make


def checked_within(about: str | None) -> Make:
    """What is said of a derivative, in another chain; None: the recording's."""

    def make(folder: Path) -> None:
        center, recording = honest(Deployment.small())
        center.say("derivative.checked", about or recording.evidence, {"accepted": True}, actor=SECOND_PERSON)
        center.export(folder, [recording])

    return make


def checked_photograph(folder: Path) -> None:
    center, _ = centers.sealed(Deployment.small())
    one = photograph()
    sealed(center, one)
    center.say("derivative.checked", one.evidence, {"accepted": True}, actor=SECOND_PERSON)
    only(center, one)
    center.export(folder, [one])


CASES: tuple[Case, ...] = (
    holds("redacted", "a redacted film that nobody has checked", partial(alone, film=redacted), SMALL),
    holds("still", "a still of a second of a recording", partial(alone, film=picture("still")), SMALL),
    holds("contact-sheet", "a contact sheet", partial(alone, film=picture("contact-sheet")), SMALL),
    holds("transcript", "a transcript that nobody has checked", partial(alone, film=transcript), SMALL),
    holds("accepted", "a redacted film that was accepted", checked(redacted, (True, SECOND_PERSON)), SMALL),
    holds("accepted-transcript", "an accepted transcript", checked(transcript, (True, SECOND_PERSON)), SMALL),
    holds(
        "transcripts-of-a-recording",
        "a recording, an accepted transcript, and a translation that was not accepted",
        with_transcripts,
    ),
    case(
        "letter-in-a-cue",
        "One letter of what a transcript says.",
        flipped(f"{HOME}/original.vtt", ARABIC.index("مُغلقًا".encode()) + 1),
        12,
        "Altered",
        PIECE,
        f"{HOME}/original.vtt, record 2",
        with_transcripts,
    ),
    holds(
        "refused-then-accepted",
        "a redacted film that was refused at first",
        checked(redacted, (False, SECOND_PERSON), (True, SECOND_PERSON)),
        SMALL,
    ),
    holds(
        "accepted-then-refused",
        "a redacted film that was accepted and is not any more",
        checked(redacted, (True, SECOND_PERSON), (False, SECOND_PERSON)),
        SMALL,
    ),
    lie(
        "checked-by-who-made-it",
        "Who had it made accepts it.",
        checked(redacted, (True, SECOND_PERSON), (True, Actor(PASSKEY.person, "prosecutor", "prosecution"))),
        7,
        "NotProved",
        NOBODY_ELSE,
        "statement 7",
    ),
    lie(
        "checked-by-the-center",
        "The center itself accepts it.",
        checked(redacted, (True, SYSTEM)),
        7,
        "NotProved",
        NOBODY_ELSE,
        "statement 6",
    ),
    lie(
        "checked-in-a-recording",
        "A recording is accepted.",
        checked_within(None),
        7,
        "NotProved",
        OTHER_CHAIN,
        "statement 6",
    ),
    lie(
        "checked-in-an-interview",
        "An interview is accepted.",
        checked_within(INTERVIEW),
        7,
        "NotProved",
        OTHER_CHAIN,
        "statement 6",
    ),
    lie(
        "checked-photograph",
        "A photograph is accepted.",
        checked_photograph,
        7,
        "NotProved",
        OTHER_CHAIN,
        "statement 6",
    ),
    lie(
        "stated-in-another-format",
        "The statement names a composed film in the format of a still.",
        stating(format="jpeg"),
        6,
        "Malformed",
        f"statement 5: {FORMAT}",
    ),
    lie(
        "stated-in-no-format",
        "The statement names a format that no derivative has.",
        stating(format="gif"),
        6,
        "Malformed",
        f"statement 5: {FORMAT}",
    ),
    lie(
        "recipe-of-a-transcript-with-a-program",
        "A program is said to have made a transcript.",
        partial(
            alone,
            film=partial(transcript, program={"name": "ffmpeg", "sha256": "22" * 32, "version": "7.1"}),
        ),
        12,
        "Malformed",
        PROGRAM,
    ),
    lie(
        "recipe-of-a-film-without-program",
        "No program is said to have made a film.",
        partial(alone, film=lambda recording: derivative(source(recording), recipe={"program": None})),
        12,
        "Malformed",
        PROGRAM,
    ),
)
