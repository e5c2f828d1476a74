"""Files received from outside: altered, exchanged, and misstated."""

from __future__ import annotations

import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_of_custody.items.file_manifest import SMALL
from tests.support.packages.alterations import changed, flipped, listed, removed, renamed, write
from tests.support.packages.court_packages import EVIDENCE, INTERVIEW, PROSECUTOR, SYSTEM, File
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, Case, Make, refused, unwitnessed
from tests.vectors.packages.cases import SMALL as SMALL_CENTER
from tests.vectors.packages.centers import STAMPED, Deployment, export_otherwise, honest
from tests.vectors.packages.files import (
    FOREIGN,
    JPEG,
    PIECE,
    cut,
    document,
    exchanged,
    followed_by,
    header_of_another,
    honestly,
    lying,
    photograph,
    recorded,
    sealed_again,
    sealed_otherwise,
    taken,
)

VOICE, PROGRAM = "ea" * 16, "eb" * 16
HOME = f"data/received/{VOICE}"
ORIGINAL = f"{HOME}/original.ogg"


def voice_message(evidence: str = VOICE, **other: Any) -> File:
    options: dict[str, Any] = {"file_kind": "received", "format": "ogg", "name": "PTT-1.ogg", **other}
    return File(evidence, **{"body": b"OggS" + bytes(range(150)), **options})


def program(**other: Any) -> File:
    """Nothing that this software knows: it is kept as what it is."""
    options: dict[str, Any] = {"format": "unknown", "name": "viewer.exe", "body": b"MZ" + bytes(90), **other}
    return voice_message(PROGRAM, **options)


def with_a_recording(folder: Path) -> None:
    """A recording, a photograph, a voice message and a program; all stamped."""
    center, recording = honest()
    files = photograph(), voice_message(), program()
    taken(center, *files)
    center.stamp(at=STAMPED + timedelta(minutes=30))
    center.export(folder, [recording, *files])


def alone(folder: Path, **wrong: Any) -> None:
    center = Deployment.small()
    centers.enrol(center)
    files = voice_message(), program()
    taken(center, *files, **wrong)
    center.export(folder, files)


def of_one_number(folder: Path) -> None:
    alone(folder, number=1)


def not_stamped(folder: Path) -> None:
    """It was sealed after the timestamp."""
    center, recording = honest()
    file = voice_message()
    taken(center, file)
    center.export(folder, [recording, file])


def as_an_excerpt(folder: Path) -> None:
    center, recording = honest(Deployment.small())
    file = voice_message()
    taken(center, file)
    center.export(folder, [recording, file])
    export_otherwise(center, folder, file.evidence, excerpt={"from": 0, "to": 1})


def as_a_document(folder: Path) -> None:
    shutil.move(folder / f"data/received/{PROGRAM}", folder / f"data/documents/{PROGRAM}")


def checked(center: Deployment, file: File) -> None:
    center.say("derivative.checked", file.evidence, {"accepted": True}, actor=PROSECUTOR)


def given_again(center: Deployment, file: File) -> None:
    center.say("evidence.received-again", file.evidence, {"source": "seizure"})


def given_three_times(folder: Path) -> None:
    """A voice message that was given twice more, the last time by the link of a request."""
    center, file = Deployment.small(), voice_message()
    centers.enrol(center)
    taken(center, file)
    giver = {"basis": "order 14/2026", "giver": "Person C", "sha256": sha256(file.body).hexdigest()}
    center.say("evidence.received-again", VOICE, {"source": "seizure"}, details=giver)
    by_link = {"request": "60" * 16, "source": "organisation"}
    center.say("evidence.received-again", VOICE, by_link, actor=SYSTEM)
    center.export(folder, [file])


def given_again_otherwise(old: bytes, new: bytes) -> Make:
    """The statement that a file was given again has `new` instead of `old`."""

    def make(folder: Path) -> None:
        center, file = Deployment.small(), voice_message()
        centers.enrol(center)
        taken(center, file)
        body = {"source": "seizure"}
        center.say("evidence.received-again", VOICE, body, spell=lambda leaf: leaf.replace(old, new))
        centers.plant(center, file, folder)

    return make


