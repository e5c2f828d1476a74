"""A release, built in two clones of this commit under different circumstances: the same to the byte."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.releases import make_key, signers_of, verify

pytestmark = [pytest.mark.alone, pytest.mark.repeats, pytest.mark.starts]

HOUSE = Path(__file__).parents[2]
SITE = "usr/lib/amana/lib/python3.*/site-packages"


def built(clone: Path, key: Path, mask: int = 0o022, **environment: str) -> Path:
    """The folder with the release that `make release` makes in a new clone."""
    subprocess.run(["git", "clone", "--quiet", HOUSE, clone], check=True)
    subprocess.run(["git", "-C", clone, "config", "tar.umask", f"{mask:04o}"], check=True)
    subprocess.run(
        ["make", "-s", "release", f"SIGNING_KEY={key}"],
        cwd=clone,
        check=True,
        env={**os.environ, **environment},
        umask=mask,
    )
    return clone / "build/release"


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk: two clones with their environments would take gigabytes of memory."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def test_two_clones_give_one_release_which_is_verified_and_contains_what_it_says(folder: Path) -> None:
    key = make_key(folder / "key")
    release = built(folder / "first", key)
    (folder / "scratch").mkdir()
    again = built(
        folder / "elsewhere/second",
        key,
        mask=0o077,
        TMPDIR=str(folder / "scratch"),
        TZ="Asia/Hebron",
        LC_ALL="C.UTF-8",
        PYTHONHASHSEED="1",
        DPKG_DEB_THREADS_MAX="1",
    )
    names = sorted(path.name for path in release.iterdir())
    assert names == sorted(path.name for path in again.iterdir())
    assert filecmp.cmpfiles(release, again, names, shallow=False) == (names, [], [])

    (release / "amana-signers").write_text(signers_of(key))
    assert verify(release).count(": OK") == len(names) - 2  # without the list itself and its signature

    [package] = release.glob("*.deb")
    [wheel] = release.glob("*.whl")
    root = folder / "root"
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    inside = (root / "usr/share/doc/amana/amana.cdx.json").read_bytes()
    assert inside == (release / f"{package.name}.cdx.json").read_bytes()

    # The package contains this wheel, and the distributions that its SBOM names and no others.
    [site] = root.glob(SITE)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            assert name.endswith("/RECORD") or (site / name).read_bytes() == archive.read(name), name
    said = {
        f"{one['name'].replace('-', '_')}-{one['version']}.dist-info"
        for one in json.loads(inside)["components"]
        if not one["purl"].startswith("pkg:deb/")
    }
    found = {path.name.lower() for path in site.glob("*.dist-info")}
    assert said == found
