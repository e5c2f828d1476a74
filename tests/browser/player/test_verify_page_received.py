"""verify.html says where a received file came from, that it was not recorded, and never shows it."""

from __future__ import annotations

import io
import re
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page as WebPage
from playwright.sync_api import expect

from casework.received_copies.picture_pdf import Page, written
from tests.support.axe import keeps_rules
from tests.support.packages.court_desk import Open, Package, check
from tests.vectors.packages import centers, received, received_copies
from tests.vectors.packages.cases import base, policies
from tests.vectors.packages.centers import Deployment
from tests.vectors.packages.derivatives import sealed
from tests.vectors.packages.files import JPEG, taken

pytestmark = pytest.mark.browser


def pictures(folder: Path) -> None:
    """A photograph that the center took, and one that it received."""
    center = Deployment.small()
    centers.enrol(center)
    files = received.photograph(), received.voice_message(format="jpeg", name="IMG_1.JPG", body=JPEG)
    taken(center, *files)
    center.export(folder, files)


def copied_document(folder: Path) -> None:
    """A received document, and its copy of two pages."""
    center = Deployment.small()
    centers.enrol(center)
    document = received.voice_message(format="pdf", name="letter.pdf")
    sealed(center, document)
    shown = [Page((100, 200), (50, 100), jpeg(colour)) for colour in ("red", "blue")]
    copy = received_copies.received_copy(document, **received_copies.PAGES | {"body": written(shown)})
    sealed(center, copy)
    center.export(folder, [document, copy])


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (50, 100), colour).save(out, "JPEG")
    return out.getvalue()


def said(page: WebPage, place: str) -> list[str]:
    """The sentences that stand there, without the marks that keep names in their places."""
    return [re.sub("[\u2066-\u2069]", "", text) for text in page.locator(place).all_text_contents()]


def test_a_received_file_is_named_with_its_source_and_its_digest(open_page: Open) -> None:
    page = open_page()
    answer = check(page, Package(base(received.with_a_recording), policies()["center"]))
    expect(answer.locator("#answer-title")).to_have_text("Intact")
    expect(page.locator("#files h2")).to_have_text("Photographs, documents and received files")
    assert said(page, "#file-list h3") == ["Photograph 1", "Received file 1", "Received file 2"]
    assert said(page, ".file-origin > p:first-child") == 2 * [
        "Received from outside, not recorded by the center. Source, as the center states it: a person."
    ]
    voice, program = (
        page.locator(f'#file-list li[data-evidence="{one}"]') for one in (received.VOICE, received.PROGRAM)
    )
    expect(voice.locator("dt")).to_contain_text("OGG file")
    expect(program.locator("dt")).to_contain_text("file of unknown format")
    digest = sha256(received.voice_message().body).hexdigest()
    expect(voice.locator("dd")).to_contain_text(f"{digest[:8]}…{digest[-8:]}")
    added = "added a file received from outside, and it was sealed. Source: a person."
    assert [added in line for line in said(page, "#history .history-what")].count(True) == 2
    assert "What happened to 2 received files before" in " ".join(said(page, "#unproved-list li"))
    keeps_rules(page)


def test_a_received_picture_is_saved_and_never_shown(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    check(page, Package(base(pictures), policies()["small"]))
    assert said(page, "#file-list .actions button") == [
        "Show Photograph 1",
        "Save Photograph 1 as a file",
        "Save Received file 1 as a file",
    ]
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save Received file 1").click()
    assert saving.value.suggested_filename == f"received-{received.VOICE[:8]}.jpeg"
    saving.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == JPEG


def test_the_copies_of_received_files_are_shown_and_a_text_as_plain_text(open_page: Open) -> None:
    page = open_page()
    check(page, Package(base(received_copies.of_each_kind), policies()["small"]))
    assert [one.split(".")[0] for one in said(page, "#derivative-list .file-origin > p:first-child")] == [
        "A copy for listening that the center made from a received file",
        "A copy for viewing that the center made from a received film",
        "A copy for viewing that the center made from a received picture",
        "The pages of a received document, copied as pictures by the center for viewing",
        "The text of a received file, copied by the center for reading",
    ]
    page.get_by_role("button", name="Show Derivative 5").click()
    text = page.locator("#derivative-list pre")
    expect(text).to_have_text(received_copies.TEXT["body"].decode().strip())
    expect(text).to_have_attribute("dir", "auto")
    keeps_rules(page)
    page.get_by_role("button", name="Show Derivative 2").click()
    expect(text).to_have_count(0)
    expect(page.locator("#derivative-list video")).to_be_visible()


def test_the_pages_of_a_copied_document_are_turned(open_page: Open) -> None:
    page = open_page()
    check(page, Package(base(copied_document), policies()["small"]))
    page.get_by_role("button", name="Show Derivative 1").click()
    picture = page.locator(".pages img")
    for number, name in ((1, "Next page"), (2, "Previous page")):
        expect(page.locator(".page-turner p")).to_have_text(f"Page {number} of 2")
        expect(picture).to_have_attribute("alt", f"Page {number} of 2")
        expect(picture).to_have_js_property("naturalWidth", 50)
        keeps_rules(page)
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="Previous page")).to_be_disabled()
    expect(page.get_by_role("button", name="Next page")).to_be_enabled()
    expect(page.locator(".file [role=alert]")).to_have_count(0)


def test_a_page_that_is_no_picture_is_not_shown_and_the_page_says_so(open_page: Open) -> None:
    page = open_page()
    check(page, Package(base(received_copies.of_each_kind), policies()["small"]))
    page.get_by_role("button", name="Show Derivative 4").click()
    expect(page.locator(".file [role=alert]")).to_be_visible()
