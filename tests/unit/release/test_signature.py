"""The commands of docs/releases.md on files that were signed, and on what a stranger could make of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.releases import make_key, signers_of, verify

ROOT = Path(__file__).parents[3]
PACKAGE = "amana_1.2.3_amd64.deb"

pytestmark = pytest.mark.starts


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "key")


@pytest.fixture
def release(tmp_path: Path, key: Path) -> Path:
    """A folder with two files, signed; with it the file of those who may sign."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / PACKAGE).write_bytes(b"a package")
    (folder / "requirements.lock").write_bytes(b"a lock")
    sign(folder, key)
    (folder / "amana-signers").write_text(signers_of(key))
    return folder


def sign(folder: Path, *key: Path) -> str:
    done = subprocess.run([ROOT / "release/sign", folder, *key], capture_output=True, text=True, check=True)
    return done.stderr


def test_a_signed_release_is_verified_even_if_only_one_of_its_files_is_there(release: Path) -> None:
    assert re.findall(r"^(.*): OK$", verify(release), re.MULTILINE) == [PACKAGE, "requirements.lock"]
    (release / "requirements.lock").unlink()
    assert f"{PACKAGE}: OK" in verify(release)


@pytest.mark.parametrize("name", [PACKAGE, "SHA256SUMS", "SHA256SUMS.sig"])
def test_a_changed_byte_is_refused(release: Path, name: str) -> None:
    content = bytearray((release / name).read_bytes())
    content[-40 if name.endswith(".sig") else 0] ^= 1
    (release / name).write_bytes(content)
    with pytest.raises(subprocess.CalledProcessError):
        verify(release)


def test_the_digests_of_another_package_under_another_key_are_refused(release: Path, tmp_path: Path) -> None:
    (release / PACKAGE).write_bytes(b"another package")
    signers = (release / "amana-signers").rename(tmp_path / "amana-signers")
    sign(release, make_key(tmp_path / "another"))
    signers.rename(release / "amana-signers")
    with pytest.raises(subprocess.CalledProcessError):
        verify(release)


def test_a_signature_of_the_same_key_for_another_purpose_is_refused(release: Path, key: Path) -> None:
    (release / "SHA256SUMS.sig").unlink()
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", key, release / "SHA256SUMS"]
    subprocess.run(command, check=True)
    with pytest.raises(subprocess.CalledProcessError):
        verify(release)


def test_without_a_key_the_digests_are_there_and_the_old_signature_is_not(release: Path) -> None:
    assert "Not signed" in sign(release)
    assert PACKAGE in (release / "SHA256SUMS").read_text()
    assert not (release / "SHA256SUMS.sig").exists()
    with pytest.raises(subprocess.CalledProcessError):
        verify(release)
