"""A package as one sealed file: opened by its passphrase alone, read from anywhere, no byte altered."""

from __future__ import annotations

import io
import json
import os
import tarfile
from base64 import b64encode
from collections.abc import Callable
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from hypothesis import example, given
from hypothesis import strategies as st

from chain_of_custody.encoding.chunked_encryption import CHUNK, SEALED_CHUNK, WINDOW, plain_size, sealed_size
from chain_of_custody.encoding.file_source import FolderSource, fill
from chain_of_custody.encoding.passphrase import normalise
from chain_of_custody.encoding.ustar import END, header, padding
from chain_of_custody.errors import Altered, Incomplete, Malformed, NotProved, WrongPassphrase
from chain_of_custody.package import sealed_file
from chain_of_custody.package.opening import open_package
from chain_of_custody.package.sealed_file import (
    MIN_ITERATIONS,
    SealedSource,
    SealHeader,
    seal_folder,
    write_sealed,
)

WORDS = "legal winner thank year wave sausage worth useful lemon"
NUMBERS = b"0533 1017 0903 1022 1010 0795 1020 0971 0536"
HEAD = SealHeader(bytes(range(16)), iterations=100_000)
MESSAGE_SALT = bytes(range(24))
START = len(HEAD.canonical())
FIRST_CHUNK = START + 56


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of all lengths around a chunk and a window."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "data/recordings/a").mkdir(parents=True)
    (folder / "bagit.txt").write_bytes(b"bag")
    noise = os.urandom(WINDOW * CHUNK * 2 + 5000)
    for number, length in enumerate((0, 1, 511, 512, CHUNK - 512, CHUNK, 100_000, len(noise))):
        (folder / f"data/recordings/a/{number}.mp4").write_bytes(noise[:length])
    return folder


@pytest.fixture(scope="module")
def sealed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = io.BytesIO()
    write_sealed(FolderSource(folder), out, WORDS, HEAD, MESSAGE_SALT)
    return out.getvalue()


@pytest.fixture(scope="module")
def source(sealed: bytes, tmp_path_factory: pytest.TempPathFactory) -> SealedSource:
    return SealedSource(write(tmp_path_factory.mktemp("sealed"), sealed), WORDS)


@pytest.fixture
def altered(sealed: bytes, tmp_path: Path) -> Callable[[int], Path]:
    """The sealed file with another byte at a place."""

    def change(at: int) -> Path:
        return write(tmp_path, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])

    return change


def write(folder: Path, content: bytes) -> Path:
    path = folder / "testimony.amana"
    path.write_bytes(content)
    return path


def seal_archive(archive: bytes, folder: Path) -> Path:
    """Any archive, sealed by the library of others under `WORDS`."""
    line = HEAD.canonical().split(b"\n")[1]
    key = pbkdf2_hmac("sha512", NUMBERS, HEAD.salt, HEAD.iterations, 32)
    encryptor = Cobblestone256Encryptor(key, b"amana/package/v1\x00" + sha256(line).digest())
    return write(folder, HEAD.canonical() + encryptor.update(archive) + encryptor.finalize())


def test_every_file_comes_out_as_it_went_in(folder: Path, source: SealedSource) -> None:
    plain = FolderSource(folder)
    assert source.sizes == plain.sizes
    for path, size in plain.sizes.items():
        assert source.read(path, size) == plain.read(path, size)


@given(data=st.data())
def test_a_file_is_read_from_any_place(data: st.DataObject, folder: Path, source: SealedSource) -> None:
    name = data.draw(st.sampled_from(sorted(source.sizes)))
    content = (folder / name).read_bytes()
    file = source.open(name)
    for _ in range(3):
        start = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40_000) | st.just(len(content)))
        file.seek(start)
        buffer = bytearray(length)
        count = fill(file, memoryview(buffer))
        assert buffer[:count] == content[start : start + length]
    file.close()


