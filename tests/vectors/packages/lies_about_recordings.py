"""What a center cannot pass off of a recording itself, although its own keys sign it."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages import court_packages as made
from tests.support.packages.alterations import HOME, listed, removed
from tests.support.packages.court_packages import (
    EVIDENCE,
    Recording,
    replace,
    statements,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, refused
from tests.vectors.packages.centers import Deployment, enrol, film, record, sealed
from tests.vectors.packages.lies import begun, lie
from tests.vectors.packages.media import MISSING, at


def interrupted_elsewhere(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    center.say(
        "recording.interrupted", EVIDENCE, {"reason": "power", "records": 22, "root": recording.root(22)}
    )
    body = {"records": len(recording.records), "root": recording.root(), "state": "interrupted"}
    center.say("recording.sealed", EVIDENCE, {**body, "manifest": recording.manifest.digest})


def other_progress(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    center.progress(recording, root="00" * 32)
    center.seal(recording)


def tail_cut_before_the_seal(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    center.progress(recording)
    del recording.records[-3:], recording.opened[-3:]
    center.seal(recording)


def fragment_dropped_before_the_seal(center: Deployment, recording: Recording) -> None:
    """The close camera's last second is recorded over by a remark, after it had been committed to."""
    begun(center, recording)
    center.progress(recording)
    del recording.records[-2:], recording.opened[-2:]
    recording._next[2] -= 1
    recording._next[3] -= 1
    recording.add("media", centers.clip("microphone").fragments[5], 3, 5 * made.SECOND, made.SECOND)
    recording.event("mark", 5 * made.SECOND, text="nothing was left out")
    center.seal(recording)


def seal_of_fewer(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    center.seal(recording, records=19, root=recording.root(19))


def seal_of_an_endless_one(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    center.seal(recording, records=9_007_199_254_740_991)


def another_header(center: Deployment, recording: Recording) -> None:
    enrol(center)
    center.open_interview()
    center.clock = centers.RECORDED
    center.start(recording, change=lambda one: replace(one, body={**one.body, "header": "00" * 32}))
    film(center, recording)
    center.seal(recording)


def practice(center: Deployment, recording: Recording) -> None:
    """The header says that it was for practice; the interview was not."""

    def practising(one: statements.Statement) -> statements.Statement:
        assert recording.header is not None
        recording.header = replace(recording.header, practice=True)
        recording.records.clear()
        recording.opened.clear()
        header = recording.add("header", recording.header.canonical())
        return replace(one, body={**one.body, "header": header.leaf})

    enrol(center)
    center.open_interview()
    record(center, recording, change=practising)
    center.seal(recording)


def rehashed_wrong(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    centers.rehash(center, recording, root="00" * 64)


def rehashed_fewer(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    centers.rehash(center, recording, records=24)


def rehashed_other_manifest(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    centers.rehash(center, recording, manifest="00" * 64)


def film_of_nothing(folder: Path) -> None:
    """The close camera's film consists of one record, which has no bytes."""
    center, recording = Deployment.small(), Recording()
    enrol(center)
    center.open_interview()
    center.clock = centers.RECORDED
    center.start(recording, epoch="2026-11-24T19:15:03.120Z")
    recording.add("init", b"", 2)
    center.seal(recording)
    center.export(folder, [recording])


CASES = (
    lie(
        "interruption-of-fewer-records",
        "It was interrupted at other records than were sealed.",
        interrupted_elsewhere,
        11,
        "NotProved",
        "seal and interruption name different records",
        "statement 4",
        "interrupted",
    ),
    lie(
        "progress-of-other-records",
        "Meanwhile other records were committed to.",
        other_progress,
        11,
        "Altered",
        "the first 25 records are not those it had then",
        "statement 4",
    ),
    lie(
        "tail-cut-before-the-seal",
        "The last second was cut off before it was sealed.",
        tail_cut_before_the_seal,
        11,
        "Incomplete",
        "the recording once had 25 records",
        "statement 4",
    ),
    lie(
        "fragment-dropped-before-the-seal",
        "A fragment was dropped before it was sealed.",
        fragment_dropped_before_the_seal,
        11,
        "Altered",
        "the first 25 records are not those it had then",
        "statement 4",
    ),
    lie(
        "seal-of-fewer-records",
        "The seal names fewer records than the manifest.",
        seal_of_fewer,
        11,
        "NotProved",
        "manifest and seal name different records",
        "data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0/manifest.json",
    ),
    lie(
        "seal-of-endless-records",
        "The seal names as many records as any number can.",
        seal_of_an_endless_one,
        11,
        "NotProved",
        "manifest and seal name different records",
        "data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0/manifest.json",
    ),
    lie(
        "started-with-another-header",
        "The start names another header.",
        another_header,
        12,
        "Altered",
        "the header is not the one the recording was started with",
        "data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0/header.json",
    ),
    lie(
        "header-of-practice",
        "The header says that it was recorded for practice.",
        practice,
        12,
        "NotProved",
        "the recording was made for practice and is not evidence",
        "data/recordings/e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0/header.json",
    ),
    lie(
        "rehashed-otherwise",
        "Committed to anew, with another root.",
        rehashed_wrong,
        12,
        "Altered",
        "the recording is not the one that was rehashed",
        "statement 5",
    ),
    lie(
        "rehashed-fewer",
        "Committed to anew, with fewer records.",
        rehashed_fewer,
        12,
        "Altered",
        "the recording has not as many records as were rehashed",
        "statement 5",
    ),
    lie(
        "rehashed-another-manifest",
        "Committed to anew, with another manifest.",
        rehashed_other_manifest,
        12,
        "Altered",
        "the manifest is not the one that was rehashed",
        "statement 5",
    ),
    Case(
        "film-of-nothing-missing",
        "A film without a byte in it is missing, and not listed.",
        refused(12, "Incomplete", MISSING, at("close.mp4", 1, 0)),
        film_of_nothing,
        listed(removed(f"{HOME}/close.mp4")),
        policy=SMALL,
    ),
)
