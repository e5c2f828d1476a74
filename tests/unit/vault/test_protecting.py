"""Putting keys under another protection: whatever happens in between, they open under the old or the new."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.faulty_disk import FaultyDisk
from tests.support.servers.softhsm import MODULE, PIN, SoftHsm
from vault.disk import Disk
from vault.errors import ObjectMissing, VaultError, WriteFailed, WrongPassphrase
from vault.key_protection.access import NO_ACCESS, Access, Pkcs11
from vault.key_protection.passphrase import Argon2id, Cost
from vault.key_protection.pkcs11 import TokenKey
from vault.keyholders import boot_keys, vault_key
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.reprotection import protect_boot_keys, protect_vault
from vault.keyholders.signing_keys import SigningKeys

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
OLD, NEW = NO_ACCESS.by("old"), NO_ACCESS.by("new")
OPERATIONS = ("create", "write", "sync", "rename", "unlink", "sync_directory")


class DyingDisk(Disk):
    """A disk whose process is ended before its `after`th operation, as `kill -9` does."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __getattribute__(self, name: str) -> object:
        if name in OPERATIONS:
            if self.left == 0:
                os._exit(KILLED)
            self.left -= 1
        return super().__getattribute__(name)


KILLED, DONE, FAILED = 9, 0, 1


def kills(work: Callable[[Disk], None]) -> Iterator[int]:
    """Do `work` in a process that is killed at its first operation on the disk, its second, … to its end."""
    for after in range(100):
        child = os.fork()
        if child == 0:
            code = FAILED
            try:
                work(DyingDisk(after))
                code = DONE
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (KILLED, DONE)
        if code == DONE:
            return
        yield after
    raise AssertionError("it does not end")


@pytest.fixture
def access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Access:
    """A token that opens the signing keys without a person."""
    hsm = SoftHsm.make(tmp_path / "hsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(hsm.configuration))
    hsm.token("signing")
    hsm.key("signing", "amana")
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN)
    return Access(Pkcs11(MODULE, pin))


def made(folder: Path, *, trial: bool = False) -> Path:
    folder.mkdir()
    typed = LocalKeyholder.create(folder, None if trial else "old", QUICK)
    if trial:
        protect_vault(folder, NO_ACCESS.by(typed), OLD, Argon2id.fresh(QUICK))
    return folder


def seed(folder: Path, access: Access) -> bytes | None:
    try:
        return vault_key.open_seed(vault_key.read(folder), access)
    except WrongPassphrase:
        return None


@pytest.mark.starts
def test_killed_anywhere_the_vault_key_opens_under_the_old_or_the_new_passphrase(tmp_path: Path):
    folder = made(tmp_path / "keys")
    right = seed(folder, OLD)
    assert right is not None
    seen = []

    def work(disk: Disk) -> None:
        protect_vault(folder, OLD, NEW, Argon2id.fresh(QUICK), disk)

    for _ in kills(work):
        opens = [seed(folder, OLD), seed(folder, NEW)]
        assert sorted(opens, key=bool) == [None, right]
        seen.append(opens.index(right))
        if seen[-1]:  # back, for the next kill
            protect_vault(folder, NEW, OLD, Argon2id.fresh(QUICK))
    assert seen == sorted(seen) and set(seen) == {0, 1}
    assert seed(folder, NEW) == right


