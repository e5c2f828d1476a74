"""The search for words in bytes: it must see what is there, or that it finds nothing says nothing."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.byte_search import Search

LATIN, ARABIC = "Zqvwkjx", "ظغضثخذ"
WORD = {LATIN: f"Person {LATIN} of A", ARABIC: f"شخص {ARABIC} من أ"}
SEARCH = Search([LATIN, ARABIC], {"a name": sha256(b"Person A").digest()})


def found(data: bytes) -> list[str]:
    return [one.how for one in SEARCH.look("here", os.urandom(5000) + data + os.urandom(5000))]


@pytest.mark.parametrize("stem", [LATIN, ARABIC])
@pytest.mark.parametrize("spelling", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_word_is_found_in_every_spelling_and_base64_of_it_wherever_it_begins(
    stem: str, spelling: str
) -> None:
    raw = WORD[stem].encode(spelling)
    assert spelling in found(raw)
    assert f"{spelling}, in hexadecimal" in found(raw.hex().upper().encode())
    for before in range(3):
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            assert f"{spelling}, in base64" in found(coded(bytes(before) + raw))


def test_letters_of_another_size_hide_nothing() -> None:
    for changed in (WORD[LATIN].lower(), WORD[LATIN].upper(), WORD[LATIN].title(), "zQvWkJx"):
        assert found(changed.encode())
    assert found(base64.b64encode(WORD[LATIN].lower().encode()))


def test_escapes_of_every_kind_are_read() -> None:
    arabic = WORD[ARABIC]
    assert found(quote(arabic).encode()) == ["percent-encoded"]
    assert found(quote(arabic).lower().encode()) == ["percent-encoded"]
    assert found(quote(arabic).replace("%", "=").encode()) == ["quoted-printable"]
    assert found(json.dumps(arabic).encode()) == ["\\u escapes"]
    assert found("".join(f"&#{ord(letter)};" for letter in arabic).encode()) == ["HTML, decimal"]
    assert found("".join(f"&#x{ord(letter):X};" for letter in arabic).encode()) == ["HTML, hexadecimal"]


def test_what_is_compressed_is_opened_also_in_one_another() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.txt", WORD[LATIN] * 20)
    for data in (
        zlib.compress(WORD[LATIN].encode(), 9),
        zlib.compress(WORD[LATIN].encode(), 1),
        gzip.compress(WORD[LATIN].encode()),
        written.getvalue(),
        gzip.compress(written.getvalue()),
    ):
        assert "utf-8" in found(data)


def test_a_bare_digest_of_a_name_is_found() -> None:
    digest = sha256(b"Person A")
    assert found(digest.digest()) == ["SHA-256 of a name"]
    assert found(digest.hexdigest().encode()) == ["SHA-256 of a name, in hexadecimal"]


def test_nothing_is_found_where_nothing_is() -> None:
    assert found(b"Person A, and nothing else" + base64.b64encode(b"Person B")) == []


def test_files_and_their_names_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(WORD[ARABIC].encode())
    (tmp_path / "folder" / f"{LATIN.lower()}.jpg").write_bytes(b"")
    (tmp_path / "folder" / "b").write_bytes(b"nothing")
    told = {one.where for one in SEARCH.look_in_folder(tmp_path)}
    assert told == {"folder/a", f"the name {tmp_path}/folder/{LATIN.lower()}.jpg"}
