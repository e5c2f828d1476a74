"""How the tests start the real Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from playwright.sync_api import Browser, Error, Playwright

from tests.support.patience import PATIENCE_MS

EXECUTABLE = "/usr/bin/chromium"
SHELL = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
"""The same engine without windows and menus: half of the processor time. Tests take the whole browser where
cameras are lost and come back, and where certificates are installed; `make test-all` takes it everywhere."""

_WITHOUT = (
    # What its address bar opens is a page of its own, made for each window: two thirds of what a page costs.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # What Playwright leaves out. Of two such lists Chromium heeds the last, so it stands here again.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
ARGUMENTS = [
    "--no-sandbox",  # containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_WITHOUT)}",
]
SOUND = ["--autoplay-policy=no-user-gesture-required"]
"""For pages that play without a press before."""


def cameras(pictures: int = 10) -> list[str]:
    """Arguments for cameras that draw so many pictures a second by themselves.

    Drawing and encoding is most of what a recording costs. As many as of a real camera (30) are needed only
    where the rate matters. The second of the three cameras is a depth camera that no H.264 encoder takes.
    """
    return [
        f"--use-fake-device-for-media-stream=device-count=3,fps={pictures}",
        "--use-fake-ui-for-media-stream",
        "--allow-loopback-in-peer-connection",
    ]


CAMERAS = cameras()
SMALL_CAMERAS = """{
  const real = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (real) navigator.mediaDevices.getUserMedia = (wanted) => real(
    wanted.video ? { ...wanted, video: { ...wanted.video, width: 320, height: 180 } } : wanted
  );
}"""
"""Script for pages whose cameras can do no more: each picture is drawn, encoded twice, decoded and shown."""

_started: list[Browser] = []
_STATE = """() => [
  ...[...document.querySelectorAll("[role=alert]")].filter((one) => one.checkVisibility())
    .map((one) => one.innerText),
  ...[...document.querySelectorAll("video, audio")].map((one) => JSON.stringify({
    name: one.id || one.dataset.track, at: one.currentTime, ready: one.readyState, paused: one.paused,
    seeking: one.seeking, rate: one.playbackRate, error: one.error?.message,
    buffered: Array.from(
      { length: one.buffered.length }, (_, i) => [one.buffered.start(i), one.buffered.end(i)]
    ),
  })),
]"""


def start(playwright: Playwright, args: Sequence[str], program: str = SHELL) -> Browser:
    """Start a browser; until it is closed, `states` shows its pages."""
    browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *args])
    browser.on("context", lambda context: context.set_default_timeout(PATIENCE_MS))
    _started.append(browser)
    return browser


def states() -> Iterator[str]:
    """What every open page shows that tells why a test failed: its alerts, and how far its media are."""
    for browser in filter(Browser.is_connected, _started):
        for page in [page for context in browser.contexts for page in context.pages]:
            try:
                yield "\n    ".join([page.url, *page.evaluate(_STATE)])
            except Error as error:  # a page that has crashed
                yield f"{page.url}: {error.message}"
