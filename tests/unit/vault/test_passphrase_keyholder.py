"""The passphrase keyholder: what is locked, what is not, and what a file must be to be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tests.support.faulty_disk import FaultyDisk
from tests.support.stated_openings import StatedOpenings
from vault.disk import DISK, Disk
from vault.errors import (
    Altered,
    KeyFileExposed,
    KeysMissing,
    Locked,
    NotOpen,
    ObjectExists,
    ObjectMissing,
    UnlockSlowed,
    WriteFailed,
    WrongPassphrase,
)
from vault.key_protection.access import NO_ACCESS
from vault.key_protection.passphrase import Argon2id, Cost, generate_passphrase, normalise
from vault.keyholders import vault_key
from vault.keyholders.local_keyholder import LONGEST_WAIT, TRIAL_COST, LocalKeyholder
from vault.keyholders.protocol import Keyholder
from vault.keyholders.reprotection import protect_vault
from vault.keyholders.signing_keys import SigningKeys
from vault.sealing.key_wrapping import generate_data_key, recipient_id, wrap, wrap_info
from vault.sealing.sealing import open_with_message_key, seal

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
ITEM = b"e".hex() * 16
INFO = wrap_info(b"d" * 16, b"e" * 16)


def protect(folder: Path, old: str, new: str, disk: Disk = DISK) -> None:
    protect_vault(folder, NO_ACCESS.by(old), NO_ACCESS.by(new), Argon2id.fresh(QUICK), disk)


VECTOR = json.loads((Path(__file__).parent / "vectors" / "key-file.json").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys under the passphrase "correct horse"."""
    LocalKeyholder.create(tmp_path / "keys", "correct horse", QUICK)
    return tmp_path / "keys"


def keep(keyholder: LocalKeyholder, secret: bytes) -> None:
    """Hand in the wrap of an item's secret, as a recorder made it."""
    public = keyholder.public_keys().vault
    keyholder.keep_wraps(ITEM, {recipient_id(public): wrap(secret, public, INFO)})


@pytest.fixture
def keyholder(folder: Path) -> LocalKeyholder:
    return LocalKeyholder.open(folder)


def opened(keyholder: LocalKeyholder) -> str:
    """The id of an opening of the item, as after its statement."""
    stated = StatedOpenings()
    stated.state(ITEM)
    keyholder.openings.proofs = stated
    return keyholder.open_item(ITEM, [])


def test_it_is_a_keyholder(keyholder: LocalKeyholder):
    promised: Keyholder = keyholder
    assert promised.status().unlocked is False


def test_locked_it_signs_for_the_ledger_and_the_center(keyholder: LocalKeyholder):
    public = keyholder.public_keys()
    ed25519 = Ed25519PublicKey.from_public_bytes(public.ledger_ed25519)
    ed25519.verify(keyholder.sign("ledger-ed25519", b"checkpoint"), b"checkpoint")
    mldsa = MLDSA44PublicKey.from_public_bytes(public.ledger_mldsa44)
    mldsa.verify(keyholder.sign("ledger-mldsa44", b"checkpoint"), b"checkpoint")
    center = Ed25519PublicKey.from_public_bytes(public.center)
    center.verify(keyholder.sign("center", b"statement"), b"statement")
    assert public.center != public.ledger_ed25519
    with pytest.raises(ValueError, match="no signing key"):
        keyholder.sign("vault", b"")  # type: ignore[arg-type]


def test_locked_it_opens_nothing(keyholder: LocalKeyholder):
    keep(keyholder, generate_data_key())
    opening = opened(keyholder)
    for attempt in (
        lambda: keyholder.message_keys(opening, INFO, []),
        lambda: keyholder.open_sealed(ITEM, INFO, []),
    ):
        with pytest.raises(Locked):
            attempt()


def test_unlocked_it_gives_the_keys_of_single_messages(keyholder: LocalKeyholder):
    data_key = generate_data_key()
    keep(keyholder, data_key)
    messages = [seal(data_key, b"context %d" % n, b"plaintext %d" % n) for n in range(3)]
    keyholder.unlock("correct horse")
    assert keyholder.status().unlocked
    asked = [(message[:24], b"context %d" % n) for n, message in enumerate(messages)]
    with pytest.raises(NotOpen):
        keyholder.message_keys(ITEM, INFO, asked)
    opening = opened(keyholder)
    keys = keyholder.message_keys(opening, INFO, asked)
    found = [open_with_message_key(*pair) for pair in zip(keys, messages, strict=True)]
    assert found == [b"plaintext 0", b"plaintext 1", b"plaintext 2"]
    with pytest.raises(Altered):
        keyholder.message_keys(opening, wrap_info(b"d" * 16, b"f" * 16), asked)
    keyholder.lock()
    keyholder.lock()
    with pytest.raises(Locked):
        keyholder.message_keys(opening, INFO, asked)


