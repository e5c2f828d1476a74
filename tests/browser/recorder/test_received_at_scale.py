"""Received files of every format, and hostile ones, through connections that are cut: each sealed exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from random import Random

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.recorder.test_photographs_at_scale import original
from tests.support.centers.running_center import RunningCenter
from tests.support.media.received_samples import FORMATS, HOSTILE
from tests.support.patience import PATIENCE_MS
from tests.support.servers.cutting_proxy import Cut, CuttingProxy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.repeats]

FILM = Random(19).randbytes(6_000_000)
FILES = {**{f"sample.{name}": data for name, data in FORMATS.items()}, **HOSTILE, "film.mp4": FILM}
ALL = sum(map(len, FILES.values()))


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    """Cuts: within a request; once a piece was kept and not acknowledged; once a file was sealed and not
    acknowledged."""
    proxy = CuttingProxy(
        [
            Cut(ALL // 5, "request"),
            Cut(ALL // 2, "answer", b"/pieces"),
            Cut(ALL * 4 // 5, "answer", b"/finish"),
        ]
    )
    yield proxy
    proxy.stop()


def test_every_format_and_hostile_files_are_sealed_exactly_through_three_cuts(
    chromium_with_cameras: Browser, center: RunningCenter, proxy: CuttingProxy, errors: list[str]
) -> None:
    client = center.invite("A prosecutor with a stick", "prosecutor")
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(proxy={"server": f"socks5://127.0.0.1:{proxy.port}"})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": "en", "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{center.address}/cases/{case}/received")
    page.check("#origin [name=source][value=seizure]")
    page.fill("#giver", "Person B")
    page.set_input_files(
        "#files",
        [
            FilePayload(name=name, mimeType="application/octet-stream", buffer=data)
            for name, data in FILES.items()
        ],
    )
    expect(page.locator("#all-sealed")).to_be_visible(timeout=PATIENCE_MS + len(FILES) * 2_000)
    receipt = page.locator("#receipt-files tr")
    expect(receipt).to_have_count(len(FILES))
    digests = sorted(sha256(data).hexdigest() for data in FILES.values())
    assert sorted(page.locator("#receipt-files .digest").all_text_contents()) == digests
    context.close()
    assert proxy.made == 3

    listed = client.get(f"/cases/{case}/received").text
    ids = re.findall(r'<a href="/photographs/([0-9a-f]{32})">', listed)
    assert sorted(original(client, one) for one in ids) == digests
    shown = set(re.findall(r'dir="ltr"[^>]*>([A-Z0-9]+)<', listed))
    assert {name.upper() for name in FORMATS} <= shown
