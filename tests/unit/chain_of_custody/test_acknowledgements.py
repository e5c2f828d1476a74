"""A court acknowledges: the package is verified first, its key is its own, the receipt is signed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chain_of_custody.__main__ import main
from chain_of_custody.acknowledge import check_prepared, court_key, fingerprint, read_receipt
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.errors import Malformed, SignatureInvalid
from chain_of_custody.package.contents import CourtPackage
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import HOME
from tests.support.packages.court_packages import Center


@pytest.fixture
def acknowledge(honest: tuple[Center, Path], tmp_path: Path) -> Callable[..., int]:
    """Runs the command on a package, under the honest center's policy."""
    (tmp_path / "policy.txt").write_bytes(honest[0].policy.data)

    def run(package: Path, organisation: str = "court.ramallah") -> int:
        files = {"--policy": "policy.txt", "--key": "court.key", "--to": "receipt.json"}
        named = [word for option, name in files.items() for word in (option, str(tmp_path / name))]
        return main(["acknowledge", str(package), *named, "--organisation", organisation])

    return run


def test_the_receipt_names_the_package_and_is_signed_with_the_courts_new_key(
    honest: tuple[Center, Path],
    tmp_path: Path,
    acknowledge: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert acknowledge(honest[1]) == 0
    receipt = read_receipt((tmp_path / "receipt.json").read_bytes())
    package = CourtPackage.open(FolderSource(honest[1]))
    assert receipt["package"] == package.package_digest([max(package.statements)])
    assert (receipt["organisation"], receipt["outcome"]) == ("court.ramallah", "intact")
    key, new = court_key(tmp_path / "court.key")
    assert not new
    said = capsys.readouterr().err
    assert fingerprint(key.public_key().public_bytes_raw()) in said
    assert "A new key of the court" in said
    assert stat.S_IMODE((tmp_path / "court.key").stat().st_mode) == 0o600


def test_the_same_key_signs_again(
    honest: tuple[Center, Path], tmp_path: Path, acknowledge: Callable[..., int]
) -> None:
    assert acknowledge(honest[1]) == 0
    first = read_receipt((tmp_path / "receipt.json").read_bytes())
    (tmp_path / "receipt.json").unlink()
    assert acknowledge(honest[1]) == 0
    assert read_receipt((tmp_path / "receipt.json").read_bytes())["key"] == first["key"]


def test_for_a_package_that_is_not_proved_there_is_neither_key_nor_receipt(
    folder: Path, tmp_path: Path, acknowledge: Callable[..., int]
) -> None:
    made.flip(folder / HOME / "wide.mp4", 700)
    assert acknowledge(folder) == 1
    assert not (tmp_path / "receipt.json").exists()
    assert not (tmp_path / "court.key").exists()


def test_a_receipt_that_is_there_is_not_overwritten(
    honest: tuple[Center, Path], tmp_path: Path, acknowledge: Callable[..., int]
) -> None:
    (tmp_path / "receipt.json").write_bytes(b"mine")
    assert acknowledge(honest[1]) == 2
    assert (tmp_path / "receipt.json").read_bytes() == b"mine"


def test_a_court_is_named_by_a_code(
    honest: tuple[Center, Path], tmp_path: Path, acknowledge: Callable[..., int]
) -> None:
    assert acknowledge(honest[1], "The Court!") == 2
    assert not (tmp_path / "receipt.json").exists()


def test_what_would_fail_afterwards_is_said_before_the_package_is_verified(
    folder: Path, tmp_path: Path, acknowledge: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    made.flip(folder / HOME / "wide.mp4", 700)  # verifying it would end with 1
    assert acknowledge(folder, "The Court!") == 2
    (tmp_path / "receipt.json").write_bytes(b"mine")
    assert acknowledge(folder) == 2
    (tmp_path / "receipt.json").unlink()
    (tmp_path / "court.key").write_bytes(b"not a key")
    assert acknowledge(folder) == 2
    (tmp_path / "court.key").unlink()
    (tmp_path / "court.key").mkdir()
    assert acknowledge(folder) == 2
    said = capsys.readouterr()
    assert not said.out, "no step was begun"
    lines = said.err.splitlines()
    assert all(line.startswith("The receipt cannot be written: ") for line in lines)
    assert len(lines) == 4 and "Errno" not in said.err
    (tmp_path / "court.key").rmdir()
    assert acknowledge(folder) == 1
    assert not (tmp_path / "court.key").exists(), "looking made no key"


def test_a_folder_that_is_not_there_takes_no_receipt(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_prepared(tmp_path / "key", "court", tmp_path / "no" / "receipt.json")
    with pytest.raises(FileNotFoundError):
        check_prepared(tmp_path / "no" / "key", "court", tmp_path / "receipt.json")
    with pytest.raises(Malformed, match="one file"):
        check_prepared(tmp_path / "key", "court", tmp_path / "key")
    check_prepared(tmp_path / "key", "court", tmp_path / "receipt.json")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "court.key"
    court_key(path)
    path.chmod(0o640)
    with pytest.raises(Malformed, match="others can read"):
        court_key(path)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "court.key"
    other = ec.generate_private_key(ec.SECP256R1())
    for content in (
        b"",
        b"not a key",
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(Malformed, match=r"holds (no key that can be used|a key of another kind)"):
            court_key(path)


def test_an_altered_receipt_does_not_hold(
    honest: tuple[Center, Path], tmp_path: Path, acknowledge: Callable[..., int]
) -> None:
    acknowledge(honest[1])
    content = (tmp_path / "receipt.json").read_bytes()
    with pytest.raises(SignatureInvalid):
        read_receipt(content.replace(b"ramallah", b"nablus00"))
    for other in (content + b"\n", b"{}", os.urandom(5000), b" " + content):
        with pytest.raises(Malformed):
            read_receipt(other)
