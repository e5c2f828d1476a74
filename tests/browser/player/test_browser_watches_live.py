"""`Film` while recording goes on: close behind, verified as far as can be, honest about what it is not."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page

from tests.support.media.made_media import camera, microphone
from tests.support.packages.made_recording import EVIDENCE, MadeRecording, made_recording, seconds
from tests.support.packages.viewing_server import ViewingServer

pytestmark = pytest.mark.browser

WATCH = """async (evidence) => {
  const { Film } = await import("/static/film/film.js");
  const { ask, post } = await import("/static/viewing/server.js");
  const { fromBase64 } = await import("/static/proof/bytes.js");
  const base = "/interviews/1/live";
  const source = {
    records: async (after) => (await (await ask(`${base}/records?after=${after}`)).json()).records,
    message: async (index) => (await ask(`${base}/messages/${evidence}/${index}`)).arrayBuffer(),
    keys: async (indices) => (await post(`${base}/keys`, { evidence, indices })).keys.map(fromBase64),
  };
  const elements = {};
  for (const [name, kind] of [["wide", "video"], ["close", "video"], ["microphone", "audio"]]) {
    elements[name] = document.body.appendChild(document.createElement(kind));
  }
  window.film = new Film(source, true);
  window.said = [];
  for (const kind of ["verified", "failed", "unavailable", "unplayable", "muted"]) {
    film.addEventListener(kind, ({ detail }) => said.push({ kind, ...detail }));
  }
  await film.open();
  film.show(elements);
  film.play();
}"""


def recording(length: int = 14) -> MadeRecording:
    return made_recording(
        {"wide": [camera(length)], "close": [camera(length, "160x90")], "microphone": [microphone(length)]}
    )


def watch(page: Page, server: ViewingServer, viewed: MadeRecording, since: float) -> None:
    """Watch a recorder that began `since` seconds ago."""
    server.view(viewed)
    server.live_since = time.monotonic() - since
    page.evaluate(WATCH, EVIDENCE)


def behind(page: Page, server: ViewingServer) -> float:
    """Seconds between what happens and what is seen."""
    at = page.evaluate("film.at") / 1e6
    return time.monotonic() - server.live_since - float(at)


@pytest.mark.alone  # it measures how late the picture is
def test_the_picture_is_never_more_than_three_seconds_old(page: Page, server: ViewingServer) -> None:
    watch(page, server, recording(), since=4)
    page.wait_for_timeout(2000)
    lags = []
    for _ in range(20):
        page.wait_for_timeout(250)
        lags.append(behind(page, server))
    assert max(lags) < 3
    assert page.evaluate("said.filter((one) => one.kind !== 'verified')") == []


def test_watching_from_the_middle_does_not_fetch_the_beginning(page: Page, server: ViewingServer) -> None:
    viewed = recording(20)
    watch(page, server, viewed, since=12)
    page.wait_for_function("() => film.at > 11e6")  # it may have come to the end by the time it is asked
    early = [record.index for record in viewed.media(1) if record.start < seconds(8)]
    assert not [index for index in early if f"message {index}" in server.asked]


@pytest.mark.alone  # it measures the same
def test_an_altered_fragment_is_said_and_the_live_picture_goes_on(page: Page, server: ViewingServer) -> None:
    viewed = recording()
    broken = viewed.media(1)[5]
    message = bytearray(viewed.messages[broken.index])
    message[200] ^= 1
    viewed.messages[broken.index] = bytes(message)
    watch(page, server, viewed, since=3)
    page.wait_for_function("() => said.some((one) => one.kind === 'failed')")
    (failed,) = page.evaluate("said.filter((one) => one.kind === 'failed')")
    assert (failed["index"], failed["at"]) == (broken.index, seconds(5))
    page.wait_for_function("() => film.at > 7.5e6")
    assert page.evaluate("film.playing")
    assert behind(page, server) < 3
