"""Derivatives of every kind, and what a second person has said of them: or somebody who is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chain_of_custody.statements.statement import Actor
from tests.support.packages.court_packages import INTERVIEW, SYSTEM, Derivative, Recording, source
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, Make
from tests.vectors.packages.centers import PASSKEY, Deployment, honest
from tests.vectors.packages.derivatives import alone, derivative, holds, lie, only, sealed, stating
from tests.vectors.packages.files import JPEG, photograph

SECOND_PERSON = Actor("a1" * 16, "prosecutor", "prosecution")
OTHER_CHAIN = "the statement belongs into another chain"
NOBODY_ELSE = "it was checked by nobody but who had it made"
FORMAT = "derivative.made format: not that of its kind"
PROGRAM = "recipe program: of what people write there is none, of anything else there is"
TEXT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Person A>ما قيل\n".encode()
BY_HAND = {"program": None, "arguments": [], "inputs": []}

Film = Callable[[Recording], Derivative]


def redacted(recording: Recording) -> Derivative:
    return derivative(source(recording), kind="redacted-film")


def transcript(recording: Recording, **recipe: Any) -> Derivative:
    body = {"body": TEXT, "piece": len(TEXT), "format": "vtt", "name": "transcript.vtt"}
    return derivative(source(recording), kind="transcript", recipe={**BY_HAND, **recipe}, **body)


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
