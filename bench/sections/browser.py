"""browser: verifying a court package of one hour in Chromium, plain and sealed; loading the court's page.

The package holds two cameras and sound, 1.3 GB, without viewing copies, and is in the page cache. The page is
a file on the disk with the verifier's modules, under a policy that allows no network. A run lasts from the
choice of the package (of a sealed one: from the passphrase) to the verdict. So it includes reading the lists,
the index and the statements, and for a sealed file the million rounds of key derivation.

"First fragments" is the time until a film can be shown: everything that precedes films is verified, and the
first second of every track is verified and in memory. "First picture" is measured in `verify.html` itself, as
a court uses it: from the press on the button until every camera's video element has decoded a picture. For
that the film begins with some seconds of real pictures (720p, H.264); the rest is random bytes.

The scripts of the court's page are loaded over a connection with a round trip of 40 ms (`bench.page_load`).
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import page_load
from bench.center import Center
from bench.hour import Beginning, record_hour
from bench.tables import Target, spread, table
from chain_of_custody.encoding.passphrase import list_text
from chain_of_custody.package.sealed_file import seal_folder
from player.package import verifier_page
from player.package.passphrase import new_passphrase
from tests.support.media.made_media import camera, microphone
from tests.support.packages.package_page import choose, written_page
from tests.support.servers.chromium import ARGUMENTS, EXECUTABLE, SOUND

RATE = 200
"""Minimum MB/s."""
FIRST = 2.0
"""Maximum seconds until the first verified picture."""
LOADED, LOADED_AGAIN = 0.3, 0.05
"""Maximum seconds until the court's page has run the scripts that it waits for, at the first visit and
later."""

REAL = 4
"""Seconds of real pictures and sound at the beginning."""

_WATCH = """
globalThis.firstPicture = new Promise((resolve) => {
  let [pressed, cameras] = [0, 0];
  addEventListener("click", ({ target }) => {
    if (target.id === "verify") pressed = performance.now();
  }, true);
  addEventListener("loadeddata", ({ target }) => {
    if (target.videoWidth > 0) cameras += 1;
    if (cameras === 2) resolve((performance.now() - pressed) / 1000);
  }, true);
});
"""

_RUN = """async ([passphrase, words]) => {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const file = document.getElementById("file").files[0];
  const source = passphrase === null
    ? folderSource(document.getElementById("folder").files)
    : await sealedSource(file, passphrase, new PassphraseWords(words));
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
    """Measure, print, and return the targets."""
    loaded = await _measure_loads(folder, 1 if quick else 7)
    center = Center(folder / "browser")
    hour = await record_hour(center, beginnings=_real_pictures())
    court = await asyncio.to_thread(
        center.export, hour.interview, hour.evidence, folder / "court", viewing_copies=False
    )
    shutil.rmtree(center.folder)
    words = new_passphrase()
    sealed = await asyncio.to_thread(seal_folder, court, folder / "court.amana", words)
    rounds = 1 if quick else 5
    plain, opened = await asyncio.to_thread(_measure, folder, court, sealed, words, rounds)
    shown, shown_sealed = await asyncio.to_thread(_measure_pictures, folder, court, sealed, words, rounds)
    sealed.unlink()
    shutil.rmtree(court)
    size = plain[0]["bytes"] / 1e6
    table(
        f"Proving one hour in Chromium: {hour.records} records, {size / 1000:.2f} GB of films, in the page "
        f"cache; "
        f"median (least–most) of {len(plain)}",
        ("", "seconds", "MB/s", "first fragments, seconds", "first picture in verify.html, seconds"),
        [_row("a folder", plain, shown), _row("a sealed file", opened, shown_sealed)],
    )
    return loaded + [
        target
        for what, runs, pictures in (("a folder", plain, shown), ("a sealed file", opened, shown_sealed))
        for target in (
            Target(f"verification of {what} in Chromium", _middle(_rates(runs)), RATE, True, " MB/s"),
            Target(f"first picture of {what} in Chromium", _middle(pictures), FIRST, unit=" s"),
        )
    ]


async def _measure_loads(folder: Path, rounds: int) -> list[Target]:
    (folder / "nginx").mkdir()
    loads = await asyncio.to_thread(page_load.measure, folder / "nginx", rounds)
    names = {
        page_load.MODULES: "its modules",
        page_load.BUNDLED: "one bundled script",
        page_load.BARE: "no script",
    }
    rows, targets = [], []
    for (line, path), visits in loads.items():
        for visit, found, limit in zip(("first", "again"), visits, (LOADED, LOADED_AGAIN), strict=True):
            ready = [one["ready"] for one in found]
            rows.append(
                (
                    f"{names[path]}, {line}, {visit}",
                    f"{found[0]['requests']:.0f}",
                    spread(ready),
                    spread([one["whole"] for one in found]),
                    spread([one["since"] for one in found]),
                )
            )
            if path == page_load.MODULES and line == "HTTP/2":
                what = f"scripts of the court's page, {visit}"
                targets.append(Target(what, _middle(ready), limit, unit=" s"))
    table(
        f"The scripts of the court's page at a round trip of {page_load.ROUND_TRIP * 1000:.0f} ms; seconds "
        f"until those have run that the page waits for, and until all have arrived, median (least–most) of "
        f"{rounds}",
        ("", "requests", "run, since the first bytes", "all arrived", "run, since navigation"),
        rows,
    )
    return targets


def _measure(
    folder: Path, court: Path, sealed: Path, words: str, rounds: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    plain, opened = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, *SOUND])
        page = browser.new_page()
        page.goto(written_page(folder).as_uri())
        for number in range(rounds + 1):
            found = _run(page, court, None), _run(page, sealed, words)
            if number:  # the first round fills the page cache
                plain.append(found[0])
                opened.append(found[1])
        browser.close()
    return plain, opened


