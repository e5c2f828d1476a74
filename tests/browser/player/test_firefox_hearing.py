"""A hearing in Debian's Firefox: a recording plays to its end; an audience window has nothing excluded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.player.test_browser_shows_an_audience import BEGIN, END, EXCLUDED, recorded
from tests.support.media.made_media import camera, microphone
from tests.support.media.numbered_film import NOTE, RATE, WANDER, excluded
from tests.support.packages.made_recording import EVIDENCE, made_recording
from tests.support.packages.viewing_server import ViewingServer
from tests.support.servers.firefox import Firefox

pytestmark = pytest.mark.browser

OPENED = """async () => {
  const soon = () => new Promise((then) => setTimeout(then, 20));
  while (document.querySelector("#open").disabled) await soon();
  document.querySelector("input[value=hearing]").checked = true;
  document.querySelector("#open").click();
  while (!document.querySelector("#player")?.checkVisibility()) await soon();
}"""
UNHEARD = """async () => {
  const soon = () => new Promise((then) => setTimeout(then, 20));
  document.getElementById("play").click();
  while (!document.getElementById("trouble").checkVisibility()) await soon();
  const ids = ["trouble-what", "trouble-todo", "sound"];
  return ids.map((id) => document.getElementById(id).textContent);
}"""
ENDED = """async () => {
  const soon = () => new Promise((then) => setTimeout(then, 50));
  const said = (id) => document.getElementById(id).textContent;
  const sound = document.querySelector("#stage audio");
  let early = false;
  document.getElementById("play").click();
  while (said("stage-note") !== "The end of this part.") {
    early ||= sound.ended && sound.currentTime - document.getElementById("seek").value > 0.5;
    await soon();
  }
  return [said("verdict"), early];
}"""
SOUGHT = """(moment) => {
  const seek = document.getElementById("seek");
  seek.value = String(moment);
  seek.dispatchEvent(new Event("input"));
}"""
SEEN = """async ([from, to]) => {
  const there = () => [...window.seen].some((number) => number >= from && number < to);
  while (!there()) await new Promise((then) => setTimeout(then, 50));
}"""


@pytest.fixture
def firefox(server: ViewingServer) -> Iterator[Firefox]:
    with Firefox() as firefox:
        firefox.goto(f"{server.address}/blank")
        firefox.add_cookies([{"name": "language", "value": "en"}])
        yield firefox
        assert firefox.troubles == []


def test_it_plays_without_an_output_for_sound_to_its_end_verified(
    firefox: Firefox, server: ViewingServer
) -> None:
    server.view(made_recording({"wide": [camera(4)], "microphone": [microphone(4)]}))
    firefox.goto(f"{server.address}/evidence/{EVIDENCE}")
    firefox.evaluate(OPENED)
    what, todo, sound = firefox.evaluate(UNHEARD)
    assert what == "The sound of Microphone cannot be played from 00:00:00 on."
    assert todo.startswith("Connect speakers or headphones and press “Unmute”, then “Play”.")
    assert sound == "Unmute"
    assert firefox.evaluate(ENDED) == ["Everything verified", False]


def test_no_excluded_picture_or_sound_reaches_the_audience(firefox: Firefox, server: ViewingServer) -> None:
    server.view(recorded())
    firefox.goto(f"{server.address}/evidence/{EVIDENCE}")
    firefox.evaluate(OPENED)
    firefox.press("#audience-open")
    audience = firefox.windows()[1]
    with firefox.within(audience):
        firefox.evaluate(NOTE)
    places = [(turn * 0.6180339887 + 0.05) % 1 for turn in range(40)]
    held = firefox.evaluate(WANDER, [places, 60])
    assert held
    assert [span for span in held if span[0] < END - 0.03 and span[1] > BEGIN + 0.03] == []
    for moment in (BEGIN / 2, END + 1):  # pictures before and after it are shown
        firefox.evaluate(SOUGHT, moment)
        with firefox.within(audience):
            firefox.evaluate(SEEN, [(moment - 1) * RATE, (moment + 1) * RATE])
    with firefox.within(audience):
        numbers = set(firefox.evaluate("() => [...window.seen]"))
    assert excluded(numbers, EXCLUDED) == set()
