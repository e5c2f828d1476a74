"""A key in OpenBao as what protects keys, with a real server."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.bao import Bao
from vault.errors import (
    Altered,
    KeyFileExposed,
    ProtectionAway,
    ProtectionRefused,
    VaultError,
    WrongPassphrase,
)
from vault.key_protection import openbao
from vault.key_protection.access import NO_ACCESS, Access, OpenBao
from vault.key_protection.openbao import TransitKey, check_address, renew
from vault.key_protection.passphrase import Cost
from vault.keyholders import vault_key
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.reprotection import protect_boot_keys, protect_vault

pytestmark = pytest.mark.starts

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "correct horse"


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """Two keys, and who may use which: the custodian the vault's, this machine the signing keys'."""
    with Bao.run(tmp_path_factory.mktemp("bao")) as bao:
        for key in ("vault", "signing"):
            bao.key(key)
            bao.policy(key, key)
        yield bao


@pytest.fixture
def credentials(tmp_path: Path, bao: Bao) -> Path:
    path = tmp_path / "openbao.credentials"
    path.touch(mode=0o600)
    path.write_text(bao.role("signing"))
    return path


@pytest.fixture
def access(bao: Bao, credentials: Path) -> Access:
    """As the settings of a keyholder's process say it."""
    return Access(openbao=OpenBao(bao.address, bao.authority, credentials))


