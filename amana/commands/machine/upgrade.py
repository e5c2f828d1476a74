"""`amana upgrade --check`: whether Amana may be stopped now for another version."""

from __future__ import annotations

import argparse

from amana.centers import attached_center
from amana.commands.parser import FAILED, runs
from amana.errors import Unusable
from amana.settings import Settings
from amana.supervisor.supervisor_client import CommandChannel
from casework import nodes
from casework.interviews import interviews
from casework.rebuild.database_replication_status import published_copies
from casework.recording.channel import Disconnected


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _upgrade)
    parser.add_argument(
        "--check", action="store_true", help="say whether now is a good moment; change nothing"
    )


def _upgrade(parsed: argparse.Namespace, settings: Settings) -> int:
    if not parsed.check:
        raise Unusable("a version is installed as any program of this machine is (apt); here only --check")
    try:
        CommandChannel(settings.supervisor_socket).ask("processes")
    except Disconnected:
        print("Amana is not running here.")
        return 0
    reasons = _hindrances(settings)
    for reason in reasons:
        print(f"NOT NOW  {reason}")
    if not reasons:
        print("Nothing is being recorded, and each copy has every statement.")
    return FAILED if reasons else 0


def _hindrances(settings: Settings) -> list[str]:
    """Return the reasons why the running service must not be stopped now.

    Raises `KeyholderUnreachable`, `DatabaseAway`, and what else opening the center raises: then it is
    unknown.
    """
    with attached_center(settings) as center:
        here = [
            f"an interview is being recorded or sealed: {one}" for one, _ in interviews.unfinished(center)
        ]
        elsewhere = [
            f"machine {name} records or seals {len(parts)} parts"
            for name, parts in nodes.unfinished_elsewhere(center).items()
        ]
        behind = [
            f"the {one.copy.replace('-', ' ')} lacks the last {one.behind} statements: "
            f"{one.trouble or 'it has them within seconds'}"
            for one in published_copies(center)
            if one.behind
        ]
    return [*here, *elsewhere, *behind]
