"""Sheets of acts that a person signed at once: whole, and with a place, a path or an act that is another."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from chain_of_custody.encoding import canonical_json
from chain_of_custody.statements.sheets import MAX_ACTS, SheetPlace, challenge_of_acts, places
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import SIGNING_PREFIX, Statement
from tests.support.packages.court_packages import Recording
from tests.vectors.packages.cases import INTACT, SMALL, Case, Make, refused
from tests.vectors.packages.centers import PASSKEY, Deployment, plant, sealed, view
from tests.vectors.packages.people import UNKNOWN, Story, further, large, told

ACTS = 3
FIRST = 7
"""Position of the first act in the ledger."""
KEY = "key 5cd252fb0ce89324"
OTHER = f"{KEY}: the person's signature is over another statement"
BEFORE = "a sheet that its person signed is not whole: the act before this one is missing"
NEXT = "a sheet that its person signed is not whole: its next act is missing"

Change = Callable[[Statement], Statement]


def unlinked(message: bytes) -> bytes:
    """What is signed of an act that is not the first of its sheet."""
    fields = json.loads(message.removeprefix(SIGNING_PREFIX))
    return SIGNING_PREFIX + canonical_json.serialise(fields | {"previous": None})


def rehearsed(center: Deployment, count: int) -> list[bytes]:
    """What a person signs of so many viewings that come next. The center is as before."""
    heads, clock, size = dict(center.heads), center.clock, len(center.leaves)
    messages: list[bytes] = []

    def heard(message: bytes) -> Sequence[WebAuthnSignature]:
        messages.append(unlinked(message) if messages else message)
        return ()

    for _ in range(count):
        view(center, beside=heard)
    for position in range(size, len(center.leaves)):
        del center.in_folder[position], center.details[position]
    del center.leaves[size:]
    center.heads, center.clock = heads, clock
    return messages


def signed(
    *,
    place: Callable[[list[SheetPlace]], Sequence[SheetPlace]] = lambda right: right,
    acts: int = ACTS,
    entered: int = ACTS,
    unsigned: int | None = None,
    change: Change = lambda statement: statement,
) -> Story:
    """A person signs `acts` viewings at once, of which `entered` come into the ledger.

    `place`: where each is said to be on the sheet. `unsigned`: the number of the one that has only the
    center's signature. `change`: what the center makes of the second.
    """

    def story(center: Deployment, recording: Recording) -> None:
        sealed(center, recording)
        messages = rehearsed(center, acts)
        answer = PASSKEY.over(challenge_of_acts(messages))
        for index, at in enumerate(place(places(messages))[:entered]):
            own = [] if index == unsigned else [WebAuthnSignature(PASSKEY.id, answer, at)]
            altered = {"change": change} if index == 1 else {}
            view(center, beside=lambda _, own=own: own, **altered)

    return story


def second(change: Callable[[SheetPlace], SheetPlace]) -> Callable[[list[SheetPlace]], list[SheetPlace]]:
    """The second of the acts is said to be somewhere else."""
    return lambda right: [right[0], change(right[1]), *right[2:]]


def of_another_sheet(right: list[SheetPlace]) -> list[SheetPlace]:
    others = places([b"another", b"sheet", b"of as many acts"])
    return [right[0], others[1], right[2]]


def enrolled_second(center: Deployment, recording: Recording) -> None:
    """The earlier key confirms, with another act that the center does not enter."""

    def beside(message: bytes) -> list[WebAuthnSignature]:
        messages = [b"another act", unlinked(message)]
        answer = PASSKEY.over(challenge_of_acts(messages))
        return [WebAuthnSignature(PASSKEY.id, answer, places(messages)[1])]

    sealed(center, recording)
    further(center, UNKNOWN, beside=beside)


def malformed(field: str, value: object) -> Make:
    """A place in a form that no writer makes."""

    def spell(leaf: bytes) -> bytes:
        fields = json.loads(leaf)
        for one in fields["signatures"]:
            if one["kind"] == "webauthn":
                one["sheet"][field] = value
        return canonical_json.serialise(fields)

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.with_persons())
        view(center, spell=spell)
        plant(center, recording, folder)

    return make


def in_form(name: str, altered: str, field: str, value: object, reason: str) -> Case:
    refusal = refused(6, "Malformed", f"statement {FIRST}: {reason}")
    return Case(name, altered, refusal, malformed(field, value), policy=SMALL)


def whole(name: str, altered: str, story: Story) -> Case:
    return Case(name, altered, INTACT, told(story), policy=SMALL)


CASES = (
    whole("intact-signed-sheet", "Nothing: a person signed three viewings at once.", signed()),
    large(
        "sheet-place-of-another-act",
        "An act is said to be in the place of another act of its sheet.",
        signed(place=lambda right: [right[0], right[2], right[2]]),
        OTHER,
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-place-alone",
        "An act of a sheet is said to be signed alone.",
        signed(place=second(lambda at: SheetPlace(0, 1, ()))),
        OTHER,
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-path-of-another-sheet",
        "The path of an act leads to another sheet.",
        signed(place=of_another_sheet),
        OTHER,
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-path-too-short",
        "A hash is missing from the path of an act.",
        signed(place=second(lambda at: replace(at, path=at.path[:-1]))),
        f"{KEY}: the act's place on its sheet: hashes are missing from the proof",
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-path-too-long",
        "The path of an act has a hash too many.",
        signed(place=second(lambda at: replace(at, path=(*at.path, bytes(32))))),
        f"{KEY}: the act's place on its sheet: the proof has surplus hashes",
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-act-exchanged",
        "Another act than the person signed, in its place on the sheet.",
        signed(change=lambda statement: replace(statement, purpose="review")),
        OTHER,
        f"statement {FIRST + 1}",
    ),
    large(
        "sheet-act-unsigned",
        "Of a sheet that a person signed one act is entered by the center alone.",
        signed(unsigned=1),
        NEXT,
        f"statement {FIRST + 1}",
        "Incomplete",
        7,
    ),
    large(
        "sheet-without-its-first",
        "Of a sheet that a person signed the first act is entered by the center alone.",
        signed(unsigned=0),
        BEFORE,
        f"statement {FIRST + 1}",
        "Incomplete",
        7,
    ),
    large(
        "sheet-without-its-last",
        "Of a sheet that a person signed the last act is left out.",
        signed(entered=2),
        NEXT,
        f"statement {FIRST + 2}",
        "Incomplete",
        7,
    ),
    large(
        "sheet-broken-in-the-registry",
        "A further key of a person is confirmed as the second act of a sheet whose first is not there.",
        enrolled_second,
        BEFORE,
        f"statement {FIRST}",
        "Incomplete",
    ),
    in_form(
        "sheet-beyond-its-end",
        "An act is said to be behind the last one of its sheet.",
        "index",
        1,
        "sheet index: not a whole number from 0 to 0",
    ),
    in_form(
        "sheet-of-no-act",
        "A sheet without acts.",
        "size",
        0,
        f"sheet size: not a whole number from 1 to {MAX_ACTS}",
    ),
    in_form(
        "sheet-of-too-many-acts",
        "A sheet of 65 acts.",
        "size",
        MAX_ACTS + 1,
        f"sheet size: not a whole number from 1 to {MAX_ACTS}",
    ),
    in_form(
        "sheet-path-of-seven",
        "A path of seven hashes.",
        "path",
        ["00" * 32] * 7,
        "sheet path: not a list of at most 6 hashes",
    ),
    in_form(
        "sheet-path-of-no-hash",
        "A path with something else than a hash.",
        "path",
        ["00"],
        "sheet path: not 32 bytes in lower-case hexadecimal",
    ),
)
