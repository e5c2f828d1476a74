"""The whole way: two cameras and a microphone in the room, a seal, and a viewer in the court page.

Nothing here is made up but the cameras' pictures: service, processes, WebRTC, disks and browsers are real.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.centers.running_center import RunningCenter
from tests.support.centers.sealed_interview import SECONDS, SealedInterview
from tests.support.momentary import reaches

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]


@dataclass
class RecordedInterview:
    """A sealed part at a running center."""

    sealed: SealedInterview
    judge: list[dict[str, str]]
    """Cookies of somebody from a court, to whom the prosecutor gave the case."""

    @property
    def center(self) -> RunningCenter:
        return self.sealed.center

    @property
    def evidence(self) -> str:
        return self.sealed.evidence

    @contextmanager
    def open(self) -> Iterator[Page]:
        """The court page in a browser of the judge's own, opened for deliberation."""
        context = self.sealed.context(cookies=self.judge)
        page = context.new_page()
        page.goto(self.sealed.at(f"/evidence/{self.evidence}"))
        page.click("#open")
        expect(page.locator("#happened")).to_be_visible()
        yield page
        context.close()

    def media(self, track: int) -> list[dict[str, Any]]:
        records = self.center.index(self.evidence)
        return [record for record in records if record["kind"] == "media" and record["track"] == track]

    @contextmanager
    def flipped_bit(self, record: dict[str, Any], copies: int) -> Iterator[int]:
        """One bit of a stored message, in so many of the places that hold it; as it was afterwards."""
        line = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
        found = [
            (file, file.read_bytes(), file.stat().st_mode)
            for file in sorted(self.center.settings.data.rglob("*"))
            if file.is_file() and line in file.read_bytes()
        ]
        holding = [one for one in found if one[0].name != "index" and not _is_index(one[1])]
        for file, content, _ in holding[:copies]:
            at = content.index(line) + len(line) + 500
            _write(file, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            yield len(holding)
        finally:
            for file, content, mode in holding[:copies]:
                _write(file, content)
                file.chmod(mode)


def _is_index(content: bytes) -> bool:
    return content.startswith(b'{"cipher"') and content.endswith(b"}\n")


def _write(file: Path, content: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(content)


@pytest.fixture(scope="module")
def recorded(chromium: Browser, center: RunningCenter) -> RecordedInterview:
    sealed = SealedInterview.record_in_browser(center, chromium, SECONDS)
    return RecordedInterview(sealed, center.invite_judge(sealed.interview, "A judge of this case"))


def test_it_plays_to_its_end_in_the_court_page_with_everything_verified(recorded: RecordedInterview) -> None:
    """The end is where the recording ends: later than it was asked to, the busier the machine was. So it is
    not played through but from a little before its end."""
    with recorded.open() as page:
        page.click("#verify-all")
        expect(page.locator("#verdict")).to_have_text("Everything verified")
        assert set(page.locator("#checks .tag").all_inner_texts()[1:]) == {"proved"}
        page.select_option("#rate", "2")
        page.click("#play")
        reaches(page.locator("#position"), "00:00:01")
        page.locator("#seek").evaluate(
            "(seek) => { seek.value = String(seek.max - 2); seek.dispatchEvent(new Event('input')); }"
        )
        expect(page.locator("#stage-note")).to_have_text("The end of this part.")
        widths = page.locator("#cameras video").evaluate_all("all => all.map((one) => one.videoWidth)")
        assert widths == [1280, 1280]
    assert {record["track"] for track in (1, 2, 3) for record in recorded.media(track)} == {1, 2, 3}
    assert max(record["start"] + record["duration"] for record in recorded.media(1)) > (SECONDS - 1) * 1e6


def test_one_flipped_bit_in_every_copy_stops_it_there_and_names_the_second(
    recorded: RecordedInterview,
) -> None:
    broken = recorded.media(1)[4]
    second = f"00:00:{broken['start'] // 1_000_000:02}"
    with recorded.flipped_bit(broken, copies=9) as places:
        assert places >= 2
        with recorded.open() as page:
            page.click("#play")
            expect(page.locator("#alarm")).to_contain_text(f"Altered at {second}")
            expect(page.locator("#position")).to_have_text(second)
            expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
            shown = page.locator("#cameras video").first.evaluate(
                "one => one.buffered.end(one.buffered.length - 1)"
            )
        assert shown <= broken["start"] / 1e6 + 0.1


def test_one_damaged_copy_costs_nothing_while_another_is_whole(recorded: RecordedInterview) -> None:
    with recorded.flipped_bit(recorded.media(2)[6], copies=1) as places:
        assert places >= 2
        with recorded.open() as page:
            page.click("#verify-all")
            expect(page.locator("#verdict")).to_have_text("Everything verified")


def test_a_package_is_ordered_fetched_and_checked_by_clicking(
    recorded: RecordedInterview, tmp_path: Path
) -> None:
    """By the prosecutor on the center's page; then by a court that has only the files and the words."""
    context = recorded.sealed.context(accept_downloads=True)
    page = context.new_page()
    page.goto(recorded.sealed.at(f"/evidence/{recorded.evidence}/package"))
    page.check("input[name=purpose][value=hearing]")
    page.fill("#receiver", "Court of N")
    page.click("#make")
    expect(page.locator("#ready")).to_be_visible()
    page.click("#show-words")
    expect(page.locator("#words .word")).to_have_count(9)
    words = " ".join(page.locator("#words .word").all_inner_texts())
    for link in ("file-testimony", "file-verifier"):
        with page.expect_download() as download:
            page.click(f"#{link}")
        download.value.save_as(tmp_path / download.value.suggested_filename)
    page.reload()
    expect(page.locator("#ready")).to_be_visible()
    page.click("#show-words")
    expect(page.locator("#words-gone")).to_be_visible()
    context.close()

    court = recorded.sealed.browser.new_context().new_page()
    court.goto(f"{(tmp_path / 'verify.html').as_uri()}#en")
    court.set_input_files("#file", tmp_path / "testimony.amana")
    court.fill("#passphrase", words)
    court.check("input[value=none]")
    court.click("#verify")
    expect(court.locator("#answer")).to_have_attribute("data-answer", "consistent")
    expect(court.locator("#answer-facts")).to_contain_text(re.compile(r"Case\s*.?\d{4}-\d{4}"))
    expect(court.locator("#answer-facts")).to_contain_text("Court of N")
    court.click("#play")
    reaches(court.locator("#position"), "00:00:02")
    court.context.close()
