"""docs/spec/sealed-package.md: its worked example comes out again, and its program opens it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path

import pytest

from chain_of_custody.encoding import passphrase
from chain_of_custody.encoding.chunked_encryption import SALT_SIZE, plain_size
from chain_of_custody.encoding.file_source import FolderSource
from chain_of_custody.encoding.ustar import header
from chain_of_custody.package import sealed_file
from chain_of_custody.package.sealed_file import SealedSource, SealHeader, write_sealed

TEXT = (Path(__file__).parents[3] / "docs" / "spec" / "sealed-package.md").read_text()


def block(name: str) -> str:
    found = re.search(rf"```text {name}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def values(name: str) -> dict[str, bytes]:
    """The values of a block, by their names; lines that begin with white space go on with the one before."""
    joined = re.sub(r"\n +", "", block(name))
    return {
        line.rpartition(" ")[0].strip(): bytes.fromhex(line.rpartition(" ")[2])
        for line in joined.splitlines()
    }


PASSPHRASE = block("passphrase").strip()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, made from what the document gives."""
    folder = tmp_path_factory.mktemp("example")
    for line in block("files").splitlines():
        name, content = re.split(" {2,}", line)
        (folder / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "package" / name).write_text(content + "\n")
    out = io.BytesIO()
    head = SealHeader.parse(block("lines").encode())
    write_sealed(FolderSource(folder / "package"), out, PASSPHRASE, head, values("keys")["salt"])
    (folder / "example.amana").write_bytes(out.getvalue())
    return folder / "example.amana"


def test_the_file_of_the_specification(sealed: Path) -> None:
    content, given = sealed.read_bytes(), values("file")
    assert content.startswith(block("lines").encode())
    assert content.startswith(given["begins with"])
    assert content[len(block("lines")) :].startswith(given["message"])
    assert sha256(content).digest() == given["sha256"]
    message = len(content) - len(block("lines"))
    assert f"The message has {message} bytes, one chunk; the file {len(content)}" in TEXT
    assert f"The archive has {plain_size(message)} bytes" in TEXT


def test_the_keys_of_the_specification() -> None:
    given, head = values("keys"), SealHeader.parse(block("lines").encode())
    assert pbkdf2_hmac("sha512", PASSPHRASE.encode(), head.salt, head.iterations, 32) == given["key"]
    line = block("lines").splitlines()[1].encode()
    assert given["context"] == b"amana/package/v1\0" + sha256(line).digest()
    key = head.message_key(PASSPHRASE, given["salt"])
    assert given["message key"] == key.key + key.base_nonce.to_bytes(12, "big") + key.commitment
    assert values("file")["message"][SALT_SIZE:56] == key.commitment


def test_the_header_of_the_specification() -> None:
    shown = block("header").strip().encode().replace("␀…".encode(), b"\0").replace("␀".encode(), b"\0")
    assert re.sub(rb"\0+", b"\0", header("data/policy.txt", 9)) == re.sub(rb"\0+", b"\0", shown)


@pytest.mark.starts
def test_the_program_of_the_specification_opens_it(sealed: Path, tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert program
    command = [sys.executable, "-c", program[1], str(sealed), str(tmp_path / "out.tar")]
    subprocess.run([*command, *PASSPHRASE.split()], check=True)
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert archive.getnames() == ["bagit.txt", "data/policy.txt"]


def test_our_reader_opens_it(sealed: Path) -> None:
    assert SealedSource(sealed, PASSPHRASE.upper()).read("data/policy.txt", 100) == b"a policy\n"


def test_the_limits_of_the_specification() -> None:
    for number in (
        sealed_file.MIN_ITERATIONS,
        sealed_file.MAX_ITERATIONS,
        sealed_file.ITERATIONS,
    ):
        assert f"{number:,}" in TEXT
    assert f"{passphrase.MAX_PASSPHRASE} letters" in TEXT
    typed, same = re.findall(r"`(Legal-Winner[^`]*)` is the same as `([^`]*)`", TEXT)[0]
    assert passphrase.normalise(typed) == same.encode()
