"""The sound of a film is raised and evened out on request, for playing alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.support.media.made_media import camera, microphone
from tests.support.packages.made_recording import EVIDENCE, made_recording
from tests.support.packages.viewing_server import ViewingServer

pytestmark = pytest.mark.browser

LENGTH, LOUD = 8, 4  # seconds; from the second one on it is twenty times as loud
# Everything that is about to sound is measured.
LISTEN = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (...to) {
  if (to[0] === this.context.destination) {
    window.analyser ??= new AnalyserNode(this.context, { fftSize: 8192 });
    connect.call(this, window.analyser);
  }
  return connect.apply(this, to);
};
"""
LEVELS = """async (moments) => {
  const seek = document.getElementById("seek");
  const levels = [];
  for (const moment of moments) {
    seek.value = moment;
    seek.dispatchEvent(new Event("input"));
    if (!document.querySelector("#play.playing")) document.getElementById("play").click(); // it has ended
    const until = moment + 1;
    await new Promise((done) => {
      const look = () => (Number(seek.value) >= until ? done() : requestAnimationFrame(look));
      look();
    });
    const samples = new Float32Array(window.analyser.fftSize);
    window.analyser.getFloatTimeDomainData(samples);
    levels.push(Math.hypot(...samples) / Math.sqrt(samples.length));
  }
  return levels;
}"""


def test_quiet_and_loud_come_closer_and_the_page_says_that_the_recording_is_unchanged(
    chromium: Browser, server: ViewingServer
) -> None:
    sound = microphone(LENGTH, volume=f"'if(lt(t,{LOUD}),0.04,0.8)':eval=frame")
    server.view(made_recording({"wide": [camera(LENGTH)], "microphone": [sound]}))
    page = chromium.new_page(locale="en-GB")
    page.add_init_script(LISTEN)
    page.goto(f"{server.address}/evidence/{EVIDENCE}")
    page.check("input[value=hearing]")
    page.click("#open")
    expect(page.locator("#happened")).to_be_visible()
    page.click("#even")
    expect(page.locator("#stage-note")).to_contain_text("The recording is unchanged.")
    quiet, loud = page.evaluate(LEVELS, [1, LOUD + 1])
    page.click("#even")
    expect(page.locator("#even")).to_have_attribute("aria-pressed", "false")
    plain_quiet, plain_loud = page.evaluate(LEVELS, [1, LOUD + 1])
    assert plain_quiet > 0, "it sounds either way"
    assert quiet > 3 * plain_quiet
    assert loud / quiet < plain_loud / plain_quiet / 2
    assert loud < 2 * plain_loud
    page.close()
