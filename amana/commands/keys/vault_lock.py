"""`amana keys`: the vault's lock, and the group of the commands about keys."""

from __future__ import annotations

import argparse
import getpass

from amana.commands.keys import escrow, protect
from amana.commands.parser import command, group
from amana.errors import Unusable
from amana.install import installation
from amana.keyholder import signing_guard
from amana.keyholder.client import KeyholderClient
from amana.settings import Settings
from amana.supervisor.supervisor import CannotStart, only_one
from amana.supervisor.supervisor_client import keyholder_for_command


def add(parser: argparse.ArgumentParser) -> None:
    """Add the group of `amana keys`."""
    keys = group(parser)
    command(keys, "status", _status, "whether the vault is unlocked, and what protects the keys")
    command(keys, "unlock", _unlock, "unlock the vault, so that recordings can be opened")
    command(keys, "lock", _lock, "lock the vault; recording continues")
    command(keys, "accept-ledger", _accept, "after restoring a backup: continue from the restored ledger")
    protect.add(keys)
    escrow.add(keys)


def _status(_: argparse.Namespace, settings: Settings) -> None:
    keyholder = _keyholder(settings)
    print(protect.protection_text(keyholder.status()))
    print(escrow.escrow_text(keyholder))


def _unlock(_: argparse.Namespace, settings: Settings) -> None:
    keyholder = _keyholder(settings)
    typed = protect.TYPED[keyholder.status().protection]
    keyholder.unlock(getpass.getpass(f"{typed}, to unlock the vault: "))
    print("The vault is unlocked.")


def _lock(_: argparse.Namespace, settings: Settings) -> None:
    _keyholder(settings).lock()
    print("The vault is locked. Recording continues; opening recordings does not.")


def _accept(_: argparse.Namespace, settings: Settings) -> None:
    from amana.centers import stored_head  # the other commands about keys need no database

    installed = installation.read(settings)
    try:
        with only_one(settings):
            head = stored_head(settings, installed)
            print(f"The ledger in this data folder has {head.size} statements and a valid signature.")
            print("Accept it only if it is the newest that exists: statements signed after it are lost,")
            print("and anyone with a proof of them can show that. Recordings are not touched.")
            if input("To accept it, type its number of statements: ").strip() != str(head.size):
                raise Unusable("nothing was changed")
            aside = signing_guard.accept(settings.signed_checkpoints, installed.origin, head)
    except CannotStart:
        raise Unusable("stop Amana first") from None
    print("Accepted. Start Amana, and write down when and why this was done.")
    if aside is not None:
        print(f"What was signed before is kept in {aside}")


def _keyholder(settings: Settings) -> KeyholderClient:
    installation.read(settings)
    return keyholder_for_command(settings.supervisor_socket)
