"""The escrow, and exchanges of keys: what opens what, and what happens to files and wraps."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.support.patience import wait_until
from tests.unit.vault.test_protecting import kills
from vault.disk import Disk
from vault.errors import Altered, Locked, ObjectExists, StoreUnavailable, WrongPassphrase
from vault.key_protection.access import NO_ACCESS
from vault.key_protection.canonical_file import to_bytes
from vault.key_protection.passphrase import Argon2id, Cost
from vault.keyholders import boot_keys, key_exchange, reprotection, vault_key
from vault.keyholders import escrow as escrows
from vault.keyholders.document_keys import DocumentKeys
from vault.keyholders.escrow import AllKeys, Escrow, EscrowReplication
from vault.keyholders.local_keyholder import LocalKeyholder
from vault.keyholders.rewrapping import Rewrapping, RewrappingWorker, superseded
from vault.keyholders.signing_keys import SigningKeys
from vault.sealing.key_wrapping import (
    WrappingKey,
    generate_data_key,
    generate_seed,
    recipient_id,
    unwrap,
    wrap,
    wrap_info,
)
from vault.stores.filesystem import FilesystemStore
from vault.wrapped_keys.store import KeyStore

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
DEPLOYMENT = "d0" * 16
HOLDERS = ("police", "prosecution", "health")
TYPED = NO_ACCESS.by("passphrase")
SEED = bytes(range(32))
PUBLIC = WrappingKey(SEED).public
ESCROW = recipient_id(PUBLIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LocalKeyholder.create(tmp_path / "keys", "passphrase", QUICK)
    return tmp_path / "keys"


@pytest.fixture
def stores(tmp_path: Path) -> dict[str, FilesystemStore]:
    return {name: FilesystemStore.create(tmp_path / name) for name in ("first", "second")}


def escrowed(folder: Path) -> Escrow:
    return key_exchange.set_escrow(
        folder, TYPED, deployment=DEPLOYMENT, public=PUBLIC, splitting=7, holders=HOLDERS
    )


def keyholder(folder: Path, store: KeyStore, typed: str | None = "passphrase") -> LocalKeyholder:
    opened = LocalKeyholder.open(folder, key_store=store)
    if typed is not None:
        opened.unlock(typed)
    return opened


def item(number: int) -> str:
    return f"{number:032x}"


def info(one: str) -> bytes:
    return wrap_info(bytes.fromhex(DEPLOYMENT), bytes.fromhex(one))


def recorded(holder: LocalKeyholder, number: int) -> bytes:
    """An item as a recorder hands it in; its secret."""
    secret = generate_data_key()
    wraps = {
        name: wrap(secret, public, info(item(number)))
        for name, public in holder.public_keys().recipients.items()
    }
    holder.keep_wraps(item(number), wraps)
    return secret


def rewrapping(holder: LocalKeyholder) -> Rewrapping:
    return holder.rewrapping(bytes.fromhex(DEPLOYMENT))


# --- The file ---------------------------------------------------------------------------------------------


def test_the_seed_opens_all_keys_and_nothing_else_does(folder: Path) -> None:
    made = escrowed(folder)
    keys = made.open(SEED)
    assert keys.serialise() == key_exchange.open_all(folder, TYPED).serialise()
    assert AllKeys.parse(keys.serialise()) == keys or keys.vaults
    with pytest.raises(Altered):
        made.open(bytes(32))


def test_a_file_with_anything_altered_is_refused(folder: Path) -> None:
    data = escrowed(folder).serialise()
    assert Escrow.parse(data).serialise() == data
    for at in range(0, len(data), 97):
        with pytest.raises(Altered):
            Escrow.parse(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(Altered):
        Escrow.parse(data + b" ")


def test_a_file_that_anybody_could_have_signed_is_refused(folder: Path) -> None:
    """R = 1, S = 0, under the neutral point of Ed25519 as the center's key."""
    one = bytes([1]) + bytes(31)
    forged = replace(escrowed(folder), center=one, signature=one + bytes(32))
    with pytest.raises(Altered, match="not as its center signed it"):
        Escrow.parse(forged.serialise())


