"""Whom else a package rests on: witnesses, authorities of time, people with their own keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chain_of_custody.errors import NotWitnessed
from chain_of_custody.items import rehashing
from chain_of_custody.report import render
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.tlog.checkpoint import Checkpoint
from chain_of_custody.trust.cosignatures import Cosigner
from chain_of_custody.trust.named_parties import Group, ThirdParties
from tests.support.ledger.authenticators import Authenticator, es256
from tests.support.ledger.cosigners import BAR, COURT, MINISTRY, TWO_OF_THREE, both_of, keys_of
from tests.support.ledger.made_tokens import Authority
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import (
    STARTED,
    assert_refused,
    flipped,
    listed,
    other_checkpoint,
    removed,
    renamed,
    write,
)
from tests.support.packages.court_packages import (
    DEPLOYMENT,
    EVIDENCE,
    PROSECUTOR,
    SYSTEM,
    Center,
    Recording,
    verify,
)

FIRST, SECOND_AUTHORITY = Authority.make("first"), Authority.make("second")
AUTHORITIES = {"first": FIRST.anchor, "second": SECOND_AUTHORITY.anchor}
EVENING = datetime(2026, 11, 24, 21, 0, 0, tzinfo=UTC)


def stamped(at: datetime = EVENING, *authorities: str) -> Callable[[Checkpoint], Mapping[str, bytes]]:
    by = {"first": FIRST, "second": SECOND_AUTHORITY}
    return lambda checkpoint: {
        name: by[name].respond(checkpoint.text().encode(), at) for name in authorities or ("first",)
    }


def witnessed(folder: Path, *witnesses: Cosigner, **policy: Any) -> tuple[Center, Path]:
    told: dict[str, Any] = {
        "witnesses": TWO_OF_THREE.witnesses,
        "groups": TWO_OF_THREE.groups,
        "quorum": "two",
    }
    center = Center(third_parties=ThirdParties(**(told | policy)))
    center.witnesses = list(witnesses)
    return made.honest_package(folder, center)


# --- Witnesses --------------------------------------------------------------------------------------------


def test_a_package_that_its_witnesses_cosigned_is_intact_and_names_them(tmp_path: Path) -> None:
    center, folder = witnessed(tmp_path / "folder", COURT, BAR)
    report = verify(folder, center.policy)
    assert report.outcome == "intact"
    assert sorted(report.witnessing.cosigned) == [
        "bar-ed25519",
        "bar-mldsa44",
        "court-ed25519",
        "court-mldsa44",
    ]
    told = render.as_json(report)["witnesses"]
    assert [(one["name"], one["keys"], one["lacking"]) for one in told] == [
        ("bar", ["bar-ed25519", "bar-mldsa44"], []),
        ("court", ["court-ed25519", "court-mldsa44"], []),
    ]
    text = render.text(report)
    assert text.count("Witness court had cosigned this ledger by 2026-11-24") == 1
    assert text.count("  - court (two keys): cosigned at 2026-11-24") == 1
    assert "the policy asks for 2 of 3: court, bar, ministry" in text
    assert not any(one.code.startswith("witness.") for one in render.not_proved(report))


def test_too_few_witnesses_are_not_an_alteration(tmp_path: Path) -> None:
    center, folder = witnessed(tmp_path / "folder", COURT)
    with pytest.raises(NotWitnessed) as caught:
        verify(folder, center.policy)
    assert caught.value.step == "15 quorum"
    assert "witnesses that the policy asks for have not cosigned" in caught.value.reason
    report = caught.value.report
    assert isinstance(report, made.Report)
    assert render.text(report).startswith(
        "NOT YET WITNESSED: what is here agrees with the ledger it names, but the"
    )
    assert report.parts[0].fragments == 15


def test_a_witness_that_signed_with_one_of_its_keys_is_no_witness_yet(tmp_path: Path) -> None:
    class Half(Cosigner):
        def cosign(self, checkpoint: Checkpoint, at: int) -> Any:
            return super().cosign(checkpoint, at)[:1]

    half = Half(COURT.name, COURT.ed25519, COURT.mldsa44)
    center, folder = witnessed(tmp_path / "folder", half, quorum="none")
    report = verify(folder, center.policy)
    text = render.text(report)
    assert "court: one of its two keys is lacking (court-mldsa44), so it does not count yet" in text
    assert "no witness yet: no independent party has seen this ledger" in text
    assert "witness.none" in [one.code for one in render.not_proved(report)]
    assert "witness" not in [one.code for one in render.proved(report)]
    assert render.as_json(report)["witnesses"][0]["lacking"] == ["court-mldsa44"]


def test_a_package_that_is_altered_is_never_called_not_yet_witnessed(tmp_path: Path) -> None:
    _, folder = witnessed(tmp_path / "folder")
    listed(flipped(f"data/recordings/{EVIDENCE}/close.mp4", -1))(folder)
    assert_refused(folder, 12, "not what was recorded", None)


def test_without_any_witness_the_report_says_that_nobody_has_seen_the_ledger(
    honest: tuple[Center, Path],
) -> None:
    report = verify(honest[1], honest[0].policy)
    assert "no witness yet: no independent party has seen this ledger" in render.text(report)
    assert render.as_json(report)["witnesses"] == []


def test_where_the_policy_asks_for_none_the_witnesses_there_are_named_and_that_said(tmp_path: Path) -> None:
    center, folder = witnessed(tmp_path / "folder", MINISTRY, quorum="none")
    report = verify(folder, center.policy)
    assert "witness.not-asked" in [one.code for one in render.not_proved(report)]
    assert {one.code for one in render.proved(report)} >= {"witness"}


def test_a_false_line_by_a_known_witness_is_an_alteration_even_beside_enough_others(tmp_path: Path) -> None:
    center, folder = witnessed(tmp_path / "folder", COURT, BAR, MINISTRY)
    line = next(line for line in center.note(7).split(b"\n") if MINISTRY.name.encode() in line)
    false = line[:-6] + (b"AAAA" if line[-6:-2] != b"AAAA" else b"BBBB") + line[-2:]
    other_checkpoint(line, false)(folder)
    assert_refused(folder, 4, "wrong Ed25519 cosignature|standard base64", None)


def test_one_witness_that_both_counts_in_no_group_but_its_own(tmp_path: Path) -> None:
    alone = keys_of({"court": COURT})
    center, folder = witnessed(
        tmp_path / "folder",
        COURT,
        witnesses=alone,
        groups=both_of("court") | {"all": Group(1, ("court",))},
        quorum="all",
    )
    assert verify(folder, center.policy).outcome == "intact"


# --- Time -------------------------------------------------------------------------------------------------


def timestamped(folder: Path, at: datetime = EVENING, *by: str, asked: int = 0) -> tuple[Center, Path]:
    center = Center(third_parties=ThirdParties(authorities=AUTHORITIES, timestamps=asked))
    return made.honest_package(folder, center, stamp=stamped(at, *by))


def test_a_timestamp_says_until_when_it_was_sealed_and_by_whose_word(tmp_path: Path) -> None:
    center, folder = timestamped(tmp_path / "folder", EVENING, "first", "second")
    assert (folder / "data/timestamps/7.first.tsr").exists()
    assert (folder / "data/checkpoints/7.consistency").exists()
    report = verify(folder, center.policy)
    assert "Sealed not later than 2026-11-24 21:00:01 UTC, by authority first." in render.text(report)
    assert [one["authority"] for one in render.as_json(report)["items"][0]["sealed_not_later_than"]] == [
        "first",
        "second",
    ]
    codes = [one.code for one in render.not_proved(report)]
    assert "time.none" not in codes
    assert not any(one.code == "clock.ahead" for one in render.findings(report))


def test_until_when_it_was_sealed_is_rounded_up_to_the_second(tmp_path: Path) -> None:
    center, folder = timestamped(tmp_path / "folder", EVENING.replace(microsecond=300_000))
    report = verify(folder, center.policy)  # accurate to a second: 21:00:01.3 at the latest
    assert "Sealed not later than 2026-11-24 21:00:02 UTC, by authority first." in render.text(report)
    assert render.as_json(report)["items"][0]["sealed_not_later_than"][0]["at"] == "2026-11-24T21:00:02Z"
    (sealed,) = [one for one in render.proved(report) if one.code == "sealed"]
    assert sealed.values["at"] == "2026-11-24T21:00:02Z"


def test_a_statement_whose_clock_is_later_than_its_timestamp_is_pointed_out(tmp_path: Path) -> None:
    early = datetime(2026, 11, 24, 10, 2, 30, tzinfo=UTC)
    center, folder = timestamped(tmp_path / "folder", early)
    report = verify(folder, center.policy)
    ahead = [one for one in render.findings(report) if one.code == "clock.ahead"]
    # Statements 3 to 6 say 10:03 to 10:06; the authority, accurate to a second, saw them by 10:02:31.
    assert [one.values["position"] for one in ahead] == [3, 4, 5, 6]
    assert [one.values["seconds"] for one in ahead] == [29, 89, 149, 209]
    assert "authority first saw it in the ledger 29 s before that" in render.text(report)
    assert report.outcome == "intact"


def test_fewer_timestamps_than_the_policy_asks_for_are_no_alteration(tmp_path: Path) -> None:
    center, folder = timestamped(tmp_path / "folder", EVENING, "first", asked=2)
    with pytest.raises(NotWitnessed) as caught:
        verify(folder, center.policy)
    assert (caught.value.step, caught.value.where) == ("15 quorum", "statement 4")
    assert caught.value.reason == "1 authorities have timestamped its seal, the policy asks for 2"
    center, folder = timestamped(tmp_path / "both", EVENING, "first", "second", asked=2)
    assert verify(folder, center.policy).outcome == "intact"


TIMES = [
    ("a bit of it", 9, flipped("data/timestamps/7.first.tsr", -3), "not signed by the authority", "7.first"),
    ("half of it", 9, write("data/timestamps/7.first.tsr", b"\x30\x00"), "timestamp", None),
    (
        "another authority's name",
        9,
        renamed("data/timestamps/7.first.tsr", "data/timestamps/7.second.tsr"),
        "not from this authority",
        "7.second",
    ),
    (
        "an authority that the policy does not name",
        9,
        renamed("data/timestamps/7.first.tsr", "data/timestamps/7.third.tsr"),
        "does not name this authority",
        "7.third",
    ),
    (
        "another tree",
        8,
        renamed("data/timestamps/7.first.tsr", "data/timestamps/6.first.tsr"),
        "nothing shows that this earlier state",
        "6.consistency",
    ),
    (
        "its tree left out",
        8,
        removed("data/checkpoints/7.consistency"),
        "nothing shows that this earlier state",
        "7.consistency",
    ),
    ("it left out, and its tree kept", 8, removed("data/timestamps/7.first.tsr"), "nothing here names", "7."),
    (
        "a size of none",
        2,
        renamed("data/timestamps/7.first.tsr", "data/timestamps/0.first.tsr"),
        "belong",
        None,
    ),
]


@pytest.mark.parametrize(
    ("step", "alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in TIMES]
)
def test_a_timestamp_is_refused_for(
    tmp_path: Path, step: int, alter: Callable[[Path], None], reason: str, where: str | None
) -> None:
    _, folder = timestamped(tmp_path / "folder")
    listed(alter)(folder)
    assert_refused(folder, step, reason, where)


def test_a_timestamp_over_another_tree_of_the_same_ledger_is_refused(tmp_path: Path) -> None:
    center = Center(third_parties=ThirdParties(authorities=AUTHORITIES))
    wrong = stamped()(Checkpoint(f"amana/{DEPLOYMENT}", 7, bytes(32)))
    _, folder = made.honest_package(tmp_path / "folder", center, stamp=lambda _: wrong)
    assert_refused(folder, 9, "the timestamp is over something else", "7.first")


def test_a_larger_tree_with_an_earlier_time_is_refused(tmp_path: Path) -> None:
    center, folder = timestamped(tmp_path / "folder")
    later = FIRST.respond(center.checkpoint(2).text().encode(), EVENING + timedelta(minutes=1))
    (folder / "data/timestamps/2.first.tsr").write_bytes(later)
    made.list_again(folder)
    assert_refused(folder, 9, "a later checkpoint has an earlier timestamp", "7 entries")


# --- People, their keys and roles -------------------------------------------------------------------------


def by_own_key(authenticator: Authenticator) -> Callable[[bytes], list[WebAuthnSignature]]:
    return lambda message: [authenticator.beside(message)]


def registered(center: Center, authenticator: Authenticator) -> int:
    return center.say("credential.enrolled", DEPLOYMENT, authenticator.enrolment, case=None, actor=SYSTEM)


def test_who_signed_for_themselves_is_told_from_whom_the_center_signed_for(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    passkey = es256(person=PROSECUTOR.id)
    registered(center, passkey)
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", EVIDENCE, {}, beside=by_own_key(passkey))
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    signed = [one for one in render.as_json(report)["statements"] if one["signed_by"] == "person"]
    assert [(one["type"], len(one["keys"])) for one in signed] == [("evidence.viewed", 2)]
    assert "signed by the person's own key" in next(one for one in render.history(report) if "viewed" in one)
    codes = {one.code: one.values for one in (*render.proved(report), *render.not_proved(report))}
    assert codes["persons.signed"] == {"count": 1}
    assert codes["persons.unsigned"] == {"count": 2}
    assert "persons.credential" in codes


def test_a_key_revoked_before_an_act_does_not_sign_it(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    passkey = es256(person=PROSECUTOR.id)
    registered(center, passkey)
    made.begin(center, recording)
    center.seal(recording)
    body = {"key": passkey.id, "proof": "center", "reason": "lost"}
    center.say("credential.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    center.say("evidence.viewed", EVIDENCE, {}, beside=by_own_key(passkey))
    folder = center.export(tmp_path / "folder", [recording])
    assert_refused(folder, 6, "was revoked before this statement", "statement 7")


def test_a_key_revoked_after_an_act_is_pointed_out(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    center.seal(recording)
    recorder = made.statements.key_id(made.public(center.recorder_key))
    body = {"key": recorder, "reason": "stolen"}
    center.say("recorder.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    (revoked,) = [one for one in render.findings(report) if one.code == "key.revoked"]
    assert revoked.values == {"key": recorder, "position": 5}


def test_keys_that_no_earlier_one_confirmed_are_pointed_out(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    first, recovered, again = (es256(seed, person=PROSECUTOR.id) for seed in (1, 2, 3))
    registered(center, first)
    made.begin(center, recording)
    center.seal(recording)
    by_code = recovered.enrolment | {"proof": "recovery"}
    center.say("credential.enrolled", DEPLOYMENT, by_code, case=None)
    for key in (first, recovered):
        center.say("evidence.viewed", EVIDENCE, {}, beside=by_own_key(key))
        body = {"key": key.id, "proof": "center", "reason": "lost"}
        center.say("credential.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    registered(center, again)
    center.say("evidence.viewed", EVIDENCE, {}, beside=by_own_key(again))
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    codes = ("key.again", "key.recovery")
    told = {one.code: one.values for one in render.findings(report) if one.code in codes}
    assert told == {
        "key.again": {"key": again.id, "position": 11},
        "key.recovery": {"key": recovered.id, "position": 6},
    }
    enrolments = [one for one in render.history(report) if "was enrolled" in one and "person" in one]
    assert ["on a one-time link" in one for one in enrolments] == [True, False, True]
    assert "on a recovery code, without an earlier key" in enrolments[1]


def test_the_registry_must_go_as_far_as_the_export_says(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    center.seal(recording)
    body = {"key": made.statements.key_id(made.public(center.recorder_key)), "reason": "stolen"}
    center.say("recorder.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM, into_folder=False)
    folder = center.export(tmp_path / "folder", [recording])
    assert_refused(folder, 6, "the registry ends after 1 statements, number 1 is needed", None)


def test_a_recorder_revoked_before_it_recorded_proves_nothing(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    body = {"key": made.statements.key_id(made.public(center.recorder_key)), "reason": "stolen"}
    center.say("recorder.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    made.begin(center, recording, enrol=False)
    center.seal(recording)
    folder = center.export(tmp_path / "folder", [recording])
    assert_refused(folder, 6, "was revoked before this statement", f"statement {STARTED + 1}")


def test_a_role_that_the_registry_does_not_bear_out_is_pointed_out(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    given = {"organisation": "court", "person": PROSECUTOR.id, "role": "judge"}
    center.say("role.given", DEPLOYMENT, given, case=None, actor=SYSTEM)
    made.begin(center, recording)
    center.seal(recording)
    withdrawn = {"person": PROSECUTOR.id, "reason": "left"}
    center.say("role.withdrawn", DEPLOYMENT, withdrawn, case=None, actor=SYSTEM)
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    found = {one.code: one.values for one in render.findings(report) if one.code.startswith("role.")}
    assert found == {
        "role.other": {"position": 2, "stated": "prosecutor", "role": "judge"},
        "role.none": {"position": 7, "stated": "prosecutor"},
    }
    assert "persons.role" not in [one.code for one in render.not_proved(report)]


# --- Committed to anew ------------------------------------------------------------------------------------


def rehashed(center: Center, recording: Recording, **wrong: Any) -> None:
    pieces = [
        (record, salt, rehashing.sha512(content).digest()) for record, salt, content in recording.opened
    ]
    body = rehashing.rehash(recording.manifest.canonical(), pieces) | wrong
    center.say("evidence.rehashed", EVIDENCE, body, actor=SYSTEM)


def test_a_recording_committed_to_anew_is_hashed_anew(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    rehashed(center, recording)
    report = verify(center.export(tmp_path / "whole", [recording]), center.policy)
    assert "Part 1 is also committed to with SHA-512, since statement 6" in render.text(report)
    cut = verify(center.export(tmp_path / "cut", [made.Cut(recording, 0, 1)]), center.policy)
    assert "excerpt.rehashed" in [one.code for one in render.not_proved(cut)]
    assert "rehashed" not in [one.code for one in render.proved(cut)]


def test_a_commitment_anew_to_something_else_is_refused(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    rehashed(center, recording, root="00" * 64)
    folder = center.export(tmp_path / "folder", [recording])
    assert_refused(folder, 12, "not the one that was rehashed", "statement 6")
