"""A PKCS#11 token as what protects keys, with a real SoftHSM."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass, TokenFlag

from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.softhsm import MODULE, PIN, SoftHsm
from vault.errors import (
    Altered,
    KeyFileExposed,
    ProtectionAway,
    ProtectionRefused,
    VaultError,
    WrongPassphrase,
)
from vault.key_protection.access import NO_ACCESS, Access, Pkcs11
from vault.key_protection.passphrase import Argon2id, Cost
from vault.key_protection.pkcs11 import TokenKey, may_be_tried
from vault.keyholders import vault_key
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.reprotection import protect_boot_keys, protect_vault
from vault.sealing.key_wrapping import generate_data_key, recipient_id, wrap, wrap_info

pytestmark = pytest.mark.starts

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "correct horse"
ITEM = (b"e" * 16).hex()
INFO = wrap_info(b"d" * 16, b"e" * 16)


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """One token with one key."""
    made = SoftHsm.make(tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.configuration))
    made.token("vault")
    made.key("vault", "amana")
    return made


@pytest.fixture
def access(tmp_path: Path, hsm: SoftHsm) -> Access:
    """As the settings of a keyholder's process say it."""
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN + "\n")
    return Access(Pkcs11(MODULE, pin, tmp_path / "refused-pin"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LocalKeyholder.create(tmp_path / "keys", PASSPHRASE, QUICK)
    return tmp_path / "keys"


def into_token(folder: Path, access: Access) -> None:
    """The vault key from the passphrase into the token."""
    new = access.by(PIN)
    protect_vault(folder, NO_ACCESS.by(PASSPHRASE), new, TokenKey.find("vault", "amana", new))


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
    assert PIN not in str(caught.value)


def test_a_vault_key_in_the_token_opens_with_the_pin_and_is_the_same_key(folder: Path, access: Access):
    keyholder = LocalKeyholder.open(folder)
    before = keyholder.public_keys()
    wrapped = wrap(generate_data_key(), before.vault, INFO)
    keyholder.keep_wraps(ITEM, {recipient_id(before.vault): wrapped})
    into_token(folder, access)
    keyholder = LocalKeyholder.open(folder, access)
    assert keyholder.public_keys() == before
    assert (keyholder.status().unlocked, keyholder.status().protection) == (False, "pkcs11")
    refused(WrongPassphrase, "refuses this PIN", lambda: keyholder.unlock(PASSPHRASE))
    keyholder.unlock(PIN)
    assert keyholder._secret(ITEM, INFO)
    assert PIN not in repr(access.by(PIN))


def test_and_back_under_a_passphrase(folder: Path, access: Access):
    into_token(folder, access)
    protect_vault(folder, access.by(PIN), access.by("new"), Argon2id.fresh(QUICK))
    keyholder = LocalKeyholder.open(folder)
    keyholder.unlock("new")
    assert keyholder.status().protection == "argon2id"


def test_signing_keys_in_the_token_open_by_the_pin_file_without_a_person(folder: Path, access: Access):
    before = LocalKeyholder.open(folder).public_keys()
    clear = (folder / "signing-keys.json").read_bytes()
    protect_boot_keys(folder, access, TokenKey.find("vault", "amana", access))
    seeds = json.loads(clear)["seeds"].values()
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(seed.encode() in held for seed in seeds)
    keyholder = opened(folder, access)
    assert keyholder.public_keys() == before
    assert (keyholder.status().signing, keyholder.status().trouble) == ("pkcs11", "")
    assert len(keyholder.sign("ledger-mldsa44", b"checkpoint")) == 2420
    assert keyholder.sign("documents", b"paper")
    protect_boot_keys(folder, access, None)
    assert (folder / "signing-keys.json").read_bytes() == clear


def test_a_token_that_is_away_keeps_nobody_from_starting_and_is_found_when_it_is_back(
    folder: Path, access: Access, hsm: SoftHsm
):
    before = LocalKeyholder.open(folder).public_keys()
    into_token(folder, access)
    protect_boot_keys(folder, access, TokenKey.find("vault", "amana", access))
    keyholder, stop = LocalKeyholder.open(folder, access), threading.Event()
    trying = threading.Thread(target=keyholder.keep_trying, args=(stop,))
    try:
        with hsm.away():
            trying.start()
            wait_until(lambda: "no token 'vault'" in keyholder.status().trouble)
            assert keyholder.public_keys() == before
            refused(ProtectionAway, "no token 'vault' is here", lambda: keyholder.sign("center", b""))
            refused(ProtectionAway, "no token 'vault' is here", lambda: keyholder.unlock(PIN))
        trying.join(PATIENCE)
        assert not trying.is_alive()
    finally:
        stop.set()
    assert len(keyholder.sign("center", b"statement")) == 64
    assert keyholder.status().trouble == ""
    keyholder.unlock(PIN)


def test_a_wrong_pin_in_the_file_is_tried_once_and_never_again_until_the_file_changes(
    folder: Path, access: Access, hsm: SoftHsm
):
    protect_boot_keys(folder, access, TokenKey.find("vault", "amana", access))
    assert access.pkcs11 is not None and access.pkcs11.pin is not None
    access.pkcs11.pin.write_text("wrong")
    assert "refuses this PIN" in opened(folder, access).status().trouble
    assert TokenFlag.USER_PIN_COUNT_LOW in hsm.flags("vault")
    with hsm.session("vault"):
        pass  # the right PIN makes the token forget
    for _ in range(3):  # as a supervisor would start it again and again
        keyholder = opened(folder, access)
        assert "is not tried again until that file changes" in keyholder.status().trouble
        with pytest.raises(ProtectionAway, match="not tried again"):
            keyholder.sign("center", b"")
    assert TokenFlag.USER_PIN_COUNT_LOW not in hsm.flags("vault"), "it was tried again"
    access.pkcs11.pin.write_text(PIN)
    assert opened(folder, access).status().trouble == ""


def test_what_a_person_types_is_tried_once_each_time(folder: Path, access: Access):
    into_token(folder, access)
    keyholder = LocalKeyholder.open(folder, access)
    refused(WrongPassphrase, "refuses this PIN", lambda: keyholder.unlock("000000"))
    keyholder.unlock(PIN)
    assert access.pkcs11 is not None and access.pkcs11.refused is not None
    assert not access.pkcs11.refused.exists()


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        (TokenFlag.USER_PIN_FINAL_TRY, "lock itself after one more wrong PIN"),
        (TokenFlag.USER_PIN_LOCKED, "has locked its PIN"),
    ],
)
def test_the_last_try_is_never_used_up(flag: TokenFlag, says: str):
    usual = TokenFlag.LOGIN_REQUIRED | TokenFlag.USER_PIN_INITIALIZED
    may_be_tried("vault", usual | TokenFlag.USER_PIN_COUNT_LOW)
    refused(ProtectionRefused, says, lambda: may_be_tried("vault", usual | flag))


