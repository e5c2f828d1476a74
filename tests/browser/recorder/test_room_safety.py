"""The room's own recording: brought in after a failure, gone after none, never in clear on its disk."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.centers.interview_pages import MICROSECONDS, Interview
from tests.support.centers.running_center import RunningCenter, context_for, patiently
from tests.support.servers.chromium import ARGUMENTS, CAMERAS, EXECUTABLE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Machine = Callable[..., BrowserContext]
Shoot = Callable[[Page, str], None]
Records = list[dict[str, Any]]

LONGER_THAN_A_FRAGMENT = 1500  # ms
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


@pytest.fixture(scope="module")
def recording(center: RunningCenter, lasting_machine: Machine, lasting_errors: list[str]) -> Interview:
    """An interview that is being recorded, in a room whose cable can be pulled (`cut_off`). Each test that
    uses it leaves it recording."""

    def make(**more: Any) -> BrowserContext:
        context = lasting_machine(**more)
        context.add_init_script(REMEMBER_LINES)
        return context

    interview = Interview(center, make, lasting_errors)
    interview.begin()
    return interview


def kept(page: Page) -> list[str]:
    """The files in the private file system of the room's browser."""
    names: list[str] = page.evaluate("""async () => {
        const names = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names.sort();
    }""")
    return names


def keeps(interview: Interview) -> None:
    """Wait until the room has begun a safety recording of its own, and has some of it."""
    patiently(lambda: len(kept(interview.room)) == 2, 30)
    interview.records(1)


@contextmanager
def cut_off(interview: Interview) -> Iterator[int]:
    """The room's cable is out: no request gets through, no picture, and nothing on a line that stood.

    The block runs once the room has recorded for a while by itself. Its value is when that began, in µs on
    the part's timeline.
    """
    since: int = interview.status["elapsed"]
    interview.capture.set_offline(True)
    interview.room.evaluate("for (const line of window.lines) line.close()")
    expect(interview.room.locator("#room-word")).to_have_text("Recording on this machine only")
    interview.console.wait_for_timeout(LONGER_THAN_A_FRAGMENT)
    try:
        yield since
    finally:
        interview.capture.set_offline(False)


def case_page(interview: Interview) -> str:
    cookies = {**dict(interview.center.prosecutor.cookies), "language": "en"}
    return httpx.get(f"{interview.center.address}/cases/{interview.case}", cookies=cookies, timeout=60).text


def safeties(interview: Interview) -> list[str]:
    """The safety recordings that the case page offers to open, each once, in its order."""
    found = re.findall(r'/evidence/([0-9a-f]{32})">Open the safety recording', case_page(interview))
    return list(dict.fromkeys(found))


@contextmanager
def brings_in_one(interview: Interview) -> Iterator[list[str]]:
    """At the end of the block waits for one safety recording more, whose id is then in the list."""
    before, found = safeties(interview), list[str]()
    yield found
    found += patiently(lambda: [one for one in safeties(interview) if one not in before], 60, every=0.5)
    assert len(found) == 1


