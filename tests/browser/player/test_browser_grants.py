"""A judge's whole way: granted, read and undertaken, seen, withdrawn, refused. Everything by clicking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import keeps_rules
from tests.support.centers.sealed_interview import SealedInterview

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class House:
    """A sealed recording, and a judge to whom nothing was granted yet."""

    sealed: SealedInterview
    judge: httpx.Client

    @property
    def prosecutor(self) -> httpx.Client:
        return self.sealed.center.prosecutor

    def page(self, client: httpx.Client) -> Page:
        return self.sealed.context(cookies=self.sealed.center.cookies_of(client)).new_page()

    def go(self, page: Page, path: str) -> None:
        page.goto(self.sealed.at(path))


@pytest.fixture(scope="module")
def house(testimony: SealedInterview) -> House:
    return House(testimony, testimony.center.invite("A judge", "court", "court-of-ramallah"))


def choose_judge(page: Page) -> None:
    judge = page.locator("#receiver option", has_text="court-of-ramallah").get_attribute("value")
    page.select_option("#receiver", judge)
    page.select_option("#purpose", "hearing")
    page.fill("#until", f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}")


def entered(page: Page, button: str) -> None:
    """Press it, and wait for the page that follows: a script asks first whether it has to be signed."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def test_a_judge_sees_the_part_that_was_granted_until_it_is_withdrawn(house: House) -> None:
    prosecutor, judge = house.page(house.prosecutor), house.page(house.judge)
    house.go(judge, f"/evidence/{house.sealed.evidence}")
    expect(judge.locator("main")).to_contain_text("This was not granted to you")

    house.go(prosecutor, f"/cases/{house.sealed.case}/grants/new")
    choose_judge(prosecutor)
    prosecutor.check("input[name=extent][value=chosen]")
    prosecutor.check(f"input[name=item][value='{house.sealed.evidence}']")
    prosecutor.fill("#excerpt-from", "0:00:02")
    prosecutor.fill("#excerpt-to", "0:00:05")
    # The standard conditions are those of what is granted, and what somebody wrote stays.
    conditions = prosecutor.locator("#agreement")
    for checked, says in (
        (True, "take a copy only once that is authorised"),
        (False, "do not record, film or copy"),
    ):
        prosecutor.set_checked("#kind", checked)
        expect(conditions).to_have_value(re.compile(says))
    written = conditions.input_value() + " I keep to this."
    conditions.fill(written)
    prosecutor.check("#kind")
    expect(conditions).to_have_value(written)
    prosecutor.uncheck("#kind")
    prosecutor.check("input[name=basis][value=court-order]")
    prosecutor.fill("#reference", "order 7")
    keeps_rules(prosecutor)
    entered(prosecutor, "Give grant")
    expect(prosecutor.locator("article").first).to_contain_text("0:00:02 – 0:00:05")

    house.go(judge, f"/evidence/{house.sealed.evidence}")
    expect(judge.locator("h1")).to_have_text("What was granted to you")
    keeps_rules(judge)
    judge.get_by_role("button", name="Accept conditions").click()
    expect(judge.locator("main")).to_contain_text("Only a part of this recording was granted to you.")
    keeps_rules(judge)
    judge.click("#open")
    expect(judge.locator("#happened")).to_be_visible()
    expect(judge.locator(".viewer-mark")).to_contain_text("A judge")
    expect(judge.locator(".viewer-mark")).to_contain_text("court-of-ramallah")
    expect(judge.locator(".viewer-mark")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d UTC"))
    expect(judge.locator("#length")).to_have_text(re.compile("00:00:0[5-7]"))  # of eighteen seconds
    expect(judge.locator("#verdict")).to_have_text("Everything verified")
    judge.click("#play")
    expect(judge.locator("#stage-note")).to_have_text("The end of this part.")
    assert set(judge.locator("#checks .tag").all_inner_texts()[1:]) == {"proved"}

    prosecutor.get_by_text("Withdraw grant").first.click()
    prosecutor.locator("details[open] select[name=reason]").select_option(index=1)
    entered(prosecutor, "Withdraw grant")
    expect(prosecutor.locator("article").first).to_contain_text("withdrawn")
    judge.reload()
    expect(judge.locator("main")).to_contain_text("What was granted to you was withdrawn.")
    judge.context.close()
    prosecutor.context.close()


def test_what_rests_on_consent_closes_while_it_is_open(house: House) -> None:
    prosecutor, judge = house.page(house.prosecutor), house.page(house.judge)
    house.go(prosecutor, f"/cases/{house.sealed.case}/consent")
    for name, code in (("answer-share-court", "given"), ("decided_by", "self"), ("form", "oral")):
        prosecutor.check(f"input[name={name}][value={code}]")
    prosecutor.fill("#explained", "Person E")
    prosecutor.select_option("#spoken", "ar")
    entered(prosecutor, "Record the answers")
    keeps_rules(prosecutor)
    house.go(prosecutor, f"/cases/{house.sealed.case}/grants/new")
    choose_judge(prosecutor)
    prosecutor.check("input[name=extent][value=all]")  # nothing is chosen beforehand
    prosecutor.check("input[name=basis][value=consent]")
    entered(prosecutor, "Give grant")
    expect(prosecutor.locator("article").first).to_contain_text("conditions not accepted yet")

    house.go(judge, "/")
    keeps_rules(judge)
    judge.get_by_role("link", name="Read and accept conditions").click()
    judge.get_by_role("button", name="Accept conditions").click()
    judge.get_by_role("link", name="Open recording").click()
    judge.wait_for_url("**/evidence/*")  # whole, with its script: else the form would be sent by itself
    judge.click("#open")
    expect(judge.locator("#happened")).to_be_visible()

    house.go(prosecutor, f"/cases/{house.sealed.case}/consent")
    prosecutor.locator("summary", has_text="Sharing with a court").click()
    prosecutor.select_option("details[open] select[name=decided_by]", "self")
    prosecutor.select_option("details[open] select[name=form]", "oral")
    entered(prosecutor, "Record withdrawal")
    expect(prosecutor.locator(".question", has_text="Sharing with a court")).to_contain_text("withdrawn")
    judge.click("#verify-all")
    expect(judge.locator("#trouble")).to_contain_text("no longer agrees")
    judge.reload()
    expect(judge.locator("main")).to_contain_text("no longer agrees")
    judge.context.close()
    prosecutor.context.close()


def test_a_change_of_language_keeps_the_recording_open_and_loading_it_anew_asks_again(house: House) -> None:
    page = house.page(house.prosecutor)
    house.go(page, f"/evidence/{house.sealed.evidence}")
    page.check("#opening input[value=hearing]")
    page.click("#open")
    expect(page.locator("#happened")).to_be_visible()
    entries = page.locator("#custody-entries li")
    expect(entries.first).to_be_attached()
    opened = entries.count()
    page.get_by_role("slider", name="Position in the recording").press("ArrowRight")
    expect(page.locator("#position")).not_to_have_text(re.compile("00:00:00"))
    there = page.locator("#position").inner_text()
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("#happened")).to_be_visible()
    expect(page.locator("#opening")).to_be_hidden()
    expect(page.locator("#position")).to_have_text(there)
    expect(entries).to_have_count(opened)
    page.reload()
    expect(page.locator("#open")).to_be_enabled()
    expect(page.locator("#happened")).to_be_hidden()
    page.context.close()