def test_the_library_of_others_opens_it_and_tar_lists_it(folder: Path, sealed: bytes) -> None:
    first, second, message = sealed.split(b"\n", maxsplit=2)
    assert first == b"amana/package/v1"
    salt = json.loads(second)["salt"]
    assert json.loads(second) == {"iterations": 100_000, "kdf": "pbkdf2-hmac-sha-512", "salt": salt}
    key = pbkdf2_hmac("sha512", NUMBERS, bytes(range(16)), 100_000, 32)
    decryptor = Cobblestone256Decryptor(key, b"amana/package/v1\x00" + sha256(second).digest())
    archive = decryptor.update(message) + decryptor.finalize()
    with tarfile.open(fileobj=io.BytesIO(archive)) as listed:
        sizes = {info.name: info.size for info in listed.getmembers()}
    assert sizes == dict(FolderSource(folder).sizes)
    assert len(message) == sealed_size(len(archive))


def test_what_the_library_of_others_sealed_is_opened(tmp_path: Path) -> None:
    path = seal_archive(header("bagit.txt", 3) + b"bag" + padding(3) + END, tmp_path)
    assert SealedSource(path, WORDS).read("bagit.txt", 3) == b"bag"


def test_seal_folder_leaves_one_whole_file(folder: Path, tmp_path: Path) -> None:
    path = seal_folder(folder, tmp_path / "testimony.amana", WORDS)
    assert [found.name for found in tmp_path.iterdir()] == ["testimony.amana"]
    assert path.read_bytes().startswith(b'amana/package/v1\n{"iterations":1000000,')
    assert open_package(path, lambda: WORDS).sizes == FolderSource(folder).sizes
    with pytest.raises(FileExistsError):
        seal_folder(folder, path, WORDS)


def test_the_same_folder_is_never_sealed_the_same_way_twice(folder: Path, tmp_path: Path) -> None:
    one = seal_folder(folder, tmp_path / "one", WORDS, MIN_ITERATIONS).read_bytes()
    two = seal_folder(folder, tmp_path / "two", WORDS, MIN_ITERATIONS).read_bytes()
    assert one.split(b"\n")[1] != two.split(b"\n")[1]
    assert one[START : START + 24] != two[START : START + 24]


def test_a_folder_that_cannot_be_a_package_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder/data").mkdir(parents=True)
    (tmp_path / "folder/data/link").symlink_to("/etc/passwd")
    with pytest.raises(Malformed, match="a link"):
        seal_folder(tmp_path / "folder", tmp_path / "out", WORDS, MIN_ITERATIONS)
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    "typed",
    [
        *(WORDS.upper(), WORDS.replace(" ", "-"), WORDS.replace(" ", "\n"), f"  {WORDS}.\r\n"),
        *(WORDS.replace(" ", ", "), WORDS.replace(" ", " – "), WORDS.replace(" ", "،"), WORDS.title()),
        *(WORDS.replace(" ", "\u00a0"), "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in WORDS)),
    ],
)
def test_the_words_are_what_counts_not_how_they_were_typed(typed: str) -> None:
    assert normalise(typed) == NUMBERS


@pytest.mark.parametrize("typed", [WORDS.replace("legal", "lego"), WORDS + " x", WORDS.replace(" ", "")])
def test_other_words_are_another_passphrase(typed: str) -> None:
    assert normalise(typed) != NUMBERS


@example("T\u0344")  # found by fuzzing: a small t composes with what a capital T leaves alone
@given(st.text(max_size=60))
def test_a_passphrase_has_one_spelling(typed: str) -> None:
    try:
        words = normalise(typed)
    except Malformed:
        return
    assert normalise(words.decode()) == words


@pytest.mark.parametrize("typed", ["", " - ", ".", "\ud800", "x" * 1025])
def test_no_passphrase_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="passphrase"):
        normalise(typed)


def test_a_wrong_passphrase_is_told_to_be_wrong(sealed: bytes, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase, match="not the passphrase of this package") as failure:
        SealedSource(write(tmp_path, sealed), WORDS.replace("legal", "lemon"))
    assert (failure.value.step, failure.value.where) == ("1 opening", "testimony.amana")


