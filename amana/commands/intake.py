"""`amana intake`: send files by the link of a request (`amana.intake.client`)."""

from __future__ import annotations

import argparse
from pathlib import Path

from amana.commands.parser import runs
from amana.errors import Unusable
from amana.intake import client
from amana.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _intake)
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="write this command as one file that needs Python alone"
    )
    client.add_arguments(parser)


def _intake(parsed: argparse.Namespace, settings: Settings) -> int:
    del settings  # the link says where the center is
    if parsed.save is not None:
        parsed.save.write_bytes(Path(client.__file__).read_bytes())
        return 0
    try:
        return client.run(parsed)
    except client.Refused as refused:
        raise Unusable(str(refused)) from None