def _real_pictures() -> dict[int, Beginning]:
    cameras = {track: camera(REAL, size="1280x720", track=track) for track in (1, 3)}
    tracks = {**cameras, 2: microphone(REAL, track=2)}
    return {
        track: (made.init, [fragment.content for fragment in made.fragments])
        for track, made in tracks.items()
    }


def _measure_pictures(
    folder: Path, court: Path, sealed: Path, words: str, rounds: int
) -> tuple[list[float], list[float]]:
    file = folder / "verify.html"
    file.write_bytes(verifier_page.build())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*ARGUMENTS, *SOUND])
        found = [
            (_first_picture(browser, file, court, None), _first_picture(browser, file, sealed, words))
            for _ in range(rounds)
        ]
        browser.close()
    file.unlink()
    return [plain for plain, _ in found], [opened for _, opened in found]


def _first_picture(browser: Browser, file: Path, package: Path, words: str | None) -> float:
    """Return the seconds from the press on the button until every camera has a picture to show."""
    page = browser.new_page()
    try:
        page.add_init_script(_WATCH)
        page.goto(f"{file.as_uri()}#en")
        page.set_input_files("#folder" if words is None else "#file", package)
        if words is not None:
            page.fill("#passphrase", words)
        page.check("input[value=none]")
        page.click("#verify")
        return float(page.evaluate("() => globalThis.firstPicture"))
    finally:
        page.close()


def _run(page: Page, package: Path, words: str | None) -> dict[str, Any]:
    choose(page, package, words)
    found: dict[str, Any] = page.evaluate(_RUN, [words, list_text()])
    if found["outcome"] != "consistent":
        raise RuntimeError(f"the browser says {found['outcome']}")
    return found


def _rates(runs: list[dict[str, Any]]) -> list[float]:
    return [one["bytes"] / 1e6 / one["seconds"] for one in runs]


def _firsts(runs: list[dict[str, Any]]) -> list[float]:
    return [one["first"] for one in runs]


def _middle(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]


def _row(name: str, runs: list[dict[str, Any]], pictures: list[float]) -> tuple[str, ...]:
    return (
        name,
        spread([one["seconds"] for one in runs]),
        spread(_rates(runs), 0),
        spread(_firsts(runs)),
        spread(pictures),
    )
