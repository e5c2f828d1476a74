"""`amana keys ceremony`, `recover` and `rotate`: the center's keys, recoverable through three authorities.

All run as short processes that end: the seed of the escrow key, and what two shares open, exist only in them
and are written nowhere. docs/escrow.md describes the steps for people.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.commands.keys import escrow_shares, protect
from amana.commands.keys.bilingual_terminal import Terminal, with_language
from amana.commands.parser import Commands, command
from amana.install import installation
from amana.keyholder.client import KeyholderClient
from amana.settings import Settings
from casework.sandbox.confinement import keep_memory_private
from casework.translations import counted
from casework.translations import marked as _
from vault.errors import Altered, VaultError
from vault.keyholders import key_exchange
from vault.keyholders.escrow import is_holder
from vault.keyholders.vault_key import VAULT_KEY
from vault.sealing.key_wrapping import WrappingKey, generate_seed, recipient_id
from vault.sealing.slip39 import SHARES, combine, split


def add(keys: Commands) -> None:
    """Add the commands to the group of `amana keys`."""
    ceremony = with_language(
        command(keys, "ceremony", _ceremony, "give three authorities a share each of the escrow key")
    )
    ceremony.add_argument(
        "--holder",
        action="append",
        default=[],
        metavar="CODE",
        help="code of an authority that keeps a share, such as police (three times; else it is asked)",
    )
    recover = with_language(
        command(keys, "recover", _recover, "prove that two shares work; --into: bring all keys back")
    )
    recover.add_argument(
        "--into",
        type=Path,
        metavar="FOLDER",
        help="a new machine: put all keys there, under a new passphrase",
    )
    command(keys, "rotate", _rotate, "exchange the vault key; everything is wrapped anew, media stay")


def escrow_text(keyholder: KeyholderClient) -> str:
    """Return the state of escrow and key exchanges, as `amana keys status` prints it."""
    public, progress, status = keyholder.public_keys(), keyholder.rewrapped(), keyholder.status()
    if public.escrow is None:
        lines = ["escrow    NONE: with these keys everything is lost. To change that: amana keys ceremony"]
    else:
        lines = [f"escrow    key {recipient_id(public.escrow)}"]
    if public.exchanged:
        earlier = ", ".join(map(recipient_id, public.exchanged))
        lines.append(
            f"exchanged key {recipient_id(public.vault)} is used; kept while it is needed: {earlier}"
        )
    if progress is not None and (progress.left or not progress.carried):
        done = progress.items - progress.left
        lines.append(f"wrapped   {done} of {progress.items} items for the keys of now")
        if progress.unreadable:
            lines[-1] += f". CHECK: {progress.unreadable} are opened by no vault key of this machine"
        if progress.left > progress.unreadable and not status.unlocked:
            lines[-1] += ". It continues when the vault is unlocked"
    if status.vault_trouble:
        lines.append(f"CHECK     {status.vault_trouble}")
    return "\n".join(lines)


# --- the ceremony -----------------------------------------------------------------------------------------


def _ceremony(parsed: argparse.Namespace, settings: Settings) -> None:
    keep_memory_private()
    terminal, installed = Terminal(parsed.language), installation.read(settings)
    if not terminal.watched:
        raise terminal.refusal(
            _("The words of the shares are shown on a screen and go nowhere else: run this at a terminal.")
        )
    if installation.trial_passphrase(settings):
        terminal.say(
            _("CHECK: these are trial keys; their passphrase is beside them. First: amana keys protect")
        )
    holders = _holders(parsed.holder, terminal)
    access, typed = settings.key_access, protect.typed_now(settings)
    # Before any holder writes a word: check the passphrase, and that all keys open.
    key_exchange.open_all(settings.keys, access.by(typed))
    seed = generate_seed()
    made = split(seed)
    if any(combine(made[one], made[other]) != seed for one, other in ((0, 1), (0, 2), (1, 2))):
        raise Altered("the shares do not give the key again; nothing was changed")
    try:
        terminal.ask(
            _("Three shares are shown now, one after the other. Press Enter when all holders are ready.")
        )
        for share, holder in zip(made, holders, strict=True):
            escrow_shares.show(terminal, share, holder)
    except (KeyboardInterrupt, EOFError):
        raise terminal.refusal(
            _(
                "The ceremony was ended. Nothing was changed, and the words that were shown open "
                "nothing: destroy the sheets."
            )
        ) from None
    escrow = key_exchange.set_escrow(
        settings.keys,
        access.by(typed),
        deployment=installed.deployment,
        public=WrappingKey(seed).public,
        splitting=made[0].splitting,
        holders=holders,
    )
    escrow.open(seed)
    del seed, made
    terminal.say(
        _(
            "Done: ceremony {splitting}, key {key}. Any two of the three shares open everything; one opens "
            "nothing."
        ),
        splitting=escrow.splitting,
        key=escrow.recipient,
    )
    _go_on(terminal, settings, typed)


def _go_on(terminal: Terminal, settings: Settings, typed: str) -> None:
    if not protect.started_again(settings, typed):
        terminal.say(
            _(
                "Amana is not running. When it runs and is unlocked, what was recorded before is wrapped "
                "for the new key."
            )
        )
        return
    terminal.say(
        _(
            "What was recorded before is wrapped for the new key now, as long as the vault is unlocked. How "
            "far: amana keys status"
        )
    )


def _holders(names: list[str], terminal: Terminal) -> list[str]:
    holders = list(names)
    while len(holders) < SHARES and terminal.watched and not names:
        holders.append(
            terminal.ask(
                _("Which authority keeps share {number}? A short word, such as police:"),
                number=len(holders) + 1,
            )
        )
    if len(holders) != SHARES or len(set(holders)) != SHARES or not all(map(is_holder, holders)):
        raise terminal.refusal(
            _(
                "Three different authorities are needed, each as one word of small Latin letters, "
                "digits and hyphens."
            )
        )
    return holders


# --- recovering -------------------------------------------------------------------------------------------


def _recover(parsed: argparse.Namespace, settings: Settings) -> int:
    from amana.recovery.escrow_recovery import Proof, prove  # the other commands need no database

    keep_memory_private()
    terminal = Terminal(parsed.language)
    into: Path | None = parsed.into
    if into is not None and (into / VAULT_KEY).exists():
        raise terminal.refusal(
            _("There are keys in {folder} already. They are never replaced; choose another folder."),
            folder=into,
        )
    seed, (first, second) = escrow_shares.read_two(terminal)
    try:
        proof: Proof = prove(settings, seed)
    except VaultError as error:
        raise terminal.refusal(_("The shares open nothing here: {why}."), why=error) from None
    holders = proof.escrow.holders
    terminal.say(
        _(
            "OK    shares   {one} ({first}) and {other} ({second}), ceremony {splitting}: they open the "
            "escrowed keys"
        ),
        one=first.number,
        first=holders[first.number - 1],
        other=second.number,
        second=holders[second.number - 1],
        splitting=first.splitting,
    )
    if proof.here:
        terminal.say(_("OK    keys     they are the keys of this machine"))
    if proof.ledger:
        terminal.say(
            counted(
                "OK    ledger   {ledger}: its {n} statement is signed by these keys",
                "OK    ledger   {ledger}: its {n} statements are signed by these keys",
            ),
            ledger=proof.ledger,
            n=proof.size,
        )
    terminal.say(
        counted(
            "OK    items    {wrapped} of {n} item is wrapped for this key; {opened} was opened, and holds "
            "what it must",
            "OK    items    {wrapped} of {n} items are wrapped for this key; {opened} were opened, and hold "
            "what they must",
        ),
        wrapped=proof.wrapped,
        n=proof.items,
        opened=proof.opened,
    )
    for sentence, values in proof.trouble:
        print(f"CHECK {terminal.text(sentence, **values)}")
    if into is None:
        terminal.say(
            _(
                "Nothing was written, and nothing was shown. To put the keys into a folder: amana keys "
                "recover --into FOLDER"
            )
        )
        return 1 if proof.trouble else 0
    if not proof.ledger:
        # Anyone who can write into the stores can store other keys there, sealed for the same public key.
        raise terminal.refusal(
            _(
                "Nothing was written: only keys that signed the center's ledger are restored. Let the "
                "settings name the copies of the media: AMANA_FIRST_COPY, AMANA_SECOND_COPY."
            )
        )
    passphrase = protect.chosen()
    key_exchange.restore(into, proof.keys, proof.escrow, passphrase)
    terminal.say(
        _(
            "All keys are in {folder}, under the new passphrase. Write it down and keep it where the keys "
            "are not."
        ),
        folder=into,
    )
    terminal.say(
        _(
            "Next: amana rebuild. When the center works again, hold a new ceremony: these shares have been "
            "together in one place."
        )
    )
    return 0


# --- another vault key ------------------------------------------------------------------------------------


def _rotate(_: argparse.Namespace, settings: Settings) -> None:
    keep_memory_private()
    installation.read(settings)
    typed = protect.typed_now(settings)
    made = key_exchange.rotate_vault(settings.keys, settings.key_access.by(typed))
    print(f"The vault key is {made} from now on. The one before is kept until nothing needs it any more.")
    if protect.started_again(settings, typed):
        print("What was recorded is wrapped for the new one while the vault is unlocked: amana keys status")
    else:
        print("What was recorded is wrapped for the new one when Amana runs and is unlocked.")
