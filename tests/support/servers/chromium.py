"""How the tests start the real Chromium."""

from __future__ import annotations

import os

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
