"""Ceremony and recovery at a real terminal: what people do wrong is said, and nothing is lost by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shamir_mnemonic.wordlist import WORDLIST

from amana.cli import main
from amana.install import installation
from amana.recovery.escrow_recovery import NotEscrowed, prove
from amana.settings import Settings
from tests.support.people.clerk import HOLDERS, Clerk, give_shares, hold_ceremony
from tests.support.people.passphrase import PASSPHRASE
from vault.keyholders import escrow as escrows
from vault.keyholders.local_keyholder import WAITING, LocalKeyholder
from vault.sealing.key_wrapping import generate_data_key, recipient_id, wrap, wrap_info
from vault.sealing.slip39 import combine, parse, split
from vault.wrapped_keys.store import KeyStore

pytestmark = pytest.mark.starts


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, list[list[str]]]]:
    """A center that never ran, with trial keys and one recorded item; and the shares of its ceremony."""
    settings = Settings(data=tmp_path_factory.mktemp("center") / "amana")
    installation.prepare(settings)
    shares = hold_ceremony(str(settings.data))
    store = KeyStore(installation.key_stores(settings), settings.keys / WAITING)
    holder = LocalKeyholder.open(settings.keys, key_store=store)
    item = "e1" * 16
    info = wrap_info(bytes.fromhex(installation.read(settings).deployment), bytes.fromhex(item))
    secret = generate_data_key()
    holder.keep_wraps(
        item, {name: wrap(secret, public, info) for name, public in holder.public_keys().recipients.items()}
    )
    store.carry()
    escrows.EscrowReplication(store.stores, holder.escrow).carry()
    yield settings, shares


def recover(settings: Settings, *options: str) -> Clerk:
    return Clerk("keys", "recover", "--data", str(settings.data), *options)


def other(word: str) -> str:
    return str(WORDLIST[(WORDLIST.index(word) + 1) % len(WORDLIST)])


def test_a_ceremony_shows_each_share_and_takes_no_holder_at_his_word(
    held: tuple[Settings, list[list[str]]],
) -> None:
    settings, shares = held
    escrow = escrows.read(settings.keys)
    assert escrow is not None
    assert escrow.holders == HOLDERS
    assert [parse(words).number for words in shares] == [1, 2, 3]
    assert len({parse(words).splitting for words in shares} | {escrow.splitting}) == 1
    escrow.open(combine(parse(shares[0]), parse(shares[2])))


def test_a_ceremony_that_is_broken_off_changes_nothing(held: tuple[Settings, list[list[str]]]) -> None:
    settings, _ = held
    before = {path: path.read_bytes() for path in settings.keys.iterdir() if path.is_file()}
    clerk = Clerk("keys", "ceremony", "--data", str(settings.data))
    for holder in HOLDERS:
        clerk.sees("Which authority keeps share")
        clerk.type(holder)
    clerk.sees("Press Enter when all holders")
    clerk.type("")
    clerk.sees("presses Enter")
    clerk.type("")
    clerk.sees("Write every word")
    clerk.type("")
    clerk.sees(r"Word \d+:")
    clerk.type("wrong")
    clerk.sees("That is not what was shown")
    clerk.type("\x03")  # Ctrl-C
    clerk.sees("Nothing was changed, and the words that were shown open nothing")
    assert clerk.ends() == 2
    assert {path: path.read_bytes() for path in settings.keys.iterdir() if path.is_file()} == before


def test_words_are_shown_on_a_terminal_alone(held: tuple[Settings, list[list[str]]]) -> None:
    settings, _ = held
    command = [sys.executable, "-m", "amana", "keys", "ceremony", "--data", str(settings.data)]
    ended = subprocess.run(command, input=b"\n" * 20, capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"run this at a terminal" in ended.stderr


@pytest.mark.parametrize(
    "holders", [["police", "police", "health"], ["police"], ["Police", "health", "x"], ["a", "b", "c", "d"]]
)
def test_three_different_authorities_are_needed(
    held: tuple[Settings, list[list[str]]], holders: list[str]
) -> None:
    settings, _ = held
    options = [word for holder in holders for word in ("--holder", holder)]
    clerk = Clerk("keys", "ceremony", "--data", str(settings.data), *options)
    clerk.sees("Three different authorities are needed")
    assert clerk.ends() == 2


def test_any_two_shares_prove_that_they_work_and_expose_nothing(
    held: tuple[Settings, list[list[str]]],
) -> None:
    settings, shares = held
    before = {path for path in settings.data.rglob("*") if path.is_file()}
    clerk = recover(settings)
    give_shares(clerk, shares[2], shares[1])
    assert clerk.ends() == 1  # it never ran, so there is no ledger; the rest is
    assert "3 (health) and 2 (prosecution)" in clerk.said
    assert "they are the keys of this machine" in clerk.said
    assert "1 of 1 item is wrapped for this key; 1 was opened" in clerk.said
    assert "CHECK No copy of the media has a ledger" in clerk.said
    assert {path for path in settings.data.rglob("*") if path.is_file()} == before


def test_every_slip_is_named_and_can_be_corrected(held: tuple[Settings, list[list[str]]]) -> None:
    settings, shares = held
    first, second = shares[0], shares[1]
    foreign = split(bytes(32))[1].words
    clerk = recover(settings)
    clerk.sees("From word 1:")
    clerk.type(" ".join(first[:6]))
    clerk.sees("From word 7:")
    clerk.type("xyzzy " + " ".join(first[7:]))
    clerk.sees("Word 7, “xyzzy”, is not on the list")
    clerk.sees("Word 7 once more:")
    clerk.type(first[6])
    clerk.sees("Share 1 is whole")
    clerk.sees("From word 1:")
    clerk.type(" ".join([*second[:32], other(second[32])]))
    clerk.sees("they do not fit together")
    clerk.sees("From word 1:")
    clerk.type(" ".join(second[:30]))
    clerk.sees("From word 31:")
    clerk.type("")
    clerk.sees("A share has 33 words, and these are 30")
    clerk.sees("From word 1:")
    clerk.type(" ".join(first))
    clerk.sees("the same share again")
    clerk.sees("From word 1:")
    clerk.type(" ".join(foreign))
    clerk.sees("two different ceremonies")
    clerk.sees("From word 1:")
    clerk.type(" ".join(second))
    clerk.sees("OK    shares")
    assert clerk.ends() == 1


def test_it_speaks_arabic(held: tuple[Settings, list[list[str]]]) -> None:
    settings, shares = held
    clerk = recover(settings, "--language", "ar")
    clerk.sees("من الكلمة 1:")
    clerk.type("الشاهد " + " ".join(shares[0][1:]))
    clerk.sees("الكلمة 1، «الشاهد»، ليست في قائمة الكلمات")
    clerk.sees("الكلمة 1 مرة أخرى:")
    clerk.type(shares[0][0])
    clerk.sees("الحصة 1 سليمة")
    clerk.sees("من الكلمة 1:")
    clerk.type(" ".join(shares[1]))
    clerk.sees("تفتحان المفاتيح المودعة")
    clerk.ends()


def test_shares_of_another_center_open_nothing_and_that_is_said(
    held: tuple[Settings, list[list[str]]],
) -> None:
    settings, _ = held
    shares = split(bytes(range(32)))
    clerk = recover(settings)
    give_shares(clerk, shares[0].words, shares[1].words)
    escrow = escrows.read(settings.keys)
    assert escrow is not None
    clerk.sees(f"no keys are stored here that it opens.*Keys are stored for: {escrow.recipient}")
    assert clerk.ends() == 2


def test_keys_that_signed_no_ledger_here_are_not_restored(
    held: tuple[Settings, list[list[str]]], tmp_path: Path
) -> None:
    """Whoever can write into the stores could have put keys of their own there."""
    settings, shares = held
    clerk = recover(settings, "--into", str(tmp_path / "keys"))
    give_shares(clerk, shares[0], shares[1])
    clerk.sees("Nothing was written: only keys that signed the center's ledger")
    assert clerk.ends() == 2
    assert not (tmp_path / "keys").exists()


def test_keys_are_never_replaced(
    held: tuple[Settings, list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    settings, _ = held
    code = main(["keys", "recover", "--data", str(settings.data), "--into", str(settings.keys)])
    assert (code, "They are never replaced" in capsys.readouterr().err) == (2, True)


def test_what_is_wrong_in_the_stores_is_found(held: tuple[Settings, list[list[str]]], tmp_path: Path) -> None:
    """One copy damaged: the other serves. Both: it is said which item does not open."""
    settings, shares = held
    seed = combine(parse(shares[0]), parse(shares[1]))
    escrow = escrows.read(settings.keys)
    assert escrow is not None
    wraps = [
        settings.data / name / "objects" / "wraps" / ("e1" * 16) / escrow.recipient
        for name in ("first-keys", "second-keys")
    ]
    kept = wraps[0].read_bytes()
    try:
        for path in wraps:
            path.chmod(0o600)
            path.write_bytes(bytes(len(kept)))
        proof = prove(settings, seed)
        assert [values["item"] for _, values in proof.trouble if "item" in values] == ["e1" * 16]
        assert proof.opened == 0
    finally:
        for path in wraps:
            path.write_bytes(kept)
    assert prove(settings, seed).opened == 1
    with pytest.raises(NotEscrowed):
        prove(settings, bytes(32))


def test_a_vault_key_is_exchanged_while_nothing_runs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = LocalKeyholder.open(settings.keys).public_keys().vault
    monkeypatch.setattr("getpass.getpass", lambda prompt: "wrong")
    assert main(["keys", "rotate", "--data", str(settings.data)]) == 1
    assert LocalKeyholder.open(settings.keys).public_keys().vault == before
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSPHRASE)
    assert main(["keys", "rotate", "--data", str(settings.data)]) == 0
    assert "when Amana runs and is unlocked" in capsys.readouterr().out
    public = LocalKeyholder.open(settings.keys).public_keys()
    assert list(map(recipient_id, public.exchanged)) == [recipient_id(before)]
