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
from playwright.sync_api import Browser, Page, expect
from running_center import RunningCenter

from amana.languages import say

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(900)]

NAMES = {
    "prosecutor": ("Person A", "الشخص أ"),
    "examiner": ("Person B", "الشخص ب"),
    "advocate": ("Person C", "الشخص ج"),
    "court": ("Person D", "الشخص د"),
    "custodian": ("Person E", "الشخص هـ"),
    "monitoring": ("Person F", "الشخص و"),
}


class Story:
    """A case in a center, and the people who work with it: each a session of their own."""

    def __init__(self, center: RunningCenter, chromium: Browser, language: str) -> None:
        self.center, self.language = center, language
        self.context = chromium.new_context(viewport={"width": 1280, "height": 800})
        self.context.grant_permissions(["camera", "microphone"], origin=center.address)
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
        for subject in ("recording", "photographs"):
            answer = {"subject": subject, "outcome": "given", "decided_by": "self", "form": "oral"}
            told = {"spoken": "ar", "explained_by": self.name("prosecutor")}
            prosecutor.post(f"{self.case}/consent", data={**answer, **told}).raise_for_status()
        page = prosecutor.get(self.case).text
        for role in ("examiner", "advocate"):
            person = re.findall(rf'<option value="([0-9a-f]{{32}})">{self.name(role)} ', page)[-1]
            prosecutor.post(f"{self.case}/access", data={"person": person}).raise_for_status()
        page = prosecutor.get(f"{self.case}/grants").text
        grant = {
            "person": re.findall(rf'<option value="([0-9a-f]{{32}})">{self.name("court")} ', page)[-1],
            "purpose": "hearing",
            "basis": "court-order",
            "reference": "7/2076",
            "until": re.findall(r'name="until" type="date" value="([^"]*)"', page)[0],
            "agreement": {"en": "For this hearing only.", "ar": "لهذه الجلسة وحدها."}[self.language],
        }
        prosecutor.post(f"{self.case}/grants", data=grant).raise_for_status()

    def open(self, who: httpx.Client, address: str) -> Page:
        """The page at this address, as somebody sees it."""
        self.context.clear_cookies()
        self.context.add_cookies(
            [
                *self.center.cookies_of(who),
                {"name": "language", "value": self.language, "url": self.center.address},
            ]  # type: ignore[list-item]
        )
        self.page.goto(address)
        return self.page

    def keep(self, name: str) -> None:
        """For docs/pictures/guide, where `make pictures` says so; as WebP, a quarter of what PNG takes."""
        folder = os.environ.get("PICTURES")
        if folder:
            self.page.mouse.move(0, 0)
            kept = Path(folder) / "guide"
            kept.mkdir(parents=True, exist_ok=True)
            shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
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
    made.context.close()


def test_the_guide_shows_what_each_role_finds(story: Story, check: Callable[[Page], None]) -> None:
    _invites(story)
    check(story.page)
    prosecutor = story.people["prosecutor"]
    for who, address, says, picture in (
        (prosecutor, f"{story.case}/consent", "Record an answer", "consent"),
        (prosecutor, f"{story.case}/grants", "Give a grant", "grants"),
        (story.people["court"], f"{story.center.address}/", "Read and undertake it", "granted"),
        (story.people["advocate"], f"{story.case}/disclosures", "What went to whom", "disclosures"),
        (story.people["custodian"], f"{story.case}/keeping", "Place a legal hold", "keeping"),
        (story.people["monitoring"], f"{story.center.address}/statistics", "Show the numbers", "statistics"),
    ):
        page = story.open(who, address)
        expect(page.locator("main")).to_contain_text(story.says(says))
        check(page)
        story.keep(picture)
    _sets_up_a_room(story)
    check(story.page)
    _examines(story)
    check(story.page)


def _invites(story: Story) -> None:
    page = story.open(story.center.administrator, f"{story.center.address}/staff")
    page.fill("#name", {"en": "Person G", "ar": "الشخص ز"}[story.language])
    page.check("input[value=observer]")
    page.get_by_role("button", name=story.says("Add, and make a one-time link")).click()
    expect(page.locator(".panel-green input")).to_have_value(re.compile("/sign-in#"))
    story.keep("staff")


def _sets_up_a_room(story: Story) -> None:
    prosecutor = story.people["prosecutor"]
    opened = prosecutor.post(f"{story.case}/interviews", data={"purpose": "testimony", "room": "room-1"})
    page = story.open(prosecutor, str(opened.url).replace("/console", "/room"))
    page.select_option("#close-device", label="fake_device_2")
    expect(page.locator("#wide-state")).to_have_text(story.says("Connected"), timeout=120_000)
    expect(page.locator("#close-state")).to_have_text(story.says("Connected"), timeout=120_000)
    story.keep("room")


def _examines(story: Story) -> None:
    page = story.open(story.people["examiner"], f"{story.case}/photographs")
    page.click("button[value=adult]")
    page.set_input_files("#identifying input", card(1))  # type: ignore[arg-type]
    missing, nothing = page.locator("#missing"), "Nothing is missing: every picture of this set is there."
    expect(missing).to_have_text(story.says(nothing), timeout=30_000)
    page.locator(".drawn:not([hidden]) svg").click(position={"x": 100, "y": 120})
    page.select_option(".injury .term", "bruise")
    page.fill(".injury .words", {"en": "oval, 30 × 20 mm", "ar": "بيضوي، 30 × 20 مم"}[story.language])
    for number, slot in enumerate(page.locator(".injury .slot input").all()[:2], start=2):
        slot.set_input_files(card(number))  # type: ignore[arg-type]
    expect(missing).not_to_contain_text(story.says("Mid-range"), timeout=30_000)
    expect(missing).to_contain_text(story.says("Close-up"))
    page.evaluate("scrollTo(0, 0)")
    story.keep("set")
