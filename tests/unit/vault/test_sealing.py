"""Sealed messages: the library against a second way to compute them, and every way to spoil one."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import Altered
from vault.sealing.sealing import (
    CHUNK_SIZE,
    Context,
    Kind,
    message_key,
    open_message,
    open_with_message_key,
    seal,
    sealed_size,
)

KEY = bytes(range(32))
CONTEXT = Context(b"d" * 16, b"e" * 16, Kind.MEDIA, 1, 7, hashlib.sha256(b"init").digest()).encode()
VECTORS = json.loads((Path(__file__).parent / "vectors" / "sealed.json").read_text())["vectors"]
SIZES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE, 100_000]


def chunked_encryption(key: bytes, context: bytes, salt: bytes, plaintext: bytes) -> bytes:
    """C2SP chunked-encryption written from its text, HKDF-Expand (RFC 5869) by hand."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    first = hmac.digest(key, info + b"\x01", "sha512")
    derived = first + hmac.digest(key, first + info + b"\x02", "sha512")
    cipher, base, commitment = AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big"), derived[44:76]
    message = salt + commitment
    for number in range(len(plaintext) // 16384 + 1):
        chunk = plaintext[number * 16384 : (number + 1) * 16384]
        message += cipher.encrypt((base ^ number).to_bytes(12, "big"), chunk, None)
    return message


def plaintext_of(size: int) -> bytes:
    return hashlib.shake_128(b"plaintext").digest(size)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['size']} bytes")
def test_a_pinned_message_is_what_the_specification_gives_and_opens(vector: dict[str, str]):
    key, context = bytes.fromhex(vector["data_key"]), bytes.fromhex(vector["context"])
    salt, plaintext = bytes.fromhex(vector["salt"]), plaintext_of(int(vector["size"]))
    message = chunked_encryption(key, context, salt, plaintext)
    assert hashlib.sha256(message).hexdigest() == vector["message_sha256"]
    assert message_key(key, context, salt).hex() == vector["message_key"]
    assert open_message(key, context, message) == plaintext
    assert open_with_message_key(bytes.fromhex(vector["message_key"]), message) == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_sealing_gives_exactly_the_message_of_the_specification(size: int):
    message = seal(KEY, CONTEXT, plaintext_of(size))
    assert len(message) == sealed_size(size)
    assert message == chunked_encryption(KEY, CONTEXT, message[:24], plaintext_of(size))


@given(parts=st.lists(st.binary(max_size=40_000), max_size=4))
def test_parts_are_sealed_as_their_concatenation(parts: list[bytes]):
    assert open_message(KEY, CONTEXT, seal(KEY, CONTEXT, *parts)) == b"".join(parts)


def test_no_two_messages_share_a_salt():
    assert len({seal(KEY, CONTEXT, b"")[:24] for _ in range(100)}) == 100


@pytest.mark.parametrize("size", SIZES)
def test_a_message_key_opens_its_message_and_no_other(size: int):
    message, other = (seal(KEY, CONTEXT, plaintext_of(size)) for _ in range(2))
    key = message_key(KEY, CONTEXT, message[:24])
    assert open_with_message_key(key, message) == plaintext_of(size)
    with pytest.raises(Altered, match="belongs to another message key"):
        open_with_message_key(key, other)


def swapped(message: bytes) -> bytes:
    first, second = message[56 : 56 + 16400], message[56 + 16400 : 56 + 2 * 16400]
    return message[:56] + second + first + message[56 + 2 * 16400 :]


def flipped(place: int):
    return lambda message: message[:place] + bytes([message[place] ^ 1]) + message[place + 1 :]