def given_again_within(about: str) -> Make:
    """A statement that a file was given again in the chain of a recording, or of its interview."""

    def make(folder: Path) -> None:
        center, recording = honest(Deployment.small())
        center.say("evidence.received-again", about, {"source": "person"})
        center.export(folder, [recording])

    return make


def given_again_first(folder: Path) -> None:
    center, file = Deployment.small(), voice_message()
    centers.enrol(center)
    file.write()
    given_again(center, file)
    taken(center, file)
    center.export(folder, [file])


def without_a_source(center: Deployment, file: File) -> None:
    file.write()
    center.say("document.sealed", file.evidence, file.sealed())


def spelled(old: bytes, new: bytes) -> Make:
    """The statement that seals has `new` instead of `old`."""

    def make(folder: Path) -> None:
        center, file = Deployment.small(), voice_message()
        centers.enrol(center)
        file.write()
        body = file.sealed() | {"source": "person"}
        center.say("evidence.received", VOICE, body, spell=lambda leaf: leaf.replace(old, new))
        centers.plant(center, file, folder)

    return make


def case(
    name: str, altered: str, alter: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    expected = refused(step, kind, reason, where)
    return Case(f"received-{name}", altered, expected, with_a_recording, listed(alter))


def lie(
    name: str, altered: str, make: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(f"received-{name}", altered, refused(step, kind, reason, where), make, policy=SMALL_CENTER)


CASES = (
    Case(
        "received-intact",
        "Nothing: a recording, a photograph, and two files from outside.",
        INTACT,
        with_a_recording,
    ),
    Case("received-intact-alone", "Nothing: two files from outside.", INTACT, alone, policy=SMALL_CENTER),
    Case(
        "received-intact-given-again",
        "Nothing: a file from outside, and two statements that it was given again.",
        INTACT,
        given_three_times,
        policy=SMALL_CENTER,
    ),
    Case(
        "received-not-stamped",
        "A file from outside was sealed after the only timestamp, where the policy asks for one.",
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", "statement 8"),
        not_stamped,
    ),
    case(
        "bit",
        "A bit of a file from outside.",
        flipped(ORIGINAL, 100),
        12,
        "Altered",
        PIECE,
        f"{ORIGINAL}, record 2",
    ),
    case(
        "cut",
        "The last bytes of a file from outside are missing.",
        cut(ORIGINAL, -3),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record 3",
    ),
    case(
        "longer",
        "There are bytes behind a file from outside.",
        cut(ORIGINAL, 3),
        13,
        "Altered",
        "there is something behind the last piece",
        ORIGINAL,
    ),
    case(
        "missing",
        "A file from outside is missing, and not listed.",
        removed(ORIGINAL),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record 1",
    ),
    case(
        "under-another-format",
        "A file from outside under another format's name.",
        renamed(ORIGINAL, f"{HOME}/original.mp3"),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record 1",
    ),
    case(
        "of-no-format",
        "A program, under its own name, beside a file from outside.",
        write(f"{HOME}/original.exe"),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/original.exe",
    ),
    case(
        "picture-beside",
        "A picture beside a file from outside, of which none is made.",
        write(f"{HOME}/small.jpeg", JPEG),
        13,
        "Altered",
        "no record of the received file lies in this file",
        f"{HOME}/small.jpeg",
    ),
    case(
        "as-a-document",
        "A file from outside in a document's folder.",
        as_a_document,
        7,
        "NotProved",
        "the chain does not begin with the seal of a document",
        "statement 10",
    ),
    case(
        "recipe-beside",
        "A recipe beside a file from outside, as a derivative has one.",
        write(f"{HOME}/recipe.json", b"{}"),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/recipe.json",
    ),
    case(
        "from-another-source",
        "The statement names another source of a file from outside.",
        changed("data/statements/9.json", b'"source":"person"', b'"source":"public"'),
        5,
        "InclusionInvalid",
        "the proof does not lead to the signed root",
        "statement 9",
    ),
    lie(
        "from-no-source",
        "The statement that seals a file from outside names no source.",
        spelled(b'"source":"person",', b""),
        6,
        "Malformed",
        "statement 1: evidence.received body: keys differ (missing: source; not known: none)",
    ),
    lie(
        "from-an-unknown-source",
        "The statement that seals a file from outside names a source that there is not.",
        spelled(b'"person"', b'"hearsay"'),
        6,
        "Malformed",
        "statement 1: evidence.received source: none of organisation, person, public, seizure",
    ),
    lie(
        "given-again-from-no-source",
        "The statement that a file from outside was given again names no source.",
        given_again_otherwise(b'"source":"seizure"', b""),
        6,
        "Malformed",
        "statement 3: evidence.received-again body: keys differ (missing: source; not known: none)",
    ),
    lie(
        "given-again-from-an-unknown-source",
        "The statement that a file from outside was given again names a source that there is not.",
        given_again_otherwise(b'"seizure"', b'"hearsay"'),
        6,
        "Malformed",
        "statement 3: evidence.received-again source: none of organisation, person, public, seizure",
    ),
    lie(
        "given-again-as-another",
        "The statement that a file from outside was given again names a manifest.",
        given_again_otherwise(b'"source":', b'"manifest":"' + b"aa" * 32 + b'","source":'),
        6,
        "Malformed",
        "statement 3: evidence.received-again body: keys differ (missing: none; not known: manifest)",
    ),
    lie(
        "given-again-first",
        "A file from outside was given again before it was sealed.",
        given_again_first,
        7,
        "NotProved",
        "the chain does not begin with the seal of a received file",
        "statement 1",
    ),
    lie(
        "given-again-photograph",
        "A photograph was given again, as a file from outside.",
        followed_by(given_again),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "given-again-document",
        "A document was given again, as a file from outside.",
        followed_by(given_again, document),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "given-again-recording",
        "A recording was given again, as a file from outside.",
        given_again_within(EVIDENCE),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "given-again-interview",
        "It is stated about an interview that a file from outside was given again.",
        given_again_within(INTERVIEW),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "of-an-exam",
        "The statement that seals a file from outside puts it into a guided set.",
        spelled(b'"format":', b'"exam":"' + b"60" * 16 + b'","format":'),
        6,
        "Malformed",
        "statement 1: evidence.received body: keys differ (missing: none; not known: exam)",
    ),
    lie(
        "sealed-twice",
        "A file from outside is sealed once more.",
        followed_by(sealed_again, voice_message),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "of-one-number",
        "Two files from outside are number 1 of their case.",
        of_one_number,
        7,
        "NotProved",
        "another received file is also number 1 of its case",
        "statement 2",
    ),
    lie(
        "recorded",
        "Something was recorded in the chain of a file from outside.",
        followed_by(recorded, voice_message),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "checked",
        "A file from outside was checked as a derivative is.",
        followed_by(checked, voice_message),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 3",
    ),
    lie(
        "sealed-as-a-document",
        "The chain of a file from outside begins as a document's, without a source.",
        lying(without_a_source, voice_message),
        7,
        "NotProved",
        "the chain does not begin with the seal of a received file",
        "statement 1",
    ),
    lie(
        "header-of-a-document",
        "The header of a file from outside is that of a document.",
        header_of_another(voice_message, kind="document"),
        12,
        "NotProved",
        "the header is of another file",
        f"{HOME}/header.json",
    ),
    lie(
        "with-a-picture",
        "A picture was sealed with a file from outside.",
        exchanged(voice_message(made={SMALL: JPEG}), honest_one=voice_message),
        11,
        "Malformed",
        "index: not the records of one file",
    ),
    lie(
        "of-unknown-format",
        "The seal names a format that no file from outside may have.",
        sealed_otherwise(voice_message, format="exe"),
        12,
        "Malformed",
        "a format that has no place in a court package: exe",
    ),
    lie(
        "described-as-another",
        "The event gives another SHA-256 than the file from outside has.",
        exchanged(voice_message(told={"sha256": "00" * 32}), honest_one=voice_message),
        13,
        "NotProved",
        "it has another SHA-256 than was sealed with it",
        ORIGINAL,
    ),
    lie(
        "described-as-another-size",
        "The event of a file from outside gives another size.",
        lying(honestly, lambda: voice_message(told={"size": 155})),
        13,
        "NotProved",
        "it has another size than was sealed with it",
        ORIGINAL,
    ),
    lie(
        "exported-as-an-excerpt",
        "A file from outside is exported as an excerpt.",
        as_an_excerpt,
        14,
        "NotProved",
        "it was exported as an excerpt, and is here whole",
        "statement 9",
    ),
)
