"""Films of a court package in the browser: played while they are verified, large ones, files that change."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.package.sealed_file import SealHeader, write_sealed
from tests.support.packages import court_packages as made
from tests.support.packages.court_packages import EVIDENCE, SECOND, Center, Recording
from tests.support.packages.package_page import choose, verify_in_browser

pytestmark = pytest.mark.browser

WORDS = "legal winner thank year wave sausage worth useful lemon"

# Verifies the chosen folder while `play` has its way with each item's film, and says what both heard. Which
# of them comes first is a matter of luck; so the verifier, which alone reads into rooms, waits until half of
# it was played.
TOGETHER = """async (play) => {
  const heard = [];
  let hashed = 0;
  const digest = crypto.subtle.digest;
  crypto.subtle.digest = function (name, bytes) {
    if (bytes.byteLength === 70_000) hashed += 1;
    return digest.call(this, name, bytes);
  };
  const seen = { contents: [], errors: [] };
  let [playing, halfPlayed] = [null, null];
  const untilHalf = new Promise((resolve) => (halfPlayed = resolve));
  const source = folderSource(chosen);
  const read = source.read;
  source.read = async (path, start, length, room) => {
    if (room && path.endsWith(".mp4")) await untilHalf;
    return read(path, start, length, room);
  };
  const verdict = await verifyPackage(source, null, {
    playable: ({ film, records }) => {
      film.listen((record, error) => heard.push([record.index, error?.reason ?? null]));
      playing = (async () => {
        const media = records.filter(({ kind }) => kind === "media");
        for (const [place, record] of media.entries()) {
          if (2 * place >= media.length) halfPlayed();
          if (!play(record)) continue;
          try {
            seen.contents.push([record.index, (await film.content(record)).length]);
          } catch (error) {
            seen.errors.push([record.index, error.reason, error.where]);
          }
        }
      })();
    },
  });
  await playing;
  crypto.subtle.digest = digest;
  return { outcome: verdict.outcome, failure: verdict.failure, heard, hashed, ...seen };
}"""


def package(folder: Path, *sizes: int) -> Path:
    """A package with fragments of these sizes, a second each."""
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    recording.add("init", made.init_segment(1, "init"), 1)
    for second, size in enumerate(sizes):
        recording.add("media", os.urandom(size), 1, second * SECOND, SECOND)
    center.seal(recording)
    return center.export(folder, [recording], viewing_copies=False)


def together(page: Page, folder: Path, play: str) -> dict[str, Any]:
    choose(page, folder)
    # The page takes no functions made of text, so the whole expression is one.
    answer: dict[str, Any] = page.evaluate(f"() => ({TOGETHER})({play})")
    return answer


def test_a_film_is_played_while_it_is_verified_and_what_was_played_is_not_hashed_again(
    package_page: Page, tmp_path: Path
) -> None:
    folder = package(tmp_path / "folder", *[70_000] * 60)
    alone = together(package_page, folder, "() => false")
    assert (alone["outcome"], alone["hashed"]) == ("consistent", 60)
    played = together(package_page, folder, "() => true")
    assert played["contents"] == [[index, 70_000] for index in range(2, 62)]
    assert played["outcome"] == "consistent"
    assert 60 <= played["hashed"] <= 90
    assert sorted(index for index, _ in played["heard"]) == list(range(62))
    assert {reason for _, reason in played["heard"]} == {None}


def test_an_altered_fragment_is_never_given_and_the_others_are(package_page: Page, tmp_path: Path) -> None:
    folder = package(tmp_path / "folder", *[70_000] * 12)
    film = folder / f"data/recordings/{EVIDENCE}/wide.mp4"
    made.flip(film, film.stat().st_size - 70_000 * 4 - 1)
    answer = together(package_page, folder, "() => true")
    assert answer["errors"] == [[9, "altered", answer["failure"]["where"]]]
    assert [index for index, _ in answer["contents"]] == [*range(2, 9), *range(10, 14)]
    assert answer["failure"]["fragment"] == {"evidence": EVIDENCE, "index": 9, "at": 7 * SECOND}
    assert answer["heard"].count([9, "altered"]) == 1


@pytest.mark.parametrize("sealed", [False, True])
def test_a_film_larger_than_what_is_read_at_once_is_proved_to_the_last_byte(
    package_page: Page, tmp_path: Path, sealed: bool
) -> None:
    mega = 1024 * 1024
    sizes = [1, 16384, mega - 1, mega, mega + 1, 3 * mega, *[700_000] * 60, 20 * mega, 5, 16 * mega]
    folder = package(tmp_path / "folder", *sizes)
    film = folder / f"data/recordings/{EVIDENCE}/wide.mp4"

    def answer() -> dict[str, Any]:
        if not sealed:
            return verify_in_browser(package_page, folder)
        out = io.BytesIO()
        write_sealed(FolderSource(folder), out, WORDS, SealHeader(bytes(16), 100_000), bytes(24))
        path = tmp_path / "testimony.amana"
        path.write_bytes(out.getvalue())
        return verify_in_browser(package_page, path, WORDS)

    held = answer()
    assert (held["outcome"], held["done"]) == ("consistent", film.stat().st_size)
    made.flip(film, film.stat().st_size - 1)
    assert answer()["failure"]["fragment"]["index"] == len(sizes) + 1


def test_a_file_that_changes_after_it_was_chosen_is_incomplete(package_page: Page, tmp_path: Path) -> None:
    folder = package(tmp_path / "folder", 70_000)
    choose(package_page, folder)
    film = folder / f"data/recordings/{EVIDENCE}/wide.mp4"
    film.write_bytes(film.read_bytes()[:-1])
    answer = package_page.evaluate(
        """async () => {
          const source = folderSource(chosen);
          return (await verifyPackage(source, null)).failure;
        }"""
    )
    assert (answer["step"], answer["kind"]) == ("records", "incomplete")
    assert "wide.mp4, record 2" in answer["where"]
