"""The exhibit's page as a judge meets it: opened, checked, played, and loud where it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chain_of_custody.items.recording_contents import Event
from chain_of_custody.statements.statement import SignedStatement
from chain_of_custody.tlog.inclusion_proof import TlogProof
from player.package import verifier_page
from tests.support.frames import frame_of
from tests.support.media.made_media import camera, microphone
from tests.support.packages.made_recording import EVIDENCE, MadeRecording, made_recording, seconds
from tests.support.packages.viewing_server import Trouble, ViewingServer

pytestmark = pytest.mark.browser

ENGLISH = "en"


@pytest.fixture
def exhibit(chromium: Browser, server: ViewingServer) -> Iterator[Page]:
    """A page in English whose console stays silent, about Content-Security-Policy too."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Hebron")
    context.add_cookies([{"name": "language", "value": ENGLISH, "url": server.address}])
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [line for line in said if "Failed to load resource" not in line] == []


def recorded(length: int = 4) -> MadeRecording:
    events = [
        Event("mark", seconds(1), {"text": "<b>the door</b>"}),
        Event("person", seconds(1.5), {"event": "enters", "who": "Person I", "role": "interpreter"}),
        Event("loss", seconds(2), {"track": 1, "packets": 4, "frames": 2, "from": 1900000, "to": 2000000}),
    ]
    tracks = {
        "wide": [camera(length)],
        "close": [camera(length, "160x90")],
        "microphone": [microphone(length)],
    }
    return made_recording(tracks, events)


def alter(recording: MadeRecording, track: int, second: int) -> None:
    index = recording.media(track)[second].index
    message = bytearray(recording.messages[index])
    message[100] ^= 1
    recording.messages[index] = bytes(message)


def go(page: Page, server: ViewingServer, recording: MadeRecording) -> None:
    server.view(recording)
    page.goto(f"{server.address}/evidence/{EVIDENCE}")


def open_it(page: Page, purpose: str = "hearing") -> None:
    page.check(f"input[value={purpose}]")
    page.click("#open")


def states(page: Page) -> list[str]:
    return page.locator("#checks .tag").all_inner_texts()


