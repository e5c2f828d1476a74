"""From the cameras of the room to the judge, the whole way in real browsers, with nothing in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running_center import RunningCenter, patiently

from chain_of_custody.manifests import Index
from chain_of_custody.records import Record, timecode

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 20
ALTERED_AROUND = 12_000_000  # µs


@dataclass(frozen=True)
class Recorded:
    """A sealed recording of two cameras and a microphone, and the people who may open it."""

    center: RunningCenter
    evidence: str
    judge: Callable[[], Page]
    """A page of the judge's, on a machine of their own, in English."""

    @property
    def records(self) -> tuple[Record, ...]:
        return Index.parse((self.center.folder(self.evidence) / "index").read_bytes()).records


@pytest.fixture(scope="module")
def recorded(chromium_with_cameras: Browser, center: RunningCenter) -> Iterator[Recorded]:
    """Recorded by clicking through the pages, as a prosecutor does."""
    contexts: list[BrowserContext] = []

    def machine(cookies: list[dict[str, str]]) -> Page:
        context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["camera", "microphone"], origin=center.address)
        language = {"name": "language", "value": "en", "url": center.address}
        context.add_cookies([*cookies, language])  # type: ignore[list-item]
        contexts.append(context)
        return context.new_page()

    interview = center.open_interview()
    console, room = machine(center.cookies), machine(center.cookies)
    room.goto(f"{center.address}/interviews/{interview}/room")
    room.select_option("#close-device", label="fake_device_2")
    console.goto(f"{center.address}/interviews/{interview}/console")
    console.wait_for_selector('#console[data-state="checked"][data-colour="green"]', timeout=30_000)
    console.click("#begin")
    patiently(lambda: center.status(interview)["elapsed"] >= SECONDS * 1e6, SECONDS + 30)
    evidence = str(center.status(interview)["evidence"])
    console.click("#stop")
    console.click("#stop-dialog .grave")
    console.wait_for_selector('#console[data-state="sealed"]', timeout=15_000)
    cookies = center.invite_judge(interview)
    yield Recorded(center, evidence, lambda: machine(cookies))
    for context in contexts:
        context.close()


def open_as_judge(recorded: Recorded) -> Page:
    page = recorded.judge()
    page.goto(f"{recorded.center.address}/evidence/{recorded.evidence}")
    page.check("input[value=deliberation]")
    page.click("#open")
    expect(page.locator("#player")).to_be_visible()
    return page


def test_twenty_seconds_are_played_to_the_end_in_court_with_everything_verified(recorded: Recorded) -> None:
    page = open_as_judge(recorded)
    expect(page.locator("#cameras video")).to_have_count(2)
    page.click("#play")
    expect(page.locator("#stage-note")).to_have_text("The end of this part.", timeout=(SECONDS + 20) * 1000)
    expect(page.locator("#verdict")).to_have_text("Everything verified")
    expect(page.locator("#alarm")).to_be_hidden()
    width = "video => [video.videoWidth, video.ended || video.currentTime]"
    for camera in page.locator("#cameras video").all():
        pixels, played_to = camera.evaluate(width)
        assert pixels == 1280
        assert played_to is True or played_to > SECONDS - 1
    for track in (1, 2, 3):
        media = [one for one in recorded.records if one.kind == "media" and one.track == track]
        assert media[-1].end - media[0].start > (SECONDS - 2) * 1_000_000


def test_one_flipped_bit_in_storage_stops_the_player_at_its_second(recorded: Recorded) -> None:
    (victim, *_) = [
        one
        for one in recorded.records
        if one.kind == "media" and one.track == 1 and one.start >= ALTERED_AROUND
    ]
    center = recorded.center
    places = [*center.settings.data.glob(f"**/{recorded.evidence}/segments/*")]
    places += center.folder(recorded.evidence).glob("*.segment")
    flipped = sum(flip_one_bit(place, victim) for place in places)
    assert flipped >= 2, "the fragment lies in both copies at least"

    page = open_as_judge(recorded)
    page.click("#play")
    second = timecode(victim.start)
    expect(page.locator("#alarm")).to_contain_text(re.compile(f"at {second}"), timeout=30_000)
    expect(page.locator("#position")).to_have_text(second, timeout=(SECONDS + 20) * 1000)
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    shown = page.locator("#cameras video").first.evaluate("video => video.buffered.end(0)")
    assert shown <= victim.start / 1e6 + 0.1


def flip_one_bit(segment: Path, victim: Record) -> int:
    """Flip a bit in the middle of the sealed message of `victim`, if it lies in this segment."""
    data = bytearray(segment.read_bytes())
    at = data.find(victim.canonical())
    if at < 0:
        return 0
    data[at + len(victim.canonical()) + victim.size // 2] ^= 1
    mode = segment.stat().st_mode
    segment.chmod(0o600)
    segment.write_bytes(data)
    segment.chmod(mode)
    return 1
