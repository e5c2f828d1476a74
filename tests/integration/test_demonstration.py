"""`amana demo` shows what it says it shows, and strangers agree about the package that it makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from chain_of_custody.errors import NotProved
from chain_of_custody.policy import TrustPolicy
from chain_of_custody.report import Report
from chain_of_custody.sources import FolderSource, open_package
from chain_of_custody.verify import verify

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What it leaves, and what it says."""
    folder = tmp_path_factory.mktemp("demonstration") / "kept"
    done = subprocess.run(
        (sys.executable, "-m", "amana", "demo", "--seconds", "5", "--keep", str(folder)),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def bag(demonstration: tuple[Path, str]) -> Path:
    """The plain package, with the bit that was flipped in it flipped back."""
    folder, said = demonstration
    words = said[said.index("One bit of a plain copy is flipped: byte ") :].split()
    film = folder / "altered-copy" / words[11]
    data = bytearray(film.read_bytes())
    data[int(words[9])] ^= 1
    film.write_bytes(data)
    return folder / "altered-copy" / "testimony"


def sealed(folder: Path) -> Report:
    policy = TrustPolicy.parse((folder / "policy.txt").read_bytes())
    words = (folder / "eight-words.txt").read_text()
    return verify(open_package(folder / "stick" / "testimony.amana", lambda: words), policy)


def test_it_goes_from_camera_to_court_and_catches_a_flipped_bit(demonstration: tuple[Path, str]) -> None:
    folder, said = demonstration
    assert "INTACT" in said
    assert "NOT PROVED, step 12 (records)" in said
    report = sealed(folder)
    assert report.outcome == "intact"
    (part,) = report.parts
    assert part.state == "complete"
    assert report.witnessing.quorum_met and len(report.witnessing.cosigned) == 2
    with pytest.raises(NotProved, match="not what was recorded"):
        verify(FolderSource(folder / "altered-copy" / "testimony"))


def test_bagit_finds_the_bag_valid(bag: Path) -> None:
    assert bagit.Bag(str(bag)).validate()


def test_ffprobe_finds_every_track_and_all_of_them_in_the_viewing_copy(bag: Path) -> None:
    kinds = {}
    for film in [*bag.rglob("recordings/*/*.mp4"), *bag.rglob("viewing/*.mp4")]:
        told = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "json", film],
            check=True,
            capture_output=True,
        )
        assert told.stderr == b"", film.name
        kinds[film.name] = sorted(one["codec_name"] for one in json.loads(told.stdout)["streams"])
    viewing = next(iter(bag.rglob("viewing/*.mp4"))).name
    assert kinds.pop(viewing) == ["h264", "h264", "opus"]
    assert sorted(kinds.values()) == [["h264"], ["h264"], ["opus"]]


def test_pdfsig_finds_the_certificate_signed(bag: Path) -> None:
    told = subprocess.run(
        ["pdfsig", bag / "data" / "certificate.pdf"], check=False, capture_output=True, text=True
    ).stdout
    assert "Signature is Valid" in told and "Total document signed" in told


def test_case_validate_accepts_the_custody_record(bag: Path) -> None:
    validator = Path(sys.executable).with_name("case_validate")
    told = subprocess.run(
        [validator, bag / "data" / "custody.jsonld"], check=False, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stdout
