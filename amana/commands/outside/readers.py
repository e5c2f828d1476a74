"""`amana readers`: who may read the ledger over HTTP."""

from __future__ import annotations

import argparse

from amana.centers import attached_center
from amana.commands.parser import as_unusable, command, group
from amana.settings import Settings
from casework.errors import CaseworkError
from casework.witnesses import ledger_readers


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    readers = group(parser)
    made = command(readers, "add", _add, "allow a reader of the ledger; prints their token once")
    made.add_argument("name", metavar="NAME", help="a code for them, such as bar-association")
    made.add_argument(
        "--entries", action="store_true", help="entries too, as a monitor needs; a witness does not"
    )
    command(readers, "list", _list, "who may read, and who might before")
    withdrawal = command(readers, "withdraw", _withdraw, "end a reader's right, at once")
    withdrawal.add_argument("name", metavar="NAME")


def _add(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center, as_unusable(CaseworkError):
        token = ledger_readers.add(center, parsed.name, entries=parsed.entries)
    what = "checkpoints, hashes and entries" if parsed.entries else "checkpoints and hashes, no entries"
    print(f"{parsed.name} may read {what} under /ledger with this token. It is shown once:")
    print(f"    {token}")


def _list(_: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        readers = ledger_readers.everybody(center)
    for reader in readers:
        rights = "hashes, entries" if reader.entries else "hashes"
        ended = (
            "" if reader.withdrawn_at is None else f"   withdrawn {reader.withdrawn_at:%Y-%m-%d %H:%M} UTC"
        )
        print(f"{reader.name:24} {rights:16} since {reader.made_at:%Y-%m-%d %H:%M} UTC{ended}")
    if not readers:
        print("Nobody may read the ledger yet: amana readers add NAME")


def _withdraw(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center, as_unusable(CaseworkError):
        ledger_readers.withdraw(center, parsed.name)
    print(f"{parsed.name} may not read the ledger any more.")