def test_unlocked_it_opens_what_was_sealed_to_a_case_key(keyholder: LocalKeyholder):
    case_public = keyholder.make_case_key(ITEM, INFO)  # while locked
    blobs = [wrap(b"a name", case_public, INFO), wrap(b"a reason", case_public, INFO)]
    keyholder.unlock("correct horse")
    assert keyholder.open_sealed(ITEM, INFO, blobs) == [b"a name", b"a reason"]
    with pytest.raises(Altered):
        keyholder.open_sealed(ITEM, INFO, [blobs[0][:-1]])


def test_a_wrapped_thing_of_another_size_is_no_key(keyholder: LocalKeyholder):
    with pytest.raises(ValueError, match="1168 bytes"):
        keep(keyholder, b"not a key")


def test_an_item_whose_wrap_was_never_handed_in_says_so(keyholder: LocalKeyholder):
    keyholder.unlock("correct horse")
    with pytest.raises(KeysMissing, match=ITEM):
        keyholder.message_keys(opened(keyholder), INFO, [])


def test_the_same_keys_are_there_after_a_restart(folder: Path):
    first, second = LocalKeyholder.open(folder), LocalKeyholder.open(folder)
    assert first.public_keys() == second.public_keys()


def test_wrong_passphrases_are_slowed_down_and_right_ones_forgive(folder: Path):
    now = [0.0]
    keyholder = LocalKeyholder.open(folder, clock=lambda: now[0])
    waits = []
    for _ in range(12):
        now[0] += keyholder.status().wait
        with pytest.raises(WrongPassphrase):
            keyholder.unlock("wrong")
        waits.append(keyholder.status().wait)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]
    with pytest.raises(UnlockSlowed) as slowed:
        keyholder.unlock("correct horse")
    assert slowed.value.wait == LONGEST_WAIT
    now[0] += LONGEST_WAIT
    keyholder.unlock("correct horse")
    assert keyholder.status().wait == 0
    with pytest.raises(WrongPassphrase):
        keyholder.unlock("wrong")
    assert keyholder.status().wait == 0
    assert keyholder.status().unlocked


def test_trial_keys_are_marked_and_need_no_typing(tmp_path: Path):
    passphrase = LocalKeyholder.create(tmp_path, cost=QUICK)
    status = LocalKeyholder.open(tmp_path).status()
    assert (status.unlocked, status.trial) == (True, True)
    assert (tmp_path / "trial-passphrase.txt").read_text() == passphrase + "\n"
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    names = ("document-keys.json", "signing-keys.json", "trial-passphrase.txt", "vault-key.json")
    assert modes == dict.fromkeys(names, 0o600)


def test_trial_keys_without_their_passphrase_stay_locked_and_still_sign(tmp_path: Path):
    LocalKeyholder.create(tmp_path, cost=QUICK)
    for spoil in (lambda path: path.write_bytes(b"\xff"), Path.unlink):
        spoil(tmp_path / "trial-passphrase.txt")
        keyholder = LocalKeyholder.open(tmp_path)
        assert not keyholder.status().unlocked
        assert len(keyholder.sign("center", b"statement")) == 64


def test_protecting_ends_the_trial_and_keeps_the_key(tmp_path: Path):
    trial = LocalKeyholder.create(tmp_path, cost=QUICK)
    before = LocalKeyholder.open(tmp_path).public_keys()
    protect(tmp_path, trial, "chosen by the custodian")
    assert not (tmp_path / "trial-passphrase.txt").exists()
    keyholder = LocalKeyholder.open(tmp_path)
    assert keyholder.public_keys() == before
    assert (keyholder.status().unlocked, keyholder.status().trial) == (False, False)
    with pytest.raises(WrongPassphrase):
        keyholder.unlock(trial)
    keyholder.unlock("chosen by the custodian")


def test_protecting_with_a_wrong_passphrase_or_a_bad_disk_changes_nothing(folder: Path, disk: FaultyDisk):
    before = (folder / "vault-key.json").read_bytes()
    with pytest.raises(WrongPassphrase):
        protect(folder, "wrong", "new")
    disk.fail("sync")
    with pytest.raises(WriteFailed):
        protect(folder, "correct horse", "new", disk)
    assert (folder / "vault-key.json").read_bytes() == before


def test_keys_are_never_replaced_but_a_first_run_cut_short_can_be_repeated(tmp_path: Path, disk: FaultyDisk):
    disk.fail("rename", after=2)
    with pytest.raises(WriteFailed):
        LocalKeyholder.create(tmp_path, cost=QUICK, disk=disk)
    with pytest.raises(ObjectMissing):
        LocalKeyholder.open(tmp_path)
    LocalKeyholder.create(tmp_path, cost=QUICK)
    assert LocalKeyholder.open(tmp_path).status().unlocked
    with pytest.raises(ObjectExists):
        LocalKeyholder.create(tmp_path, cost=QUICK)


@pytest.mark.parametrize("name", ["vault-key.json", "signing-keys.json"])
def test_a_key_file_that_others_may_read_is_refused(folder: Path, name: str):
    (folder / name).chmod(0o640)
    with pytest.raises(KeyFileExposed, match=name):
        LocalKeyholder.open(folder)


