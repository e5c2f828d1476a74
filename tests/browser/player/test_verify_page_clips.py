"""Lists of clips in verify.html: made, saved, opened, and played in their order over two recordings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from chain_of_custody.encoding import canonical_json
from tests.support.axe import keeps_rules
from tests.support.media.made_media import MadeTrack, microphone
from tests.support.media.numbered_film import NOTE, RATE, excluded, numbered, seen, wandered
from tests.support.packages.court_desk import Open, Package, check
from tests.support.packages.made_testimony import (
    EVIDENCE,
    SECOND_EVIDENCE,
    Film,
    Office,
    made_testimony,
)

pytestmark = pytest.mark.browser

LENGTH = 12  # seconds of each recording
EXCLUDED = (3, 6)  # seconds of the first one
FRAME = 1_000_000 / RATE  # µs
CLIPS = [
    (EVIDENCE, 8_100_000, 8_600_000),
    (EVIDENCE, 1_016_700, 1_700_000),
    (SECOND_EVIDENCE, 5_583_333, 6_100_000),
    (EVIDENCE, 4_000_000, 4_400_000),
    (SECOND_EVIDENCE, 0, 600_000),
    (SECOND_EVIDENCE, 10_950_000, 11_500_000),
    (SECOND_EVIDENCE, 3_210_000, 3_800_000),
    (EVIDENCE, 11_016_666, 11_600_000),
    (EVIDENCE, 2_499_999, 3_100_000),
    (SECOND_EVIDENCE, 7_700_000, 8_300_000),
]

LACKS = [
    "Of a recording that is not here",
    "Of another recording than the one that is sealed here",
    "Outside of what is here of the recording",
]

# Notes each picture that the audience's canvas has, with the clip that the presenter's page names meanwhile.
NOTE_CLIPS = """() => {
  window.shown = [];
  const look = () => {
    const canvas = document.querySelector("canvas");
    const clip = window.opener.document.getElementById("clip-now").textContent;
    const context = canvas?.width ? canvas.getContext("2d") : null;
    const light = (column) => context.getImageData(column * 16 + 8, canvas.height / 2, 1, 1).data[0] > 128;
    if (context && light(0)) {
      const number = [...Array(10).keys()].reduce((sum, bit) => sum + (light(bit + 1) ? 2 ** bit : 0), 0);
      const last = window.shown.at(-1);
      if (last?.[0] !== clip || last?.[1] !== number) window.shown.push([clip, number]);
    }
    requestAnimationFrame(look);
  };
  look();
}"""


@dataclass
class NumberedFilm(Film):
    """One camera, whose every frame shows its number, and a microphone."""

    def tracks(self, start: int, seconds: int, **sources: str) -> Mapping[str, MadeTrack]:
        return {"wide": numbered(seconds), "microphone": microphone(seconds, start, track=3)}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Two parts of an interview."""
    folder = tmp_path_factory.mktemp("two") / "testimony"
    office, _ = made_testimony(folder, parts=2, runs=((0, LENGTH),), film=NumberedFilm)
    return Package(folder, office.policy.data)


class Excluding(Office):
    """A court has excluded some seconds of the first part."""

    def watched(self, evidence: str) -> None:
        super().watched(evidence)
        begin, end = (second * 1_000_000 for second in EXCLUDED)
        body = {"excerpt": {"from": begin, "to": end}, "exclusion": "c1" * 16, "reason": "question"}
        if evidence == EVIDENCE:
            self.say("passage.excluded", evidence, body, purpose="court-order")


