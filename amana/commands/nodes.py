"""`amana nodes`: list the machines of the center, and retire one that will not come back."""

from __future__ import annotations

import argparse

from amana.centers import attached_center
from amana.commands.parser import as_unusable, command, group
from amana.settings import Settings
from casework import nodes
from casework.errors import CaseworkError


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    machines = group(parser)
    command(machines, "list", _list, "every machine, and what only it can seal")
    retire = command(machines, "retire", _retire, "a machine will not come back: stop waiting for it")
    retire.add_argument("name", metavar="NAME")


def _list(_: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center:
        listed, waiting = nodes.listed(center), nodes.unfinished_elsewhere(center)
        working = nodes.holder(center, nodes.CENTER_WIDE)
    for row in listed:
        here = "   this machine" if row.name == settings.node else ""
        here += "   does the work of all" if row.name == working else ""
        left = "".join(f"\n    unfinished there: {evidence}" for evidence in waiting.get(row.name, ()))
        heartbeat = f"last heard {row.seen_at:%Y-%m-%d %H:%M:%S} UTC"
        print(f"{row.name:12} {row.address or '-':40} {heartbeat}{here}{left}")


def _retire(parsed: argparse.Namespace, settings: Settings) -> None:
    with attached_center(settings) as center, as_unusable(CaseworkError):
        left = nodes.retire(center, parsed.name)
    print(f"Nobody waits for machine {parsed.name} any more.")
    for evidence in left:
        print(f"{evidence} was not finished there: without that machine's disk it stays unsealed")
    print("To take nothing more from its recorder:  amana recorders list")
