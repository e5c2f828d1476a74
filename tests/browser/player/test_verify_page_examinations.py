"""verify.html shows the record of an examination in the reader's language, and what it corrects."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import keeps_rules
from tests.support.packages.court_desk import Open, Package, check
from tests.vectors.packages import examinations
from tests.vectors.packages.cases import base, policies

pytestmark = pytest.mark.browser


def said(page: Page, place: str) -> list[str]:
    """The sentences that stand there, without the marks that keep names in their places."""
    return [re.sub("[\u2066-\u2069]", "", text) for text in page.locator(place).all_text_contents()]


def test_a_record_is_shown_with_its_questions_and_its_correction_is_named(open_page: Open) -> None:
    page = open_page()
    answer = check(page, Package(base(examinations.corrected), policies()["small"]))
    expect(answer.locator("#answer-title")).to_have_text("What is here is intact")
    assert said(page, "#file-list h3") == ["Document 1, examination record", "Document 2, examination record"]
    of_form = (
        "The record of an examination: “Short form”, form short, version 1. "
        "What is written in it is not proved."
    )
    assert said(page, ".file-origin > p") == [
        of_form,
        "Document 2, examination record corrects it.",
        of_form,
        "It corrects Document 1, examination record, which stays as it was sealed. Reason: The other side.",
    ]
    page.get_by_role("button", name="Show Document 1").click()
    expect(page.locator(".examination h3")).to_have_text("Short form")
    assert said(page, ".examination dt") == ["Beginning", "Injury", "Injuries"]
    assert said(page, ".examination dd") == ["2026-11-24 20:15", "Yes", "Set 1, injury 1Set 1, injury 2"]
    keeps_rules(page)
    page.get_by_role("button", name="Show Document 2").click()
    assert said(page, ".examination dd")[-1] == "Set 1, injury 3"
    page.get_by_role("button", name="Hide Document 2").click()
    expect(page.locator(".examination")).to_have_count(0)
    assert "records of examinations say is true" in " ".join(said(page, "#unproved-list li"))
    corrected = "corrected the record of an examination; the earlier record stays"
    assert any(corrected in line for line in said(page, "#history .history-what"))
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save Document 1").click()
    assert saving.value.suggested_filename == f"document-{examinations.RECORD[:8]}.json"
