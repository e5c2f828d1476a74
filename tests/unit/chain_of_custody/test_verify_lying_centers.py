"""What a center cannot pass off even though its own keys sign it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chain_of_custody.statements import statement as statements
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import assert_refused
from tests.support.packages.court_packages import EVIDENCE, INTERVIEW, SECOND_EVIDENCE, Center, Recording


def lying(tmp_path: Path, story: Callable[[Center, Recording], object], **recording: object) -> Path:
    """The folder of a center whose own keys sign what `story` says."""
    center, record = Center(), Recording(**recording)
    story(center, record)
    return center.export(tmp_path / "lying", [record])


def unvouched(center: Center, recording: Recording) -> None:
    made.begin(center, recording, enrol=False)
    center.seal(recording)
    center.enrol()


def center_records(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview()
    center.start(recording, signer=center.center_key)
    center.seal(recording)


def recorder_views(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {}, signer=center.recorder_key)


def unsigned(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say(
        "evidence.viewed", EVIDENCE, {}, spell=lambda leaf: re.sub(rb'(signature":")....', rb"\1AAAA", leaf)
    )


def other_case(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {}, case=made.OTHER_CASE)


def interview_of_other_case(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview(case=made.OTHER_CASE)
    center.start(recording)
    center.seal(recording)


def about_another_recording(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", SECOND_EVIDENCE, {})


def about_roles(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    body = {"organisation": "prosecution", "person": "a0" * 16, "role": "prosecutor"}
    center.say("role.given", EVIDENCE, body)


def renumbered(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {}, change=lambda statement: made.replace(statement, number=9))


def unlinked(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say(
        "evidence.viewed", EVIDENCE, {}, change=lambda statement: made.replace(statement, previous="00" * 32)
    )


def recorded_after_the_seal(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {})
    center.progress(recording)


def sealed_twice(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.seal(recording)


def opened_late(center: Center, recording: Recording) -> None:
    center.enrol()
    center.start(recording)
    center.open_interview()
    center.seal(recording)


def begun_in_the_future(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview()

    def later(statement: statements.Statement) -> statements.Statement:
        return made.replace(statement, body={**statement.body, "not_before": {"root": "00" * 32, "size": 3}})

    center.start(recording, change=later)
    center.seal(recording)


def begun_after_another_ledger(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview()

    def another(statement: statements.Statement) -> statements.Statement:
        return made.replace(statement, body={**statement.body, "not_before": {"root": "00" * 32, "size": 2}})

    center.start(recording, change=another)
    center.seal(recording)


def begun_after_nothing_that_was(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview()

    def another(statement: statements.Statement) -> statements.Statement:
        return made.replace(statement, body={**statement.body, "not_before": {"root": "00" * 32, "size": 0}})

    center.start(recording, change=another)
    center.seal(recording)


def opened_for_practice(center: Center, recording: Recording) -> None:
    center.enrol()
    center.say("interview.opened", INTERVIEW, {"practice": True})
    center.start(recording)
    center.seal(recording)


def voided(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording)
    center.say("interview.voided", INTERVIEW, {"reason": "duplicate"})


def interruption_hidden(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.say(
        "recording.interrupted",
        EVIDENCE,
        {"reason": "power", "records": len(recording.records), "root": recording.root()},
    )
    center.seal(recording)


def other_progress(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.progress(recording, root="00" * 32)
    center.seal(recording)


def tail_cut_before_the_seal(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.progress(recording)
    del recording.records[-1], recording.opened[-1]
    center.seal(recording)


def seal_of_fewer(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.seal(recording, records=3, root=recording.root(3))


def interrupted_elsewhere(center: Center, recording: Recording) -> None:
    made.begin(center, recording)
    center.say(
        "recording.interrupted", EVIDENCE, {"reason": "power", "records": 3, "root": recording.root(3)}
    )
    body = {"records": len(recording.records), "root": recording.root(), "state": "interrupted"}
    center.say("recording.sealed", EVIDENCE, {**body, "manifest": recording.manifest.digest})


def another_header(center: Center, recording: Recording) -> None:
    center.enrol()
    center.open_interview()
    center.start(Recording(), software="2")
    center.start(
        recording,
        change=lambda statement: made.replace(statement, evidence=SECOND_EVIDENCE),
        into_folder=False,
    )
    center.heads[EVIDENCE] = statements.SignedStatement.parse(center.leaves[2]).head
    center.seal(recording)


def sealed_by_another_recorder(center: Center, recording: Recording) -> None:
    center.enrol(made.key(77))
    made.begin(center, recording)
    body = {"records": len(recording.records), "root": recording.root(), "state": "complete"}
    body["manifest"] = recording.manifest.digest
    center.say("recording.sealed", EVIDENCE, body, signer=made.key(77))


LIES = [
    ("a recorder enrolled after it recorded", 6, unvouched, "enrolled only after", "statement 1"),
    ("a recording signed by the center itself", 6, center_records, "center key may not sign", "statement 2"),
    ("a viewing signed by a recorder", 6, recorder_views, "recorder key may not sign", "statement 5"),
    ("a false signature in the ledger", 6, unsigned, "does not hold", "statement 5"),
    ("a statement of another case", 7, other_case, "another case", "statement 5"),
    ("an interview of another case", 7, interview_of_other_case, "different cases", "statement 2"),
    (
        "a statement about another recording",
        7,
        about_another_recording,
        "statement 5|none of the recordings|",
        None,
    ),
    ("a statement about the staff in another chain", 7, about_roles, "another chain", "statement 5"),
    ("a number left out", 7, renumbered, "statement 3 of the chain is expected, this is 9", "statement 5"),
    ("a statement not linked to the one before", 7, unlinked, "does not name the one before", "statement 5"),
    ("something recorded after the seal", 7, recorded_after_the_seal, "after the seal", None),
    ("a seal by another recorder", 7, sealed_by_another_recorder, "another recorder", "statement 5"),
    ("two seals", 7, sealed_twice, "once each", None),
    ("an interview opened after it was recorded", 7, opened_late, "only after the recording began", None),
    ("a start after a ledger yet to come", 7, begun_in_the_future, "cannot have been there", "statement 2"),
    ("a start after another ledger", 8, begun_after_another_ledger, "not the one proved here", "statement 2"),
    (
        "a start after an empty ledger that was none",
        8,
        begun_after_nothing_that_was,
        "not the one proved",
        None,
    ),
    ("an interview for practice", 7, opened_for_practice, "practice", None),
    ("an interview that was voided", 7, voided, "was voided", None),
    ("an interruption that the seal hides", 7, interruption_hidden, "contradict", None),
    ("a commitment to other records", 11, other_progress, "not those it had then", "statement 4"),
    ("a tail cut off before the seal", 11, tail_cut_before_the_seal, "once had 22 records", "statement 4"),
    ("a seal over fewer records than the manifest's", 11, seal_of_fewer, "different records", None),
    ("an interruption at other records", 11, interrupted_elsewhere, "once had 3 records", "statement 4"),
    (
        "another header than the one begun with",
        12,
        another_header,
        "not the one the recording was started with",
        None,
    ),
]


@pytest.mark.parametrize(
    ("step", "story", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in LIES]
)
def test_a_center_cannot_pass_off(
    tmp_path: Path, step: int, story: Callable[[Center, Recording], None], reason: str, where: str | None
) -> None:
    state = "interrupted" if story is interrupted_elsewhere else "complete"
    assert_refused(lying(tmp_path, story, state=state), step, reason, where)


def test_two_recordings_cannot_both_be_part_1_of_an_interview(tmp_path: Path) -> None:
    center, first, second = Center(), Recording(), Recording(SECOND_EVIDENCE)
    made.begin(center, first)
    center.start(second)
    made.record_seconds(center, second)
    center.seal(first)
    center.seal(second)
    assert_refused(center.export(tmp_path / "folder", [first, second]), 7, "also part 1", "statement 4")


def planted(folder: Path, spell: Callable[[bytes], bytes]) -> Path:
    """A folder with one more statement, spelled otherwise, that the center's ledger does hold."""
    center, _ = made.honest_package(folder)
    position = center.say("evidence.viewed", EVIDENCE, {}, spell=spell)
    (folder / f"data/statements/{position}.json").write_bytes(center.leaves[position])
    for each in range(len(center.leaves)):
        (folder / f"data/statements/{each}.tlog-proof").write_bytes(center.prove(each))
    made.list_again(folder)
    return folder


def test_a_signature_of_a_type_not_known_is_refused_not_skipped(tmp_path: Path) -> None:
    folder = planted(tmp_path / "folder", lambda leaf: leaf.replace(b"ed25519", b"ed25518"))
    assert_refused(folder, 6, "statement 7: signature: signature type not known", None)


def test_a_statement_in_another_spelling_is_refused_even_from_the_ledger(tmp_path: Path) -> None:
    folder = planted(tmp_path / "folder", lambda leaf: leaf.replace(b'"v":1', b'"v": 1'))
    assert_refused(folder, 6, "statement 7: leaf: not in its canonical form", None)