def ticket(center: RunningCenter, evidence: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((center.folder(evidence) / "part.json").read_text())
    return told


def stretches(
    center: RunningCenter, evidence: str, track: int, hole: float = 0.5, records: Records | None = None
) -> list[tuple[datetime, datetime]]:
    """The media of a track by the wall clock; what follows on within so many seconds is joined.

    `records`: of a part that is not sealed yet.
    """
    epoch = datetime.fromisoformat(ticket(center, evidence)["epoch"])
    joined: list[tuple[datetime, datetime]] = []
    for one in center.index(evidence) if records is None else records:
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


def test_what_a_killed_recorder_lost_is_brought_in_from_the_room_and_a_new_part_begins(
    interview: Interview,
    tmp_path: Path,
    shots: Shoot,
    chromium_with_cameras: Browser,
    check: Callable[[Page], None],
) -> None:
    center, console = interview.center, interview.console
    first = interview.begin()
    expect(console.locator("#waiting")).to_contain_text("The room keeps a safety recording of its own.")
    keeps(interview)
    safe = interview.status["safe"]
    center.kill("recorder", interview.id)
    console.wait_for_selector('#console[data-colour="red"]')
    expect(interview.room.locator("#room-word")).to_have_text("Recording on this machine only")
    shots(interview.room, "kept")
    interview.expect_state("recording", "green")
    second = interview.status["evidence"]
    assert (second != first, interview.status["part"]) == (True, 2)
    expect(console.locator("#refused")).to_contain_text("A new part has begun by itself.")
    (safety,) = patiently(lambda: safeties(interview), 60, every=0.5)
    console.click("#refused-close")
    interview.stop()
    patiently(lambda: (center.folder(first) / "manifest").exists(), 60)
    assert max(one["start"] + one["duration"] for one in center.index(first)) >= safe > 0

    # Picture and sound of the room run through the whole gap between the two parts.
    assert ticket(center, safety)["beside"] == first
    lost = stretches(center, first, 1)[-1][1], stretches(center, second, 1)[0][0]
    assert covers(center, safety, *lost)
    assert "safety recording reaches into this time" in case_page(interview)
    for language in ("ar", "en"):
        page = context_for(chromium_with_cameras, center, center.cookies, language).new_page()
        for name, path in (
            ("case", f"/cases/{interview.case}"),
            ("safety", f"/evidence/{safety}"),
            ("part", f"/evidence/{first}"),
        ):
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
    assert int(picture["nb_read_frames"]) > 3 * (lost[1] - lost[0]).total_seconds()

    # It plays for whom may open it, checked before it is shown.
    page = console
    page.goto(f"{center.address}/evidence/{first}")
    expect(page.locator("header.exhibit")).to_contain_text("The room kept a safety recording of its own")
    page.goto(f"{center.address}/evidence/{safety}")
    expect(page.locator("h1")).to_contain_text("safety recording of part 1")
    page.check("input[value=review]")
    page.click("#open")
    page.click("#play")
    expect(page.locator("#position")).to_have_text("00:00:02")
    expect(page.locator("#cameras video").first).to_have_js_property("videoWidth", 1280)
    shots(page, "court")
    patiently(lambda: kept(interview.room) == [], 30)


def test_in_a_break_or_a_full_browser_the_room_records_nothing_and_after_a_normal_end_nothing_is_left(
    interview: Interview,
) -> None:
    center, console, room = interview.center, interview.console, interview.room
    interview.begin()
    frames, note = patiently(lambda: len(kept(room)) == 2 and kept(room), 30)
    interview.records(1)
    interview.take_break("privileged")
    interview.expect_state("break", "amber")
    size = """async (name) => {
        const root = await navigator.storage.getDirectory();
        return (await (await root.getFileHandle(name)).getFile()).size;
    }"""
    console.wait_for_timeout(LONGER_THAN_A_FRAGMENT)
    before = room.evaluate(size, frames)
    console.wait_for_timeout(LONGER_THAN_A_FRAGMENT)
    assert (kept(room), room.evaluate(size, frames)) == ([frames, note], before)
    refuses_what_it_should(center, interview.id, frames.removesuffix(".frames"))
    interview.end_break()
    interview.expect_state("recording", "green")
    patiently(lambda: len(kept(room)) == 4, 30)  # another one, under another key

    # A full browser ends the safety recording, and keeps what it has.
    devtools = interview.capture.new_cdp_session(room)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": center.address, "quotaSize": 1})
    told = "The room's safety recording has reached its limit."
    expect(console.locator("#losses .panel-amber")).to_contain_text(told)
    interview.expect_state("recording", "green")
    assert len(kept(room)) == 4
    interview.stop()
    patiently(lambda: kept(room) == [], 60)
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


def contents(folder: Path) -> list[bytes]:
    """Of all files below it; some go while it is read."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                found.append(path.read_bytes())
    return found


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
        keeps(interview)
        # A record is on the disk once the browser has written it there.
        frames = patiently(lambda: [data for data in contents(profile) if b'"kind":"media"' in data], 30)
        for data in frames:
            for mark in (b"ftyp", b"moof", b"mdat", b"avc1", b"Opus", b"webm", b"\x1aE\xdf\xa3"):
                assert mark not in data
        interview.stop()
        patiently(lambda: kept(interview.room) == [], 60)
    finally:
        capture.close()


def test_what_a_cut_cable_lost_is_brought_in_while_the_part_goes_on(
    center: RunningCenter, recording: Interview
) -> None:
    part = recording.status["evidence"]
    keeps(recording)
    with brings_in_one(recording) as found, cut_off(recording) as since:
        before = kept(recording.room)
    recording.expect_state("recording", "green")
    assert recording.status["evidence"] == part, "the same part goes on"
    epoch = datetime.fromisoformat(ticket(center, part)["epoch"])
    cut = epoch + timedelta(microseconds=since)
    recorded = stretches(center, part, 1, records=center.live_records(recording.id))
    begins, ends = max(
        ((one[1], after[0]) for one, after in itertools.pairwise(recorded) if after[0] > cut),
        key=lambda gap: gap[1] - gap[0],
    )
    assert ends - begins > timedelta(milliseconds=LONGER_THAN_A_FRAGMENT)
    assert covers(center, found[0], begins, ends)
    patiently(lambda: not set(before) & set(kept(recording.room)), 30)


def test_a_break_taken_while_the_room_was_cut_off_is_not_brought_in(recording: Interview) -> None:
    keeps(recording)
    with brings_in_one(recording) as found, cut_off(recording) as since:
        recording.take_break("privileged")
        recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
        assert kept(recording.room), "it cannot know of the break, and records on"
    ends_at_the_break(recording, found[0], since)
    recording.end_break()
    recording.expect_state("recording", "green")


def ends_at_the_break(interview: Interview, safety: str, since: int) -> None:
    """It has what was before the break that began after the cut (`since`), and nothing of the break."""
    center, status = interview.center, interview.status
    epoch = datetime.fromisoformat(ticket(center, status["evidence"])["epoch"])
    at = min(one["at"] for one in status["entries"] if one["type"] == "break" and one["at"] > since)
    for track in (1, 2):
        ends = (stretches(center, safety, track)[-1][1] - epoch) / timedelta(seconds=1 / MICROSECONDS)
        assert since < ends <= at, "what came after was cut off before it left the room"


def test_a_break_that_was_over_before_the_room_heard_of_it_is_not_brought_in(recording: Interview) -> None:
    keeps(recording)
    with brings_in_one(recording) as found, cut_off(recording) as since:
        with recording.on_break("privileged"):
            recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
        assert kept(recording.room), "it cannot know of the break, and records on"
    ends_at_the_break(recording, found[0], since)
    recording.expect_state("recording", "green")


def test_what_a_page_that_died_kept_of_a_break_it_could_not_hear_of_is_not_brought_in(
    recording: Interview,
) -> None:
    keeps(recording)
    with brings_in_one(recording) as found:
        with cut_off(recording) as since:
            with recording.on_break("privileged"):
                recording.console.wait_for_timeout(2 * LONGER_THAN_A_FRAGMENT)
            recording.room.close()
        recording.room = recording.capture.new_page()
        recording.enter_room()
        recording.expect_state("recording", "green")
    ends_at_the_break(recording, found[0], since)


def test_what_a_page_that_died_had_kept_is_brought_in_by_the_next_one(
    center: RunningCenter, recording: Interview
) -> None:
    part = recording.status["evidence"]
    keeps(recording)
    with brings_in_one(recording) as found:
        recording.reenter_room()
        recording.expect_state("recording", "green")
    assert ticket(center, found[0])["beside"] == part
