"""The room's own recording: brought in after a failure, gone after none, never in clear on its disk.

What a room keeps while its cable is out is in `test_room_cut_off`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.support.centers.command_line import amana
from tests.support.centers.interview_pages import Interview
from tests.support.centers.running_center import RunningCenter, context_for
from tests.support.centers.safety_recordings import (
    brought_in,
    case_page,
    covers,
    keeps,
    kept,
    safeties,
    stretches,
    ticket,
)
from tests.support.momentary import Shown, reaches
from tests.support.patience import PATIENCE, PATIENCE_MS, wait_until
from tests.support.servers.chromium import ARGUMENTS, CAMERAS, EXECUTABLE, SMALL_CAMERAS

pytestmark = [pytest.mark.browser, pytest.mark.rooms, pytest.mark.slow]

Machine = Callable[..., BrowserContext]
Shoot = Callable[[Page, str], None]

LONGER_THAN_A_FRAGMENT = 1500  # ms


def package(interview: Interview, folder: Path) -> dict[str, Any]:
    """The whole interview as a package, and what the verifier says of it."""
    center = interview.center
    person = re.findall(
        r"A prosecutor.*?/staff/([0-9a-f]{32})/link", center.administrator.get("/staff").text, re.S
    )[0]
    exported = amana(
        *("export", interview.id, "--to", str(folder), "--purpose", "hearing"),
        *("--as", person, "--plain", "--data", str(center.settings.data)),
    )
    assert exported.returncode == 0, exported.stderr
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

    nobody = httpx.Client(base_url=center.address, headers={"origin": center.address}, timeout=PATIENCE)
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
    center: RunningCenter,
    full_size_machine: Machine,
    errors: list[str],
    tmp_path: Path,
    shots: Shoot,
    chromium_with_cameras: Browser,
    check: Callable[[Page], None],
) -> None:
    interview = Interview(center, full_size_machine, errors)
    console = interview.console
    first = interview.begin()
    expect(console.locator("#waiting")).to_contain_text("The room keeps a safety recording of its own.")
    safety = keeps(interview)
    safe = interview.status["safe"]
    colour = Shown(console.locator("#console"), "data-colour")
    word = Shown(interview.room.locator("#room-word"))
    center.kill("recorder", interview.id)
    colour.once("red")
    word.once("Recording on this machine only")
    shots(interview.room, "kept")
    interview.expect_state("recording", "green")
    second = interview.status["evidence"]
    assert (second != first, interview.status["part"]) == (True, 2)
    expect(console.locator("#refused")).to_contain_text("A new part has begun automatically.")
    brought_in(interview, safety)
    console.click("#refused-close")
    interview.stop()
    wait_until(lambda: (center.folder(first) / "manifest").exists())
    wait_until(lambda: kept(interview.room) == [])
    interview.room.close()
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
    expect(page.locator("main")).to_contain_text("The room kept a safety recording of its own")
    page.goto(f"{center.address}/evidence/{safety}")
    expect(page.locator("h1")).to_contain_text("safety recording of part 1")
    page.check("input[value=review]")
    page.click("#open")
    page.click("#play")
    reaches(page.locator("#position"), "00:00:02")
    expect(page.locator("#cameras video").first).to_have_js_property("videoWidth", 1280)
    shots(page, "court")


NOTE_WHETHER_NEEDED = """{
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, ...others) {
        if (message.what === "note" && message.given.needed) globalThis.needed = true;
        return post.call(this, message, ...others);
    };
}"""
"""Something did not get through, and what the room keeps of that time has to be brought in."""


def needed(interview: Interview) -> bool:
    return bool(interview.room.evaluate("globalThis.needed === true"))


def keeps_files(interview: Interview, count: int) -> list[str]:
    """Wait until the room has so many files, unless something of it is needed: then it may never have."""
    wait_until(lambda: len(kept(interview.room)) == count or needed(interview))
    assert not needed(interview)
    return kept(interview.room)


def test_in_a_break_or_a_full_browser_the_room_records_nothing_and_after_a_normal_end_nothing_is_left(
    center: RunningCenter, machine: Machine, errors: list[str]
) -> None:
    """On a busy machine cameras may not get through for a moment, which is no normal end: then once more."""

    def noting(**more: Any) -> BrowserContext:
        context = machine(**more)
        context.add_init_script(NOTE_WHETHER_NEEDED)
        return context

    for more in (True, True, False):
        interview = Interview(center, noting, errors)
        try:
            nothing_is_left(interview)
            return
        except AssertionError:
            if not (more and needed(interview)):
                raise
        if interview.console.locator("#stop").is_visible():
            interview.stop()
        interview.console.close()
        interview.room.close()


def nothing_is_left(interview: Interview) -> None:
    center, console, room = interview.center, interview.console, interview.room
    interview.begin()
    frames, note = keeps_files(interview, 2)
    interview.records(1)
    interview.take_break("privileged")
    interview.expect_state("break", "amber")
    expect(room.locator("#room-word")).to_have_text("Break")
    file = """async (name) => {
        const root = await navigator.storage.getDirectory();
        return await (await root.getFileHandle(name)).getFile();
    }"""
    size = f"async (name) => (await ({file})(name)).size"
    text = f"async (name) => (await ({file})(name)).text()"
    wait_until(lambda: '"ended":true' in room.evaluate(text, note))
    before = room.evaluate(size, frames)
    console.wait_for_timeout(LONGER_THAN_A_FRAGMENT)
    assert (kept(room), room.evaluate(size, frames)) == ([frames, note], before)
    refuses_what_it_should(center, interview.id, frames.removesuffix(".frames"))
    interview.end_break()
    interview.expect_state("recording", "green")
    keeps_files(interview, 4)  # another one, under another key

    # A full browser ends the safety recording, and keeps what it has.
    devtools = interview.capture.new_cdp_session(room)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": center.address, "quotaSize": 1})
    told = "The room's safety recording has reached its limit."
    expect(console.locator("#losses .panel-amber")).to_contain_text(told)
    interview.expect_state("recording", "green")
    assert len(kept(room)) == 4
    interview.stop()
    wait_until(lambda: kept(room) == [])
    waiting = center.settings.spool.glob("writers/*/safety/*/part.json")  # of other rooms, perhaps
    assert interview.id not in [json.loads(path.read_text())["interview"] for path in waiting]
    assert safeties(interview) == []
    assert not needed(interview)


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
        capture.set_default_timeout(PATIENCE_MS)
        capture.add_cookies(center.cookies)  # type: ignore[arg-type]
        capture.add_init_script(SMALL_CAMERAS)
        interview = Interview(center, lambda: capture, errors)
        interview.begin()
        keeps(interview)
        # A record is on the disk once the browser has written it there.
        frames = wait_until(lambda: [data for data in contents(profile) if b'"kind":"media"' in data])
        for data in frames:
            for mark in (b"ftyp", b"moof", b"mdat", b"avc1", b"Opus", b"webm", b"\x1aE\xdf\xa3"):
                assert mark not in data
        interview.stop()
        wait_until(lambda: kept(interview.room) == [])
    finally:
        capture.close()
