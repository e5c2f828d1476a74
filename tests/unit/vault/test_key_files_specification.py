"""The worked examples of docs/spec/key-files.md, opened as it says by AES-256-GCM alone, and by our code."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.keyholders import boot_keys, vault_key
from vault.keyholders.signing_keys import SigningKeys

TEXT = (Path(__file__).parents[3] / "docs" / "spec" / "key-files.md").read_text()
FOLDER = Path(__file__).parent / "vectors"
VECTORS = json.loads((FOLDER / "key-files.json").read_text())
KEY = AESGCM(bytes.fromhex(VECTORS["aes_key"]))


def parts(name: str) -> tuple[dict[str, Any], bytes]:
    """The members of a whole file, and what is authenticated in clear."""
    fields = json.loads(VECTORS[name])
    return fields, rfc8785.dumps({name: value for name, value in fields.items() if name != "sealed"})


@pytest.mark.parametrize("name", ["pkcs11", "signing_keys_pkcs11"])
def test_a_file_under_a_tokens_key_is_aes_gcm(name: str):
    fields, clear = parts(name)
    nonce = base64.b64decode(fields["pkcs11"]["nonce"])
    secret = KEY.decrypt(nonce, base64.b64decode(fields["sealed"]), clear)
    assert secret == (
        bytes.fromhex(VECTORS["seed"]) if name == "pkcs11" else VECTORS["signing_keys"].encode()
    )


def test_a_file_under_a_servers_key_is_aes_gcm():
    fields, clear = parts("openbao")
    version, sealed = fields["sealed"].rsplit(":", 1)
    data = base64.b64decode(sealed)
    assert version == "vault:v1"
    assert KEY.decrypt(data[:12], data[12:], clear).hex() == VECTORS["seed"]


def test_what_is_sealed_is_what_the_file_says_and_is_written_the_same():
    for name in ("pkcs11", "openbao"):
        file = vault_key.parse(VECTORS[name].encode())
        assert (file.protection.name, file.serialise().decode()) == (name, VECTORS[name])
    keys = SigningKeys.parse(VECTORS["signing_keys"].encode())
    file = boot_keys.BootFile(VECTORS["signing_keys_pkcs11"].encode(), "signing-keys", SigningKeys.parse)
    assert file.sealed is not None
    assert file.sealed.serialise().decode() == VECTORS["signing_keys_pkcs11"]
    assert file.public_fields == keys.public_fields()


def test_the_examples_are_those_of_the_vectors():
    for name in ("pkcs11", "openbao", "signing_keys_pkcs11"):
        fields, _ = parts(name)
        protection = next(fields[one] for one in ("pkcs11", "openbao") if one in fields)
        assert json.dumps(protection, separators=(",", ":")) in TEXT
        assert fields["sealed"][:30] in TEXT


def test_the_key_file_of_the_specification_is_the_pinned_one():
    pinned = json.loads(json.loads((FOLDER / "key-file.json").read_text())["file"])
    for value in (pinned["argon2id"]["salt"], pinned["nonce"], pinned["public"][:11], pinned["sealed"][:11]):
        assert value in TEXT
