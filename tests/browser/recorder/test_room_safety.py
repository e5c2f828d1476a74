"""The room's own recording: brought in after a failure, gone after none, never in clear on its disk."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.browser.recorder.test_room_console import Interview
from tests.support.centers.running_center import RunningCenter, context_for, patiently
from tests.support.servers.chromium import ARGUMENTS, CAMERAS, EXECUTABLE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Machine = Callable[..., BrowserContext]
Shoot = Callable[[Page, str], None]

REMEMBER_LINES = """
    window.lines = [];
    for (const name of ["RTCPeerConnection", "EventSource"]) {
        const Real = window[name];
        window[name] = class extends Real {
            constructor(...all) { super(...all); window.lines.push(this); }
        };
    }
"""


@pytest.fixture
def interview(center: RunningCenter, machine: Machine, errors: list[str]) -> Interview:
    return Interview(center, machine, errors)


@pytest.fixture
def remembering(machine: Machine) -> Machine:
    """Makes machines whose cable can be pulled (`cut_off`)."""

    def make(**more: Any) -> BrowserContext:
        context = machine(**more)
        context.add_init_script(REMEMBER_LINES)
        return context

    return make


def kept(page: Page) -> list[str]:
    """The files in the private file system of the room's browser."""
    names: list[str] = page.evaluate("""async () => {
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names.sort();
    }""")
    return names


def keeping(center: RunningCenter, machine: Machine, errors: list[str]) -> tuple[Interview, str]:
    """An interview that is recorded, and its part; the room has kept some seconds of its own."""
    interview = Interview(center, machine, errors)
    part = interview.begin()
    patiently(lambda: len(kept(interview.room)) == 2)
    interview.seconds(2)
    return interview, part


@contextmanager
def cut_off(interview: Interview) -> Iterator[None]:
    """The room's cable is out: no request gets through, no picture, and nothing on a line that stood."""
    interview.capture.set_offline(True)
    interview.room.evaluate("for (const line of window.lines) line.close()")
    try:
        yield
    finally:
        interview.capture.set_offline(False)


def case_page(interview: Interview) -> str:
    center = interview.center
    console = center.prosecutor.get(f"/interviews/{interview.id}/console").text
    case = re.findall(r"/cases/([0-9a-f]{32})", console)[0]
    cookies = {**dict(center.prosecutor.cookies), "language": "en"}
    return httpx.get(f"{center.address}/cases/{case}", cookies=cookies, timeout=20).text


def safeties(interview: Interview) -> list[str]:
    """The safety recordings that the case page offers to open, each once, in its order."""
    found = re.findall(r'/evidence/([0-9a-f]{32})">Open the safety recording', case_page(interview))
    return list(dict.fromkeys(found))


