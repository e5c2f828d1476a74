"""`amana alarms`: contradictions of the ledger that witnesses report, with both checkpoints as proof."""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.centers import attached_center
from amana.commands.center import find_person
from amana.commands.parser import FAILED, new_folder, runs
from amana.errors import Unusable
from amana.settings import Settings
from casework.witnesses import alarms

_TODO = """
Two histories of the ledger exist, or an older one is in the place of the present one. Export nothing more.
Keep the checkpoints (--to DIR), find out what happened, and tell the court: docs/witnesses.md, Witnesses.
Then say that you have seen it: amana alarms --seen ALARM --as NAME"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _alarms)
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="write the checkpoints there; must not exist yet"
    )
    parser.add_argument(
        "--seen", metavar="ALARM", help="say that this alarm was seen (its number, as listed)"
    )
    parser.add_argument("--as", dest="person", metavar="PERSON", help="who has seen it")


def _alarms(parsed: argparse.Namespace, settings: Settings) -> int:
    if (parsed.seen is None) != (parsed.person is None):
        raise Unusable("--seen ALARM and --as PERSON belong together")
    with attached_center(settings) as center:
        if parsed.seen is not None:
            alarms.take_note(center, find_person(center, parsed.person), parsed.seen)
        stored = alarms.kept(center)
    if parsed.to is not None:
        new_folder(parsed.to)
    for alarm in stored:
        state = "unseen" if alarm.seen_at is None else "seen"
        print(
            f"{alarm.id}  {alarm.at:%Y-%m-%d %H:%M:%S} UTC  {state:6}  {alarm.kind:12} said by {alarm.source}"
        )
        if parsed.to is not None:
            alarms.write(alarm, parsed.to)
    if not stored:
        print("Nobody has contradicted the ledger.")
    if any(alarm.seen_at is None for alarm in stored):
        print(_TODO)
    return FAILED if any(alarm.seen_at is None for alarm in stored) else 0
