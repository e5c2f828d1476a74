"""verify.html prints the custody of specimens in words, and says what is not proved of objects."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.packages.court_desk import Open, Package, check
from tests.vectors.packages import specimens
from tests.vectors.packages.cases import base, policies

pytestmark = pytest.mark.browser


def said(page: Page, place: str) -> list[str]:
    """The sentences that stand there, without the marks that keep names in their places."""
    return [re.sub("[\u2066-\u2069]", "", text) for text in page.locator(place).all_text_contents()]


def test_the_custody_of_each_specimen_is_printed_in_words(open_page: Open) -> None:
    page = open_page()
    answer = check(page, Package(base(specimens.of(specimens.whole)), policies()["small"]))
    expect(answer.locator("#answer-title")).to_have_text("What is here is intact")
    history = said(page, "#history .history-what")
    assert [line for line in history if line.startswith("Person L")] == [
        "Person L (forensic nurse or doctor) took specimen 1 (kit) and closed it with seal k-1001.",
        "Person L (forensic nurse or doctor) took specimen 2 (swab) and closed it with seal s-1002.",
        "Person L (forensic nurse or doctor) took specimen 3 (clothing) and closed it with seal c-1003.",
    ]
    by_link = "This was confirmed on a page opened by a one-time link."
    assert f"Police officer of police received the specimen. Seal: k-1001. {by_link}" in history
    assert (
        "Laboratory analyst of laboratory received the specimen. Seal: k-2001. "
        f"The seal was not intact. {by_link}" in history
    )
    assert (
        "Evidence custodian of one-stop-center received the specimen. Seal: s-1002. "
        "It had not been stored as asked." in history
    )
    made = "made a new one-time link for laboratory analyst of laboratory, who had the specimen."
    assert sum(made in line for line in history) == 1
    assert sum("destroyed the specimen" in line for line in history) == 2
    about = " ".join(said(page, "#history .history-when"))
    assert all(f"specimen {number}" in about for number in (1, 2, 3))
    unproved = " ".join(said(page, "#unproved-list li"))
    assert "That 3 specimens are what is said of them" in unproved
    assert "Who confirmed 5 acts about specimens" in unproved
    noticed = said(page, "body")[0]
    assert "Specimen 1: entry 10 says that its seal was not intact." in noticed
    assert "Specimen 2: entry 11 says that somebody at the center made a new one-time link" in noticed
    assert "Specimen 3 was handed over by entry 18." in noticed
