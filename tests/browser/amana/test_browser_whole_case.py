"""A whole case, played by six people in six browsers with authenticators of their own, against a center as
`amana serve` runs it: from the administrator's one-time link to the refusal after consent was taken back.

Afterwards three things are held against it: the custody history, the offline verifier, and all bytes that
were written meanwhile, in which nothing may stand of what people wrote.
"""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from amana.languages import say
from tests.browser.amana import told_story
from tests.browser.amana import whole_case as case
from tests.browser.amana import whole_interview as interview
from tests.browser.amana.whole_case import ARABIC, LATIN, Story
from tests.support.byte_search import Found, Search
from tests.support.centers.story_center import StoryCenter, acknowledged, verified

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

LANGUAGE = os.environ.get("STORY_LANGUAGE", "ar")
WIDTHS = (1280, 800)  # CSS pixels

IN_CLEAR = {
    case.ROOM: "a code that the administrator chose for a room (docs/limitations.md, Numbers, codes, times)",
    case.ROOM_NAME: "what people call that room: it names a place, and pages say not to name a person",
    case.COURT: "a code of an organisation: it stands in every statement its people make",
}
"""Typed by people, and in clear in the database by design; why. Everything else that is typed must not be."""


def look(page: Page, name: str) -> None:
    """A picture of the page in both widths, where `PICTURES` says where to."""
    if not (folder := os.environ.get("PICTURES")):
        return
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        path = f"{folder}/{sum(1 for _ in Path(folder).iterdir()):03}-{name}-{LANGUAGE}-{width}.png"
        page.screenshot(path=path, full_page=True)
    if before is not None:
        page.set_viewport_size(before)


def test_a_whole_case_is_played_told_proved_and_leaves_no_name_anywhere(
    browser_with_cameras: Browser, story_center: StoryCenter, tmp_path: Path
) -> None:
    center, found = story_center, list[Found]()
    searched = Search([LATIN, ARABIC], {})

    def between(moment: str) -> None:
        for one in searched.look_in_folder(center.written):
            found.append(Found(f"{moment}: {one.where}", one.how, one.around))

    story = Story(browser_with_cameras, center, LANGUAGE, look, between)
    case.the_administrator_invites_everybody(story)
    case.a_machine_becomes_the_rooms(story)
    case.the_prosecutor_names_a_passkey(story)
    case.the_nurse_opens_a_case(story)
    case.the_nurse_records_consent(story)
    case.the_nurse_takes_a_set(story)
    case.the_nurse_looks_at_them(story)
    case.the_nurse_takes_a_kit_and_hands_it_over(story)
    case.the_case_is_handed_on(story)
    case.an_intimate_one_is_opened_by_two(story)
    interview.the_prosecutor_opens_an_interview(story)
    interview.the_prosecutor_records(story)
    interview.a_question_comes_from_next_door_and_is_asked(story)
    interview.there_is_a_break(story)
    interview.it_is_sealed_and_confirmed(story)
    interview.the_custodian_states_its_type_and_places_a_hold(story)
    interview.the_prosecutor_grants_it_to_the_judge(story)
    interview.the_judge_agrees_and_watches(story)
    interview.consent_is_withdrawn(story)
    interview.the_judge_is_refused(story)
    interview.what_does_not_fit_is_refused(story)
    package, words = interview.a_package_is_made(story, tmp_path / "stick")

    the_history_tells_exactly_this(story, tmp_path)
    policy = center.policy(tmp_path / "policy.txt")
    the_package_proves_it(story, package, words, policy)
    interview.the_court_sends_a_receipt(story, acknowledged(package, policy, words, tmp_path))
    prosecutor = story.people["prosecutor"]
    prosecutor.home()
    prosecutor.follows("/signed")
    expect(prosecutor.page.locator("tbody tr")).to_have_count(5)
    look(prosecutor.page, "signed")
    story.the_end()

    digests = {text: sha256(text.encode()).digest() for text in story.words.typed}
    search = Search([LATIN, ARABIC], digests)
    found += search.look_in_folder(center.written)
    center.stop()  # what its processes write at their ends
    found += search.look_in_folder(center.written)
    found += search.look_in_folder(package.parent)
    for what, content in story.trace.bytes.items():
        assert content, what
        found += search.look(what, content)
    assert found == [], "\n".join(map(str, found))
    database = b"".join(path.read_bytes() for path in center.data.glob("web/database.sqlite*"))
    for text, why in IN_CLEAR.items():
        assert text.encode() in database, f"{text} is in clear no longer ({why}): take it out of the list"


