"""What a center cannot pass off, although its own keys sign it and its own ledger holds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chain_of_custody.tlog import merkle
from tests.support.packages.court_packages import (
    EVIDENCE,
    INTERVIEW,
    OTHER_CASE,
    Recording,
    replace,
    statements,
)
from tests.vectors.packages.cases import SMALL, Case, refused
from tests.vectors.packages.centers import Deployment, enrol, record, sealed, view

Story = Callable[[Deployment, Recording], object]

CONSENT = {"by": "self", "form": "oral", "language": "ar", "outcome": "given", "subject": "recording"}


def begun(center: Deployment, recording: Recording) -> None:
    """Enrolled, opened, recorded; not sealed."""
    enrol(center)
    center.open_interview()
    record(center, recording)


def lie(
    name: str,
    altered: str,
    story: Story,
    step: int,
    kind: str,
    reason: str,
    where: str | None = None,
    state: str = "complete",
) -> Case:
    def make(folder: Path) -> None:
        center, recording = Deployment.small(), Recording(state=state)
        story(center, recording)
        center.export(folder, [recording])

    return Case(name, altered, refused(step, kind, reason, where), make, policy=SMALL)


def misnumbered(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center, change=lambda statement: replace(statement, number=9))


def unlinked(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center, change=lambda statement: replace(statement, previous="00" * 32))


def recorded_after_the_seal(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    view(center)
    center.progress(recording)


def sealed_twice(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.seal(recording)


def opened_late(center: Deployment, recording: Recording) -> None:
    enrol(center)
    record(center, recording)
    center.open_interview()
    center.seal(recording)


def opened_in_another_case(center: Deployment, recording: Recording) -> None:
    enrol(center)
    center.open_interview(case=OTHER_CASE)
    record(center, recording)
    center.seal(recording)


def opened_for_practice(center: Deployment, recording: Recording) -> None:
    enrol(center)
    center.say("interview.opened", INTERVIEW, {"practice": True})
    record(center, recording)
    center.seal(recording)


def after_a_ledger(size: int, root: str | None = None) -> Story:
    """Begun, it says, after a state of the ledger that it cannot have been begun after."""

    def story(center: Deployment, recording: Recording) -> None:
        def wrong(statement: statements.Statement) -> statements.Statement:
            real = merkle.root_of(map(merkle.leaf_hash, center.leaves[:size])).hex()
            return replace(
                statement, body={**statement.body, "not_before": {"root": root or real, "size": size}}
            )

        enrol(center)
        center.open_interview()
        record(center, recording, change=wrong)
        center.seal(recording)

    return story


def interruption_hidden(center: Deployment, recording: Recording) -> None:
    begun(center, recording)
    body = {"reason": "power", "records": len(recording.records), "root": recording.root()}
    center.say("recording.interrupted", EVIDENCE, body)
    center.seal(recording)


def another_interview_beside(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.opened", "11" * 16, {"practice": False})


def opened_again_for_practice(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.opened", INTERVIEW, {"practice": True})


def opened_in_the_recordings_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.opened", EVIDENCE, {"practice": True})


def recorded_before_it_was_voided(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.voided", INTERVIEW, {"reason": "duplicate"})


def recorded_after_it_was_voided(center: Deployment, recording: Recording) -> None:
    enrol(center)
    center.open_interview()
    center.say("interview.voided", INTERVIEW, {"reason": "duplicate"})
    record(center, recording)
    center.seal(recording)


def voided_in_the_recordings_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.voided", EVIDENCE, {"reason": "duplicate"})


def consented_in_the_recordings_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("consent.recorded", EVIDENCE, CONSENT)


def consented_in_the_interviews_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("consent.withdrawn", INTERVIEW, {"by": "self", "form": "oral", "subject": "recording"})


def decided_in_the_recordings_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    center.say("interview.decided", EVIDENCE, {"consent": "refused"})


def sealed_in_the_interviews_chain(center: Deployment, recording: Recording) -> None:
    sealed(center, recording)
    body = {"manifest": "00" * 32, "records": 1, "root": "00" * 32, "state": "complete"}
    center.say("recording.sealed", INTERVIEW, body)


CASES = (
    lie(
        "number-left-out",
        "A statement numbered past the ones that follow.",
        misnumbered,
        7,
        "Incomplete",
        "statement 3 of the chain is expected, this is 9",
        "statement 5",
    ),
    lie(
        "statement-not-linked",
        "A statement that does not name the one before.",
        unlinked,
        7,
        "Altered",
        "statement 3 of the chain does not name the one before it",
        "statement 5",
    ),
    lie(
        "recorded-after-the-seal",
        "Something is recorded after the seal.",
        recorded_after_the_seal,
        7,
        "NotProved",
        "something is said to be recorded after the seal",
        "statement 2",
    ),
    lie(
        "sealed-twice",
        "The recording is sealed twice.",
        sealed_twice,
        7,
        "NotProved",
        "the recording was not started, then sealed, once each",
        "statement 2",
    ),
    lie(
        "interview-opened-later",
        "The interview was opened only after the recording began.",
        opened_late,
        7,
        "NotProved",
        "the interview was opened only after the recording began",
        "statement 1",
    ),
    lie(
        "interview-of-another-case",
        "The interview was opened in another case.",
        opened_in_another_case,
        7,
        "NotProved",
        "the recording and its interview are of different cases",
        "statement 2",
    ),
    lie(
        "interview-for-practice",
        "The interview was for practice.",
        opened_for_practice,
        7,
        "NotProved",
        "the interview was for practice and is not evidence",
        "statement 1",
    ),
    lie(
        "interview-of-nothing-here",
        "An interview is opened that nothing here belongs to.",
        another_interview_beside,
        7,
        "NotProved",
        "the statement belongs to none of the items here",
        "statement 5",
    ),
    lie(
        "interview-opened-again",
        "The interview is opened once more, for practice.",
        opened_again_for_practice,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "interview-voided-before-it-is-recorded",
        "The interview was voided as opened in error; then it is recorded.",
        recorded_after_it_was_voided,
        7,
        "NotProved",
        "the interview was voided, and something is recorded in it",
        "statement 2",
    ),
    lie(
        "interview-voided-after-it-is-recorded",
        "An interview with a recording is voided as opened in error.",
        recorded_before_it_was_voided,
        7,
        "NotProved",
        "the interview was voided, and something is recorded in it",
        "statement 5",
    ),
    lie(
        "interview-voided-in-a-recording",
        "The interview is voided in the recording's own chain.",
        voided_in_the_recordings_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "interview-decided-in-a-recording",
        "To record without consent is decided in the recording's own chain.",
        decided_in_the_recordings_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "consent-in-a-recording",
        "An answer about consent to recording is in the recording's own chain.",
        consented_in_the_recordings_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "consent-withdrawn-in-an-interview",
        "The withdrawal of consent to recording is in the interview's chain.",
        consented_in_the_interviews_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "interview-opened-in-a-recording",
        "An interview is opened, for practice, in the recording's own chain.",
        opened_in_the_recordings_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "sealed-in-an-interview",
        "A recording is said to be sealed in the interview's own chain.",
        sealed_in_the_interviews_chain,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 5",
    ),
    lie(
        "begun-after-what-came-later",
        "Begun after a state of the ledger that came later.",
        after_a_ledger(3),
        7,
        "NotProved",
        "it names a ledger that cannot have been there before it",
        "statement 2",
    ),
    lie(
        "begun-after-another-ledger",
        "Begun after a ledger that is not this one.",
        after_a_ledger(2, "00" * 32),
        8,
        "NotProved",
        "the ledger that it was begun after is not the one proved here",
        "statement 2",
    ),
    lie(
        "begun-after-an-empty-ledger-that-was-none",
        "Begun after an empty ledger with a root that none has.",
        after_a_ledger(0, "00" * 32),
        8,
        "NotProved",
        "the ledger that it was begun after is not the one proved here",
        "statement 2",
    ),
    lie(
        "interruption-hidden",
        "It was interrupted, and the seal says it is complete.",
        interruption_hidden,
        7,
        "NotProved",
        "seal and interruption contradict each other",
        "statement 5",
    ),
)
