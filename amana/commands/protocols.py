"""`amana protocols`: the interview checklists in force, or the built-in ones as a file."""

from __future__ import annotations

import argparse

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.settings import Settings
from casework.interviews import checklists


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _show)
    parser.add_argument(
        "--file", action="store_true", help="the built-in ones in the form of protocols.txt, to begin with"
    )


def _show(parsed: argparse.Namespace, settings: Settings) -> int:
    if parsed.file:
        print(checklists.BUILT_IN, end="")
        return 0
    try:
        checklists_read = checklists.read(settings.protocols)
    except checklists.ProtocolsUnreadable as unreadable:
        raise Unusable(
            f"{unreadable}.\nUntil it is put right, consoles show no checklist; recordings are not affected."
        ) from unreadable
    exists = settings.protocols.exists()
    print(f"From {settings.protocols.absolute() if exists else 'Amana itself'}:")
    for one in checklists_read:
        print(f"\n{one.code}: {one.names['en']} | {one.names['ar']} (version {one.version})")
        for phase in one.phases:
            print(f"    phase   {phase.code:12}  {phase.words['en']}")
        for item in one.items:
            print(f"    {item.when:6}  {item.code:12}  {item.words['en']}{' (noted)' if item.noted else ''}")
    return 0
