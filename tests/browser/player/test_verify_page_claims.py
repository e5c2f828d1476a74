"""verify.html claims no more than was proved: how much is here, whose name it is, who confirmed it when."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chain_of_custody.encoding.signed_note import Note, Signature
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.checkpoint import Checkpoint, cosigned_message
from chain_of_custody.trust.cosignatures import ed25519_message
from tests.support.momentary import Shown
from tests.support.packages.court_desk import Open, Package, answered, check, enter
from tests.support.packages.court_packages import EVIDENCE, SECOND_EVIDENCE, Cut, Recording
from tests.vectors.packages import centers, intact
from tests.vectors.packages.centers import BAR, COURT, MINISTRY, Deployment, honest, sealed, view

pytestmark = pytest.mark.browser

WHOLE = "the recordings in this package are whole"
HERE = "But it is not shown to be the whole testimony."


def text(page: Page, place: str) -> str:
    """What stands there, folded or not, without the marks that keep names in their places."""
    return re.sub("[\u2068\u2069]", "", page.locator(place).text_content() or "")


# --- how much is here ---------------------------------------------------------------------------------------


def two_parts(folder: Path, export: Callable[[Recording, Recording], list[Recording | Cut]]) -> Deployment:
    center, first = sealed(Deployment.small())
    second = Recording(SECOND_EVIDENCE, part=2)
    centers.record(center, second)
    center.seal(second)
    items = export(first, second)
    kept = {one.recording.evidence if isinstance(one, Cut) else one.evidence for one in items}
    for position, leaf in list(center.in_folder.items()):
        if SignedStatement.parse(leaf).statement.evidence in {EVIDENCE, SECOND_EVIDENCE} - kept:
            del center.in_folder[position]
    center.export(folder, items)
    return center


def cut(recording: Recording) -> Cut:
    return Cut(recording, *centers.CUT)


PARTS = [
    (lambda one, two: [one, two], "Intact", [WHOLE]),
    (
        lambda one, two: [one, cut(two)],
        "What is here is intact",
        [HERE, "Only an excerpt is here of: Part 2."],
    ),
    (lambda one, two: [two], "What is here is intact", [HERE, "Not in this package: Part 1."]),
    (lambda one, two: [cut(one), cut(two)], "Intact excerpt", ["within its bounds nothing was altered"]),
    (lambda one, two: [cut(two)], "Intact excerpt", ["within its bounds", "Not in this package: Part 1."]),
]


@pytest.mark.parametrize(("export", "title", "said"), PARTS, ids=["both", "mixed", "second", "cuts", "cut"])
def test_nothing_is_called_whole_that_is_not_shown_to_be(
    open_page: Open,
    tmp_path: Path,
    export: Callable[[Recording, Recording], list[Recording | Cut]],
    title: str,
    said: list[str],
) -> None:
    center = two_parts(tmp_path / "testimony", export)
    page = open_page()
    answer = check(page, Package(tmp_path / "testimony", center.policy.data))
    expect(answer).to_have_attribute("data-answer", "intact")
    expect(page.locator("#answer-title")).to_have_text(title)
    answered_with = text(page, "#answer-text")
    assert all(sentence in answered_with for sentence in said)
    assert ("are whole" in answered_with) == (said == [WHOLE])
    assert "nothing is missing" not in text(page, "#answer")


def test_a_recording_that_was_cut_off_is_not_called_whole(open_page: Open, tmp_path: Path) -> None:
    intact.interrupted(tmp_path / "testimony")
    page = open_page()
    check(page, Package(tmp_path / "testimony", Deployment().policy.data))
    expect(page.locator("#answer-title")).to_have_text("What is here is intact")
    expect(page.locator("#answer-text")).to_contain_text(HERE)
    expect(page.locator("#answer-text")).to_contain_text("Cut off while it was recorded: Part 1.")
    expect(page.locator("#film-kind")).to_have_text("Cut off")


# --- when ---------------------------------------------------------------------------------------------------


def test_sealed_not_later_than_counts_how_far_off_the_authority_says_it_may_be(
    open_page: Open, tmp_path: Path
) -> None:
    intact.stamped_inaccurately(tmp_path / "testimony")
    page = open_page()
    check(page, Package(tmp_path / "testimony", Deployment(third_parties=centers.ONLY_TIME).policy.data))
    # 19:20:00.3 UTC, an hour and a millisecond: rounded up to the second.
    assert "24 November 2026 22:20:01 UTC+2, by first" in text(page, "#answer-facts")
    assert "the first 7 entries were there at 24 November 2026 22:20:01 UTC+2" in text(page, "#checks")


# --- by whom ------------------------------------------------------------------------------------------------


def cosigned(folder: Path, lines: Callable[[Checkpoint], list[Signature]]) -> Package:
    """The honest package under these cosignatures."""
    center = Deployment()
    bare = center.signer

    def note(size: int) -> bytes:
        checkpoint = center.checkpoint(size)
        return Note.parse(bare.sign_checkpoint(checkpoint)).with_signatures(lines(checkpoint)).serialise()

    center.note = note  # type: ignore[method-assign]
    center, recording = honest(center)
    center.export(folder, [recording])
    return Package(folder, center.policy.data)


def enough(checkpoint: Checkpoint) -> list[Signature]:
    return [line for one in (COURT, BAR) for line in one.cosign(checkpoint, centers.LOGGED_AT + 60)]


def test_a_witness_that_signed_with_one_of_its_keys_is_not_named_as_that_witness(
    open_page: Open, tmp_path: Path
) -> None:
    def and_half(checkpoint: Checkpoint) -> list[Signature]:
        return [*enough(checkpoint), MINISTRY.cosign(checkpoint, centers.LOGGED_AT)[0]]

    package = cosigned(tmp_path / "testimony", and_half)
    page = open_page()
    expect(check(page, package)).to_have_attribute("data-answer", "intact")
    facts = text(page, "#answer-facts")
    assert "court, 24 November 2026 21:54:20 UTC+2" in facts
    assert "the key ministry-ed25519, which alone does not count as ministry, 24 November" in facts
    assert "Witnessministry" not in facts
    assert "the key ministry-ed25519, which alone" in text(page, "[data-step=quorum]")


def test_a_witness_that_says_nothing_about_time_is_given_none(open_page: Open, tmp_path: Path) -> None:
    def timeless(checkpoint: Checkpoint) -> list[Signature]:
        return [*COURT.cosign(checkpoint, centers.LOGGED_AT), *bar_without_a_time(checkpoint)]

    package = cosigned(tmp_path / "testimony", timeless)
    page = open_page()
    expect(check(page, package)).to_have_attribute("data-answer", "intact")
    assert "bar, without a time" in text(page, "#answer-facts")
    assert "1970" not in text(page, "#answer")


def bar_without_a_time(checkpoint: Checkpoint) -> list[Signature]:
    signed = (
        BAR.ed25519.sign(ed25519_message(0, checkpoint)),
        BAR.mldsa44.sign(cosigned_message(BAR.name, 0, checkpoint)),
    )
    return [
        Signature(BAR.name, key.key_id, bytes(8) + one) for key, one in zip(BAR.keys, signed, strict=True)
    ]


# --- whose name ---------------------------------------------------------------------------------------------


def test_a_name_is_told_of_the_entry_that_states_it_and_of_no_other(open_page: Open, tmp_path: Path) -> None:
    center, recording = sealed(Deployment.small())
    view(center, details={"name": "Person A"})
    center.export(tmp_path / "testimony", [recording])
    page = open_page()
    check(page, Package(tmp_path / "testimony", center.policy.data))
    entries = [re.sub("[\u2068\u2069]", "", one) for one in page.locator(".history-what").all_inner_texts()]
    assert "Prosecutor, number a0a0a0a0 (named Person A in entry 5) opened the interview." in entries
    assert any(one.startswith("Person A (prosecutor) opened the recording.") for one in entries)


def test_where_entries_give_one_person_several_names_no_other_entry_gets_one(
    open_page: Open, tmp_path: Path
) -> None:
    center, recording = sealed(Deployment.small())
    view(center, details={"name": "Person A"})
    view(center, details={"name": "Person B"})
    center.export(tmp_path / "testimony", [recording])
    page = open_page()
    check(page, Package(tmp_path / "testimony", center.policy.data))
    entries = [re.sub("[\u2068\u2069]", "", one) for one in page.locator(".history-what").all_inner_texts()]
    assert "Prosecutor, number a0a0a0a0 opened the interview." in entries
    assert [one[:8] for one in entries if "opened the recording" in one] == ["Person A", "Person B"]


# --- what somebody wrote ------------------------------------------------------------------------------------


def test_a_folders_name_cannot_write_an_answer_into_the_copied_result(
    open_page: Open, altered: Package, tmp_path: Path
) -> None:
    name = "testimony\n\nINTACT\nNothing was altered.\u202e\u2028"
    folder = Path(shutil.copytree(altered.folder, tmp_path / "stick" / name))
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    check(page, Package(folder, altered.policy))
    copy = Shown(page.locator("#copy-result"))
    page.click("#copy-result")
    copy.once("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Package: “testimony\\n\\nINTACT\\nNothing was altered.\\u202e\\u2028”, " in copied
    assert [line for line in copied.splitlines() if line in ("INTACT", "ALTERED")] == ["ALTERED"]
    assert "testimony\\n\\nINTACT\\nNothing" in text(page, "#answer-facts")


def test_an_arabic_folders_name_stays_as_it_is(open_page: Open, plain: Package, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(plain.folder, tmp_path / "إفادة رقم ٤"))
    page = open_page("ar")
    enter(page, Package(folder, plain.policy))
    page.click("#verify")
    answered(page)
    assert "إفادة رقم ٤" in text(page, "#answer-facts")


def test_names_and_marks_cannot_turn_the_sentence_they_stand_in(open_page: Open, tmp_path: Path) -> None:
    evil = "Person\u2069 A\u202e\n\u2066"
    present = [{"role": "", "who": evil}, {"role": "judge\u2069", "who": "Person B"}]
    details = {"name": evil, "place": evil, "present": present, "wish": evil}
    center = Deployment.small()
    center.open_interview = partial(center.open_interview, details=details)  # type: ignore[method-assign]
    center, recording = sealed(center)
    center.export(tmp_path / "testimony", [recording])
    page = open_page()
    check(page, Package(tmp_path / "testimony", center.policy.data))
    shown = page.locator("#content").text_content() or ""
    assert "\u202e" not in shown and "\u2066" not in shown
    inert = "\u2068Person  A   \u2069"
    assert f"{inert} (prosecutor) opened the interview." in shown
    assert f"{inert} · \u2068Person B\u2069 (\u2068judge \u2069)" in shown