def test_the_pinned_key_file_opens_and_is_written_the_same():
    data = VECTOR["file"].encode()
    parsed = vault_key.parse(data)
    assert vault_key.open_seed(parsed, NO_ACCESS.by(VECTOR["passphrase"])).hex() == VECTOR["seed"]
    assert parsed.serialise() == data


def test_the_default_cost_is_not_below_the_second_recommendation_of_rfc_9106():
    assert (Cost().memory_kib >= 65536, Cost().passes >= 3, Cost().lanes) == (True, True, 4)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(trial=True),
        lambda fields: fields.update(public=VECTOR["other_public"]),
        lambda fields: fields["argon2id"].update(passes=2),
        lambda fields: fields["argon2id"].update(salt="AAAAAAAAAAAAAAAAAAAAAA=="),
        lambda fields: fields.update(nonce="AAAAAAAAAAAAAAAA"),
    ],
)
def test_no_field_of_a_key_file_can_be_exchanged(change):
    fields = json.loads(VECTOR["file"])
    change(fields)
    data = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(WrongPassphrase):
        vault_key.open_seed(vault_key.parse(data), NO_ACCESS.by(VECTOR["passphrase"]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        VECTOR["file"].encode() + b"\n",
        VECTOR["file"].replace('"v":1', '"v":2').encode(),
        VECTOR["file"].replace('"v":1', '"v":1,"w":0').encode(),
        VECTOR["file"].replace('"trial":false', '"trial":0').encode(),
        VECTOR["file"].replace('"lanes":1', '"lanes":0').encode(),
        VECTOR["file"].replace('"memory_kib":64', '"memory_kib":99999999999').encode(),
        VECTOR["file"].replace('"lanes":1', '"lanes":1,"lanes":1').encode(),
    ],
)
def test_what_is_no_key_file_is_refused(data: bytes):
    with pytest.raises(Altered, match="key file"):
        vault_key.parse(data)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"seeds":[]}', b'{"seeds":{"center":1}}', b'{"seeds":{"center":""}}']
)
def test_what_are_no_signing_keys_are_refused(folder: Path, data: bytes):
    (folder / "signing-keys.json").write_bytes(data)
    with pytest.raises(Altered, match="signing keys"):
        LocalKeyholder.open(folder)


def test_the_catalogue_is_sealed_and_opened_while_the_vault_is_locked(keyholder: LocalKeyholder):
    pairs = [(b"person/1", b"a name"), (b"person/2", b"a name"), (b"", b"")]
    sealed = keyholder.seal_catalogue(pairs)
    assert sealed[0][56:] != sealed[1][56:]
    places = [place for place, _ in pairs]
    assert keyholder.open_catalogue(list(zip(places, sealed, strict=True))) == [one for _, one in pairs]


def test_what_was_sealed_for_another_place_or_altered_is_refused(keyholder: LocalKeyholder):
    [sealed] = keyholder.seal_catalogue([(b"person/1", b"a name")])
    for place, one in ((b"person/2", sealed), (b"person/1", sealed[:-1]), (b"person/1", b"")):
        with pytest.raises(Altered):
            keyholder.open_catalogue([(place, one)])
    with pytest.raises(ValueError, match="at most 262144 bytes"):
        keyholder.seal_catalogue([(b"", bytes(256 * 1024 + 1))])
    with pytest.raises(ValueError, match="200 bytes"):
        keyholder.seal_catalogue([(bytes(201), b"")])


def test_keys_from_before_there_was_a_catalogue_get_one_once(folder: Path):
    file = folder / "signing-keys.json"
    seeds = SigningKeys.parse(file.read_bytes()).seeds
    before = SigningKeys({name: seed for name, seed in seeds.items() if name != "catalogue"})
    file.write_bytes(before.serialise())
    first = LocalKeyholder.open(folder)
    [sealed] = first.seal_catalogue([(b"here", b"content")])
    again = LocalKeyholder.open(folder)
    assert again.open_catalogue([(b"here", sealed)]) == [b"content"]
    now = SigningKeys.parse(file.read_bytes()).seeds
    assert {name: now[name] for name in before.seeds} == before.seeds
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_passphrase_is_the_same_from_every_keyboard():
    assert normalise(" cafe\u0301 \n") == normalise("caf\u00e9")
    generated = generate_passphrase()
    assert [len(group) for group in generated.split("-")] == [4] * 7
    assert generated != generate_passphrase()


def test_secrets_do_not_show_in_representations(folder: Path):
    keys = SigningKeys.parse((folder / "signing-keys.json").read_bytes())
    for seed in keys.seeds.values():
        assert repr(seed) not in repr(keys)


def test_a_guess_costs_something_where_a_passphrase_has_to_be_guessed(tmp_path: Path) -> None:
    for name, passphrase, cost in (("trial", None, TRIAL_COST), ("own", "seven words", Cost())):
        LocalKeyholder.create(tmp_path / name, passphrase)
        protection = vault_key.read(tmp_path / name).protection
        assert isinstance(protection, Argon2id)
        assert protection.cost == cost
