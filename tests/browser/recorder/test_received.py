"""Files received from outside, in a real browser: from the giver's files to the receipt, and saved again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import fits_at
from tests.support.centers.command_line import amana
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import PATIENCE, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIECE = 2_097_152
"""Bytes that are sent at once."""


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a neighbour brings: a film of several pieces, and a folder with two files."""
    folder = tmp_path_factory.mktemp("stick")
    (folder / "VID 1.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * (5 * PIECE // 512))
    (folder / "chat").mkdir()
    (folder / "chat" / "messages.html").write_text("<html><script>alert(1)</script></html>")
    (folder / "chat" / "رسالة.ogg").write_bytes(b"OggS" + bytes(5000))
    return folder


@pytest.mark.parametrize("language", ["en"])
def test_what_others_bring_is_sealed_with_a_receipt_and_saved_again_as_it_came(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    stick: Path,
    tmp_path: Path,
    shots: Callable[[Page, str], None],
    language: str,
) -> None:
    client = center.prosecutor
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": language, "url": center.address}]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{center.address}/cases/{case}/received")
    film = stick / "VID 1.mp4"

    page.set_input_files("#files", film)
    expect(page.locator("#unknown-origin")).to_be_visible()
    page.check("[name=source][value=person]")
    page.fill("#giver", "Person B, her neighbour")
    page.fill("#said", "It began at nine.")
    page.set_input_files("#files", film)
    expect(page.locator("#all-sealed")).to_be_visible()
    expect(page.locator("#unknown-origin")).to_be_hidden()
    page.set_input_files("#folder", stick / "chat")
    expect(page.locator("#receipt-files tr")).to_have_count(3)
    expect(page.locator("#received li")).to_have_count(3)
    shots(page, "received")
    fits_at(page, [390])
    page.set_viewport_size({"width": 1280, "height": 800})

    with page.expect_download() as saving:
        page.click("#save-receipt")
    saving.value.save_as(stick / "receipt.txt")
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "receipt.txt"],
        cwd=stick,
        capture_output=True,
        text=True,
        check=True,
    )
    assert checked.stdout.count(": OK") == 3
    assert sha256(film.read_bytes()).hexdigest() in (stick / "receipt.txt").read_text()

    page.check("[name=source][value=seizure]")
    page.fill("#giver", "Person C, the police")
    page.set_input_files("#files", film)
    again = page.locator("#uploads li").filter(has_text="it is stated that it was given again")
    expect(again).to_have_count(1)
    expect(page.locator("#receipt-giver")).to_have_text("Person C, the police")
    expect(page.locator("#receipt-files tr")).to_have_count(1)
    expect(page.locator("#received li")).to_have_count(3)

    page.get_by_role("link", name="Received file 1").click()
    expect(page.get_by_role("heading", name="Given again")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Person C, the police")
    page.check("#opening [value=review]")
    page.click("#opening .primary")
    expect(page.locator("#checked")).to_be_visible()
    expect(page.locator("#unshown")).to_contain_text("never opened here")
    expect(page.locator("#facts")).to_contain_text("VID 1.mp4")
    expect(page.locator("main")).to_contain_text("It began at nine.")
    shots(page, "one")
    with page.expect_download() as saving:
        page.click("#save")
    saving.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == film.read_bytes()

    page.goto(f"{center.address}/cases/{case}/history")
    expect(page.locator("main")).to_contain_text("Received file of")
    expect(page.locator("main")).to_contain_text("the same file was given again. Source: a seizure.")
    context.close()


def test_somebody_outside_sends_files_by_a_link_and_sees_nothing_of_the_case(
    chromium_with_cameras: Browser,
    center: RunningCenter,
    errors: list[str],
    stick: Path,
    tmp_path: Path,
    shots: Callable[[Page, str], None],
) -> None:
    client, case, link = requested(center)
    context = chromium_with_cameras.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    context.add_cookies([{"name": "language", "value": "en", "url": center.address}])
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{center.address}/give")
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator("#adding")).to_be_hidden()
    page.goto(link)
    page.reload()  # a link that is opened where the page was shown changes the fragment alone
    expect(page.locator("#request")).to_be_visible()
    assert "#" not in page.url
    page.fill("#giver", "Person C, of the company")
    page.set_input_files("#files", stick / "VID 1.mp4")
    expect(page.locator("#all-sealed")).to_be_visible()
    expect(page.locator("#receipt-files tr")).to_have_count(1)
    code = re.findall(r'class="numeral">(\d{4}-\d+)', client.get(f"/cases/{case}").text)[0]
    assert code not in page.content() and case not in page.content()
    shots(page, "give")
    fits_at(page, [390])
    context.close()
    assert len(re.findall("/photographs/[0-9a-f]{32}", client.get(f"/cases/{case}/received").text)) == 1


def test_intake_sends_a_list_through_a_restart_and_writes_a_receipt(
    center: RunningCenter, stick: Path, tmp_path: Path
) -> None:
    client, case, link = requested(center)
    program = tmp_path / "amana-intake.py"
    assert amana("intake", "--save", str(program)).returncode == 0
    (stick / "large.bin").write_bytes(bytes(range(256)) * (100 * 1024 * 1024 // 256))
    files = ["large.bin", "VID 1.mp4", "chat/رسالة.ogg"]
    old = stick / os.fsdecode(b"film \xe9.mp4")  # named in another encoding than UTF-8
    old.write_bytes(b"of an old computer")
    rows = "".join(f"{name},{giver}\n" for name, giver in zip(files, ("Person D", "", ""), strict=True))
    (stick / "files.csv").write_text(f"file,giver\n{rows}", encoding="utf-8")
    receipt = stick / "sent.txt"
    sending = subprocess.Popen(  # -I -S: with nothing but the standard library
        [
            *(sys.executable, "-I", "-S", str(program), link, str(old)),
            *("--list", str(stick / "files.csv"), "--giver", "Person C", "--receipt", str(receipt)),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: arriving(center) is not None)
    center.kill("web")
    _, said = sending.communicate(timeout=PATIENCE)
    assert sending.returncode == 0, said
    assert "4 of 4 files are sealed" in said
    subprocess.run(
        ["sha256sum", "--check", "--strict", receipt.name], cwd=stick, check=True, capture_output=True
    )
    assert len(re.findall("/photographs/[0-9a-f]{32}", client.get(f"/cases/{case}/received").text)) == 4


def requested(center: RunningCenter) -> tuple[httpx.Client, str, str]:
    """A prosecutor, a case, and a link by which files can be sent for it."""
    client = center.prosecutor
    case = str(client.post("/cases").url).rsplit("/", 1)[1]
    until = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"
    form = {"giver": "A company", "source": "organisation", "until": until, "most": "1"}
    made = client.post(f"/cases/{case}/requests", data=form).text
    return client, case, re.findall(r"https?://[^\s\"]+/give#[\w-]{43}", made)[0]


def arriving(center: RunningCenter) -> Path | None:
    """The first segment of a file that is being uploaded."""
    return next((center.settings.data / "spool" / "uploads").glob("*/000002.segment"), None)
