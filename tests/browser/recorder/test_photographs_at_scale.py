"""Photographs as a camera makes them, many at once, through connections that are cut: complete and exact.

Four of them here; `make uploads` sends two hundred. Each has 8,000,000 bytes and six million points.
"""

from __future__ import annotations

import base64
import io
import os
import random
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.items.record import Record, check_record
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE_MS
from tests.support.servers.cutting_proxy import Cut, CuttingProxy
from vault.sealing.sealing import open_with_message_key

COUNT = int(os.environ.get("PHOTOGRAPHS", "4"))
SIZE = 8_000_000
"""Bytes of each."""
ALL = COUNT * SIZE
MOST = 65_533
"""Bytes of a comment in a JPEG (ITU-T T.81, section B.2.4.5)."""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1800 + 30 * COUNT)]


def padded(jpeg: bytes, seed: int) -> bytes:
    """The same picture with comments before it: another file for each seed, of exactly `SIZE` bytes."""
    words, comments = random.Random(seed), []
    left = SIZE - len(jpeg)
    while left:
        length = left if left <= MOST + 4 else min(MOST + 4, left - 4)
        comments.append(b"\xff\xfe" + (length - 2).to_bytes(2, "big") + words.randbytes(length - 4))
        left -= length
    return jpeg[:2] + b"".join(comments) + jpeg[2:]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A camera's card."""
    out = io.BytesIO()
    Image.effect_noise((3000, 2000), 50).convert("RGB").save(out, "JPEG", quality=85)
    folder = tmp_path_factory.mktemp("card")
    paths = [folder / f"DSC_{number:04}.JPG" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(padded(out.getvalue(), number))
    return paths


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    """Cuts: within a piece; once a later piece was kept and nobody told; once a file was sealed and nobody
    told."""
    proxy = CuttingProxy(
        [
            Cut(ALL // 5, "request"),
            Cut(ALL // 2, "answer", b"/pieces"),
            Cut(ALL * 4 // 5, "answer", b"/finish"),
        ]
    )
    yield proxy
    proxy.stop()


def original(client: httpx.Client, photograph: str) -> str:
    """SHA-256 of the bytes of one, opened as a browser opens it: each message with its own key, held against
    its record."""
    opened = client.post(f"/evidence/{photograph}/viewings", json={"purpose": "review"}).json()
    records = [Record(**one) for one in opened["records"]]
    pieces = [record for record in records if record.kind == "piece" and record.track == ORIGINAL]
    address = f"/viewings/{opened['viewing']}"
    wanted = {"indices": [record.index for record in pieces]}
    keys = client.post(f"{address}/keys", json=wanted).json()["keys"]
    digest = sha256()
    for record, key in zip(pieces, keys, strict=True):
        message = client.get(f"{address}/messages/{record.index}").content
        digest.update(check_record(record, open_with_message_key(base64.b64decode(key), message)))
    return digest.hexdigest()


def test_photographs_of_eight_megabytes_arrive_complete_and_exact_through_three_cuts(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    card: list[Path],
    proxy: CuttingProxy,
    errors: list[str],
) -> None:
    uploads = center.settings.spool / "uploads"
    before = set(uploads.iterdir()) if uploads.exists() else set()  # of other tests
    client = center.invite("A nurse with a camera", "examiner")
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(proxy={"server": f"socks5://127.0.0.1:{proxy.port}"})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": "en", "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{center.address}/cases/{case}/photographs")
    page.set_input_files("#files", card)
    expect(page.locator("#all-sealed")).to_be_visible(timeout=PATIENCE_MS + COUNT * 20_000)
    # The same again: recognised, nothing added.
    again = page.locator("#uploads li").filter(has_text="was here already")
    expect(again).to_have_count(0)
    page.set_input_files("#files", card[:3])
    expect(again).to_have_count(3)
    context.close()
    assert proxy.made == 3
    assert proxy.sent >= ALL, "all of it went through the connection that was cut"
    listed = client.get(f"/cases/{case}/photographs").text
    sealed = re.findall(r'class="frame" data-id="([0-9a-f]{32})"', listed)
    assert len(sealed) == COUNT
    sent = {sha256(path.read_bytes()).hexdigest() for path in card}
    assert {original(client, one) for one in sealed} == sent
    assert set(uploads.iterdir()) == before, "nothing is left unfinished"