def test_no_passphrase_at_all_is_said(sealed: bytes, tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="sealed, and no passphrase was given"):
        open_package(write(tmp_path, sealed))


@pytest.mark.parametrize("at", [START, START + 23, START + 24, START + 55])
def test_an_altered_salt_or_commitment_opens_with_no_passphrase(
    altered: Callable[[int], Path], at: int
) -> None:
    with pytest.raises(WrongPassphrase):
        SealedSource(altered(at), WORDS)


def test_an_altered_chunk_is_named_by_its_place_when_it_is_read(altered: Callable[[int], Path]) -> None:
    place = FIRST_CHUNK + 20 * SEALED_CHUNK
    source = SealedSource(altered(place + 77), WORDS)
    assert source.read("bagit.txt", 3) == b"bag"
    with pytest.raises(
        Altered, match=f"altered between its bytes {place} and {place + SEALED_CHUNK}"
    ) as failure:
        source.read("data/recordings/a/7.mp4", 10_000_000)
    assert failure.value.where == "data/recordings/a/7.mp4"


def test_nothing_unauthenticated_is_left_in_the_buffer(altered: Callable[[int], Path]) -> None:
    source = SealedSource(altered(FIRST_CHUNK + 20 * SEALED_CHUNK), WORDS)
    buffer = bytearray(b"\xff" * 3_000_000)
    file = source.open("data/recordings/a/7.mp4")
    with pytest.raises(Altered):
        file.readinto(memoryview(buffer))
    file.close()
    inside = 20 * CHUNK - source._index["data/recordings/a/7.mp4"].offset
    assert buffer[inside : inside + CHUNK] == bytes(CHUNK)


def test_chunks_in_another_order_are_altered(sealed: bytes, tmp_path: Path) -> None:
    one = FIRST_CHUNK + 20 * SEALED_CHUNK
    two, end = one + SEALED_CHUNK, one + 2 * SEALED_CHUNK
    path = write(tmp_path, sealed[:one] + sealed[two:end] + sealed[one:two] + sealed[end:])
    with pytest.raises(Altered, match="altered between its bytes"):
        SealedSource(path, WORDS).read("data/recordings/a/7.mp4", 10_000_000)


def test_an_altered_end_is_told_on_opening(altered: Callable[[int], Path], sealed: bytes) -> None:
    with pytest.raises(Altered, match="altered, cut or extended behind its byte"):
        SealedSource(altered(len(sealed) - 1), WORDS)


@pytest.mark.parametrize("missing", [1, 17, 5000, SEALED_CHUNK + 3, 40 * SEALED_CHUNK + 1000])
def test_a_file_whose_end_is_missing_is_called_that(sealed: bytes, tmp_path: Path, missing: int) -> None:
    with pytest.raises(NotProved, match=r"end is missing|cut or extended") as failure:
        SealedSource(write(tmp_path, sealed[:-missing]), WORDS)
    assert failure.value.step == "1 opening"


def test_a_copy_that_was_broken_off_is_incomplete(sealed: bytes, tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="the sealed file is not whole: its end is missing"):
        SealedSource(write(tmp_path, sealed[: -(40 * SEALED_CHUNK)]), WORDS)


@given(st.integers(0, START + 55))
def test_a_copy_that_stopped_before_its_first_chunk_is_incomplete(
    sealed: bytes, tmp_path_factory: pytest.TempPathFactory, kept: int
) -> None:
    path = write(tmp_path_factory.mktemp("cut"), sealed[:kept])
    with pytest.raises(Incomplete, match="the sealed file is not whole: its end is missing"):
        SealedSource(path, WORDS)


def test_a_message_without_its_last_chunk_is_refused(sealed: bytes, tmp_path: Path) -> None:
    length = len(sealed) - (len(sealed) - FIRST_CHUNK) % SEALED_CHUNK
    with pytest.raises(NotProved, match="no sealed file has this length"):
        SealedSource(write(tmp_path, sealed[:length]), WORDS)


