"""The custody history as sentences, and how far the verifier says it is."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.report import render
from chain_of_custody.statements.court_receipt import sign_receipt
from chain_of_custody.statements.types import TYPES
from chain_of_custody.verify import STEPS
from chain_of_custody.verify import verify as verify_source
from tests.support.packages import court_packages as made
from tests.support.packages.court_packages import (
    DEPLOYMENT,
    EVIDENCE,
    INTERVIEW,
    PROSECUTOR,
    SYSTEM,
    Center,
    Cut,
    File,
    verify,
)


def told(folder: Path, center: Center) -> list[str]:
    """What happened and who did it, without times and entries."""
    return [
        line.split("  ", 1)[-1].split(", purpose ")[0]
        for line in render.history(verify(folder, center.policy))
    ]


def test_every_kind_of_act_is_told_in_words(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    center.export(tmp_path / "first", [Cut(recording, 0, 2_000_000)])
    receipt = sign_receipt(
        made.key(99),
        at="2026-11-25T09:00:00.000Z",
        organisation="first-instance-court",
        outcome="intact",
        package="00" * 32,
    )
    center.say("custody.transferred", EVIDENCE, {"receipt": receipt})
    body = {"key": made.statements.key_id(made.public(center.recorder_key)), "reason": "replaced"}
    center.say("recorder.revoked", DEPLOYMENT, body, case=None, actor=SYSTEM)
    rotated = {"items": 3, "key": "e1" * 8, "kind": "escrow", "replaces": None, "state": "begun"}
    center.say("key.rotated", DEPLOYMENT, rotated, case=None, actor=SYSTEM)
    center.say("key.rotated", DEPLOYMENT, rotated | {"state": "complete"}, case=None, actor=SYSTEM)
    center.say("evidence.viewed", INTERVIEW, {})
    prosecutor, system = "prosecutor a0a0a0a0 of prosecution", "system d0d0d0d0 of center"
    assert told(center.export(tmp_path / "folder", [recording]), center) == [
        f"the key of recorder room-1 was enrolled: {system}",
        f"the interview was opened: {prosecutor}",
        f"recording of part 1 started: {prosecutor}",
        "… while recording, the recording so far was committed to, 1 times",
        f"the recording was sealed, complete: {prosecutor}",
        "the recording was viewed: “Person L”, prosecutor of prosecution",
        f"a copy was made for a court, an excerpt from 00:00:00 to 00:00:02: {prosecutor}",
        "a court acknowledged a copy: first-instance-court found it intact at 2026-11-25T09:00:00.000Z: "
        + prosecutor,
        f"the recorder's key {body['key']} was revoked, reason replaced: {system}",
        f"the center's escrow key is {'e1' * 8} from here on, 3 items are still to be wrapped: {system}",
        f"3 items are wrapped for the escrow key {'e1' * 8}: {system}",
        f"the recording was viewed: {prosecutor}",
        f"a copy was made for a court: {prosecutor}",
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "copy first-copy was read again whole, 7 objects as recorded"),
        (
            {"repaired": 2},
            "copy first-copy was read again, 7 objects as recorded, "
            "2 were damaged or missing and were put right from another copy",
        ),
        (
            {"repaired": 2, "damaged": 1, "surplus": 3},
            "copy first-copy was read again, 7 objects as recorded, "
            "2 were damaged or missing and were put right from another copy, "
            "1 were damaged or missing and could not be put right, 3 do not belong to it",
        ),
    ],
)
def test_what_was_found_when_a_copy_was_read_again_is_told(
    tmp_path: Path, found: dict[str, int], said: str
) -> None:
    center, recording = made.sealed_recording()
    body = {"copy": "first-copy", "damaged": 0, "repaired": 0, "sound": 7, "surplus": 0} | found
    center.say("evidence.verified", EVIDENCE, body, actor=SYSTEM)
    folder = center.export(tmp_path / "folder", [recording])
    assert told(folder, center)[-2] == f"{said}: system d0d0d0d0 of center"


def test_what_was_found_in_a_copy_of_a_photograph_is_told_as_well(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    photograph = File(body=b"a photograph")
    photograph.write()
    center.seal_file(photograph)
    body = {"copy": "first-copy", "damaged": 1, "repaired": 0, "sound": 7, "surplus": 0}
    center.say("evidence.verified", photograph.evidence, body, actor=SYSTEM)
    said = told(center.export(tmp_path / "folder", [recording, photograph]), center)
    assert (
        f"photograph {photograph.evidence[:8]}: copy first-copy was read again, 7 objects as recorded, "
        "1 were damaged or missing and could not be put right: system d0d0d0d0 of center"
    ) in said


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_a_sentence_says_what_its_statement_has(type_: str) -> None:
    assert TYPES[type_].sentence
    members = {word.partition("|")[0].partition(":")[0] for word in TYPES[type_].members.split()}
    required = {name for name in members if not name.endswith("?")}
    named = {name.partition("[")[0] for _, name, _, _ in Formatter().parse(TYPES[type_].sentence) if name}
    assert named <= required | {"passage", "whole"}
    for member, text in TYPES[type_].suffixes.items():
        assert member in {name.rstrip("?") for name in members}
        assert {name for _, name, _, _ in Formatter().parse(text) if name} <= {member}


def test_a_name_is_text_and_commands_nothing(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    center.say("evidence.viewed", EVIDENCE, {}, details={"name": "Eve\x1b[2J\u202emalak"})
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    assert not {"\x1b", "\u202e"} & set(render.text(report))
    assert "“Eve [2J malak”, prosecutor of prosecution" in render.text(report)


@pytest.mark.parametrize("details", [{"name": 7}, {"name": ""}, {"name": ["Eve"]}, {}])
def test_where_no_name_is_told_the_person_is_a_role_and_an_id(
    tmp_path: Path, details: dict[str, object]
) -> None:
    center, recording = made.sealed_recording()
    center.say("evidence.viewed", EVIDENCE, {}, details=details)
    folder = center.export(tmp_path / "folder", [recording])
    assert (
        told(folder, center)[-2] == f"the recording was viewed: prosecutor {PROSECUTOR.id[:8]} of prosecution"
    )


def test_details_that_are_not_here_are_counted(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    center.details.clear()
    report = verify(center.export(tmp_path / "folder", [recording]), center.policy)
    said = {one.code: one.values for one in render.not_proved(report)}
    assert said["details.missing"] == {"count": 1}
    assert "details.word" not in said


def test_papers_that_are_here_are_said_to_be_the_center_s_word(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    papers = {"certificate.pdf": b"%PDF-1.7", "custody.jsonld": b"{}"}
    folder = center.export(tmp_path / "folder", [recording], documents=papers)
    report = verify(folder, center.policy)
    assert report.documents == ("data/certificate.pdf", "data/custody.jsonld")
    assert "documents" in [one.code for one in render.not_proved(report)]
    (folder / "data/certificate.pdf").write_bytes(b"%PDF-1.8")
    with pytest.raises(made.statements.Altered, match="not the one that was listed"):
        verify(folder, center.policy)


def test_every_step_is_told_in_order_with_the_bytes_of_films_done(honest: tuple[Center, Path]) -> None:
    said: list[tuple[str, int, int]] = []
    verify_source(FolderSource(honest[1]), progress=lambda *one: said.append(one))
    assert list(dict.fromkeys(step for step, _, _ in said)) == list(STEPS[1:])
    done = [count for _, count, _ in said]
    total = sum(path.stat().st_size for path in honest[1].rglob("*.mp4"))
    assert done == sorted(done)
    assert said[-1] == ("quorum", total, total)


def test_a_name_cannot_say_who_signed(tmp_path: Path) -> None:
    center, recording = made.sealed_recording()
    claim = "Eve”, judge of court, purpose hearing (signed by the person's own key; entry 9)"
    center.say("evidence.viewed", EVIDENCE, {}, details={"name": claim})
    history = render.history(verify(center.export(tmp_path / "folder", [recording]), center.policy))
    (line,) = [line for line in history if "Eve" in line]
    assert f"“{claim.replace('”', ' ')}”, prosecutor of prosecution, purpose" in line
