"""The films of a court package in a browser that knows nothing of us: it opens the files, and they play."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.packages.court_desk import Package

pytestmark = pytest.mark.browser

PLAYS = """async (address) => {
  const film = document.createElement("video");
  film.muted = true;
  film.src = address;
  await film.play();
  await new Promise((resolve, reject) => {
    film.addEventListener("timeupdate", () => film.currentTime > 0.5 && resolve());
    film.addEventListener("error", () => reject(film.error));
  });
  return [film.videoWidth > 0, film.error];
}"""


def test_every_film_and_viewing_copy_plays_by_itself(
    chromium: Browser, plain: Package, tmp_path: Path
) -> None:
    films = sorted((plain.folder / "data").rglob("*.mp4"))
    kinds = {film.relative_to(plain.folder / "data").parts[0] for film in films}
    assert kinds == {"recordings", "viewing"}
    (tmp_path / "page.html").write_text("<!doctype html><title>films</title>")
    page = chromium.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    for film in films:
        has_picture, error = page.evaluate(PLAYS, film.as_uri())
        assert error is None, film.name
        assert has_picture == ("microphone" not in film.name), film.name
    page.close()