def test_clear_members_are_bound_to_what_is_sealed(folder: Path) -> None:
    """Even by whoever has the center's key: what was sealed for one center or ceremony is of no other."""
    keys = key_exchange.open_all(folder, TYPED)
    one = escrowed(folder)
    other = Escrow.make(keys, deployment="e0" * 16, number=1, public=PUBLIC, splitting=7, holders=HOLDERS)
    mixed = Escrow(**{**vars(other), "sealed": one.sealed})
    with pytest.raises(Altered):
        mixed.open(SEED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"holders": ("police", "police", "health")},
        {"holders": ("police",)},
        {"holders": ("Police", "b", "c")},
        {"number": 0},
        {"splitting": 1 << 15},
        {"deployment": "d0"},
    ],
)
def test_what_cannot_be_said_is_not_sealed(folder: Path, wrong: dict[str, object]) -> None:
    said = {"deployment": DEPLOYMENT, "public": PUBLIC, "splitting": 7, "holders": HOLDERS, **wrong}
    number = said.pop("number", 1)
    with pytest.raises(ValueError):
        Escrow.make(key_exchange.open_all(folder, TYPED), number=number, **said)  # type: ignore[arg-type]


def test_an_escrow_of_another_center_escrows_nothing_and_keeps_nobody_from_recording(folder: Path) -> None:
    strange = AllKeys((generate_seed(),), SigningKeys.generate(), DocumentKeys.generate())
    made = Escrow.make(strange, deployment=DEPLOYMENT, number=1, public=PUBLIC, splitting=7, holders=HOLDERS)
    found = ((made.serialise(), "another center"), (b"{}", "escrow: KeyError"))
    for number, (content, said) in enumerate(found):
        path = folder / escrows.ESCROW
        path.touch(mode=0o600)
        path.write_bytes(content)
        holder = LocalKeyholder.open(folder)
        assert holder.public_keys().escrow is None
        assert said in holder.status().vault_trouble
        assert (holder.status().escrowed, holder.status().trouble) == (False, "")
        assert len(holder.make_case_key(item(number), info(item(number)))) == len(PUBLIC)