def ticket(center: RunningCenter, evidence: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((center.folder(evidence) / "part.json").read_text())
    return told


def stretches(
    center: RunningCenter, evidence: str, track: int, hole: float = 0.1
) -> list[tuple[datetime, datetime]]:
    """The media of a track by the wall clock; what follows on within so many seconds is joined."""
    epoch = datetime.fromisoformat(ticket(center, evidence)["epoch"])
    joined: list[tuple[datetime, datetime]] = []
    for one in center.index(evidence):
        if one["track"] != track or one["kind"] != "media":
            continue
        begins = epoch + timedelta(microseconds=one["start"])
        ends = begins + timedelta(microseconds=one["duration"])
        if joined and begins - joined[-1][1] < timedelta(seconds=hole):
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return joined


def covers(center: RunningCenter, evidence: str, begins: datetime, ends: datetime) -> bool:
    """Whether picture and sound of a safety recording run through this time.

    Sound without a hole; pictures may stand for a second, where a test's machine is too busy to make more.
    """
    return all(
        any(start <= begins and ends <= end for start, end in stretches(center, evidence, track, hole))
        for track, hole in ((1, 1.5), (2, 0.1))
    )


def package(interview: Interview, folder: Path) -> dict[str, Any]:
    """The whole interview as a package, and what the verifier says of it."""
    center = interview.center
    person = re.findall(
        r"A prosecutor.*?/staff/([0-9a-f]{32})/link", center.administrator.get("/staff").text, re.S
    )[0]
    amana = [
        sys.executable,
        "-m",
        "amana",
        "export",
        interview.id,
        "--to",
        str(folder),
        "--purpose",
        "hearing",
    ]
    amana += ["--as", person, "--plain", "--data", str(center.settings.data)]
    subprocess.run(amana, check=True, capture_output=True)
    verify = [sys.executable, "-m", "chain_of_custody", "verify", str(folder / "testimony"), "--json"]
    told = subprocess.run(verify, check=False, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(told.stdout)
    return report


def probe(film: Path) -> dict[str, Any]:
    """What ffprobe says of a film, having decoded every frame of it without a word of complaint."""
    asked = ["ffprobe", "-v", "error", "-show_streams", "-count_frames", "-of", "json", str(film)]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert answer.stderr == ""
    (stream,) = json.loads(answer.stdout)["streams"]
    found: dict[str, Any] = stream
    return found


def refuses_what_it_should(center: RunningCenter, interview: str, safety: str) -> None:
    """Nobody but whoever conducts it, nothing but the next records, and nothing that is still needed goes."""
    base = f"/interviews/{interview}/safety/{safety}"

    def answered(client: httpx.Client, path: str, **sent: Any) -> tuple[int, str]:
        response = client.post(base + path, **sent)
        return response.status_code, response.json()["error"]["code"]

    nobody = httpx.Client(base_url=center.address, headers={"origin": center.address})
    records, conducts = "/records?first=1", center.prosecutor
    assert answered(nobody, records, content=b"x") == (401, "not-signed-in")
    assert answered(center.administrator, records, content=b"x") == (403, "forbidden")
    foreign = {"origin": "http://elsewhere.example"}
    assert answered(conducts, records, content=b"x", headers=foreign) == (403, "foreign-origin")
    assert answered(conducts, records, content=bytes(1024 * 1024 + 1)) == (413, "body-too-large")
    assert answered(conducts, records, content=b"not frames") == (422, "safety.refused")
    assert answered(conducts, "/finish", json={"records": 9}) == (409, "safety.order")
    assert answered(conducts, "/finish", json={"records": True}) == (422, "body.malformed")
    assert answered(conducts, "/discard", json={}) == (409, "safety.state")
    stands = conducts.get(base).json()
    assert stands.pop("until") > 0, "until the break"
    assert stands == {"records": 1, "state": "waiting", "wanted": False, "settled": False}


def test_what_a_killed_recorder_lost_is_brought_in_from_the_room(
    interview: Interview,
    tmp_path: Path,
    shots: Shoot,
    chromium_with_cameras: Browser,
    check: Callable[[Page], None],
) -> None:
    center = interview.center
    first = interview.begin()
    expect(interview.console.locator("#waiting")).to_contain_text(
        "The room keeps a safety recording of its own."
    )
    interview.seconds(4)
    center.kill("recorder", interview.id)
    expect(interview.room.locator("#room-word")).to_have_text("Recording on this machine only")
    shots(interview.room, "kept")
    interview.expect_state("recording", "green", 60)
    second = center.status(interview.id)["evidence"]
    (safety,) = patiently(lambda: safeties(interview), 30)
    interview.console.click("#refused-close")
    interview.stop()

    # Picture and sound of the room run through the whole gap between the two parts.
    assert ticket(center, safety)["beside"] == first
    lost = stretches(center, first, 1)[-1][1], stretches(center, second, 1)[0][0]
    assert covers(center, safety, *lost)
    assert "safety recording reaches into this time" in case_page(interview)
    case = re.findall(r"/cases/[0-9a-f]{32}", case_page(interview))[0]
    for language in ("ar", "en"):
        page = context_for(chromium_with_cameras, center, center.cookies, language).new_page()
        for name, path in (("case", case), ("safety", f"/evidence/{safety}"), ("part", f"/evidence/{first}")):
            page.goto(center.address + path)
            check(page)
            shots(page, f"{name}-{language}")
        page.context.close()

    # It is proved like everything else, and its films decode.
    report = package(interview, tmp_path / "package")
    assert report["outcome"] == "consistent", report
    told = {part["evidence"]: part for part in report["items"]}
    assert told[safety]["beside"] == first
    assert [told[one]["beside"] for one in (first, second)] == [None, None]
    films = tmp_path / "package" / "testimony" / "data" / "recordings" / safety
    picture, sound = probe(films / "wide.mp4"), probe(films / "microphone.mp4")
    assert (picture["codec_name"], picture["width"], sound["codec_name"]) == ("h264", 1280, "opus")
    assert int(picture["nb_read_frames"]) > 20 * (lost[1] - lost[0]).total_seconds()

    # It plays for whom may open it, checked before it is shown.
    page = interview.console
    page.goto(f"{center.address}/evidence/{safety}")
    expect(page.locator("h1")).to_contain_text("safety recording of part 1")
    page.check("input[value=review]")
    page.click("#open")
    page.click("#play")
    expect(page.locator("#position")).to_have_text("00:00:02")
    expect(page.locator("#cameras video").first).to_have_js_property("videoWidth", 1280)
    shots(page, "court")
    patiently(lambda: kept(interview.room) == [], 30)


def test_what_a_cut_cable_lost_is_brought_in_while_the_part_goes_on(
    center: RunningCenter, remembering: Machine, errors: list[str], shots: Shoot
) -> None:
    interview = Interview(center, remembering, errors)
    part = interview.begin()
    interview.seconds(3)
    with cut_off(interview):
        expect(interview.room.locator("#room-word")).to_have_text(
            "Recording on this machine only", timeout=8000
        )
        interview.seconds(4)
    interview.expect_state("recording", "green", 20)
    (safety,) = patiently(lambda: safeties(interview), 30)
    assert center.status(interview.id)["evidence"] == part, "the same part goes on"
    interview.stop()
    patiently(lambda: (center.folder(part) / "manifest").exists())
    pairs = itertools.pairwise(stretches(center, part, 1))
    begins, ends = max(((before[1], after[0]) for before, after in pairs), key=lambda gap: gap[1] - gap[0])
    assert ends - begins > timedelta(seconds=3)
    assert covers(center, safety, begins, ends)
    interview.console.goto(f"{center.address}/evidence/{part}")
    expect(interview.console.locator("header.exhibit")).to_contain_text(
        "The room kept a safety recording of its own"
    )
    shots(interview.console, "part")
    patiently(lambda: kept(interview.room) == [], 30)


def test_a_break_taken_while_the_room_was_cut_off_is_not_brought_in(
    center: RunningCenter, remembering: Machine, errors: list[str]
) -> None:
    interview, part = keeping(center, remembering, errors)
    with cut_off(interview):
        interview.seconds(2)
        interview.console.keyboard.press("b")
        interview.console.check("#break-form [value=privileged]")
        interview.console.click("#break-dialog .primary")
        interview.seconds(4)
        assert kept(interview.room), "it cannot know of the break, and records on"
    (safety,) = patiently(lambda: safeties(interview), 40)
    ends_at_the_break(interview, part, safety)
    interview.stop()


def ends_at_the_break(interview: Interview, part: str, safety: str) -> None:
    center = interview.center
    entries = center.status(interview.id)["entries"]
    at = min(one["at"] for one in entries if one["type"] == "break")
    broke = datetime.fromisoformat(ticket(center, part)["epoch"]) + timedelta(microseconds=at)
    for track in (1, 2):
        ends = stretches(center, safety, track)[-1][1]
        assert broke - timedelta(seconds=5) < ends <= broke, (
            "what came after was cut off before it left the room"
        )


def take_and_end_a_break(interview: Interview, seconds: float) -> None:
    console = interview.console
    console.keyboard.press("b")
    console.check("#break-form [value=privileged]")
    console.click("#break-dialog .primary")
    expect(console.locator("#console")).to_have_attribute("data-state", "break")
    interview.seconds(seconds)
    console.keyboard.press("b")
    expect(console.locator("#console")).to_have_attribute("data-state", "recording")


def test_a_break_that_was_over_before_the_room_heard_of_it_is_not_brought_in(
    center: RunningCenter, remembering: Machine, errors: list[str]
) -> None:
    interview, part = keeping(center, remembering, errors)
    with cut_off(interview):
        interview.seconds(2)
        take_and_end_a_break(interview, 3)
        assert kept(interview.room), "it cannot know of the break, and records on"
    (safety,) = patiently(lambda: safeties(interview), 40)
    ends_at_the_break(interview, part, safety)
    interview.stop()


def test_what_a_page_that_died_kept_of_a_break_it_could_not_hear_of_is_not_brought_in(
    center: RunningCenter, remembering: Machine, errors: list[str]
) -> None:
    interview, part = keeping(center, remembering, errors)
    with cut_off(interview):
        interview.seconds(4)
        take_and_end_a_break(interview, 3)
        interview.room.close()
    interview.room = interview.capture.new_page()
    interview.enter_room()
    interview.expect_state("recording", "green", 20)
    (safety,) = patiently(lambda: safeties(interview), 40)
    ends_at_the_break(interview, part, safety)
    interview.stop()


def test_what_a_page_that_died_had_kept_is_brought_in_by_the_next_one(interview: Interview) -> None:
    center = interview.center
    part = interview.begin()
    patiently(lambda: len(kept(interview.room)) == 2)
    interview.seconds(3)
    interview.room.close()
    interview.room = interview.capture.new_page()
    interview.enter_room()
    interview.expect_state("recording", "green", 20)
    (safety,) = patiently(lambda: safeties(interview), 40)
    assert ticket(center, safety)["beside"] == part
    interview.stop()


def test_in_a_break_the_room_records_nothing_and_after_a_normal_end_nothing_is_left(
    interview: Interview,
) -> None:
    center, room = interview.center, interview.room
    interview.begin()
    frames, note = patiently(lambda: len(kept(room)) == 2 and kept(room))
    interview.seconds(2)
    interview.console.keyboard.press("b")
    interview.console.check("#break-form [value=privileged]")
    interview.console.click("#break-dialog .primary")
    interview.expect_state("break", "amber")
    size = """async (name) => {
        const root = await navigator.storage.getDirectory();
        return (await (await root.getFileHandle(name)).getFile()).size;
    }"""
    interview.seconds(1)
    before = room.evaluate(size, frames)
    interview.seconds(2)
    assert (kept(room), room.evaluate(size, frames)) == ([frames, note], before)
    refuses_what_it_should(center, interview.id, frames.removesuffix(".frames"))
    interview.console.keyboard.press("b")
    interview.expect_state("recording", "green")
    patiently(lambda: len(kept(room)) == 4)  # another one, under another key
    interview.stop()
    patiently(lambda: kept(room) == [], 30)
    waiting = (center.settings.spool / "safety").glob("*/part.json")  # of other rooms, perhaps
    assert interview.id not in [json.loads(path.read_text())["interview"] for path in waiting]
    assert safeties(interview) == []


def test_a_room_that_cannot_keep_one_says_so_calmly_and_the_recording_is_not_disturbed(
    center: RunningCenter, machine: Machine, errors: list[str], shots: Shoot
) -> None:
    def without(**more: Any) -> BrowserContext:
        context = machine(**more)
        context.add_init_script("delete window.MediaRecorder")
        return context

    interview = Interview(center, without, errors)
    interview.begin()
    told = "The room keeps no safety recording of its own."
    expect(interview.console.locator("#losses .panel-amber")).to_contain_text(told)
    interview.expect_state("recording", "green")
    assert kept(interview.room) == []
    interview.stop()


def test_a_full_browser_ends_the_safety_recording_and_keeps_what_it_has(interview: Interview) -> None:
    room = interview.room
    interview.begin()
    patiently(lambda: len(kept(room)) == 2)
    devtools = interview.capture.new_cdp_session(room)
    quota = {"origin": interview.center.address, "quotaSize": 1}
    devtools.send("Storage.overrideQuotaForOrigin", quota)
    told = "The room's safety recording has reached its limit."
    expect(interview.console.locator("#losses .panel-amber")).to_contain_text(told)
    interview.expect_state("recording", "green")
    assert len(kept(room)) == 2
    interview.stop()
    patiently(lambda: kept(room) == [], 30)


def test_what_lies_in_the_rooms_browser_is_sealed(
    center: RunningCenter, machine: Machine, errors: list[str], playwright: Playwright, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    capture = playwright.chromium.launch_persistent_context(
        profile, executable_path=EXECUTABLE, args=[*ARGUMENTS, *CAMERAS], permissions=["camera", "microphone"]
    )
    try:
        capture.add_cookies(center.cookies)  # type: ignore[arg-type]
        interview = Interview(center, lambda: capture, errors)
        interview.begin()
        interview.seconds(4)
        files = {path: path.read_bytes() for path in profile.rglob("*") if path.is_file()}
        frames = [data for data in files.values() if b'"kind":"media"' in data]
        assert frames, "the records were not found: this looks in the wrong place"
        for data in frames:
            for mark in (b"ftyp", b"moof", b"mdat", b"avc1", b"Opus", b"webm", b"\x1aE\xdf\xa3"):
                assert mark not in data
        interview.stop()
    finally:
        capture.close()
