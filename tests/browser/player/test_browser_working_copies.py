"""Working copies as a prosecutor meets them: ordered, watched while they are made, cancelled, opened."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chain_of_custody.items.recording_manifest import Index
from tests.support.centers.running_center import RunningCenter
from tests.support.centers.sealed_interview import SealedInterview
from tests.support.momentary import reaches

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

WORDS = {
    "en": {"of": "of 00:00:", "waits": "The film waits to be made", "cancelled": "This copy was cancelled."},
    "ar": {"of": "من أصل 00:00:", "waits": "الفيلم ينتظر الإعداد", "cancelled": "أُلغيت هذه النسخة."},
}
A_FRAME = 40_000
"""Microseconds: two fragments closer than this follow each other."""
PLAYED = """async film => {
  while (film.currentTime < 1.2) await new Promise((resolve) => setTimeout(resolve, 50));
}"""
LOOKED_AT = """film => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
  const drawn = canvas.getContext("2d");
  drawn.drawImage(film, 0, 0);
  const { data } = drawn.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(data).size;
}"""


@contextmanager
def held(center: RunningCenter, film: str, again: Callable[[], str]) -> Iterator[str]:
    """The program that makes it stands still once it has said how far it is. A film that was made before
    anybody looked is ordered again. The id of the one that is not made."""
    for _ in range(5):
        if (maker := _stopped(center, film)) is not None:
            break
        film = again()
    else:
        pytest.fail("each was made too soon")
    try:
        yield film
    finally:
        os.kill(maker, signal.SIGCONT)


def _stopped(center: RunningCenter, film: str) -> int | None:
    """The process that makes it, which stands still from now on; None if it is made."""

    def standing() -> dict[str, Any]:
        told: dict[str, Any] = center.prosecutor.get(f"/derivatives/{film}/progress").json()
        return told

    while not (told := standing())["total"]:
        if told["state"] == "made":
            return None
        time.sleep(0.05)
    for maker in _makers(center):
        with suppress(ProcessLookupError):
            os.kill(maker, signal.SIGSTOP)
            if standing()["total"]:
                return maker
            os.kill(maker, signal.SIGCONT)
    return None


def _makers(center: RunningCenter) -> list[int]:
    """FFmpeg's processes that work in a folder of the scratch, which has another path in the sandbox."""
    scratch = [folder.stat() for folder in center.settings.scratch.iterdir()]
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            works_in, program = (process / "cwd").stat(), (process / "exe").readlink()
        except OSError:
            continue
        if program.name == "ffmpeg" and any(os.path.samestat(works_in, folder) for folder in scratch):
            found.append(int(process.name))
    return found


