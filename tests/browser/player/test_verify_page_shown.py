"""verify.html leads from a drawing, and from a picture that was shown, to the file in the package."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.packages.court_desk import Open, Package, check
from tests.vectors.packages.cases import base, policies
from tests.vectors.packages.files import DOCUMENT
from tests.vectors.packages.shown import drawings, packaged

pytestmark = pytest.mark.browser

MADE = packaged(drawings)


def test_a_drawing_is_at_its_moment_and_leads_to_its_file_if_that_is_here(open_page: Open) -> None:
    page = open_page()
    answer = check(page, Package(base(MADE), policies()["small"]))
    expect(answer.locator("#answer-title")).to_have_text("Intact")
    tablet, shown, paper = (
        page.locator("#happenings li", has_text=words)
        for words in (
            "drawing was made on the tablet from 00:00:02",
            "was shown in the room",
            "drawing on paper",
        )
    )
    expect(tablet.locator("button").first).to_have_text("00:00:06")
    for one in (tablet, shown):
        one.get_by_role("button", name="Go to the picture").click()
        expect(page.locator(f'#file-list li[data-evidence="{DOCUMENT}"]')).to_be_in_viewport()
    paper.get_by_role("button", name="Go to the picture").click()
    expect(paper).to_contain_text("The picture is not in this package.")
