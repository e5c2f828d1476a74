"""photographs: the page of a case with five hundred photographs, in Chromium, until it can be used.

The center runs as `amana serve` does. An examiner's case has five hundred JPEGs of two million pixels, sealed
through the service's own interface. A run has a new browser context with an empty cache. It navigates to the
page, scrolls to the list, and presses the button that uncovers the pictures as soon as the page's script
handles it; the ledger records that. It waits until every picture in the window (1280 × 800) is fetched,
decrypted, compared with its record and decoded. Then it presses one control, and waits for the frame that
shows the response.

Before every second run the web process is restarted, so that its caches hold nothing of the case.
"""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from bench.tables import Target, spread, table
from tests.support.centers.running_center import RunningCenter
from tests.support.patience import wait_until
from tests.support.servers.chromium import ARGUMENTS, EXECUTABLE

WITHIN = 1.0
"""Maximum seconds from navigation to the response to the press."""
COUNT = 500
ROUNDS = 5

_WATCH = """
globalThis.moments = {};
addEventListener("DOMContentLoaded", () => {
  moments.page = performance.now();
  document.getElementById("shown").scrollIntoView();
  document.getElementById("look").click();
  const stand = (frame) => {
    const image = frame.querySelector("img");
    return image && image.complete && image.naturalWidth > 0;
  };
  // Asked of the item: to ask what lies in it would lay out all of them, at each look.
  const inSight = (frame) => {
    const { top, bottom } = frame.closest("li").getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const look = () => {
    const seen = [...document.querySelectorAll(".frame[data-shown]")].filter(inSight);
    if (!moments.pictures && seen.length && seen.every(stand)) {
      moments.pictures = performance.now();
      moments.seen = seen.length;
    }
    if (!moments.pictures) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
addEventListener("change", (event) => {
  if (event.target.id !== "intimate") return;
  const shown = () => (moments.answered = performance.now() - event.timeStamp);
  requestAnimationFrame(() => requestAnimationFrame(shown));
}, true);
"""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    count, rounds = (60, 1) if quick else (COUNT, ROUNDS)
    with ThreadPoolExecutor(1) as thread:  # Playwright needs a thread without an event loop
        fresh, again, shown = await asyncio.wrap_future(thread.submit(_measure, folder, count, rounds))
    table(
        f"A page with {count} photographs in Chromium, {shown} of them in the window; seconds since "
        f"navigation, median (least–most) of {rounds}",
        ("", "the list", "its pictures", "a press answered"),
        [_row("just after a start", fresh), _row("again", again)],
    )
    worst = max(run["usable"] for run in (*fresh, *again))
    return [Target(f"a page with {count} photographs usable, the slowest run", worst, WITHIN, unit=" s")]


def _measure(
    folder: Path, count: int, rounds: int
) -> tuple[list[dict[str, float]], list[dict[str, float]], int]:
    center = RunningCenter(folder / "photographs")
    try:
        client = center.invite("An examiner", "examiner")
        case = str(client.post("/cases").url).rsplit("/", 1)[1]
        _fill(client, case, count)
        fresh, again = [], []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
            for _ in range(rounds):
                center.kill("web")
                wait_until(lambda: _answers(client))
                fresh.append(_run(browser, center, client, case))
                again.append(_run(browser, center, client, case))
            browser.close()
        return fresh, again, int(again[0]["seen"])
    finally:
        center.stop()


def _run(browser: Browser, center: RunningCenter, client: httpx.Client, case: str) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(
        [*center.cookies_of(client), {"name": "language", "value": "ar", "url": center.address}]
    )
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(f"{center.address}/cases/{case}/photographs", wait_until="commit")
    page.wait_for_function("() => globalThis.moments?.pictures", timeout=60_000)
    page.locator("label", has=page.locator("#intimate")).click()
    page.wait_for_function("() => globalThis.moments.answered")
    found: dict[str, float] = page.evaluate("moments")
    context.close()
    ms = {name: found[name] / 1000 for name in ("page", "pictures", "answered")}
    return {**ms, "seen": found["seen"], "usable": ms["pictures"] + ms["answered"]}


def _fill(client: httpx.Client, case: str, count: int) -> None:
    """Seal this many different photographs, four at a time."""
    out = io.BytesIO()
    Image.effect_noise((1600, 1250), 50).convert("RGB").save(out, "JPEG", quality=85)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: _add(client, case, out.getvalue(), number), range(count)))


def _add(client: httpx.Client, case: str, jpeg: bytes, number: int) -> None:
    data = jpeg + random.Random(number).randbytes(64)
    announced = {"kind": "photograph", "name": f"DSC_{number:04}.JPG", "size": len(data)}
    digest = sha256(data).hexdigest()
    begun = client.post(f"/cases/{case}/uploads", json={**announced, "digest": digest})
    address = f"/uploads/{begun.raise_for_status().json()['id']}"
    client.post(f"{address}/pieces?offset=0", content=data).raise_for_status()
    while (sealed := client.post(f"{address}/finish", timeout=120)).status_code == 409:
        time.sleep(0.05)  # the child of another file may hold its lock for a moment; the page retries, too
    sealed.raise_for_status()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").status_code == 200
    except httpx.HTTPError:
        time.sleep(0.1)
        return False


def _row(what: str, runs: Sequence[dict[str, float]]) -> tuple[str, str, str, str]:
    return (
        what,
        spread([run["page"] for run in runs]),
        spread([run["pictures"] for run in runs]),
        spread([run["usable"] for run in runs]),
    )
