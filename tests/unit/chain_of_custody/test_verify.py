"""Court packages that hold, and some that were altered, each in one way, by somebody without keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_of_custody.errors import Altered, Incomplete
from chain_of_custody.report import render
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import (
    AT_3,
    ENROLLED,
    EXPORTED,
    HOME,
    OPENED,
    SEALED,
    STARTED,
    VIEWED,
    assert_refused,
    changed,
    extra_data,
    false_digest,
    flipped,
    lines,
    listed,
    media,
    other_checkpoint,
    pair_removed,
    proof_of_another,
    refiled,
    removed,
    renamed,
    substituted,
    swap_lines,
    swapped_tracks,
    tags_listed,
    without_signature,
    write,
)
from tests.support.packages.court_packages import (
    CASE,
    EVIDENCE,
    INTERVIEW,
    SECOND,
    SECOND_EVIDENCE,
    Center,
    Recording,
    verify,
)

# --- What holds -----------------------------------------------------------------------------------------


def test_an_untouched_folder_is_intact_under_the_registered_policy(honest: tuple[Center, Path]) -> None:
    center, folder = honest
    report = verify(folder, center.policy)
    assert report.outcome == "intact"
    assert [one.statement.type for one in report.chains.all] == [
        "recorder.enrolled",
        "interview.opened",
        "recording.started",
        "recording.progress",
        "recording.sealed",
        "evidence.viewed",
        "evidence.exported",
    ]
    (part,) = report.parts
    assert (part.fragments, part.reading.duration, part.reading.gaps) == (15, 5 * SECOND, ())


def test_without_a_registered_policy_the_origin_is_unknown(honest: tuple[Center, Path]) -> None:
    report = verify(honest[1])
    assert report.outcome == "consistent"
    assert render.not_proved(report)[0].code == "origin"
    assert "the policy came with the package" in render.not_proved(report)[0].sentence


def test_a_report_says_what_is_not_proved(honest: tuple[Center, Path]) -> None:
    text = render.text(verify(honest[1], honest[0].policy))
    for said in (
        "trial keys",
        "no witness has cosigned it yet",
        "no timestamping authority has confirmed it",
        "in 3 statements: recorded by the center's system; not signed by the person",
        "no later statement and no second history",
    ):
        assert said in text


def test_protected_keys_are_not_called_trial_keys(tmp_path: Path) -> None:
    center = Center()
    center.policy = TrustPolicy.make(center.signer.keys, made.public(center.center_key), trial=False)
    made.honest_package(tmp_path / "folder", center)
    assert "trial" not in render.text(verify(tmp_path / "folder", center.policy))


def test_any_number_of_threads_finds_the_same(honest: tuple[Center, Path], folder: Path) -> None:
    assert render.text(verify(honest[1], workers=1)) == render.text(verify(honest[1], workers=7))
    made.flip(folder / HOME / "close.mp4", at=300)
    made.flip(folder / HOME / "wide.mp4", at=300)
    with pytest.raises(Altered, match="nor are 1 others"):
        verify(folder, workers=7)


def test_two_parts_of_an_interview_state_the_gap_between_them(tmp_path: Path) -> None:
    center, first, second = Center(), Recording(state="interrupted"), Recording(SECOND_EVIDENCE, part=2)
    center.enrol()
    center.open_interview()
    for recording, epoch in ((first, made.EPOCH), (second, made.A_MINUTE_LATER)):
        center.start(recording, epoch=epoch)
        made.record_seconds(center, recording)
        center.seal(recording)
    text = render.text(verify(center.export(tmp_path / "folder", [first, second]), center.policy))
    assert "What happened after 00:00:05 of part 1: recording was interrupted there" in text
    assert "Between part 1 and part 2 nothing was recorded for 55.0 s" in text
    assert "That interview 10101010 has no other parts: this package holds part 1, part 2" in text


def test_a_track_that_stops_is_told_as_a_gap_with_its_reason_if_one_is_recorded(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    made.record_seconds(center, recording, seconds=3)
    recording.event("break", 3 * SECOND, reason="rest")
    recording.add("media", b"after the break", 1, 9 * SECOND, SECOND)
    recording.event("mark", 9 * SECOND, text="red\x1b[31m\u202etxet")
    center.seal(recording)
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    gaps = {gap.track: gap for gap in report.parts[0].reading.gaps}
    assert (gaps["wide"].start, gaps["wide"].end, gaps["wide"].reason) == (
        3 * SECOND,
        9 * SECOND,
        "break: rest",
    )
    assert gaps["close"].end == 10 * SECOND
    assert "00:00:03 wide: nothing for 6.0 s (break: rest)" in render.text(report)
    assert "\x1b" not in render.text(report) and "\u202e" not in render.text(report)


LISTED = [
    (
        "a policy with a flipped key",
        3,
        listed(changed("data/policy.txt", b"+Ae1J", b"+Ae1K")),
        "id of a verifier key",
        None,
    ),
    (
        "a policy without the log's second key",
        3,
        listed(lines("data/policy.txt", lambda e: e[:2] + e[3:])),
        "two log lines",
        None,
    ),
    (
        "a policy with a witness that has no key",
        3,
        listed(lines("data/policy.txt", lambda e: [*e, b"witness court x\n"])),
        "verifier key",
        None,
    ),
    (
        "a checkpoint without its Ed25519 signature",
        4,
        without_signature("Ed25519"),
        "no Ed25519 signature",
        None,
    ),
    (
        "a checkpoint without its ML-DSA-44 signature",
        4,
        without_signature("ML-DSA-44"),
        "no ML-DSA-44 signature",
        None,
    ),
    (
        "a checkpoint of another size",
        4,
        other_checkpoint(b"\n7\n", b"\n8\n"),
        "wrong Ed25519 signature",
        None,
    ),
    ("a checkpoint of another log", 4, other_checkpoint(b"\namana/d0", b"\namana/d1"), "another log", None),
    (
        "a proof with one hash flipped",
        5,
        listed(flipped("data/statements/4.tlog-proof", 35)),
        "does not lead",
        None,
    ),
    (
        "a statement with another purpose",
        5,
        listed(changed("data/statements/5.json", b"investigation", b"entertainment")),
        "does not lead",
        "statement 5",
    ),
    ("a proof that carries more", 5, listed(extra_data), "extra data", "statement 5"),
    (
        "a proof of another statement",
        5,
        listed(proof_of_another),
        "its proof is for position 4",
        "statement 5",
    ),
    ("a statement under another position", 5, listed(refiled), "its proof is for position 5", "statement 17"),
    ("no enrolment of the recorder", 6, pair_removed(ENROLLED), "registry ends after 0 statements", None),
    ("no opening of the interview", 7, pair_removed(OPENED), "opened its interview", "statement 2"),
    ("no start", 7, pair_removed(STARTED), "statement 0 of the chain is expected, this is 1", "statement 3"),
    (
        "a viewing left out",
        7,
        pair_removed(VIEWED),
        "statement 3 of the chain is expected, this is 4",
        "statement 6",
    ),
    (
        "no seal",
        7,
        lambda folder: [pair_removed(n)(folder) for n in (SEALED, VIEWED, EXPORTED)],
        "never sealed",
        None,
    ),
    (
        "an earlier tree left out",
        8,
        listed(removed("data/checkpoints/2.consistency")),
        "nothing shows that this earlier state begins the ledger",
        "data/checkpoints/2.consistency",
    ),
    (
        "an earlier tree that nothing names",
        8,
        listed(renamed("data/checkpoints/2.consistency", "data/checkpoints/3.consistency", copy=True)),
        "nothing here names this earlier state",
        "3.consistency",
    ),
    (
        "an earlier tree of another size than its name",
        8,
        listed(changed("data/checkpoints/2.consistency", b"size 2", b"size 3")),
        "about a tree of 3 entries",
        "2.consistency",
    ),
    (
        "an earlier tree with another root",
        8,
        listed(substituted("data/checkpoints/2.consistency", r"size 2\n.{43}=", "size 2\n" + "A" * 43 + "=")),
        "does not lead to the later root",
        "2.consistency",
    ),
    (
        "an earlier tree with a hash more",
        8,
        listed(lines("data/checkpoints/2.consistency", lambda each: [*each, each[-1]])),
        "surplus hashes",
        "2.consistency",
    ),
    (
        "an earlier tree with a hash less",
        8,
        listed(lines("data/checkpoints/2.consistency", lambda each: each[:-1])),
        "hashes are missing",
        "2.consistency",
    ),
    (
        "an earlier tree in another spelling",
        8,
        listed(changed("data/checkpoints/2.consistency", b"size 2", b"size 02")),
        "leading zeroes",
        None,
    ),
    (
        "another name in the details",
        10,
        listed(changed("data/details/5.json", b"Person L", b"Person M")),
        "not the details that the statement commits to",
        "statement 5",
    ),
    (
        "details of a statement that has none",
        10,
        listed(renamed("data/details/5.json", "data/details/1.json")),
        "not the details that the statement commits to",
        "statement 1",
    ),
    (
        "details in another spelling",
        10,
        listed(changed("data/details/5.json", b'{"details"', b'{ "details"')),
        "data/details/5.json: details: not in its canonical form",
        None,
    ),
    (
        "another interview in the manifest",
        11,
        listed(changed(f"{HOME}/manifest.json", INTERVIEW.encode(), b"11" * 16)),
        "not the one that was sealed",
        None,
    ),
    (
        "a manifest in another spelling",
        11,
        listed(changed(f"{HOME}/manifest.json", b'"v":1', b'"v": 1')),
        "canonical",
        None,
    ),
    (
        "a record with another time",
        11,
        listed(changed(f"{HOME}/index.jsonl", b'"start":4000000', b'"start":4000001')),
        "index is not the one",
        None,
    ),
    (
        "a record less",
        11,
        listed(lines(f"{HOME}/index.jsonl", lambda each: each[:-1])),
        "of 22 records",
        None,
    ),
    (
        "two records exchanged",
        11,
        listed(lines(f"{HOME}/index.jsonl", swap_lines(8, 9))),
        "index line 9: record 8 is expected",
        None,
    ),
    (
        "an index in another spelling",
        11,
        listed(changed(f"{HOME}/index.jsonl", b'"track":0}', b'"track":0 }')),
        "canonical",
        None,
    ),
    (
        "a bit of the wide camera",
        12,
        listed(flipped(f"{HOME}/wide-2.mp4", 700)),
        "not what was recorded$",
        f"wide-2.mp4, record 15, {AT_3}",
    ),
    (
        "a bit of the close camera",
        12,
        listed(flipped(f"{HOME}/close.mp4", -1)),
        "not what was recorded$",
        "close.mp4, record 20, at 00:00:04",
    ),
    (
        "a bit of the sound",
        12,
        listed(flipped(f"{HOME}/microphone.mp4", 200)),
        "not what was recorded$",
        "microphone.mp4, record 6, at 00:00:00",
    ),
    (
        "a bit of an init segment",
        12,
        listed(flipped(f"{HOME}/close.mp4", 3)),
        "not what was recorded$",
        "close.mp4, record 2,",
    ),
    (
        "two fragments exchanged",
        12,
        media("close.mp4", swap_lines(1, 2)),
        "nor are 1 others",
        "record 5, at 00:00:00",
    ),
    (
        "a fragment dropped",
        12,
        media("close.mp4", lambda each: each[:2] + each[3:]),
        "ends before it",
        "close.mp4, record 20, at 00:00:04",
    ),
    (
        "a fragment in place of the next",
        12,
        media("microphone.mp4", lambda each: [*each[:2], each[1] + b"x" * 20, *each[3:]]),
        "not what was recorded$",
        "record 9, at 00:00:01",
    ),
    (
        "a tail cut off",
        12,
        media("wide-2.mp4", lambda each: each[:-1]),
        "ends before it",
        "wide-2.mp4, record 19, at 00:00:04",
    ),
    (
        "the last byte cut off",
        12,
        media("wide-2.mp4", lambda each: [*each[:-1], each[-1][:-1]]),
        "ends before it",
        "record 19, at 00:00:04",
    ),
    ("two cameras exchanged", 12, listed(swapped_tracks), "ends before it|not what was recorded", None),
    (
        "the sound left out",
        12,
        listed(removed(f"{HOME}/microphone.mp4")),
        "ends before it",
        "microphone.mp4, record 3",
    ),
    (
        "a salt flipped",
        12,
        listed(changed(f"{HOME}/opened.jsonl", b'"salt":"T', b'"salt":"U')),
        "not what was recorded$",
        "record 2,",
    ),
    (
        "an offset moved",
        12,
        listed(substituted(f"{HOME}/opened.jsonl", r'("close.mp4".*"offset":)([1-9])', r"\g<1>1\g<2>")),
        "does not lie where it must",
        "close.mp4, record",
    ),
    (
        "a length stretched",
        12,
        listed(substituted(f"{HOME}/opened.jsonl", r'("wide.mp4","index":1,"length":\d*)\d,', r"\g<1>9,")),
        "does not lie where it must",
        "record 4",
    ),
    (
        "a salt left out",
        12,
        listed(lines(f"{HOME}/opened.jsonl", lambda each: each[:-1])),
        "of 21 of 22 records",
        None,
    ),
    (
        "contents in another order",
        12,
        listed(lines(f"{HOME}/opened.jsonl", swap_lines(5, 6))),
        "record 5 is expected",
        None,
    ),
    (
        "a content outside the folder",
        12,
        listed(changed(f"{HOME}/opened.jsonl", b'"close.mp4"', b'"../close.mp4"')),
        "canonical form",
        None,
    ),
    (
        "another epoch in the header",
        12,
        listed(changed(f"{HOME}/header.json", b"20:15:03", b"21:15:03")),
        "header is not what was recorded",
        None,
    ),
    (
        "a longer header",
        12,
        listed(changed(f"{HOME}/header.json", b"opus", b"opus.ogg")),
        "does not lie where it must",
        None,
    ),
    (
        "another word in a mark",
        12,
        listed(changed(f"{HOME}/events.jsonl", b"names him", b"names you")),
        "event is not what was recorded",
        f"events.jsonl, record 18, {AT_3}",
    ),
    (
        "an event dropped",
        12,
        listed(lines(f"{HOME}/events.jsonl", lambda each: each[:1])),
        "ends before it",
        "record 18",
    ),
    (
        "an event added",
        12,
        listed(lines(f"{HOME}/events.jsonl", lambda each: [*each, each[0]])),
        "more in it",
        None,
    ),
    (
        "something behind the last fragment",
        13,
        media("wide.mp4", lambda each: [*each, b"free space"]),
        "behind the last fragment",
        "wide.mp4",
    ),
    (
        "a fragment twice at the end",
        13,
        media("wide.mp4", lambda each: [*each, each[-1]]),
        "behind the last fragment",
        "wide.mp4",
    ),
    (
        "a further film, listed",
        13,
        listed(write(f"{HOME}/wide-3.mp4")),
        "no record of the recording",
        "wide-3.mp4",
    ),
    (
        "a list with another digest of a film than the one exported",
        14,
        lambda folder: false_digest(folder, "wide-2.mp4"),
        "not the one that was exported",
        "statement 6",
    ),
    (
        "a wrong size in bag-info",
        13,
        tags_listed(changed("bag-info.txt", b"Oxum: ", b"Oxum: 1")),
        "bag-info",
        "bag-info.txt",
    ),
    ("the export left out", 14, pair_removed(EXPORTED), "does not end in the export", "statement 5"),
    (
        "a remark in the policy",
        14,
        listed(lines("data/policy.txt", lambda each: [b"# seen\n", *each])),
        "not the one that was exported",
        "statement 6",
    ),
    (
        "a certificate put in",
        14,
        listed(write("data/certificate.pdf", b"%PDF-1.7 it says so")),
        "not the one that was exported",
        "statement 6",
    ),
]


@pytest.mark.parametrize(
    ("step", "alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in LISTED]
)
def test_a_well_made_bag_is_refused_for(
    folder: Path, step: int, alter: Callable[[Path], None], reason: str, where: str | None
) -> None:
    alter(folder)
    assert_refused(folder, step, reason, where)


def test_every_step_was_failed_by_somebody() -> None:
    """1, 2, 9 and 15: in sealed packages, `test_packages` and `test_verify_third_parties`."""
    assert {1, 2, 9, 15} | {row[1] for row in LISTED} == set(range(1, 16))


@pytest.mark.parametrize("path", ["wide.mp4", "wide-2.mp4", "close.mp4", "microphone.mp4"])
def test_a_flipped_bit_anywhere_in_a_film_is_named_with_its_file_and_time(folder: Path, path: str) -> None:
    whole = (folder / HOME / path).read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 9)):
        made.flip(folder / HOME / path, at, bit=at % 8)
        made.list_again(folder)
        assert_refused(folder, 12, "not what was recorded", path)
        (folder / HOME / path).write_bytes(whole)


def test_a_flipped_bit_is_named_with_its_time_even_if_the_lists_are_as_they_were(folder: Path) -> None:
    made.flip(folder / HOME / "wide-2.mp4", 700)
    assert_refused(folder, 12, "not what was recorded", AT_3)


def test_a_folder_made_wholly_anew_with_other_keys_is_not_the_registered_center_s(
    honest: tuple[Center, Path], tmp_path: Path
) -> None:
    _, forged = made.honest_package(tmp_path / "forged", Center(seed=50))
    assert verify(forged).outcome == "consistent"
    assert_refused(forged, 3, "not the policy that was registered", "data/policy.txt", honest[0].policy)


def test_a_forged_folder_under_the_genuine_policy_lacks_the_ledger_s_signatures(
    honest: tuple[Center, Path], tmp_path: Path
) -> None:
    _, forged = made.honest_package(tmp_path / "forged", Center(seed=50))
    (forged / "data/policy.txt").write_bytes(honest[0].policy.data)
    made.list_again(forged)
    assert_refused(forged, 4, "no Ed25519 signature", None, honest[0].policy)


def test_a_rolled_back_checkpoint_does_not_prove_what_came_after_it(
    honest: tuple[Center, Path], folder: Path
) -> None:
    center = honest[0]
    for position in range(EXPORTED):
        path = folder / f"data/statements/{position}.tlog-proof"
        path.write_bytes(center.prove(position, size=EXPORTED))
    made.list_again(folder)
    assert_refused(folder, 4, "not all under the same checkpoint", None)
    last = folder / f"data/statements/{EXPORTED}.tlog-proof"
    old = TlogProof.parse(center.prove(0, size=EXPORTED))
    last.write_bytes(
        made.replace(TlogProof.parse(last.read_bytes()), checkpoint_note=old.checkpoint_note).serialise()
    )
    made.list_again(folder)
    assert_refused(folder, 5, "there is no entry 6 among 6", f"statement {EXPORTED}")


def test_a_statement_of_a_forked_history_is_not_in_the_tree(
    honest: tuple[Center, Path], folder: Path
) -> None:
    fork = Center()
    fork.leaves = honest[0].leaves[:VIEWED]
    fork.heads = {EVIDENCE: made.statements.SignedStatement.parse(fork.leaves[SEALED]).head}
    position = fork.say("evidence.viewed", EVIDENCE, {}, actor=made.SYSTEM, case=CASE)
    (folder / f"data/statements/{position}.json").write_bytes(fork.leaves[position])
    made.list_again(folder)
    assert_refused(folder, 5, "does not lead to the signed root", f"statement {VIEWED}")


def test_a_second_export_tells_of_the_first_and_without_it_is_the_first_again(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    center.seal(recording)
    first = center.export(tmp_path / "first", [recording])
    second = center.export(tmp_path / "second", [recording])
    assert [one.statement.type for one in verify(first).chains.all].count("evidence.exported") == 1
    assert [one.statement.type for one in verify(second).chains.all].count("evidence.exported") == 2
    pair_removed(6)(second)
    assert verify(second).chains.all == verify(first).chains.all


def test_a_missing_file_and_an_altered_one_are_told_apart(folder: Path, tmp_path: Path) -> None:
    (folder / HOME / "close.mp4").unlink()
    with pytest.raises(Incomplete):
        verify(folder)
