"""`amana backup` and `amana restore`: the database, and what identifies this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.recovery import backup, restore
from amana.settings import Settings
from amana.supervisor.supervisor import CannotStart, only_one

RETAINED = 30
"""Number of backups of each kind that a folder retains."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `amana backup`."""
    runs(parser, _backup)
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="for the database")
    says = "for keys, rules and certificates: a stick that is then put away"
    parser.add_argument("--keys", type=Path, metavar="FOLDER", help=says)
    says = f"backups of each kind to keep in a folder (default: {RETAINED})"
    parser.add_argument("--keep", type=int, default=RETAINED, metavar="N", help=says)


def add_restore(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `amana restore`."""
    runs(parser, _restore)
    says = "backups: of the keys, of the database, or both"
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help=says)


def _backup(parsed: argparse.Namespace, settings: Settings) -> None:
    if parsed.folder is None and parsed.keys is None:
        raise Unusable("name a folder for the database, or one for the keys (--keys), or both")
    if parsed.keep < 1:
        raise Unusable("--keep: at least 1")
    for folder, make in ((parsed.folder, backup.of_database), (parsed.keys, backup.of_keys)):
        if folder is not None:
            made = make(settings, folder)
            print(f"{made} ({made.stat().st_size:,} bytes)")
            backup.prune(folder, parsed.keep)


def _restore(parsed: argparse.Namespace, settings: Settings) -> None:
    for folder in (settings.data, settings.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with only_one(settings):
            restored = restore.restore(settings, parsed.files)
    except CannotStart:
        raise Unusable("stop Amana first") from None
    if restored.keys:
        print(f"The keys of the center are in {settings.keys.absolute()}.")
    if restored.head is None:
        print("If a copy is left, it has ledger and database, seconds old:  amana rebuild")
    else:
        print(f"The database has the ledger up to {restored.head.size} statements, which these keys signed.")
        print("If a copy is left, it has more: move web/database.sqlite* aside, and  amana rebuild")
