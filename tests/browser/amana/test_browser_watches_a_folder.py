"""A folder that a tethered camera fills, watched by a nurse's page in a real browser.

The folder is the browser's own (`navigator.storage.getDirectory`): the same kind of handle that choosing one
of the disk gives, without the system's window, which nobody can press here.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from casework.cases import cases
from casework.database.models import Role
from casework.people import people
from tests.support.axe import keeps_rules
from tests.support.centers.court_room import CourtRoom
from tests.support.centers.served_center import Served, serving
from tests.support.patience import PATIENCE
from tests.support.servers.chromium import SOUND, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHOSEN = """globalThis.showDirectoryPicker = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle("card", { create: true });"""
WRITE = """async ([name, data, from]) => {
  const root = await navigator.storage.getDirectory();
  const card = await root.getDirectoryHandle("card", { create: true });
  const file = await card.getFileHandle(name, { create: true });
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const out = await file.createWritable({ keepExistingData: from > 0 });
  await out.write({ type: "write", position: from, data: bytes });
  await out.close();
}"""
GO_ON_WRITING = """([name, data, from]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  let written = 0;
  const work = (async () => {
    const card = await (await navigator.storage.getDirectory()).getDirectoryHandle("card");
    const file = await card.getFileHandle(name);
    while (!globalThis.written) {
      const out = await file.createWritable({ keepExistingData: true });
      await out.write({ type: "write", position: from + written, data: bytes.slice(written, written + 1) });
      await out.close();
      written += 1;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  globalThis.stopWriting = async () => {
    globalThis.written = true;
    await work;
    return written;
  };
}"""
"""A byte every half second, until `stopWriting`, which gives their number."""
UNPLUG = """async () => (await navigator.storage.getDirectory()).removeEntry("card", { recursive: true })"""


@dataclass
class Nurse:
    """A nurse with a case, her browser, and a camera that puts pictures onto its card."""

    served: Served
    page: Page
    client: httpx.Client
    language: str

    @property
    def photographs(self) -> str:
        return f"/cases/{self.served.room.case.id}/photographs"

    def go(self) -> None:
        self.page.goto(self.served.address + self.photographs)

    def write(self, name: str, data: bytes, start: int = 0) -> None:
        """What the camera does, in one go or by and by."""
        self.page.evaluate(WRITE, [name, base64.b64encode(data).decode(), start])

    def sealed(self) -> int:
        return len(re.findall(r'class="frame"', self.client.get(self.photographs).text))

    def has(self, data: bytes) -> bool:
        """Whether exactly these bytes are a photograph of her case."""
        wanted = {
            "kind": "photograph",
            "name": "A.JPG",
            "size": len(data),
            "digest": sha256(data).hexdigest(),
        }
        address = f"/cases/{self.served.room.case.id}/uploads"
        wanted["digest"] = sha256(data).hexdigest()
        standing = self.client.post(address, json=wanted).raise_for_status().json()
        if not standing["again"]:
            self.client.post(f"/uploads/{standing['id']}/give-up").raise_for_status()
        return bool(standing["again"])

    def check(self, name: str) -> None:
        """The page breaks no rule and is not wider than the window."""
        keeps_rules(self.page)
        if folder := os.environ.get("PICTURES"):
            self.page.screenshot(path=f"{folder}/watching-{name}-{self.language}.png", full_page=True)


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = start(playwright, SOUND)
    yield browser
    browser.close()


@pytest.fixture(params=["en"])
def nurse(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Nurse]:
    room = CourtRoom.make(tmp_path)
    examiner = people.add(room.center, room.administrator, "Person N", Role.EXAMINER, "clinic")
    cases.give(room.center, room.prosecutor, room.case.id, examiner.id)
    errors: list[str] = []
    with serving(room, tmp_path) as served:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies(served.cookies(examiner, request.param))
        page = context.new_page()
        page.add_init_script(CHOSEN)
        page.on("pageerror", lambda error: errors.append(str(error)))
        cookies = {"amana-session": served.session(examiner)}
        with httpx.Client(
            base_url=served.address, headers={"origin": served.address}, cookies=cookies, timeout=PATIENCE
        ) as client:
            yield Nurse(served, page, client, request.param)
        context.close()
    assert not errors


@pytest.fixture(scope="session")
def shot() -> list[bytes]:
    """Pictures of some tens of kilobytes; each is another one."""
    made = []
    for number in range(6):
        out = io.BytesIO()
        Image.effect_noise((320, 240), 60 + number).convert("RGB").save(out, "JPEG", quality=90)
        made.append(out.getvalue())
    return made


def test_each_whole_picture_that_comes_is_taken_once_and_nothing_else(
    nurse: Nurse, shot: list[bytes]
) -> None:
    page = nurse.page
    nurse.go()
    nurse.write("DSC_0001.JPG", shot[0])
    page.click("#watch")
    expect(page.locator("#watch-before-words")).to_contain_text("1 picture was there before.")
    expect(page.locator("#intimate")).to_be_disabled()
    nurse.check("case-1280")
    # One that is written by and by, and what is no whole picture of a camera.
    half = len(shot[1]) // 2
    nurse.write("DSC_0003.JPG.tmp", shot[2])
    nurse.write("._DSC_0004.JPG", shot[2])
    nurse.write("DSC_0005.CR3", shot[2])
    nurse.write("DSC_0002.JPG", shot[1][:half])
    page.evaluate(GO_ON_WRITING, ["DSC_0002.JPG", base64.b64encode(shot[1][half:]).decode(), half])
    expect(page.locator("#watch-arriving")).to_contain_text("1 picture is just arriving.")
    half += page.evaluate("stopWriting()")
    nurse.write("DSC_0002.JPG", shot[1][half:], half)
    expect(page.locator("#all-sealed")).to_contain_text("1 file.")
    expect(page.locator("#watch-other")).to_contain_text("DSC_0005.CR3")
    assert "._DSC" not in page.locator("#watch-other").inner_text()
    assert nurse.sealed() == 1
    assert nurse.has(shot[1])
    # The same name, filled anew.
    nurse.write("DSC_0002.JPG", shot[3])
    expect(page.locator("#all-sealed")).to_contain_text("2 files.")
    assert nurse.has(shot[3])
    page.click("#watch-all")
    expect(page.locator("#all-sealed")).to_contain_text("3 files.")
    assert nurse.has(shot[0])
    # Unplugged, and there again.
    page.evaluate(UNPLUG)
    expect(page.locator("#watch-trouble")).to_contain_text("Nothing that was taken is lost")
    nurse.write("DSC_0006.JPG", shot[4])
    expect(page.locator("#all-sealed")).to_contain_text("4 files.")
    expect(page.locator("#watch-trouble")).to_be_hidden()
    page.click("#watch-stop")
    nurse.write("DSC_0007.JPG", shot[5])
    page.wait_for_timeout(6_000)
    assert nurse.sealed() == 4
    assert not nurse.has(shot[5])


ONE_WAITS = {"en": "1 picture waits until you choose.", "ar": "صورة واحدة تنتظر الاختيار."}


@pytest.mark.parametrize("nurse", ["ar", pytest.param("en", marks=pytest.mark.repeats)], indirect=True)
def test_in_a_guided_set_the_next_picture_goes_where_it_was_said_and_none_by_guess(
    nurse: Nurse, shot: list[bytes]
) -> None:
    page = nurse.page
    nurse.go()
    page.click("button[value=woman]")
    page.click("#watch")
    expect(page.locator("#identifying .slot")).to_have_class("slot aimed")
    nurse.write("DSC_0001.JPG", shot[0])
    expect(page.locator("#identifying .slot")).to_have_class("slot filled")
    # After it nothing is chosen: what comes waits.
    nurse.write("DSC_0002.JPG", shot[1])
    expect(page.locator("#watch-aim")).to_contain_text(ONE_WAITS[nurse.language])
    page.click("#add")
    page.keyboard.press("Enter")
    page.locator(".injury .slot-camera").first.click()
    slots = page.locator(".injury .slot")
    expect(slots.nth(0)).to_have_class("slot filled")
    expect(slots.nth(1)).to_have_class("slot aimed")
    nurse.check("set-1280")
    nurse.write("DSC_0003.JPG", shot[2])
    nurse.write("DSC_0004.JPG", shot[3])
    expect(slots.nth(1)).to_have_class("slot filled")
    expect(slots.nth(2)).to_have_class("slot filled")
    expect(slots.nth(3)).to_have_class("slot aimed")
    # Two that come together are sealed as they arrive; each has one frame, and the first had come before.
    said = [place.locator(".slot-state").inner_text() for place in slots.all()[:3]]
    numbers = [int(number) for words in said for number in re.findall(r"\d+", words)]
    assert (numbers[0], sorted(numbers)) == (2, [2, 3, 4])
    page.set_viewport_size({"width": 800, "height": 1100})
    nurse.check("set-800")
    # Of an intimate one nothing is taken before she has agreed; what comes waits for her answer.
    page.locator(".injury .intimate").check()
    expect(page.locator(".injury .slot-camera").first).to_be_hidden()
    nurse.write("DSC_0005.JPG", shot[4])
    expect(page.locator("#watch-aim")).to_contain_text(ONE_WAITS[nurse.language])
    assert nurse.sealed() == 4
    page.locator(".injury .intimate").uncheck()
    page.locator(".injury .slot-camera").nth(3).click()
    expect(slots.nth(3)).to_have_class("slot filled")


def test_a_browser_that_cannot_watch_a_folder_says_so(nurse: Nurse) -> None:
    nurse.page.add_init_script("globalThis.showDirectoryPicker = undefined;")
    nurse.go()
    expect(nurse.page.locator("#watch-none")).to_contain_text("cannot watch a folder")
    expect(nurse.page.locator("#watch")).to_be_hidden()
    nurse.check("cannot")