def test_nothing_is_asked_for_before_a_purpose_is_given(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    exhibit.click("#open")
    assert server.asked == []
    open_it(exhibit)
    expect(exhibit.locator("#player")).to_be_visible()
    assert server.asked[:2] == ["viewings", "proof"]


def test_every_step_is_answered_and_the_opening_itself_is_in_the_history(
    exhibit: Page, server: ViewingServer
) -> None:
    go(exhibit, server, recorded(20))
    open_it(exhibit)
    expect(exhibit.locator("#happened")).to_be_visible()
    assert states(exhibit) == ["as stated", *["proved"] * 7, "during playback"]
    history = exhibit.locator("#history li")
    expect(history.last).to_contain_text("(court) opened the recording. Purpose: hearing in court.")
    expect(exhibit.locator("#custody-sentence")).to_contain_text("Opened by 1 person. Last entry, ")
    expect(exhibit.locator("#registry-title")).to_contain_text("(1 statement)")
    expect(history.last).to_be_hidden()
    exhibit.click("#custody-entries > summary")
    history.last.locator("summary").click()
    expect(history.last).to_contain_text("Recorded by the center's system; not signed by the person.")


def test_played_to_its_end_everything_is_verified_and_said_so(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    open_it(exhibit)
    expect(exhibit.locator("#play")).to_be_focused()
    exhibit.keyboard.press("Space")
    expect(exhibit.locator("#stage-note")).to_have_text("The end of this part.")
    expect(exhibit.locator("#verdict")).to_have_text("Everything verified")
    assert states(exhibit)[-1] == "proved"
    assert exhibit.locator("#strip rect").count() == 1
    expect(exhibit.locator("#strip rect")).to_have_class("verified")
    expect(exhibit.locator("#alarm")).to_be_hidden()


def test_an_altered_second_is_named_in_red_and_never_shown(exhibit: Page, server: ViewingServer) -> None:
    recording = recorded(8)
    alter(recording, 1, 6)
    go(exhibit, server, recording)
    open_it(exhibit)
    exhibit.click("#play")
    alarm = exhibit.locator("#alarm")
    expect(alarm).to_contain_text("Altered at 00:00:06")
    expect(alarm).to_contain_text("Wide camera")
    expect(alarm).to_contain_text("20:15:09 UTC+2")
    expect(exhibit.locator("#position")).to_have_text("00:00:06")
    expect(exhibit.locator("#play")).to_have_attribute("aria-label", "Play")
    expect(exhibit.locator("#strip rect.failed")).to_have_count(1)
    assert states(exhibit)[-1] == "not proved"
    shown = exhibit.locator("#cameras video").first.evaluate("video => video.buffered.end(0)")
    assert shown < 6.1


def test_verifying_everything_lists_every_altered_second(exhibit: Page, server: ViewingServer) -> None:
    recording = recorded(20)
    for second in (16, 18):
        alter(recording, 2, second)
    go(exhibit, server, recording)
    open_it(exhibit)
    exhibit.click("#verify-all")
    expect(exhibit.locator("#verdict-text")).to_contain_text(re.compile(r"^2 of \d+ pieces not as recorded"))
    expect(exhibit.locator("#alarm")).to_contain_text("Altered at 00:00:16")
    expect(exhibit.locator("#alarm-places")).to_have_text("Also at 00:00:18")


def test_a_seal_that_does_not_hold_shows_nothing_of_the_recording(
    exhibit: Page, server: ViewingServer
) -> None:
    recording = recorded()
    recording.manifest = made_recording({"wide": [camera(4)]}).manifest
    go(exhibit, server, recording)
    open_it(exhibit)
    expect(exhibit.locator("#alarm")).to_contain_text("Not proved: The seal")
    expect(exhibit.locator("#player")).to_be_hidden()
    assert not [asked for asked in server.asked if asked.startswith(("message", "keys"))]
    assert states(exhibit)[5:] == ["not proved", "pending", "pending", "pending"]


def test_a_refused_opening_says_why_and_can_be_tried_again(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    server.trouble["viewings"] = Trouble("vault-locked", 423)
    open_it(exhibit)
    expect(exhibit.locator("#trouble")).to_contain_text("It was refused.")
    expect(exhibit.locator("#alarm")).to_be_hidden()
    server.trouble.clear()
    exhibit.click("#open")
    expect(exhibit.locator("#player")).to_be_visible()


def test_a_viewing_that_runs_out_is_amber_and_says_nothing_against_the_recording(
    exhibit: Page, server: ViewingServer
) -> None:
    recording = recorded()
    go(exhibit, server, recording)
    server.trouble[f"message {recording.media(1)[3].index}"] = Trouble("forbidden", 403)
    open_it(exhibit)
    expect(exhibit.locator("#trouble")).to_contain_text("It was refused.")
    expect(exhibit.locator("#alarm")).to_be_hidden()
    assert exhibit.locator("#strip rect.failed").count() == 0


def test_what_was_said_in_the_room_is_text_and_never_markup(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    open_it(exhibit)
    expect(exhibit.locator("#happenings")).to_contain_text("Mark: \u2068<b>the door</b>\u2069")
    assert exhibit.locator("#happenings b").count() == 0


def test_date_and_time_to_the_second_and_the_viewers_name_lie_over_the_picture(
    exhibit: Page, server: ViewingServer
) -> None:
    go(exhibit, server, recorded())
    open_it(exhibit)
    expect(exhibit.locator("#happened")).to_be_visible()
    exhibit.keyboard.press("ArrowRight")  # 5 s, and there are 4
    expect(exhibit.locator("#wall-time")).to_have_text("20:15:07 UTC+2")
    expect(exhibit.locator("#wall-date")).to_have_text("24 November 2026")
    expect(exhibit.locator(".viewer-mark")).to_contain_text("Person V")
    picture, name = frame_of(exhibit.locator("#stage")), frame_of(exhibit.locator(".viewer-mark"))
    assert picture["y"] < name["y"] < picture["y"] + picture["height"]


def test_a_picture_of_another_second_never_stands_under_this_ones_time(
    exhibit: Page, server: ViewingServer
) -> None:
    recording = recorded(30)
    go(exhibit, server, recording)
    open_it(exhibit)
    expect(exhibit.locator("#cameras .coming")).to_have_count(0)
    first = exhibit.locator("#cameras video").first
    expect(first).to_be_visible()
    later = f"message {recording.media(1)[26].index}"
    server.trouble[later] = Trouble("forbidden", 403)  # it does not come
    exhibit.locator("#seek").evaluate("one => { one.value = 26; one.dispatchEvent(new Event('input')); }")
    expect(exhibit.locator("#position")).to_have_text("00:00:26")
    expect(exhibit.locator("#cameras figure").first).to_have_class(re.compile("coming"))
    expect(first).to_be_hidden()


def test_everything_can_be_done_from_the_keyboard(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded(8))
    open_it(exhibit)
    expect(exhibit.locator("#happened")).to_be_visible()
    position = exhibit.locator("#position")
    exhibit.keyboard.press("ArrowRight")
    expect(position).to_have_text("00:00:05")
    exhibit.keyboard.press("Shift+ArrowLeft")
    expect(position).to_have_text("00:00:04")
    exhibit.keyboard.press("Home")
    expect(position).to_have_text("00:00:00")
    exhibit.keyboard.press("c")
    expect(exhibit.locator("#stage")).to_have_attribute("data-layout", "inset")
    exhibit.keyboard.press("m")
    expect(exhibit.locator("#sound")).to_have_text("Unmute")
    exhibit.keyboard.press("Space")
    expect(exhibit.locator("#play")).to_have_attribute("aria-label", "Pause")


def test_a_statement_and_its_proof_can_be_saved_and_checked_elsewhere(
    exhibit: Page, server: ViewingServer
) -> None:
    recording = recorded()
    go(exhibit, server, recording)
    open_it(exhibit)
    exhibit.click("#custody-entries > summary")
    last = exhibit.locator("#history li").last
    last.locator("summary").click()
    saved = []
    for name in ("Save statement", "Save proof"):
        with exhibit.expect_download() as download:
            last.get_by_text(name).click()
        saved.append(download.value.path().read_bytes())
    TlogProof.parse(saved[1]).verify(saved[0], recording.ledger.signer.keys)
    assert SignedStatement.parse(saved[0]).statement.type == "evidence.viewed"


def test_without_a_secure_connection_nothing_is_asked_for(exhibit: Page, server: ViewingServer) -> None:
    exhibit.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    go(exhibit, server, recorded())
    expect(exhibit.locator("#trouble")).to_contain_text("not opened over a secure connection")
    expect(exhibit.locator("#open")).to_be_disabled()


def test_an_interrupted_recording_says_that_it_is_one(exhibit: Page, server: ViewingServer) -> None:
    server.view(made_recording({"wide": [camera(2)], "microphone": [microphone(2)]}, state="interrupted"))
    exhibit.goto(f"{server.address}/evidence/{EVIDENCE}")
    expect(exhibit.locator(".exhibit-line")).to_contain_text("Sealed, interrupted")
    open_it(exhibit)
    expect(exhibit.locator("#history")).to_contain_text("Recording was cut off: the recorder failed.")


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_the_page_fits_its_window_in_arabic_from_right_to_left(
    chromium: Browser, server: ViewingServer, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    go(page, server, recorded())
    open_it(page)
    expect(page.locator("#happened")).to_be_visible()
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".transport").evaluate("e => getComputedStyle(e).direction") == "ltr"
    expect(page.locator("#verdict")).to_have_text("تم التحقق من الكل")
    context.close()


TOLD = """async (cuts) => {
  const { happenings } = await import("/static/exhibit/happenings.js");
  const { Timeline } = await import("/static/film/timeline.js");
  const media = (track, number, at) => ({ kind: "media", track, number, start: at * 1e6, duration: 1e6 });
  const timeline = new Timeline([media(1, 7, 10), media(1, 8, 13), media(2, 7, 11), media(3, 1, 11)], 1e7);
  const header = { senders: [], tracks: [1, 2, 3].map((track) => ({ track, name: `cam${track}` })) };
  const told = happenings({ header, timeline }, [], cuts);
  return told.map(({ sentence }) => sentence.replaceAll(/[\\u2068\\u2069]/g, ""));
}"""


REMARKS = """async (strings) => {
  const { speak } = await import("/static/page/words.js");
  const { remarkText } = await import("/static/verifier/answer.js");
  speak(strings, "en");
  return [1, 2].map((count) => remarkText({ code: "details.missing", values: { count } }));
}"""


def test_a_remark_about_one_entry_is_said_of_one(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    strings = re.search(r'id="strings-en"[^>]*>(.*?)</script>', verifier_page.build().decode(), re.DOTALL)
    assert strings is not None
    assert exhibit.evaluate(REMARKS, json.loads(strings[1])) == [
        "What one entry says in detail: that is not in this package.",
        "What 2 entries say in detail: that is not in this package.",
    ]


TOLD_OF_GAPS = """async () => {
  const { happenings } = await import("/static/exhibit/happenings.js");
  const { Timeline } = await import("/static/film/timeline.js");
  const media = (track, number, at) => ({ kind: "media", track, number, start: at * 1e6, duration: 1e6 });
  const timeline = new Timeline([media(1, 1, 0.5), media(1, 2, 2), media(2, 1, 0.8), media(2, 2, 1.9)], 0);
  const header = { senders: [], tracks: [1, 2].map((track) => ({ track, name: `cam${track}` })) };
  const told = happenings({ header, timeline }, [], null);
  return told.map(({ sentence }) => sentence.replaceAll(/[\\u2068\\u2069]/g, ""));
}"""


def test_a_gap_within_a_second_is_told_by_its_length_alone(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    told = exhibit.evaluate(TOLD_OF_GAPS)
    assert "Nothing was recorded for 0.5 seconds." in told
    assert "cam1: nothing was recorded for 0.5 seconds, until 00:00:02." in told
    assert "cam2: nothing was recorded for 0.8 seconds." in told


TOLD_OF_CLOCKS = """async (events) => {
  const { happenings } = await import("/static/exhibit/happenings.js");
  const { Timeline } = await import("/static/film/timeline.js");
  const header = { senders: [], tracks: [{ track: 1, name: "wide" }] };
  const told = happenings({ header, timeline: new Timeline([], 0) }, events, null);
  return told.map(({ sentence }) => sentence.replaceAll(/[\\u2066-\\u2069]/g, ""));
}"""


def test_whose_clock_jumped_is_told_and_never_the_recorders_for_another(
    exhibit: Page, server: ViewingServer
) -> None:
    go(exhibit, server, recorded())
    step = {"type": "clock.step", "ms": 46}
    clocks = [
        {**step, "at": 1, "clock": "recorder"},
        {**step, "at": 2, "clock": "sender", "track": 1},
        {**step, "at": 3},
        {**step, "at": 4, "clock": "recorder", "ms": "9"},
        {"at": 5, "type": "loss", "track": 1, "frames": None},
    ]
    assert exhibit.evaluate(TOLD_OF_CLOCKS, clocks) == [
        "The recorder's clock jumped by 46 milliseconds.",
        "The clock of the device that sends Wide camera jumped by 46 milliseconds.",
        "The recorder notes: clock.step",
        "The recorder notes: clock.step: ms 9",
        "The recorder notes: loss: frames null",
    ]


def test_what_a_cut_takes_from_one_track_is_not_told_as_silence(exhibit: Page, server: ViewingServer) -> None:
    go(exhibit, server, recorded())
    whole, cut = (exhibit.evaluate(TOLD, cuts) for cuts in (None, {"earlier": True, "later": True}))
    assert len(whole) == len(cut) == 6
    assert not any("in this excerpt" in sentence for sentence in whole)
    # Between two fragments nothing was recorded: that is shown. Before a track's first one it is not: its
    # number is the recorder's word alone.
    hidden = [sentence.split(":")[0] for sentence in cut if "Whether anything was recorded then" in sentence]
    assert sorted(hidden) == ["cam2", "cam2", "cam3", "cam3"]
