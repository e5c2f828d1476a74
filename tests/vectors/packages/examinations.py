"""Records of examinations: altered, exchanged, misstated, and corrections of what they do not correct."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.items.examination_record import MAX_RECORD
from tests.support.packages.alterations import changed, flipped, listed, renamed
from tests.support.packages.court_packages import OTHER_CASE, File
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, Case, Make, refused
from tests.vectors.packages.cases import SMALL as SMALL_CENTER
from tests.vectors.packages.centers import Deployment, honest
from tests.vectors.packages.derivatives import export_of_cases
from tests.vectors.packages.files import PIECE, document, photograph

RECORD, CORRECTION = "ec" * 16, "ed" * 16
HOME, CORRECTION_HOME = f"data/documents/{RECORD}", f"data/documents/{CORRECTION}"
ORIGINAL, CORRECTED = f"{HOME}/original.examination", f"{CORRECTION_HOME}/original.examination"


def _words(ar: str, en: str) -> dict[str, str]:
    return {"ar": ar, "en": en}


def _field(id_: str, kind: str, label: dict[str, str], **others: Any) -> dict[str, Any]:
    absent = {
        "certificate": False,
        "choices": [],
        "hint": None,
        "required": False,
        "unit": None,
        "when": None,
    }
    return {**absent, "id": id_, "kind": kind, "label": label, **others}


FIELDS = [
    _field("began", "date-time", _words("بدء الفحص", "Beginning"), required=True),
    _field("injured", "answer", _words("إصابة", "Injury")),
    _field("injuries", "findings", _words("الإصابات", "Injuries"), when={"field": "injured", "is": ["yes"]}),
]
FORM: Mapping[str, Any] = {
    "id": "short",
    "sections": [{"fields": FIELDS, "id": "all", "label": _words("الفحص", "Examination"), "when": None}],
    "title": _words("نموذج قصير", "Short form"),
    "version": 1,
}
VALUES = {"began": "2026-11-24T20:15", "injured": "yes", "injuries": ["1.1", "1.2"]}


def content(**other: Any) -> bytes:
    return canonical_json.serialise({"corrects": None, "form": FORM, "v": 1, "values": VALUES} | other)


def record(body: bytes | None = None, evidence: str = RECORD, **other: Any) -> File:
    options = {"file_kind": "document", "format": "examination", "name": "examination.json", **other}
    body = content() if body is None else body
    return File(evidence, body=body, piece=256 if len(body) < 10_000 else 100_000, **options)


def stated(form: Mapping[str, Any] = FORM) -> str:
    return sha256(canonical_json.serialise(form)).hexdigest()


def seal(center: Deployment, file: File, **other: Any) -> None:
    file.write()
    center.seal_file(file, **{"form": stated(), **other})


def correcting(corrected: File, **other: Any) -> bytes:
    """A record with another value that corrects `corrected`, whose records are written."""
    names = {
        "evidence": corrected.evidence,
        "manifest": corrected.manifest.digest,
        "reason": "The other side.",
    }
    return content(corrects=names | other, values={**VALUES, "injuries": ["1.3"]})


def center() -> Deployment:
    made = Deployment.small()
    centers.enrol(made)
    return made


def corrected(folder: Path) -> None:
    """A record, and the one that corrects it."""
    made, first = center(), record()
    seal(made, first)
    second = record(correcting(first), CORRECTION)
    seal(made, second, corrects=RECORD)
    made.export(folder, [first, second])


def alone(folder: Path) -> None:
    """A correction, without what it corrects."""
    made, first = center(), record()
    first.write()
    made.say("document.sealed", RECORD, first.sealed() | {"form": stated()}, into_folder=False)
    second = record(correcting(first), CORRECTION)
    seal(made, second, corrects=RECORD, number=2)
    made.export(folder, [second])


def lying(body: bytes | None = None, **wrong: Any) -> Make:
    """One record with other content or another statement."""

    def make(folder: Path) -> None:
        made, file = center(), record(body)
        seal(made, file, **wrong)
        made.export(folder, [file])

    return make


def spelled(old: bytes, new: bytes, make_file: Callable[[], File] = record) -> Make:
    """The statement that seals has `new` instead of `old`."""

    def make(folder: Path) -> None:
        made, file = center(), make_file()
        file.write()
        body = file.sealed() | ({"form": stated()} if file.format == "examination" else {})
        made.say("document.sealed", file.evidence, body, spell=lambda leaf: leaf.replace(old, new))
        centers.plant(made, file, folder)

    return make


def misnaming(**wrong: str) -> Make:
    """A correction that names something else of what it corrects."""

    def make(folder: Path) -> None:
        made, first = center(), record()
        seal(made, first)
        second = record(correcting(first, **wrong), CORRECTION)
        seal(made, second, corrects=RECORD)
        made.export(folder, [first, second])

    return make


def of(make_file: Callable[[], File]) -> Make:
    """A correction of a file that is no record."""

    def make(folder: Path) -> None:
        made, file = center(), make_file()
        file.write()
        made.seal_file(file)
        second = record(correcting(file), CORRECTION)
        seal(made, second, corrects=file.evidence)
        made.export(folder, [file, second])

    return make


def before(folder: Path) -> None:
    made, first = center(), record()
    first.write()
    second = record(correcting(first), CORRECTION)
    seal(made, second, corrects=RECORD)
    made.seal_file(first, form=stated())
    made.export(folder, [first, second])


def of_another_case(folder: Path) -> None:
    made, first = center(), record(case=OTHER_CASE)
    first.write()
    made.say("document.sealed", RECORD, first.sealed() | {"form": stated()}, case=OTHER_CASE)
    second = record(correcting(first), CORRECTION)
    seal(made, second, corrects=RECORD)
    export_of_cases(made, folder, first, second)


def certified(folder: Path) -> None:
    """A record of which a medical certificate was made."""
    made, file = center(), record()
    seal(made, file)
    made.say("examination.certified", RECORD, {"paper": "cc" * 32})
    made.export(folder, [file])


CONSENT = {
    "by": "guardian",
    "form": "oral",
    "ground": "natural-guardian",
    "interpreter": True,
    "language": "ar",
    "outcome": "given",
    "subject": "examination",
}

WITHDRAWAL = {"by": "self", "form": "oral", "subject": "photographs"}


def consenting(old: bytes, new: bytes) -> Make:
    """An answer of a guardian about the examination, through an interpreter, has `new` instead of `old`."""

    def make(folder: Path) -> None:
        made, file = center(), record()
        seal(made, file)
        made.say("consent.recorded", RECORD, CONSENT, spell=lambda leaf: leaf.replace(old, new))
        centers.plant(made, file, folder)

    return make


def consented(folder: Path) -> None:
    made, file = center(), record()
    seal(made, file)
    made.say("consent.recorded", RECORD, CONSENT)
    made.export(folder, [file])


def consented_to_a_photograph(folder: Path) -> None:
    made, picture = center(), photograph()
    picture.write()
    made.seal_file(picture)
    made.say("consent.withdrawn", picture.evidence, WITHDRAWAL)
    made.export(folder, [picture])


def certified_photograph(folder: Path) -> None:
    made, picture = center(), photograph()
    picture.write()
    made.seal_file(picture)
    made.say("examination.certified", picture.evidence, {"paper": "cc" * 32})
    made.export(folder, [picture])


def certified_document(folder: Path) -> None:
    made, file = center(), document()
    file.write()
    made.seal_file(file)
    made.say("examination.certified", file.evidence, {"paper": "cc" * 32})
    made.export(folder, [file])


def certified_recording(folder: Path) -> None:
    made, recording = honest(Deployment.small())
    made.say("examination.certified", recording.evidence, {"paper": "cc" * 32})
    made.export(folder, [recording])


def case(
    name: str, altered: str, alter: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    expected = refused(step, kind, reason, where)
    return Case(f"examination-{name}", altered, expected, corrected, listed(alter), policy=SMALL_CENTER)


def lie(
    name: str, altered: str, make: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(f"examination-{name}", altered, refused(step, kind, reason, where), make, policy=SMALL_CENTER)


def malformed(name: str, altered: str, body: bytes, reason: str) -> Case:
    return lie(name, altered, lying(body), 13, "Malformed", f"{ORIGINAL}: {reason}")


_HIDDEN = "examination record: a value of no field that is shown"

_LATER = {**FORM, "sections": [{**FORM["sections"][0], "fields": [FIELDS[0], FIELDS[2], FIELDS[1]]}]}

CASES = (
    Case(
        "examination-intact",
        "Nothing: the record of an examination, and the one that corrects it.",
        INTACT,
        corrected,
        policy=SMALL_CENTER,
    ),
    Case(
        "examination-intact-alone",
        "Nothing: a correction, without the record that it corrects.",
        INTACT,
        alone,
        policy=SMALL_CENTER,
    ),
    Case(
        "examination-intact-certified",
        "Nothing: a record of which a medical certificate was made.",
        INTACT,
        certified,
        policy=SMALL_CENTER,
    ),
    lie(
        "consent-on-a-ground-of-hers",
        "An answer about consent that the person gave alone names a ground on which another person decides.",
        consenting(b'"by":"guardian"', b'"by":"self"'),
        6,
        "Malformed",
        "statement 2: consent.recorded ground: of an answer that the person gave alone",
    ),
    lie(
        "consent-on-a-ground-in-words",
        "An answer about consent names its ground in words.",
        consenting(b'"natural-guardian"', b'"her father"'),
        6,
        "Malformed",
        "statement 2: consent.recorded ground: not a code (1 to 64 of a-z 0-9 . _ -)",
    ),
    lie(
        "consent-through-no-interpreter",
        "An answer about consent says that there was no interpreter.",
        consenting(b'"interpreter":true', b'"interpreter":false'),
        6,
        "Malformed",
        "statement 2: consent.recorded interpreter: not true",
    ),
    lie(
        "consent-in-the-chain-of-a-record",
        "An answer about consent is in the chain of the record of an examination.",
        consented,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 2",
    ),
    lie(
        "consent-withdrawn-in-the-chain-of-a-photograph",
        "The withdrawal of consent is in the chain of a photograph.",
        consented_to_a_photograph,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 2",
    ),
    lie(
        "certified-photograph",
        "A medical certificate was made of a photograph.",
        certified_photograph,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 2",
    ),
    lie(
        "certified-document",
        "A medical certificate was made of a document that is no record of an examination.",
        certified_document,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 2",
    ),
    lie(
        "certified-recording",
        "A medical certificate was made of a recording.",
        certified_recording,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    case(
        "value",
        "A bit of the record of an examination.",
        flipped(ORIGINAL, 100),
        12,
        "Altered",
        PIECE,
        f"{ORIGINAL}, record 1",
    ),
    case(
        "as-a-pdf",
        "The record of an examination under the name of another format.",
        renamed(ORIGINAL, f"{HOME}/original.pdf"),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record 1",
    ),
    case(
        "of-another-form",
        "The statement names another form.",
        changed("data/statements/1.json", f'"form":"{stated()}"'.encode(), f'"form":"{"00" * 32}"'.encode()),
        5,
        "InclusionInvalid",
        "the proof does not lead to the signed root",
        "statement 1",
    ),
    lie(
        "stated-of-another-form",
        "The center states another form than is in the record.",
        lying(form="00" * 32),
        13,
        "NotProved",
        "the record is of another form than was stated",
        ORIGINAL,
    ),
    lie(
        "of-no-form",
        "The statement that seals the record of an examination names no form.",
        spelled(f'"form":"{stated()}",'.encode(), b""),
        6,
        "Malformed",
        "statement 1: document.sealed form: of the record of an examination, and of nothing else",
    ),
    lie(
        "form-of-a-paper",
        "The statement that seals a PDF names a form.",
        spelled(b'"format":', f'"form":"{stated()}","format":'.encode(), document),
        6,
        "Malformed",
        "statement 1: document.sealed form: of the record of an examination, and of nothing else",
    ),
    lie(
        "correction-by-a-paper",
        "The statement that seals a PDF says that it corrects a record.",
        spelled(b'"format":', f'"corrects":"{CORRECTION}","format":'.encode(), document),
        6,
        "Malformed",
        "statement 1: document.sealed corrects: of the record of an examination, and of nothing else",
    ),
    lie(
        "corrects-by-statement-alone",
        "The center states a correction that the record does not name.",
        lying(corrects=CORRECTION),
        13,
        "NotProved",
        "the record corrects another one than was stated",
        ORIGINAL,
    ),
    lie(
        "corrects-by-record-alone",
        "The record corrects another one, and the center does not state it.",
        lying(content(corrects={"evidence": CORRECTION, "manifest": "00" * 32, "reason": "x"})),
        13,
        "NotProved",
        "the record corrects another one than was stated",
        ORIGINAL,
    ),
    lie(
        "corrects-another",
        "A correction names another manifest than that of the record here.",
        misnaming(manifest="00" * 32),
        13,
        "NotProved",
        "it corrects another record than lies here under that id",
        CORRECTED,
    ),
    lie(
        "corrects-a-paper",
        "A record corrects a PDF.",
        of(document),
        13,
        "NotProved",
        "it corrects something else than the record of an examination",
        CORRECTED,
    ),
    lie(
        "corrects-a-photograph",
        "A record corrects a photograph.",
        of(photograph),
        13,
        "NotProved",
        "it corrects something else than the record of an examination",
        CORRECTED,
    ),
    lie(
        "corrects-a-later-one",
        "A correction was sealed before the record that it corrects.",
        before,
        13,
        "NotProved",
        "it was sealed before the record that it corrects",
        CORRECTED,
    ),
    lie(
        "corrects-one-of-another-case",
        "A record corrects one of another case.",
        of_another_case,
        13,
        "NotProved",
        "it corrects a record of another case",
        CORRECTED,
    ),
    malformed(
        "hidden-value",
        "There is a value of a field that is not shown.",
        content(values={**VALUES, "injured": "no"}),
        f"{_HIDDEN}: injuries",
    ),
    malformed(
        "value-of-nothing",
        "There is a value of a field that the form does not have.",
        content(values={**VALUES, "other": "x"}),
        f"{_HIDDEN}: other",
    ),
    malformed(
        "no-such-day",
        "A time is on a day that does not exist.",
        content(values={"began": "2026-02-29T20:15"}),
        "field began: not a value of a date-time field",
    ),
    malformed(
        "no-such-answer",
        "An answer is none of those that there are.",
        content(values={"injured": "perhaps"}),
        "field injured: not a value of a answer field",
    ),
    malformed(
        "finding-twice",
        "A finding is named twice.",
        content(values={**VALUES, "injuries": ["1.1", "1.1"]}),
        "field injuries: not a value of a findings field",
    ),
    malformed(
        "other-spelling",
        "The record is in another encoding.",
        content() + b"\n",
        "examination record: not in its canonical form (RFC 8785)",
    ),
    malformed(
        "no-json",
        "What is called the record of an examination is a PDF.",
        b"%PDF-1.7",
        "examination record: not canonical JSON",
    ),
    malformed(
        "too-long",
        "The record is longer than one may be.",
        b" " * (MAX_RECORD + 1),
        f"examination record: longer than {MAX_RECORD} bytes",
    ),
    lie(
        "later-condition",
        "A condition of the form is on a field that comes later.",
        lying(content(form=_LATER), form=stated(_LATER)),
        13,
        "Malformed",
        f"{ORIGINAL}: form field injuries: a condition on no earlier answer or choice: injured",
    ),
)