@pytest.fixture(scope="module")
def excluding(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = tmp_path_factory.mktemp("excluding") / "testimony"
    office, _ = made_testimony(folder, office=Excluding(), runs=((0, LENGTH),), film=NumberedFilm)
    return Package(folder, office.policy.data)


def manifest_of(package: Package, evidence: str) -> str:
    return sha256(
        (package.folder / "data" / "recordings" / evidence / "manifest.json").read_bytes()
    ).hexdigest()


def clip_list(package: Package, path: Path, side: str = "prosecution") -> Path:
    clips = [
        {
            "evidence": evidence,
            "from": begin,
            "manifest": manifest_of(package, evidence),
            "to": end,
            "words": "",
        }
        for evidence, begin, end in CLIPS
    ]
    content = {"clips": clips, "kind": "clip-list", "side": side, "title": "First list", "v": 1}
    path.write_bytes(canonical_json.serialise(content))
    return path


def opened(open_page: Open, package: Package, language: str = "en") -> Page:
    page = open_page(language)
    assert check(page, package).get_attribute("data-answer") == "intact"
    expect(page.locator("#clips")).to_be_visible()
    return page


def test_ten_clips_over_two_recordings_each_begin_within_a_frame(
    open_page: Open, two: Package, tmp_path: Path
) -> None:
    page = opened(open_page, two)
    page.set_input_files("#clips-file", clip_list(two, tmp_path / "list.json"))
    with page.context.expect_page() as window:
        page.click("#audience-open")
    audience = window.value
    audience.evaluate(NOTE_CLIPS)
    page.click(".clips-play")
    expect(page.locator("#clip-now")).to_contain_text("Clip 10 of 10")
    expect(page.locator("#clip-playing")).to_be_hidden()
    shown = audience.evaluate("window.shown")
    for number, (_, begin, end) in enumerate(CLIPS, start=1):
        frames = [frame for clip, frame in shown if clip.startswith(f"Clip {number} of")]
        # The page names a clip before its first picture is there.
        first = next(at for at, frame in enumerate(frames) if abs(frame - begin / FRAME) <= 1.01)
        own = frames[first:]
        assert first <= 1, (number, frames)
        assert own[0] <= begin / FRAME + 1, (number, frames)
        assert all(begin / FRAME - 1.01 <= frame < end / FRAME for frame in own), (number, frames)
        assert own == sorted(own), (number, frames)
        assert own[-1] > own[0], (number, frames)


def row(page: Page, number: int, place: int = 0) -> Locator:
    return page.locator(".clip-list").nth(place).locator(".clip").nth(number - 1)


def make_clip(page: Page, begin: float, end: float) -> None:
    page.locator("#seek").fill(str(begin))
    page.click("#clip-begin")
    page.locator("#seek").fill(str(end))
    page.click("#clip-end")


def saved(page: Page, place: int = 0) -> bytes:
    with page.expect_download() as download:
        page.locator(".clips-save").nth(place).click()
    return download.value.path().read_bytes()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_list_is_made_saved_and_opened_beside_the_other_sides(
    open_page: Open, two: Package, tmp_path: Path, language: str
) -> None:
    page = opened(open_page, two, language)
    make_clip(page, 5, 6.5)
    page.keyboard.type("the question about the door")
    make_clip(page, 1, 2.25)
    row(page, 2).locator(".clip-up").click()
    row(page, 1).locator(".clip-to").fill("00:00:02.5")
    row(page, 1).locator(".clip-to").press("Tab")
    expect(page.locator(".clips-unsaved")).to_be_visible()
    expect(page.locator(".clips-save")).to_be_disabled()
    page.locator(".clip-list select").select_option("prosecution")
    list_of_mine = saved(page)
    expect(page.locator(".clips-unsaved")).to_be_hidden()
    manifest = manifest_of(two, EVIDENCE)
    clip: dict[str, Any] = {"evidence": EVIDENCE, "manifest": manifest}
    assert canonical_json.parse_object(list_of_mine, "list") == {
        "clips": [
            clip | {"from": 1_000_000, "to": 2_500_000, "words": ""},
            clip | {"from": 5_000_000, "to": 6_500_000, "words": "the question about the door"},
        ],
        "kind": "clip-list",
        "side": "prosecution",
        "title": "",
        "v": 1,
    }
    page.set_input_files("#clips-file", clip_list(two, tmp_path / "theirs.json", "defence"))
    expect(page.locator(".clip-list")).to_have_count(2)
    expect(row(page, 3, 1).locator(".clip-from")).to_have_value("00:00:05.58")
    expect(page.locator("#places .band-clip")).to_have_count(2 + 5)
    page.click("#other-language")
    expect(page.locator(".clip-list")).to_have_count(2)
    expect(row(page, 2).locator(".clip-words")).to_have_value("the question about the door")
    keeps_rules(page)
    page.locator(".clips-close").first.click()
    expect(page.locator(".clip-list")).to_have_count(1)


def test_one_clip_is_played_alone_to_its_end_and_another_moment_ends_it(
    open_page: Open, two: Package, tmp_path: Path
) -> None:
    page = opened(open_page, two)
    page.set_input_files("#clips-file", clip_list(two, tmp_path / "list.json"))
    row(page, 2).locator(".clip-play").click()
    expect(page.locator("#clip-now")).to_have_text(
        re.compile("Clip 2 of 10, list of the prosecution · .* of .*00:00:12")
    )
    expect(row(page, 2)).to_have_attribute("aria-current", "true")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.wait_for_function("() => Math.abs(document.getElementById('seek').value - 1.7) < 0.001")
    page.click("#clip-next")
    expect(page.locator("#clip-now")).to_contain_text("Clip 3 of 10")
    expect(page.locator("#items [aria-pressed=true]")).to_have_attribute("data-evidence", SECOND_EVIDENCE)
    page.locator("#seek").fill("9")
    expect(page.locator("#clip-playing")).to_be_hidden()


def lacking(package: Package, path: Path) -> Path:
    """A list whose fourth clip alone can be played."""
    content = canonical_json.parse_object(clip_list(package, path).read_bytes(), "list")
    clips = content["clips"] = content["clips"][:4]
    clips[0]["evidence"] = "f0" * 16
    clips[1]["manifest"] = "0" * 64
    clips[2]["from"], clips[2]["to"] = 90_000_000, 91_000_000
    path.write_bytes(canonical_json.serialise(content))
    return path


def test_what_is_not_here_is_said_and_passed_over(open_page: Open, two: Package, tmp_path: Path) -> None:
    file = lacking(two, tmp_path / "list.json")
    page = opened(open_page, two)
    page.set_input_files("#clips-file", file)
    expect(page.locator(".clip-lack:visible")).to_have_text(LACKS)
    page.click(".clips-play")
    expect(page.locator("#clip-now")).to_contain_text("Clip 4 of 4")
    expect(page.locator("#clip-playing")).to_be_hidden()
    (tmp_path / "cut.json").write_bytes(file.read_bytes()[:-1])
    page.set_input_files("#clips-file", tmp_path / "cut.json")
    expect(page.locator("#clips-trouble")).to_contain_text("is no list of clips")
    expect(page.locator(".clip-list")).to_have_count(1)


def test_a_rehearsal_plays_each_clip_and_says_what_it_found(
    open_page: Open, two: Package, tmp_path: Path
) -> None:
    page = opened(open_page, two)
    page.set_input_files("#clips-file", lacking(two, tmp_path / "list.json"))
    page.click(".clips-rehearse")
    expect(page.locator("#rehearsed li")).to_have_text(
        [
            "The audience window is not open: the projector was not tried.",
            *(f"Clip {number}: {lack}" for number, lack in enumerate(LACKS, start=1)),
            re.compile(
                r"Clip 4 began after [\d.]+ seconds?\. \d+ of [1-9]\d* pictures? (was|were) not shown\."
            ),
            "Was the voice heard in the room? Only people can tell.",
        ]
    )
    keeps_rules(page)
    page.set_input_files("#clips-file", clip_list(two, tmp_path / "all.json"))
    with page.context.expect_page():
        page.click("#audience-open")
    page.locator(".clips-rehearse").nth(1).click()
    expect(page.locator("#rehearsed li")).to_contain_text(["The audience window is open.", "Clip 1 began"])
    page.locator("#seek").fill("6")
    expect(page.locator("#rehearsed li").nth(-2)).to_contain_text("was interrupted")


@pytest.mark.parametrize("turns", [40, pytest.param(500, marks=pytest.mark.repeats)])
def test_nothing_excluded_reaches_the_audience_of_a_package(
    open_page: Open, excluding: Package, tmp_path: Path, turns: int
) -> None:
    page = opened(open_page, excluding)
    expect(page.locator("#excluded-meaning")).to_contain_text("It is in this package, and playing skips it.")
    with page.context.expect_page() as window:
        page.click("#audience-open")
    audience = window.value
    numbers = wandered(page, audience, turns, EXCLUDED)
    assert excluded(numbers, EXCLUDED) == set()
    make_clip(page, 2.5, 7)
    row(page, 1).locator(".clip-play").click()
    expect(page.locator("#clip-now")).to_contain_text("Clip 1 of 1")
    audience.evaluate(NOTE)
    page.wait_for_function("() => Number(document.getElementById('seek').value) > 6.99")
    numbers = seen(audience)
    assert excluded(numbers, EXCLUDED) == set()
    assert excluded(numbers, (6.5, 7)), "what follows is shown"
    assert max(numbers) < 7 * RATE


# The number of the picture that the presenter's own element shows.
PRESENTED = """() => {
  const video = document.querySelector("#stage video");
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const light = (column) => context.getImageData(column * 16 + 8, canvas.height / 2, 1, 1).data[0] > 128;
  return [...Array(10).keys()].reduce((sum, bit) => sum + (light(bit + 1) ? 2 ** bit : 0), 0);
}"""


@pytest.mark.parametrize(("begin", "end", "rests"), [(1, 3, 89), (2, 4, 89), (5, 7, 209), (1, 2, 59)])
def test_a_clip_rests_on_its_last_picture_that_is_not_excluded(
    open_page: Open, excluding: Package, begin: int, end: int, rests: int
) -> None:
    page = opened(open_page, excluding)
    make_clip(page, 1, 2)
    for name, second in (("to", end), ("from", begin)):
        row(page, 1).locator(f".clip-{name}").fill(f"00:00:0{second}")
        row(page, 1).locator(f".clip-{name}").press("Tab")
    row(page, 1).locator(".clip-play").click()
    last = end if end == 2 or end > EXCLUDED[1] else EXCLUDED[0]
    page.wait_for_function("last => Math.abs(document.getElementById('seek').value - last) < 0.001", arg=last)
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    page.wait_for_function(f"rests => ({PRESENTED})() === rests", arg=rests)


def test_a_clip_of_nothing_but_what_is_excluded_is_not_played(open_page: Open, excluding: Package) -> None:
    page = opened(open_page, excluding)
    make_clip(page, 1, 2)
    row(page, 1).locator(".clip-to").fill("00:00:05")
    row(page, 1).locator(".clip-from").fill("00:00:04")
    row(page, 1).locator(".clip-from").press("Tab")
    expect(row(page, 1).locator(".clip-lack")).to_have_text("Excluded by a court")
    expect(row(page, 1).locator(".clip-play")).to_be_disabled()


def test_new_clips_join_no_list_of_another_side_and_a_rehearsal_ends_with_its_film(
    open_page: Open, two: Package, tmp_path: Path
) -> None:
    page = opened(open_page, two)
    page.set_input_files("#clips-file", clip_list(two, tmp_path / "theirs.json", "defence"))
    make_clip(page, 1, 2)
    expect(page.locator(".clip-list")).to_have_count(2)
    expect(page.locator(".clip-list").nth(0).locator(".clip")).to_have_count(1)
    page.set_input_files("#clips-file", tmp_path / "theirs.json")
    expect(page.locator(".clip-list")).to_have_count(2)
    page.locator(".clips-rehearse").nth(1).click()
    expect(page.locator("#rehearsed li")).to_contain_text(["not open", "Clip 1 began"])
    page.locator("#items button").nth(1).click()
    expect(page.locator("#rehearsal-stop")).to_be_hidden()
    expect(page.locator("#items button").nth(1)).to_have_attribute("aria-pressed", "true")
    page.locator(".clips-close").nth(0).click()
    expect(page.locator(".clip-list")).to_have_count(2)
    page.get_by_role("button", name="Close without saving").click()
    expect(page.locator(".clip-list")).to_have_count(1)