SPOILT = {
    "empty": lambda message: b"",
    "only its salt": lambda message: message[:24],
    "only its header": lambda message: message[:56],
    "last byte missing": lambda message: message[:-1],
    "last chunk missing": lambda message: message[: 56 + 2 * 16400],
    "last two chunks missing": lambda message: message[: 56 + 16400],
    "a chunk cut in the middle": lambda message: message[: 56 + 16400 + 100],
    "a byte too many": lambda message: message + b"\x00",
    "another message behind it": lambda message: message + message,
    "two chunks swapped": swapped,
    "a chunk twice": lambda message: message[: 56 + 16400] + message[56:],
    "a bit of the commitment": flipped(30),
    "a bit of the first chunk": flipped(56),
    "a bit of the first tag": flipped(56 + 16399),
    "a bit of the last chunk": flipped(56 + 2 * 16400),
    "a bit of the last tag": flipped(-1),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_message_is_refused_by_both_keys(spoil):
    message = seal(KEY, CONTEXT, plaintext_of(2 * CHUNK_SIZE + 500))
    key = message_key(KEY, CONTEXT, message[:24])
    with pytest.raises(Altered):
        open_message(KEY, CONTEXT, spoil(message))
    with pytest.raises(Altered):
        open_with_message_key(key, spoil(message))


def test_another_salt_is_refused_by_the_data_key_and_not_seen_by_the_message_key():
    # A message key no longer depends on the salt: whoever holds only that checks the message's digest.
    message = seal(KEY, CONTEXT, b"fragment")
    key = message_key(KEY, CONTEXT, message[:24])
    with pytest.raises(Altered):
        open_message(KEY, CONTEXT, flipped(3)(message))
    assert open_with_message_key(key, flipped(3)(message)) == b"fragment"


def test_another_context_is_refused():
    right = Context(b"d" * 16, b"e" * 16, Kind.MEDIA, 1, 7, bytes(32))
    message = seal(KEY, right.encode(), b"fragment")
    for wrong in (
        Context(b"D" * 16, b"e" * 16, Kind.MEDIA, 1, 7, bytes(32)),
        Context(b"d" * 16, b"E" * 16, Kind.MEDIA, 1, 7, bytes(32)),
        Context(b"d" * 16, b"e" * 16, Kind.EVENT, 1, 7, bytes(32)),
        Context(b"d" * 16, b"e" * 16, Kind.MEDIA, 2, 7, bytes(32)),
        Context(b"d" * 16, b"e" * 16, Kind.MEDIA, 1, 8, bytes(32)),
        Context(b"d" * 16, b"e" * 16, Kind.MEDIA, 1, 7, b"\x01" + bytes(31)),
    ):
        with pytest.raises(Altered, match="does not open under this key and context"):
            open_message(KEY, wrong.encode(), message)


def test_another_data_key_is_refused():
    with pytest.raises(Altered):
        open_message(os.urandom(32), CONTEXT, seal(KEY, CONTEXT, b"fragment"))


def test_a_context_is_encoded_as_the_specification_says():
    encoded = Context(b"\x11" * 16, b"\x22" * 16, Kind.INIT, 3, 4, b"\x33" * 32).encode()
    expected = b"amana/sealed/v1\x00".hex() + "11" * 16 + "22" * 16 + "01" + "00000003" + "0000000000000004"
    assert encoded.hex() == expected + "33" * 32


@pytest.mark.parametrize(
    "fields",
    [
        (b"short", b"e" * 16, 2, 1, 7, bytes(32)),
        (b"d" * 16, b"e" * 17, 2, 1, 7, bytes(32)),
        (b"d" * 16, b"e" * 16, 5, 1, 7, bytes(32)),
        (b"d" * 16, b"e" * 16, 2, 1 << 32, 7, bytes(32)),
        (b"d" * 16, b"e" * 16, 2, -1, 7, bytes(32)),
        (b"d" * 16, b"e" * 16, 2, 1, 1 << 64, bytes(32)),
        (b"d" * 16, b"e" * 16, 2, 1, 7, bytes(31)),
    ],
)
def test_a_context_that_could_not_be_encoded_unambiguously_is_a_mistake(fields):
    with pytest.raises(ValueError, match=r"bytes|known|range"):
        Context(*fields)


def test_keys_of_another_length_are_a_mistake_of_the_caller():
    message = seal(KEY, CONTEXT, b"fragment")
    with pytest.raises(ValueError, match="32"):
        seal(b"short", CONTEXT, b"fragment")
    with pytest.raises(ValueError, match="32"):
        open_message(b"short", CONTEXT, message)
    with pytest.raises(ValueError, match="a salt is 24"):
        message_key(KEY, CONTEXT, b"short")
    with pytest.raises(ValueError, match="76 bytes"):
        open_with_message_key(b"short", message)


VIEWER = """
import sys
from vault.errors import Altered
from vault.sealing.sealing import open_message, open_with_message_key
data_key, context, message_key, message = (bytes.fromhex(sys.stdin.readline()) for _ in range(4))
for opening, *keys in ((open_message, data_key, context), (open_with_message_key, message_key)):
    try:
        opening(*keys, message)
        print("opened", flush=True)
    except Altered:
        print("refused", flush=True)
    sys.stdin.readline()
"""


def memory_of(process: int) -> bytes:
    """All memory that the process can write to."""
    found = []
    with Path(f"/proc/{process}/maps").open() as maps, Path(f"/proc/{process}/mem").open("rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(address, 16) for address in place.split("-"))
                memory.seek(start)
                with contextlib.suppress(OSError):
                    found.append(memory.read(end - start))
    return b"".join(found)


@pytest.mark.starts
def test_after_a_refusal_the_plaintext_of_the_chunks_before_is_nowhere_in_memory():
    # The first forty chunks are authentic and are decrypted before the last one fails.
    plaintext = os.urandom(40 * CHUNK_SIZE)
    message = flipped(-1)(seal(KEY, CONTEXT, plaintext))
    given = (KEY, CONTEXT, message_key(KEY, CONTEXT, message[:24]), message)
    traces = [plaintext[at : at + 24] for at in range(1000, len(plaintext), CHUNK_SIZE)]
    command = [sys.executable, "-c", VIEWER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewer:
        assert viewer.stdin
        assert viewer.stdout
        viewer.stdin.write("".join(f"{value.hex()}\n" for value in given))
        for _ in ("with the data key", "with the message key"):
            viewer.stdin.flush()
            assert viewer.stdout.readline() == "refused\n"
            try:
                memory = memory_of(viewer.pid)
            except PermissionError:
                viewer.kill()
                pytest.skip("this system does not let a parent read its child's memory")
            assert KEY in memory
            assert [trace in memory for trace in traces] == [False] * 40
            viewer.stdin.write("\n")