def the_history_tells_exactly_this(story: Story, folder: Path) -> None:
    """To the custodian, who sees of the case nothing else: as a page, and as a table file."""
    page = story.to_the_case("custodian")
    custodian = story.people["custodian"]
    custodian.follows("/history")
    with page.expect_download() as download:
        page.click("main a[href$='/history.csv']")
    assert re.fullmatch(r"history-\d{4}-\d{4}\.csv", download.value.suggested_filename)
    download.value.save_as(folder / "history.csv")
    told = told_story.rows((folder / "history.csv").read_text(encoding="utf-8"))
    assert told_story.acts(told, story.ids) == list(told_story.EXPECTED)
    named = {"examiner": "nurse", "court": "judge"}
    for row in told:
        role = named.get(row["role"], row["role"])
        expected = "" if row["type"].startswith("recording.") else story.people[role].name
        assert row["name"] == expected, row

    for folded in page.locator("details.by-machines > summary").all():
        folded.click()
    lines = page.locator(".history li")
    positions = [row["position"] for row in told if row["type"] != "recording.progress"]
    progress = [row["position"] for row in told if row["type"] == "recording.progress"][-1:]
    numbers = page.locator(".history .numeral:not(.history-when *)").all_inner_texts()
    shown = [re.sub(r"\D", "", number) for number in numbers if "№" in number]
    assert shown == sorted(positions + progress, key=int)
    signers = {"person": "Signed by the person's own key, and by the center's system."}
    own = say(story.language, signers["person"])
    assert lines.filter(has_text=own).count() == sum(row["signed_by"] == "person" for row in told)
    assert not re.search(r"\{\w+\}", page.inner_text("main"))
    look(page, "history")
    story.to_the_case("custodian")
    custodian.follows("/history")
    custodian.follows("/disclosures")
    expect(page.locator(".history")).to_contain_text(story.people["judge"].name)
    look(page, "disclosures")


def the_package_proves_it(story: Story, package: Path, words: str, policy: Path) -> None:
    """With no server: intact, and what has been signed with a passkey, by exactly that passkey."""
    told = json.loads(verified(package, policy, words, "--json"))
    assert told["outcome"] == "intact"
    prosecutor = story.people["prosecutor"]
    own = [one for one in told["statements"] if one["signed_by"] == "person"]
    taken, handed, *own = own
    for one, kind, written in ((taken, "specimen.taken", "what"), (handed, "specimen.handed-over", "remark")):
        assert one["type"] == kind
        assert story.people["nurse"].key in one["keys"]
        assert LATIN in one["details"][written]
    assert [one["type"] for one in own] == ["seal.confirmed", "export.ordered"]
    for one in own:
        assert prosecutor.key in one["keys"]
        assert one["details"]["name"] == prosecutor.name
    assert own[1]["details"]["receiver"] == story.words.typed[-1]
    assert re.fullmatch(r"\d{4}-\d{4}", own[1]["details"]["case"])
    enrolled = [one for one in told["statements"] if one["type"] == "credential.enrolled"]
    assert len(enrolled) == 6

    said = verified(package, policy, words)
    assert "INTACT" in said
    signed = "(signed by the person's own key; entry"
    for deed in ("the seal was confirmed", "a copy for a court was ordered"):
        [line] = [line for line in said.splitlines() if deed in line]
        assert signed in line and prosecutor.name in line, line
    assert said.count(signed) == 4
    for question in ("question 1 from next door, by", "question 1 was shown to", "question 1 was asked"):
        assert question in said