@pytest.fixture
def custodian(bao: Bao, access: Access) -> Access:
    """The same, with a person there."""
    return access.by(bao.token("vault"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LocalKeyholder.create(tmp_path / "keys", PASSPHRASE, QUICK)
    return tmp_path / "keys"


def into_openbao(folder: Path, custodian: Access) -> None:
    """The vault key from the passphrase into OpenBao."""
    found = TransitKey.find("transit", "vault", custodian)
    protect_vault(folder, NO_ACCESS.by(PASSPHRASE), custodian, found)


def opened(folder: Path, access: Access) -> LocalKeyholder:
    """A keyholder whose signing keys were tried once."""
    keyholder, stop = LocalKeyholder.open(folder, access), threading.Event()
    stop.set()
    keyholder.keep_trying(stop)
    return keyholder


def refused(kind: type[VaultError], says: str, do: Callable[[], object]) -> None:
    with pytest.raises(kind, match=says) as caught:
        do()
    assert type(caught.value) is kind


def test_a_vault_key_in_openbao_opens_with_a_persons_token_alone(
    folder: Path, access: Access, custodian: Access
):
    before = LocalKeyholder.open(folder).public_keys()
    into_openbao(folder, custodian)
    keyholder = LocalKeyholder.open(folder, access)
    assert keyholder.public_keys() == before
    assert (keyholder.status().unlocked, keyholder.status().protection) == (False, "openbao")
    refused(WrongPassphrase, "refuses this token", lambda: keyholder.unlock("hvs.wrong"))
    refused(WrongPassphrase, "no OpenBao token", lambda: keyholder.unlock("رمز"))
    refused(ProtectionRefused, "permission denied", lambda: vault_key.read(folder).open(access))
    time.sleep(keyholder.status().wait)
    assert custodian.typed is not None
    keyholder.unlock(custodian.typed + "\n")
    assert keyholder.status().unlocked
    assert custodian.typed not in repr(custodian)


def test_signing_keys_in_openbao_open_by_this_machines_role_without_a_person(
    folder: Path, access: Access, bao: Bao, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")  # the service keeps it quiet, also in this process
    before = LocalKeyholder.open(folder).public_keys()
    clear = (folder / "signing-keys.json").read_bytes()
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(seed.encode() in held for seed in json.loads(clear)["seeds"].values())
    keyholder = opened(folder, access)
    assert keyholder.public_keys() == before
    assert (keyholder.status().signing, keyholder.status().trouble) == ("openbao", "")
    assert len(keyholder.sign("ledger-mldsa44", b"checkpoint")) == 2420
    assert keyholder.sign("documents", b"paper")
    assert access.openbao is not None and access.openbao.credentials is not None
    for secret in access.openbao.credentials.read_text().split()[1::2]:
        assert secret not in caplog.text
    assert "transit/decrypt/signing" in caplog.text  # it does look at what libraries log
    assert not re.search(r"\bs\.[0-9A-Za-z]{20,}", caplog.text), "a token was logged"
    protect_boot_keys(folder, access, None)
    assert (folder / "signing-keys.json").read_bytes() == clear


def test_the_sign_in_of_a_role_ends_with_the_opening(folder: Path, access: Access, bao: Bao):
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    before = len(bao.admin.request("LIST", "auth/token/accessors").json()["data"]["keys"])
    opened(folder, access)
    assert len(bao.admin.request("LIST", "auth/token/accessors").json()["data"]["keys"]) == before


def test_a_server_that_is_sealed_or_away_keeps_nobody_from_starting_and_is_found_again(
    folder: Path, access: Access, custodian: Access, bao: Bao, monkeypatch: pytest.MonkeyPatch
):
    into_openbao(folder, custodian)
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    keyholder, stop = LocalKeyholder.open(folder, access), threading.Event()
    trying = threading.Thread(target=keyholder.keep_trying, args=(stop,))
    try:
        with bao.sealed():
            trying.start()
            wait_until(lambda: "is sealed" in keyholder.status().trouble)
            refused(ProtectionAway, "is sealed", lambda: keyholder.sign("center", b""))
            refused(ProtectionAway, "is sealed", lambda: keyholder.unlock(str(custodian.typed)))
        with bao.frozen(), monkeypatch.context() as patch:
            patch.setattr(openbao, "TIMEOUTS", httpx.Timeout(0.3))
            refused(ProtectionAway, "does not answer: .*Timeout", lambda: keyholder.unlock("t"))
        trying.join(PATIENCE)
        assert not trying.is_alive()
    finally:
        stop.set()
    assert len(keyholder.sign("center", b"statement")) == 64
    keyholder.unlock(str(custodian.typed))


def expiry(bao: Bao, token: str) -> datetime:
    return datetime.fromisoformat(bao.tell("auth/token/lookup", token=token)["data"]["expire_time"])


def test_a_token_in_a_file_is_renewed_and_one_that_cannot_be_is_told(
    folder: Path, access: Access, bao: Bao, credentials: Path
):
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    assert renew(access) is None  # a role's
    token = bao.token("signing", ttl="100s", period="100s")
    credentials.write_text(f"token {token}\n")
    assert opened(folder, access).status().trouble == ""
    ends = expiry(bao, token)
    time.sleep(1.1)  # it is told in whole seconds
    assert renew(access) == pytest.approx(50, abs=1)
    assert expiry(bao, token) > ends
    credentials.write_text(f"token {bao.token('signing', ttl='2h', renewable=False)}\n")
    refused(ProtectionRefused, "cannot be renewed", lambda: renew(access))
    keyholder, stop = LocalKeyholder.open(folder, access), threading.Event()
    trying = threading.Thread(target=keyholder.keep_trying, args=(stop,))
    trying.start()
    try:
        wait_until(lambda: keyholder.status().trouble.startswith("open, but not at the next start"))
        assert keyholder.sign("center", b"statement")
    finally:
        stop.set()
        trying.join()


@pytest.mark.parametrize(
    ("name", "unlike", "says"),
    [
        ("exported", {"exportable": True}, "may be exported"),
        ("chacha", {"type": "chacha20-poly1305"}, "is of the type chacha20-poly1305"),
        ("derived", {"derived": True}, "needs a context"),
        ("backed-up", {"allow_plaintext_backup": True}, "may be backed up in clear"),
    ],
)
def test_a_key_that_does_not_protect_is_refused(
    bao: Bao, access: Access, name: str, unlike: dict[str, Any], says: str
):
    bao.key(name, **unlike)
    bao.policy(name, name)
    person = access.by(bao.token(name))
    refused(ProtectionRefused, says, lambda: TransitKey.find("transit", name, person))


def test_what_is_not_there_or_not_permitted_is_said_and_no_key_is_made_by_asking(
    folder: Path, bao: Bao, access: Access
):
    root = access.by("the-root-of-tests")
    refused(ProtectionRefused, "has no transit/keys/none", lambda: TransitKey.find("transit", "none", root))
    refused(ProtectionRefused, "has no nowhere/", lambda: TransitKey.find("nowhere", "none", root))
    refused(ProtectionRefused, "permission denied", lambda: TransitKey.find("transit", "none", access))
    assert "none" not in bao.admin.request("LIST", "transit/keys").json()["data"]["keys"]
    bao.policy("signing", "signing", seals=False)  # enough at boot
    try:
        refused(ProtectionRefused, "denied", lambda: TransitKey.find("transit", "signing", access))
    finally:
        bao.policy("signing", "signing")


def test_opening_needs_no_more_than_to_decrypt(folder: Path, bao: Bao, access: Access):
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    bao.policy("signing", "signing", seals=False)
    try:
        assert opened(folder, access).status().trouble == ""
    finally:
        bao.policy("signing", "signing")


def test_another_key_of_the_same_name_does_not_open_and_says_so(folder: Path, bao: Bao, access: Access):
    bao.key("exchanged")
    bao.policy("exchanged", "exchanged")
    person = access.by(bao.token("exchanged"))
    protect_vault(folder, NO_ACCESS.by(PASSPHRASE), person, TransitKey.find("transit", "exchanged", person))
    bao.tell("transit/keys/exchanged/config", deletion_allowed=True)
    bao.admin.delete("transit/keys/exchanged").raise_for_status()
    bao.key("exchanged")
    refused(Altered, "another key of that name", lambda: vault_key.read(folder).open(person))


def test_a_key_that_was_rotated_in_the_server_still_opens(folder: Path, bao: Bao, access: Access):
    protect_boot_keys(folder, access, TransitKey.find("transit", "signing", access))
    bao.tell("transit/keys/signing/rotate")
    assert opened(folder, access).status().trouble == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(trial=True),
        lambda fields: fields.update(sealed=fields["sealed"][:-4] + "AAA="),
        lambda fields: fields.update(sealed="vault:v1:!"),
    ],
)
def test_no_field_can_be_exchanged(folder: Path, custodian: Access, change: Callable[[dict], None]):
    into_openbao(folder, custodian)
    fields = json.loads((folder / "vault-key.json").read_bytes())
    change(fields)
    data = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(Altered):
        vault_key.open_seed(vault_key.parse(data), custodian)


@pytest.mark.parametrize("change", [{"mount": "../sys"}, {"key": "a/b"}, {"key": ""}, {"more": 1}])
def test_what_is_no_key_file_is_refused(folder: Path, custodian: Access, change: dict[str, Any]):
    into_openbao(folder, custodian)
    fields = json.loads((folder / "vault-key.json").read_bytes())
    fields["openbao"] |= change
    with pytest.raises(Altered, match="key file"):
        vault_key.parse(json.dumps(fields, separators=(",", ":"), sort_keys=True).encode())


def test_settings_that_do_not_suffice_are_named(
    folder: Path, custodian: Access, access: Access, bao: Bao, credentials: Path, tmp_path: Path
):
    into_openbao(folder, custodian)
    file = vault_key.read(folder)
    refused(ProtectionRefused, "AMANA_OPENBAO is not set", lambda: file.open(NO_ACCESS.by("t")))
    strange = Access(openbao=OpenBao(bao.address)).by("t")
    refused(ProtectionAway, "certificate is not vouched for", lambda: file.open(strange))
    nowhere = Access(openbao=OpenBao("https://127.0.0.1:1", bao.authority)).by("t")
    refused(ProtectionAway, "does not answer: ConnectError", lambda: file.open(nowhere))
    missing = Access(openbao=OpenBao(bao.address, tmp_path / "none.pem")).by("t")
    refused(ProtectionRefused, "no authority's certificate", lambda: file.open(missing))
    credentials.write_text("token a\ntoken b\n")
    refused(ProtectionRefused, "the file holds one line", lambda: file.open(access))
    credentials.chmod(0o640)
    refused(KeyFileExposed, "chmod 600", lambda: file.open(access))


@pytest.mark.parametrize(
    "address",
    [
        "http://bao.example",
        "bao.example",
        "https://user:secret@bao.example",
        "https://bao.example/v1",
        "ftp://a",
    ],
)
def test_an_address_that_would_send_tokens_in_clear_is_refused(address: str):
    with pytest.raises(ValueError):
        check_address(address)
    check_address("http://127.0.0.1:8200")
    check_address("https://bao.example:8200")


def test_what_the_server_gives_is_what_the_specification_says(folder: Path, bao: Bao, access: Access):
    bao.key("told", exportable=True)
    bao.policy("told", "told")
    clear, secret = b"in clear", bytes(range(32))
    sealed = TransitKey("transit", "told").seal(secret, clear, access.by(bao.token("told")))
    raw = base64.b64decode(bao.read("transit/export/encryption-key/told/1")["keys"]["1"])
    version, text = sealed.rsplit(":", 1)
    data = base64.b64decode(text)
    assert (version, AESGCM(raw).decrypt(data[:12], data[12:], clear)) == ("vault:v1", secret)