def test_it_is_carried_into_both_copies_and_the_newest_is_found_first(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    first, second = escrowed(folder), escrowed(folder)
    assert (first.number, second.number) == (1, 2)
    for made in (first, second):
        carrying = EscrowReplication(stores, made)
        assert not carrying.held
        assert carrying.carry() == carrying.carry() == 0
        assert carrying.held
    away: list[str] = []
    assert list(escrows.found(stores, ESCROW, lambda name, _: away.append(name))) == [second, first]
    assert (away, escrows.recipients(stores)) == ([], {ESCROW})
    (damaged,) = (tmp_path / "first" / "objects" / "escrow" / ESCROW).glob("000002-*")
    damaged.chmod(0o600)
    damaged.write_bytes(b"damaged")
    assert list(escrows.found(stores, ESCROW, lambda name, _: away.append(name))) == [second, first]
    assert EscrowReplication(stores, second).carry() == 0  # as at each start
    assert damaged.read_bytes() == second.serialise()


# --- Wrapping again ---------------------------------------------------------------------------------------


def test_what_was_recorded_before_a_ceremony_is_wrapped_for_the_escrow_key(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    store = KeyStore(stores, tmp_path / "waiting")
    secrets = {number: recorded(keyholder(folder, store), number) for number in range(5)}
    escrowed(folder)
    holder = keyholder(folder, store, typed=None)
    again = rewrapping(holder)
    assert again.progress() is None
    assert again.run()  # locked: what is missing is known, and nothing can be done
    assert again.progress() and (again.progress().items, again.progress().left) == (5, 5)  # type: ignore[union-attr]
    holder.unlock("passphrase")
    secrets[5] = recorded(holder, 5)
    assert again.run()
    store.carry()
    progress = again.progress()
    assert progress is not None and progress.complete and progress.items == 6
    for number, secret in secrets.items():
        one = item(number)
        opened = store.open(one, ESCROW, lambda data, one=one: WrappingKey(SEED).unwrap(data, info(one)))  # type: ignore[misc]
        assert opened == secret
    assert superseded(store, holder.public_keys().recipients) == []


def test_wrapping_goes_on_where_it_was_killed(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    store = KeyStore(stores, tmp_path / "waiting")
    for number in range(6):
        recorded(keyholder(folder, store), number)
    escrowed(folder)
    for done in range(0, 6, 2):
        holder = keyholder(folder, KeyStore(stores, tmp_path / "waiting"))
        again, looks = rewrapping(holder), iter([False, False, True])
        again.run(looks.__next__)
        assert again.progress().left == 6 - done - 2  # type: ignore[union-attr]
    assert rewrapping(holder).lacking() == 0


def test_an_item_that_no_vault_key_opens_is_left_and_told(folder: Path, tmp_path: Path) -> None:
    store = KeyStore({}, tmp_path / "waiting")
    recorded(keyholder(folder, store), 1)
    strange = WrappingKey(generate_seed()).public
    store.keep(item(2), recipient_id(strange), wrap(bytes(32), strange, info(item(2))))
    escrowed(folder)
    again = rewrapping(keyholder(folder, store))
    assert again.run()
    progress = again.progress()
    assert progress is not None and (progress.left, progress.unreadable) == (1, 1)


def test_one_machine_wraps_for_all_and_only_while_it_is_told_to(folder: Path, tmp_path: Path) -> None:
    """Two that did it at once would make two wraps of one secret, and no two copies would be alike."""
    store = KeyStore({}, tmp_path / "waiting")
    recorded(keyholder(folder, store), 1)
    escrowed(folder)
    again = rewrapping(keyholder(folder, store))
    with RewrappingWorker(again):
        time.sleep(0.3)
        assert again.progress() is None
        assert not again.may_go_on
        again.allow()
        wait_until(lambda: again.lacking() == 0)


# --- Another vault key ------------------------------------------------------------------------------------


def test_a_new_vault_key_opens_what_was_recorded_before_and_since(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    store = KeyStore(stores, tmp_path / "waiting")
    before = keyholder(folder, store)
    escrowed(folder)
    recorded(before, 1)
    old = before.public_keys().vault
    new = key_exchange.rotate_vault(folder, TYPED)
    holder = keyholder(folder, store)
    public = holder.public_keys()
    assert (recipient_id(public.vault), list(public.exchanged)) == (new, [old])
    late = recorded(before, 2)  # by a recorder that has the old key still
    assert holder._secret(item(2), info(item(2)))
    recorded(holder, 3)
    again = rewrapping(holder)
    assert again.run()
    store.carry()
    assert again.progress().complete  # type: ignore[union-attr]
    assert superseded(store, public.recipients) == [
        (item(1), recipient_id(old)),
        (item(2), recipient_id(old)),
    ]
    assert holder.drop_exchanged() == [recipient_id(old)]
    alone = keyholder(folder, store)
    assert alone.public_keys().exchanged == ()
    assert not list(folder.glob(vault_key.EXCHANGED))
    for number in (1, 2, 3):
        alone._secret(item(number), info(item(number)))
    assert late
    keys = Escrow.parse((folder / escrows.ESCROW).read_bytes()).open(SEED)
    assert recipient_id(WrappingKey(keys.vaults[0]).public) == new


def test_a_keyholder_of_before_another_exchange_drops_nothing(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    """The command exchanges the key while a service runs that was not started again yet."""
    store = KeyStore(stores, tmp_path / "waiting")
    key_exchange.rotate_vault(folder, TYPED)
    running = keyholder(folder, store)
    recorded(running, 1)
    key_exchange.rotate_vault(folder, TYPED)
    files = sorted(folder.glob(vault_key.EXCHANGED))
    assert rewrapping(running).lacking() == 0
    with pytest.raises(Altered, match="exchanged again"):
        running.drop_exchanged()
    assert sorted(folder.glob(vault_key.EXCHANGED)) == files
    keyholder(folder, store)._secret(item(1), info(item(1)))


@pytest.mark.parametrize("why", ["ended", "one copy"])
def test_a_key_is_needed_by_what_has_ended_and_by_what_one_copy_alone_has(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore], why: str
) -> None:
    """An end may be taken back; and a copy may have lost what the other one still has."""
    store = KeyStore(stores, tmp_path / "waiting")
    recorded(keyholder(folder, store), 1)
    assert store.carry() == 0
    key_exchange.rotate_vault(folder, TYPED)
    again = rewrapping(keyholder(folder, store))
    if why == "ended":
        (tmp_path / "endings").mkdir()
        (tmp_path / "endings" / f"{item(1)}.ended").write_text("d1" * 16)
        assert again.run()
    else:
        assert again.run()
        assert store.carry() == 0
        assert again.lacking() == 0
        first = next(iter(stores.values()))
        [lost] = [key for key in first.list("wraps/") if key.endswith(next(iter(again._recipients)))]
        first.destroy(lost, "object")
    assert again.progress().left == 0  # type: ignore[union-attr]
    assert again.lacking() == 1


def test_a_copy_that_does_not_answer_says_nothing_of_what_needs_a_key(
    folder: Path, tmp_path: Path, stores: dict[str, FilesystemStore]
) -> None:
    again = rewrapping(keyholder(folder, KeyStore(stores, tmp_path / "waiting")))
    assert again.lacking() == 0
    for store in stores.values():
        (store._root / "store.json").unlink()
        with pytest.raises(StoreUnavailable):
            again.lacking()
        break


def test_with_the_wrong_passphrase_no_key_is_exchanged(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(WrongPassphrase):
        key_exchange.rotate_vault(folder, NO_ACCESS.by("wrong"))
    with pytest.raises(WrongPassphrase):
        key_exchange.set_escrow(
            folder, NO_ACCESS.by("wrong"), deployment=DEPLOYMENT, public=PUBLIC, splitting=7, holders=HOLDERS
        )
    assert {
        path: path.read_bytes() for path in folder.iterdir() if path.name in {p.name for p in before}
    } == before
    assert not (folder / escrows.ESCROW).exists()


def killed_everywhere(work: Callable[[Disk], None], check: Callable[[], None]) -> None:
    """`work` in a process that is killed at its first operation on the disk, its second, …; then `check`."""
    for _ in kills(work):
        check()
    check()


@pytest.mark.starts
def test_an_exchange_that_is_killed_anywhere_leaves_keys_that_open_everything(
    folder: Path, tmp_path: Path
) -> None:
    store = KeyStore({}, tmp_path / "waiting")
    escrowed(folder)
    recorded(keyholder(folder, store), 1)

    def opens() -> None:
        holder = keyholder(folder, KeyStore({}, tmp_path / "waiting"))
        holder._secret(item(1), info(item(1)))
        keys = Escrow.parse((folder / escrows.ESCROW).read_bytes()).open(SEED)
        publics = {WrappingKey(seed).public for seed in keys.vaults}
        assert {holder.public_keys().vault, *holder.public_keys().exchanged} <= publics

    killed_everywhere(lambda disk: key_exchange.rotate_vault(folder, TYPED, disk) and None, opens)


@pytest.mark.starts
def test_another_passphrase_is_that_of_exchanged_keys_too_wherever_it_is_killed(
    folder: Path, tmp_path: Path
) -> None:
    store = KeyStore({}, tmp_path / "waiting")
    recorded(keyholder(folder, store), 1)
    key_exchange.rotate_vault(folder, TYPED)
    new = NO_ACCESS.by("another passphrase")

    def protect(disk: Disk) -> None:
        typed = TYPED
        try:
            vault_key.open_seed(vault_key.read(folder), TYPED)
        except WrongPassphrase:
            typed = new
        reprotection.protect_vault(folder, typed, new, Argon2id.fresh(QUICK), disk)

    killed_everywhere(protect, lambda: None)
    holder = keyholder(folder, KeyStore({}, tmp_path / "waiting"), "another passphrase")
    assert holder.status().vault_trouble == ""
    holder._secret(item(1), info(item(1)))


# --- From nothing -----------------------------------------------------------------------------------------


def test_a_folder_of_keys_is_restored_under_a_new_passphrase(folder: Path, tmp_path: Path) -> None:
    store = KeyStore({}, tmp_path / "waiting")
    escrowed(folder)
    secret = recorded(keyholder(folder, store), 1)
    key_exchange.rotate_vault(folder, TYPED)
    made = Escrow.parse((folder / escrows.ESCROW).read_bytes())
    again = tmp_path / "again"
    key_exchange.restore(again, made.open(SEED), made, "new words", QUICK)
    holder = LocalKeyholder.open(again, key_store=store)
    with pytest.raises(Locked):
        holder._secret(item(1), info(item(1)))
    holder.unlock("new words")
    holder._secret(item(1), info(item(1)))
    assert holder.public_keys() == LocalKeyholder.open(folder).public_keys()
    assert boot_keys.signing_file(again).protection is None
    assert secret
    with pytest.raises(ObjectExists):
        key_exchange.restore(again, made.open(SEED), made, "new words")


def test_the_file_is_what_the_specification_says(folder: Path) -> None:
    """Opened by what docs/spec/key-files.md says, section 5, without the code that made it."""
    given = json.loads(escrowed(folder).serialise())
    signature = to_bytes(given.pop("signature"), 64)
    label = b"amana/escrow/v1\x00"
    Ed25519PublicKey.from_public_bytes(to_bytes(given["center"], 32)).verify(
        signature, label + rfc8785.dumps(given)
    )
    sealed = base64.b64decode(given.pop("sealed"))
    secret = unwrap(sealed, SEED, label + hashlib.sha256(rfc8785.dumps(given)).digest())
    assert set(json.loads(secret)) == {"documents", "kind", "signing", "v", "vaults"}
