"""What the guide (docs/guide) shows of a real center, in both languages; `make pictures` keeps the pictures.

People and case are made by requests, as the pages' forms make them; each page is then opened by whoever the
guide says, in a browser, and keeps the rules of all pages.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, expect

from amana.languages import say
from tests.support.centers.case_forms import accept_grant, give_case, give_grant, record_consent
from tests.support.centers.running_center import RunningCenter
from tests.support.momentary import reaches

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.repeats,  # a tool for `make pictures`; the tests beside it show what these pages do
]

NAMES = {
    "prosecutor": ("Person A", "الشخص أ"),
    "examiner": ("Person B", "الشخص ب"),
    "advocate": ("Person C", "الشخص ج"),
    "court": ("Person D", "الشخص د"),
    "custodian": ("Person E", "الشخص هـ"),
    "monitoring": ("Person F", "الشخص و"),
    "observer": ("Person G", "الشخص ز"),
}
WELL = '#console[data-state="{}"][data-colour="green"]'
SHOWN = "() => document.getElementById('film-wide').currentTime > 2"


class Story:
    """A case in a center, and the people who work with it: each a session of their own."""

    def __init__(self, center: RunningCenter, chromium: Browser, language: str) -> None:
        self.center, self.language = center, language
        self.context = chromium.new_context(viewport={"width": 1280, "height": 800})
        self.context.grant_permissions(["camera", "microphone"], origin=center.address)
        self._beside: list[BrowserContext] = []
        self.page = self.context.new_page()
        self.people = {
            role: center.invite(self.name(role), role, "court-of-first-instance" if role == "court" else "")
            for role in NAMES
        }
        self.case = str(self.people["prosecutor"].post("/cases").url)
        self._made()

    def name(self, role: str) -> str:
        return NAMES[role][self.language == "ar"]

    def says(self, sentence: str) -> str:
        """What a page says, in the reader's language."""
        return say(self.language, sentence)

    def _made(self) -> None:
        """Consent is recorded, the case is given to nurse and advocate, and a grant to the court."""
        prosecutor = self.people["prosecutor"]
        record_consent(prosecutor, self.case, self.name("prosecutor"), "recording", "photographs")
        for role in ("examiner", "advocate", "observer"):
            give_case(prosecutor, self.case, self.name(role))
        agreement = {"en": "For this hearing only.", "ar": "لهذه الجلسة وحدها."}[self.language]
        about = {"purpose": "hearing", "kind": "copy", "basis": "court-order", "reference": "7/2076"}
        give_grant(prosecutor, self.case, self.name("court"), agreement=agreement, **about)

    def open(self, who: httpx.Client, address: str) -> Page:
        """The page at this address, as somebody sees it."""
        self.context.clear_cookies()
        self.context.add_cookies(self._cookies(who))  # type: ignore[arg-type]
        self.page.goto(address)
        return self.page

    def open_beside(self, who: httpx.Client, address: str, width: int = 1280, height: int = 800) -> Page:
        """The same in a browser of its own, which goes on while others look elsewhere."""
        context = self.context.browser.new_context(viewport={"width": width, "height": height})  # type: ignore[union-attr]
        context.add_cookies(self._cookies(who))  # type: ignore[arg-type]
        self._beside.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    def close(self) -> None:
        for context in (self.context, *self._beside):
            context.close()

    def _cookies(self, who: httpx.Client) -> list[dict[str, str]]:
        language = {"name": "language", "value": self.language, "url": self.center.address}
        return [*self.center.cookies_of(who), language]  # type: ignore[list-item]

    def keep(self, name: str, page: Page | None = None) -> None:
        """For docs/pictures/guide, where `make pictures` says so; as WebP, a quarter of what PNG takes."""
        page = page or self.page
        folder = os.environ.get("PICTURES")
        if folder:
            page.mouse.move(0, 0)
            kept = Path(folder) / "guide"
            kept.mkdir(parents=True, exist_ok=True)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            shot.save(kept / f"{name}-{self.language}.webp", "WEBP", quality=72, method=6)