@pytest.mark.parametrize("more", [b"x", bytes(16), bytes(SEALED_CHUNK)])
def test_a_file_that_was_extended_is_refused(sealed: bytes, tmp_path: Path, more: bytes) -> None:
    with pytest.raises(NotProved, match="cut or extended") as failure:
        SealedSource(write(tmp_path, sealed + more), WORDS)
    assert failure.value.step == "1 opening"


@given(st.binary(max_size=200), st.integers(0, START - 1))
def test_of_any_beginning_only_malformed_comes_out(noise: bytes, at: int) -> None:
    for data in (noise, HEAD.canonical()[:at] + noise):
        try:
            head = SealHeader.parse(data)
        except Malformed:
            continue
        assert data.startswith(head.canonical())


@pytest.mark.parametrize(
    "line",
    [
        '{"iterations":99999,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}',
        '{"iterations":10000001,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}',
        '{"iterations":0100000,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}',
        '{"iterations":1e6,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}',
        '{"iterations": 100000,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}',
        '{"kdf":"pbkdf2-hmac-sha-512","iterations":100000,"salt":"SALT"}',
        '{"iterations":100000,"kdf":"pbkdf2-hmac-sha-256","salt":"SALT"}',
        '{"iterations":100000,"kdf":"pbkdf2-hmac-sha-512","salt":"AAAAAAAAAAAAAAAAAAAAAB=="}',
        '{"iterations":100000,"kdf":"pbkdf2-hmac-sha-512","salt":"SALT"}\r',
        '{"iterations":100000,"kdf":"pbkdf2-hmac-sha-512","more":1,"salt":"SALT"}',
    ],
)
def test_the_second_line_has_one_form(line: str) -> None:
    salt = b64encode(bytes(16)).decode()
    assert SealHeader.parse(SealHeader(bytes(16), 100_000).canonical())
    with pytest.raises(Malformed):
        SealHeader.parse(b"amana/package/v1\n" + line.replace("SALT", salt).encode() + b"\n")


@given(st.binary(min_size=16, max_size=16), st.integers(100_000, 10_000_000))
def test_the_lines_are_what_they_say(salt: bytes, iterations: int) -> None:
    head = SealHeader(salt, iterations)
    assert SealHeader.parse(head.canonical()) == head


@given(st.integers(0, 2**40))
def test_a_length_says_how_much_there_is(size: int) -> None:
    assert plain_size(sealed_size(size)) == size


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        END + END,
        header("b", 0) + header("a", 0) + END,
        header("a", 2**53 - 1) + END,
        header("a", 0).replace(b"a\0", b"/\0", 1) + END,
        header("bagit.txt", 0) + bytes(10**6),
    ],
)
def test_an_archive_of_another_form_is_refused_on_opening(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotProved) as failure:
        SealedSource(seal_archive(archive, tmp_path), WORDS)
    assert failure.value.step == "1 opening"


def test_a_file_is_not_read_beyond_the_limit(sealed: bytes, tmp_path: Path) -> None:
    source = SealedSource(write(tmp_path, sealed), WORDS)
    with pytest.raises(Malformed, match="longer than 2 bytes"):
        source.read("bagit.txt", 2)
    with pytest.raises(Incomplete, match="missing"):
        source.read("data/policy.txt", 2)


def test_a_sealed_file_that_changes_while_it_is_read_is_refused(sealed: bytes, tmp_path: Path) -> None:
    path = write(tmp_path, sealed)
    source = SealedSource(path, WORDS)
    path.write_bytes(sealed[:-1])
    with pytest.raises(Altered, match="changing while it is read"):
        source.read("bagit.txt", 3)


def test_what_is_no_sealed_package_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotProved, match="this is no sealed package"):
        SealedSource(write(tmp_path, b"PK\x03\x04"), WORDS)
    with pytest.raises(FileNotFoundError):
        open_package(tmp_path / "nothing", lambda: WORDS)


def test_a_million_rounds_are_what_we_write() -> None:
    assert sealed_file.ITERATIONS == 1_000_000
