"""browser: proving a court package of one hour in Chromium, plain and sealed.

The package holds two cameras and sound, 1.3 GB, without viewing copies, and lies in the page cache. The page
is a file on the disk with the verifier's modules, under a policy that allows no network. A run is from the
moment the package is chosen (a sealed one: its passphrase typed) to the verdict. So it contains reading the
lists, the index and the statements, and for a sealed file the million rounds between passphrase and key.

"First fragments" is the time until a film can be shown: the first second of every track is proved and in
memory, after all that is proved before any film. The hour's pictures are noise, so none is decoded here.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.center import Center
from bench.hour import record_hour
from bench.tables import Target, spread, table
from chain_of_custody.sealed_packages import seal_folder
from player.passphrases import new_passphrase
from tests.browser.player.package_page import choose, written_page
from tests.browser.player.real_chromium import ARGUMENTS, EXECUTABLE

RATE = 200
"""MB/s that are promised."""
FIRST = 2.0
"""Seconds until the first verified picture."""

_RUN = """async (words) => {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const file = document.getElementById("file").files[0];
  const source = words === null
    ? folderSource(document.getElementById("folder").files)
    : await sealedSource(file, words);
  let [first, total, playing] = [null, 0, null];
  const firstOfEach = async ({ film, records }) => {
    const seen = new Set();
    for (const record of records) {
      if (!["init", "media"].includes(record.kind) || seen.has(`${record.kind} ${record.track}`)) continue;
      seen.add(`${record.kind} ${record.track}`);
      await film.content(record);
    }
    first = since();
  };
  const verdict = await verifyPackage(source, null, {
    playable: (item) => (playing = firstOfEach(item)),
    progress: (_, bytes) => (total = bytes),
  });
  const seconds = since();
  await playing;
  return { outcome: verdict.outcome, seconds, first, bytes: total };
}"""


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and say which targets are met."""
    center = Center(folder / "browser")
    hour = await record_hour(center)
    court = await asyncio.to_thread(
        center.export, hour.interview, hour.evidence, folder / "court", viewing_copies=False
    )
    shutil.rmtree(center.folder)
    words = new_passphrase()
    sealed = await asyncio.to_thread(seal_folder, court, folder / "court.amana", words)
    plain, opened = await asyncio.to_thread(_measure, folder, court, sealed, words, 1 if quick else 5)
    sealed.unlink()
    shutil.rmtree(court)
    size = plain[0]["bytes"] / 1e6
    table(
        f"Proving one hour in Chromium: {hour.records} records, {size / 1000:.2f} GB of films, in the page "
        f"cache; "
        f"median (least–most) of {len(plain)}",
        ("", "seconds", "MB/s", "first fragments, seconds"),
        [_row("a folder", plain), _row("a sealed file", opened)],
    )
    return [
        target
        for what, runs in (("a folder", plain), ("a sealed file", opened))
        for target in (
            Target(f"verification of {what} in Chromium", _middle(_rates(runs)), RATE, True, " MB/s"),
            Target(f"first fragments of {what} in Chromium", _middle(_firsts(runs)), FIRST, unit=" s"),
        )
    ]


def _measure(
    folder: Path, court: Path, sealed: Path, words: str, rounds: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    plain, opened = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(written_page(folder).as_uri())
        for number in range(rounds + 1):
            found = _run(page, court, None), _run(page, sealed, words)
            if number:  # the first round fills the page cache
                plain.append(found[0])
                opened.append(found[1])
        browser.close()
    return plain, opened


def _run(page: Page, package: Path, words: str | None) -> dict[str, Any]:
    choose(page, package, words)
    found: dict[str, Any] = page.evaluate(_RUN, words)
    if found["outcome"] != "consistent":
        raise RuntimeError(f"the browser says {found['outcome']}")
    return found


def _rates(runs: list[dict[str, Any]]) -> list[float]:
    return [one["bytes"] / 1e6 / one["seconds"] for one in runs]


def _firsts(runs: list[dict[str, Any]]) -> list[float]:
    return [one["first"] for one in runs]


def _middle(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]


def _row(name: str, runs: list[dict[str, Any]]) -> tuple[str, ...]:
    return (name, spread([one["seconds"] for one in runs]), spread(_rates(runs), 0), spread(_firsts(runs)))