def card(number: int) -> dict[str, Any]:
    """A picture as a camera would give it: a card of colours with its number."""
    image = Image.new("RGB", (1200, 900), (214, 206, 196))
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate(("#8c3b2e", "#c98b3a", "#3f7a4f", "#39618c", "#6c4a86", "#222222")):
        draw.rectangle((100 + at * 170, 300, 250 + at * 170, 600), fill=colour)
    draw.text((100, 100), str(number), fill="black", font_size=120)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return {"name": f"IMG_{number:04}.JPG", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture(params=["en", "ar"])
def story(
    request: pytest.FixtureRequest, chromium_with_cameras: Browser, center: RunningCenter
) -> Iterator[Story]:
    made = Story(center, chromium_with_cameras, request.param)
    yield made
    made.close()


def test_the_guide_shows_what_each_role_finds(story: Story, check: Callable[[Page], None]) -> None:
    _invites(story)
    check(story.page)
    prosecutor = story.people["prosecutor"]
    for who, address, says, picture in (
        (prosecutor, f"{story.case}/consent", "Record the answers", "consent"),
        (prosecutor, f"{story.case}/sharing", "Give grant", "grants"),
        (story.people["court"], f"{story.center.address}/", "Read and accept conditions", "granted"),
        (story.people["advocate"], f"{story.case}/disclosures", "Access log", "disclosures"),
        (story.people["custodian"], f"{story.case}/keeping", "Place legal hold", "keeping"),
        (story.people["monitoring"], f"{story.center.address}/statistics", "Show numbers", "statistics"),
    ):
        page = story.open(who, address)
        expect(page.locator("main")).to_contain_text(story.says(says))
        check(page)
        story.keep(picture)
    interview = _sets_up_a_room(story)
    check(story.page)
    _records(story, interview, check)
    _examines(story)
    check(story.page)
    _hands_over(story)
    check(story.page)
    page = story.open(prosecutor, f"{story.center.address}/")
    # The copy that the court's grant provides for, and the type of the case.
    expect(page.locator(".queue > li")).to_have_count(2)
    check(page)
    story.keep("today")


def _invites(story: Story) -> None:
    page = story.open(story.center.administrator, f"{story.center.address}/staff")
    page.fill("#name", {"en": "Person H", "ar": "الشخص ح"}[story.language])
    page.check("input[value=observer]")
    page.get_by_role("button", name=story.says("Add person and create one-time link")).click()
    expect(page.locator(".panel-green input")).to_have_value(re.compile("/sign-in#"))
    story.keep("staff")


def _sets_up_a_room(story: Story) -> str:
    """Address of the interview."""
    prosecutor = story.people["prosecutor"]
    opened = prosecutor.post(f"{story.case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    interview = str(opened.url).removesuffix("/console")
    page = story.open(prosecutor, f"{interview}/room")
    page.select_option("#close-device", label="fake_device_2")
    expect(page.locator("#wide-state")).to_have_text(story.says("Connected"))
    expect(page.locator("#close-state")).to_have_text(story.says("Connected"))
    story.keep("room")
    return interview


def _records(story: Story, interview: str, check: Callable[[Page], None]) -> None:
    """With the others next door, until it is sealed, watched and ordered as a package."""
    prosecutor, mark, question = (
        story.people["prosecutor"],
        {"en": "She draws the room.", "ar": "ترسم الغرفة."}[story.language],
        {"en": "Which colour was the door?", "ar": "ما لون الباب؟"}[story.language],
    )
    console = story.open_beside(prosecutor, f"{interview}/console")
    console.wait_for_selector(WELL.format("checked"))
    console.click("#begin")
    console.wait_for_selector(WELL.format("recording"))
    watching = story.open_beside(story.people["observer"], f"{interview}/observe")
    tablet = story.open_beside(prosecutor, f"{interview}/interviewer", 1024, 768)
    for page in (console, watching):
        page.wait_for_function(SHOWN)
    console.fill("#mark-text", mark)
    console.click("#mark")
    watching.fill("#ask-text", question)
    watching.click("#ask")
    slip = console.locator("#slips .slip").filter(has_text=question)
    slip.locator("button[data-deed$=' put']").click()
    expect(tablet.locator("#question")).to_have_text(question)
    expect(watching.locator("#slips .slip")).to_have_count(1)
    for copy in ("first copy", "second copy"):
        expect(console.locator("#safety")).to_contain_text(f"{story.says(copy)} 00:")
    for name, page in (("console", console), ("observer", watching), ("tablet", tablet)):
        page.evaluate("scrollTo(0, 0)")
        check(page)
        story.keep(name, page)
    tablet.click("#asked")
    console.click("#stop")
    console.click("#stop-dialog .grave")
    console.wait_for_selector(WELL.format("sealed"))
    evidence = str(console.get_attribute("#after-evidence", "href"))
    _plays(story, evidence, check)
    console.goto(f"{interview}/package")
    expect(console.locator("#make")).to_be_enabled()
    check(console)
    story.keep("package", console)


def _plays(story: Story, evidence: str, check: Callable[[Page], None]) -> None:
    """Before the court, which has undertaken what its grant asks for."""
    court = story.people["court"]
    accept_grant(court)
    page = story.open_beside(court, story.center.address + evidence)
    page.click("#open")
    page.click("#play")
    reaches(page.locator("#position"), "00:00:02")
    page.click("#play")
    page.evaluate("scrollTo(0, 0)")
    check(page)
    story.keep("player", page)


def _examines(story: Story) -> None:
    page = story.open(story.people["examiner"], f"{story.case}/photographs")
    page.click("button[value=woman]")
    page.set_input_files("#identifying input", card(1))  # type: ignore[arg-type]
    missing = page.locator("#missing")
    expect(missing).not_to_contain_text(story.says("Identifying picture"))
    page.locator(".region:not([hidden]) svg").click(position={"x": 100, "y": 120})
    page.select_option(".injury .term", "bruise")
    page.fill(".injury .words", {"en": "oval, 30 × 20 mm", "ar": "بيضوي، 30 × 20 مم"}[story.language])
    for number, slot in enumerate(page.locator(".injury .slot input").all()[:2], start=2):
        slot.set_input_files(card(number))  # type: ignore[arg-type]
    expect(missing).not_to_contain_text(story.says("Mid-range"))
    expect(missing).to_contain_text(story.says("Close-up"))
    page.locator(".injury .frames").evaluate("frames => frames.scrollIntoView({block: 'center'})")
    story.keep("set")


def _hands_over(story: Story) -> None:
    """A kit, to the police, which have not confirmed its receipt."""
    nurse = story.people["examiner"]
    record_consent(nurse, story.case, story.name("examiner"), "specimens", "police-specimens")
    what = {"en": "a kit with three swabs", "ar": "حقيبة فيها ثلاث مسحات"}[story.language]
    taken = {"kind": "kit", "seal": "K-1001", "storage": "dry", "what": what}
    kit = str(nurse.post(f"{story.case}/specimens", data=taken).url)
    given = {"organisation": "police", "role": "officer", "hours": "24", "intact": "yes", "stored": "yes"}
    nurse.post(f"{kit}/hand-over", data=given).raise_for_status()
    page = story.open(nurse, kit)
    expect(page.get_by_role("button", name=story.says("Make a link for the receipt"))).to_be_visible()
    expect(page.locator(".history-what")).to_have_count(2)
    story.keep("specimen")
