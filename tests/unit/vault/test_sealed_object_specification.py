"""The worked examples of docs/spec/sealed-object.md, made again from what they say."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.sealing.key_wrapping import WrappingKey, unwrap, wrap_info
from vault.sealing.sealing import (
    Context,
    Kind,
    message_key,
    open_message,
    open_with_message_key,
    seal,
    sealed_size,
)
from vault.spool.segments import Frame, decode_frame

TEXT = (Path(__file__).parents[3] / "docs" / "spec" / "sealed-object.md").read_text()
VECTORS = Path(__file__).parent / "vectors"


def example(name: str) -> dict[str, bytes]:
    """The values of a block, by their names; lines that begin with white space go on with the one before."""
    block = re.search(rf"```text {name}\n(.*?)```", TEXT, re.DOTALL)
    assert block
    joined = re.sub(r"\n +", "", block[1])
    return {
        line.rpartition(" ")[0].strip(): bytes.fromhex(line.rpartition(" ")[2])
        for line in joined.splitlines()
    }


def test_the_sealed_message_of_the_specification():
    given = example("sealed")
    init = hashlib.sha256(b"init").digest()
    context = Context(given["deployment"], given["evidence"], Kind.MEDIA, 1, 0, init).encode()
    assert context == given["context"]
    assert message_key(given["data key"], context, given["message salt"]) == given["message key"]
    assert given["message"][:24] == given["message salt"]
    plaintext = given["record salt"] + b"one second of film"
    assert open_message(given["data key"], context, given["message"]) == plaintext
    assert open_with_message_key(given["message key"], given["message"]) == plaintext


def test_the_wrapped_key_of_the_specification():
    given, vector = example("wrapped"), json.loads((VECTORS / "xwing.json").read_text())
    ciphertext = bytes.fromhex("".join(vector["ciphertext"]))
    assert given["seed"].hex() == vector["seed"]
    assert given["shared secret"].hex() == vector["shared_secret"]
    assert hashlib.sha256(ciphertext).digest() == given["sha256(ciphertext)"]
    assert hashlib.sha256(WrappingKey(given["seed"]).public).digest() == given["sha256(public key)"]
    item = example("sealed")
    assert wrap_info(item["deployment"], item["evidence"]) == given["info"]
    wrapped = ciphertext + given["sealed data key"]
    assert hashlib.sha256(wrapped).digest() == given["sha256(wrapped key)"]
    assert unwrap(wrapped, given["seed"], given["info"]) == item["data key"]
    assert AESGCM(given["key"]).decrypt(given["nonce"], given["sealed data key"], b"") == item["data key"]


def test_the_frame_of_the_specification():
    block = re.search(r"```text frame\n(.*?)\n```", TEXT)
    assert block
    assert decode_frame(bytes.fromhex(block[1])) == Frame(b"{}", b"sealed")


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 1_000_000])
def test_the_length_in_the_specification_is_the_length_of_a_message(size: int):
    assert len(seal(bytes(32), b"", bytes(size))) == 56 + size + 16 * (size // 16384 + 1) == sealed_size(size)