def shown_in_close(testimony: SealedInterview) -> int:
    """A second of the interview at which the close camera has a picture: on a slow machine, not all have."""
    part = f"/evidence/{testimony.evidence}/viewings"
    asked = {"request": "the-seconds-of-a-camera", "purpose": "review"}
    viewing = testimony.center.prosecutor.post(part, json=asked).raise_for_status().json()["viewing"]
    proof = testimony.center.prosecutor.get(f"/viewings/{viewing}/proof").raise_for_status().json()
    began, ended = 0, 0  # of pictures that follow each other without a gap
    for record in Index.parse(proof["index"].encode()).records:
        if (record.kind, record.track) != ("media", 3):
            continue
        if record.start > ended + A_FRAME:
            began = record.start
        ended = record.end
        second = -(-began // 1_000_000)
        if ended > second * 1_000_000 + 100_000:
            return second
    raise AssertionError("the close camera has no picture at any second")


def fill(page: Page, picture: str) -> None:
    page.check(f"input[value='{picture}']")
    page.check("input[name=purpose][value=hearing]")


def send(page: Page) -> str:
    """Order what is filled in; the id of the film."""
    page.click("#order .primary")
    page.wait_for_url(re.compile(r"/derivatives/[0-9a-f]{32}$"))
    return page.url.rsplit("/", 1)[1]


@pytest.mark.parametrize("language", ["ar", pytest.param("en", marks=pytest.mark.repeats)])
def test_a_film_is_ordered_watched_while_it_is_made_opened_and_packed(
    testimony: SealedInterview, look: Callable[[Page, str], None], language: str
) -> None:
    center, words, context = testimony.center, WORDS[language], testimony.context(language)
    said: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    page.goto(f"{center.address}/cases/{testimony.case}/interviews")
    look(page, f"case-{language}")
    page.click(f"a[href='/interviews/{testimony.interview}/derivatives']")
    expect(page.locator("#zone")).to_have_text("UTC+02:00")
    expect(page.locator("#minutes")).to_be_hidden()
    page.click("#order .primary")
    expect(page.locator("#trouble")).to_be_focused()
    expect(page.locator("#trouble-what")).not_to_be_empty()
    look(page, f"order-missing-{language}")
    fill(page, "picture-in-picture:wide,close")
    page.check("input[name=extent][value=part]")
    page.fill("#begin", "0:05")
    page.click("#order .primary")
    expect(page.locator("#trouble")).to_be_focused()
    page.check("input[name=extent][value=interview]")
    film = send(page)

    def again() -> str:
        page.goto(f"{center.address}/interviews/{testimony.interview}/derivatives")
        fill(page, "picture-in-picture:wide,close")
        page.check("input[name=extent][value=interview]")
        return send(page)

    with held(center, film, again) as film:
        expect(page.locator("#making-text")).to_contain_text(words["of"])
        expect(page.locator("#progress")).to_have_attribute("value", re.compile(r"\d"))
        look(page, f"making-{language}")
        second = context.new_page()
        second.goto(f"{center.address}/interviews/{testimony.interview}/derivatives")
        fill(second, "one:close")
        send(second)
        expect(second.locator("#making-title")).to_have_text(words["waits"])
        look(second, f"waiting-{language}")
        second.click("form[action$='/cancel'] button")
        expect(second.locator("main")).to_contain_text(words["cancelled"])
        look(second, f"cancelled-{language}")
        second.close()

    expect(page.locator("#opening")).to_be_visible()  # the page follows by itself
    look(page, f"made-{language}")
    page.check("#opening input[value=hearing]")
    page.click("#open")
    expect(page.locator("#figure")).to_be_visible()
    expect(page.locator(".viewer-mark")).to_contain_text("A prosecutor")
    video = page.locator("#film")
    expect(page.locator("#play")).to_be_focused()
    page.keyboard.press("Space")
    video.evaluate(PLAYED)
    reaches(page.locator("#position"), "00:00:01")
    page.keyboard.press("Space")
    assert video.evaluate("film => film.paused")
    assert video.evaluate("film => film.controls") is False, "nothing of the browser's lies over the clock"
    assert video.evaluate("film => [film.videoWidth, film.videoHeight]") == [1280, 760]
    assert video.evaluate(LOOKED_AT) > 100, "it shows a picture"
    page.locator("#file-facts summary").click()
    expect(page.locator("#recipe")).to_contain_text("libx264")
    look(page, f"opened-{language}")

    page.goto(f"{center.address}/interviews/{testimony.interview}/derivatives")
    fill(page, "one:close")
    page.check("input[name=kind][value=still]")
    for hidden in ("#sounds", "#extents", "#until"):
        expect(page.locator(hidden)).to_be_hidden()
    page.click("#order .primary")
    expect(page.locator("#trouble")).to_be_focused()
    look(page, f"still-missing-{language}")
    page.fill("#begin", f"0:{shown_in_close(testimony):02}")
    send(page)
    expect(page.locator("#opening")).to_be_visible()
    page.check("#opening input[value=hearing]")
    page.click("#open")
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#picture")).to_have_js_property("naturalWidth", 1280)
    look(page, f"still-{language}")

    page.goto(f"{center.address}/interviews/{testimony.interview}/derivatives")
    expect(page.locator(f".copies a[href='/derivatives/{film}']")).to_be_visible()
    look(page, f"listed-{language}")
    page.goto(f"{center.address}/interviews/{testimony.interview}/package")
    expect(page.locator(f"input[name=copy][value='{film}']")).not_to_be_checked()
    look(page, f"package-{language}")
    page.goto(f"{center.address}/cases/{testimony.case}/history")
    look(page, f"history-{language}")
    assert said == []
    context.close()


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.repeats)])
def test_a_redacted_copy_is_accepted_by_somebody_else_who_has_looked_at_it(
    testimony: SealedInterview, look: Callable[[Page, str], None], language: str
) -> None:
    center, prosecutor = testimony.center, testimony.center.prosecutor
    begun = prosecutor.post(f"/interviews/{testimony.interview}/redactions", data={"picture": "one:close"})
    order = {"purpose": "disclosure", "version": "1"}
    film = str(prosecutor.post(f"{begun.url}/order", data=order).url).rsplit("/", 1)[1]
    colleague = center.invite(f"A colleague {language}", "prosecutor")
    staff = center.administrator.get("/staff").text
    [person] = re.findall(rf"A colleague {language}.*?/staff/([0-9a-f]{{32}})/link", staff, re.DOTALL)
    prosecutor.post(f"/cases/{testimony.case}/access", data={"person": person}).raise_for_status()

    mine = testimony.context(language).new_page()
    mine.goto(f"{center.address}/derivatives/{film}")
    expect(mine.locator("#opening")).to_be_visible()
    expect(mine.locator("form[action$='/check']")).to_have_count(0)
    look(mine, f"redacted-mine-{language}")

    context = testimony.context(language, center.cookies_of(colleague))
    page = context.new_page()
    page.goto(f"{center.address}/derivatives/{film}")
    page.check("input[name=accepted][value=yes]")
    page.click("form[action$='/check'] button")
    expect(page.locator("#signing-trouble-what")).not_to_be_empty()  # they have not opened it
    look(page, f"redacted-unseen-{language}")
    page.reload()
    page.check("#opening input[value=review]")
    page.click("#open")
    expect(page.locator("#figure")).to_be_visible()
    page.check("input[name=accepted][value=yes]")
    look(page, f"redacted-theirs-{language}")
    page.click("form[action$='/check'] button")
    expect(page.locator(".facts .tag-green")).to_have_count(2)  # made, and accepted
    look(page, f"redacted-accepted-{language}")
    mine.goto(f"{center.address}/interviews/{testimony.interview}/package")
    expect(mine.locator(f"input[name=copy][value='{film}']")).to_be_visible()
    center.invite(f"A counsel {language}", "defence", "defence")
    mine.goto(f"{center.address}/cases/{testimony.case}/grants/new")
    expect(mine.locator(f"input[name=item][value='{film}']")).to_be_attached()
    look(mine, f"redacted-grants-{language}")
    mine.context.close()
    context.close()
