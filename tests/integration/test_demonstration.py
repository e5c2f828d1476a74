"""`amana demo` shows what it says it shows, and strangers agree about the package that it makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import bagit
import pytest

from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.errors import NotProved, NotWitnessed
from chain_of_custody.package.opening import open_package
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verify import verify
from tests.support.centers.command_line import amana
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What it leaves, and what it says."""
    folder = tmp_path_factory.mktemp("demonstration") / "kept"
    done = subprocess.run(
        (sys.executable, "-m", "amana", "demo", "--seconds", "5", "--keep", str(folder)),
        capture_output=True,
        text=True,
        check=False,
        # A real center's database, if one is set: the demonstration must not so much as look for it.
        env={**os.environ, "AMANA_DATABASE": "postgresql://amana@/amana?host=/nowhere"},
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
    words = (folder / "nine-words.txt").read_text()
    return verify(open_package(folder / "stick" / "testimony.amana", lambda: words), policy)


@pytest.fixture(scope="module")
def part(demonstration: tuple[Path, str]) -> str:
    """The id of what was recorded."""
    (part,) = sealed(demonstration[0]).parts
    return part.evidence


@pytest.fixture(scope="module")
def served(demonstration: tuple[Path, str]) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """The same center, started again: runs a command as at its terminal."""
    data = ("--data", str(demonstration[0] / "data"))
    program = (sys.executable, "-P", "-m", "amana", "serve", *data, "--port", "0")
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert any("Ctrl-C stops it" in line for line in running.stdout)
            yield lambda *words: amana(*words, *data)
        finally:
            running.terminate()
            running.communicate(timeout=PATIENCE)


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


def test_the_numbers_of_fragments_increase_in_every_film(bag: Path) -> None:
    """ISO/IEC 14496-12 §8.8.5; in a viewing copy over all tracks, one after the other."""
    for film in [*bag.rglob("recordings/*/*.mp4"), *bag.rglob("viewing/*.mp4")]:
        content = film.read_bytes()
        numbers = [int.from_bytes(after[4:8]) for after in content.split(b"\0\0\0\x10mfhd")[1:]]
        assert len(numbers) >= 3 and numbers == sorted(set(numbers)), film.name
    assert numbers == list(range(1, len(numbers) + 1)), "the viewing copy has them all"


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


def test_the_trust_sheet_is_published_with_what_a_court_registers(
    served: Callable[..., subprocess.CompletedProcess[str]], demonstration: tuple[Path, str], tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet"
    told = served("policy", "publish", "--to", str(sheet))
    assert told.returncode == 0, told.stderr
    assert (sheet / "policy.txt").read_bytes() == (demonstration[0] / "policy.txt").read_bytes()
    verifier = (sheet / "verify.html").read_bytes()
    assert verifier == (demonstration[0] / "stick" / "verify.html").read_bytes()
    assert sha256(verifier).hexdigest() in told.stdout.replace(" ", "")
    assert (sheet / "trust-sheet.pdf").read_bytes().startswith(b"%PDF")
    assert "TRIAL KEYS" in told.stdout
    assert served("policy", "publish", "--to", str(sheet)).returncode == 2, "nothing is overwritten"


def test_an_excerpt_is_made_at_the_terminal_is_called_one_and_waits_for_no_witness_for_ever(
    served: Callable[..., subprocess.CompletedProcess[str]], part: str, tmp_path: Path
) -> None:
    who = ("--purpose", "hearing", "--as", "Demonstration prosecutor")
    cut = ("--from", "00:01", "--until", "00:02.500")
    made = served("export", part, "--to", str(tmp_path / "cut"), *who, *cut, "--plain")
    assert made.returncode == 0, made.stderr
    assert "NOT encrypted" in made.stdout
    with pytest.raises(NotWitnessed, match="15 quorum") as unseen:  # the court's witness has ended
        verify(FolderSource(tmp_path / "cut" / "testimony"))
    report = unseen.value.report
    assert [one.extent for one in report.parts] != [None], "an excerpt"
    assert "excerpt" in render.text(report).lower()


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "00:01"),
        ("--from", "00:02", "--until", "00:01"),
        ("--from", "one", "--until", "00:01"),
    ],
)
def test_an_excerpt_that_cannot_be_is_refused_at_the_terminal(
    served: Callable[..., subprocess.CompletedProcess[str]],
    part: str,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    who = ("--purpose", "hearing", "--as", "Demonstration prosecutor")
    told = served("export", part, "--to", str(tmp_path / "cut"), *who, *words)
    assert told.returncode == 2
    assert not (tmp_path / "cut").exists()