@pytest.mark.parametrize(
    ("unlike", "says"),
    [
        ({"extractable": True}, "may be taken out"),
        ({"sensitive": False}, "may be read in clear"),
        ({"decrypt": False}, "may not decrypt"),
        ({"bits": 128}, "no AES key of 256 bits"),
    ],
)
def test_a_key_that_does_not_protect_is_refused(hsm: SoftHsm, access: Access, unlike: dict, says: str):
    hsm.key("vault", "weak", **unlike)
    refused(ProtectionRefused, says, lambda: TokenKey.find("vault", "weak", access))


def test_a_key_that_was_brought_in_from_outside_is_refused(hsm: SoftHsm, access: Access):
    with hsm.session("vault") as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: pkcs11.KeyType.AES,
                Attribute.LABEL: "brought",
                Attribute.VALUE: bytes(32),
                Attribute.TOKEN: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
            }
        )
    refused(ProtectionRefused, "was outside", lambda: TokenKey.find("vault", "brought", access))


def test_keys_and_tokens_that_are_not_there_or_there_twice_are_refused_in_words(hsm: SoftHsm, access: Access):
    refused(ProtectionAway, "no token 'other'", lambda: TokenKey.find("other", "amana", access))
    refused(ProtectionRefused, "no AES key of the label 'b'", lambda: TokenKey.find("vault", "b", access))
    hsm.key("vault", "amana")
    refused(ProtectionRefused, "2 AES keys", lambda: TokenKey.find("vault", "amana", access))
    hsm.token("vault")
    refused(ProtectionRefused, "2 tokens", lambda: TokenKey.find("vault", "amana", access))


def test_a_second_key_of_the_same_label_is_not_taken_for_the_first(
    folder: Path, hsm: SoftHsm, access: Access
):
    into_token(folder, access)
    hsm.key("vault", "amana")
    keyholder = LocalKeyholder.open(folder, access)
    keyholder.unlock(PIN)  # told apart by its id
    keyholder.lock()
    with hsm.session("vault") as session:
        first, *_ = vault_key.read(folder).protection.fields().values()
        for key in list(session.get_objects({Attribute.LABEL: "amana"})):
            if key[Attribute.ID].hex() == first["id"]:
                key.destroy()
            else:
                key[Attribute.ID] = bytes.fromhex(first["id"])
    refused(Altered, "another key of that name", lambda: keyholder.unlock(PIN))


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(trial=True),
        lambda fields: fields["pkcs11"].update(nonce="AAAAAAAAAAAAAAAA"),
        lambda fields: fields.update(sealed=fields["sealed"][:-4] + "AAA="),
        lambda fields: fields.update(sealed="!"),
    ],
)
def test_no_field_can_be_exchanged(folder: Path, access: Access, change: Callable[[dict], None]):
    into_token(folder, access)
    fields = json.loads((folder / "vault-key.json").read_bytes())
    change(fields)
    data = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(Altered):
        vault_key.open_seed(vault_key.parse(data), access.by(PIN))


@pytest.mark.parametrize("change", [{"id": "0"}, {"id": 1}, {"nonce": ""}, {"more": 1}])
def test_what_is_no_key_file_is_refused(folder: Path, access: Access, change: dict):
    into_token(folder, access)
    fields = json.loads((folder / "vault-key.json").read_bytes())
    fields["pkcs11"] |= change
    with pytest.raises(Altered, match="key file"):
        vault_key.parse(json.dumps(fields, separators=(",", ":"), sort_keys=True).encode())


def test_settings_that_do_not_suffice_are_named(folder: Path, access: Access, tmp_path: Path):
    into_token(folder, access)
    assert access.pkcs11 is not None and access.pkcs11.pin is not None
    file = vault_key.read(folder)
    refused(ProtectionRefused, "AMANA_PKCS11_MODULE is not set", lambda: file.open(NO_ACCESS.by(PIN)))
    missing = Access(Pkcs11(tmp_path / "none.so")).by(PIN)
    refused(ProtectionAway, "none.so", lambda: file.open(missing))
    refused(ProtectionRefused, "AMANA_PKCS11_PIN_FILE names no", lambda: file.open(Access(Pkcs11(MODULE))))
    access.pkcs11.pin.chmod(0o640)
    refused(KeyFileExposed, "chmod 600", lambda: file.open(access))