@pytest.mark.starts
@pytest.mark.parametrize("into_the_clear", [False, True])
def test_killed_anywhere_each_signing_key_opens_and_doing_it_again_finishes_it(
    tmp_path: Path, access: Access, into_the_clear: bool
):
    folder = made(tmp_path / "keys")
    token = TokenKey.find("signing", "amana", access)
    old, new = (token, None) if into_the_clear else (None, token)
    right = boot_keys.signing_file(folder).open(NO_ACCESS).serialise()
    documents = boot_keys.document_file(folder).open(NO_ACCESS).serialise()

    def work(disk: Disk) -> None:
        protect_boot_keys(folder, access, new, disk)

    protect_boot_keys(folder, access, old)
    mixed = 0
    for _ in kills(work):
        files = boot_keys.signing_file(folder), boot_keys.document_file(folder)
        assert [file.open(access).serialise() for file in files] == [right, documents]
        mixed += files[0].sealed is None and files[1].sealed is not None
        mixed += files[0].sealed is not None and files[1].sealed is None
        protect_boot_keys(folder, access, old)
    assert mixed, "it was killed between the two files as well"
    assert (boot_keys.signing_file(folder).protection is None) is into_the_clear
    assert not list(folder.glob("*.new"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_disk_that_fails_leaves_the_old_or_the_new_protection(tmp_path: Path, operation: str):
    folder = made(tmp_path / "keys")
    right = seed(folder, OLD)
    for after in range(20):
        disk = FaultyDisk()
        disk.fail(operation, after=after)
        try:
            protect_vault(folder, OLD, NEW, Argon2id.fresh(QUICK), disk)
        except WriteFailed:
            opens = [seed(folder, OLD), seed(folder, NEW)]
            assert right in opens
            if opens[1] is not None:
                protect_vault(folder, NEW, OLD, Argon2id.fresh(QUICK))
        else:
            break
    assert seed(folder, NEW) == right


@pytest.mark.starts
def test_what_lay_in_the_old_files_is_overwritten(tmp_path: Path, access: Access):
    folder = tmp_path / "keys"
    typed = LocalKeyholder.create(folder, None, QUICK)
    names = ("vault-key.json", "trial-passphrase.txt", "signing-keys.json", "document-keys.json")
    with contextlib.ExitStack() as held:
        before = {name: held.enter_context((folder / name).open("rb")) for name in names}
        protect_vault(folder, NO_ACCESS.by(typed), NEW, Argon2id.fresh(QUICK))
        protect_boot_keys(folder, access, TokenKey.find("signing", "amana", access))
        for name, old in before.items():
            left = old.read()
            assert left and left == bytes(len(left)), name
    assert not (folder / "trial-passphrase.txt").exists()


@pytest.mark.starts
def test_keys_in_clear_that_a_killed_attempt_left_are_removed_by_the_next(tmp_path: Path, access: Access):
    folder = made(tmp_path / "keys")
    protect_boot_keys(folder, access, TokenKey.find("signing", "amana", access))
    left = folder / "signing-keys.json.new"
    left.write_bytes(SigningKeys.generate().serialise())
    protect_vault(folder, OLD, NEW, Argon2id.fresh(QUICK))
    assert not left.exists()


def test_a_new_protection_that_does_not_open_again_changes_nothing(tmp_path: Path):
    folder = made(tmp_path / "keys")
    before = (folder / "vault-key.json").read_bytes()

    class Forgetful(Argon2id):
        def seal(self, secret: bytes, clear: bytes, access: Access) -> str:
            return super().seal(secret, clear + b"?", access)

    fresh = Argon2id.fresh(QUICK)
    with pytest.raises(VaultError):
        protect_vault(folder, OLD, NEW, Forgetful(fresh.cost, fresh.salt, fresh.nonce))
    assert (folder / "vault-key.json").read_bytes() == before


@pytest.mark.starts
def test_other_signing_keys_take_the_place_of_those_that_were_protected(tmp_path: Path, access: Access):
    folder = made(tmp_path / "keys")
    protect_boot_keys(folder, access, TokenKey.find("signing", "amana", access))
    others = SigningKeys.generate()
    before = (folder / "signing-keys.json").read_bytes()
    boot_keys.write(folder, others, access)
    file = boot_keys.signing_file(folder)
    assert file.open(access).seeds == others.seeds
    assert file.protection is not None and file.protection.name == "pkcs11"
    assert file.protection.fields()["pkcs11"]["nonce"].encode() not in before


@pytest.mark.starts
def test_without_its_document_keys_a_folder_gets_new_ones_under_the_same_protection(
    tmp_path: Path, access: Access
):
    folder = made(tmp_path / "keys")
    protect_boot_keys(folder, access, TokenKey.find("signing", "amana", access))
    (folder / "document-keys.json").unlink()
    LocalKeyholder.open(folder, access)
    assert boot_keys.document_file(folder).protection is not None
    with pytest.raises(ObjectMissing):
        boot_keys.document_file(tmp_path)
