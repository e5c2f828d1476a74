"""Shared by all commands: adding a command to the parser, common arguments, errors, and exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from amana.errors import Unusable
from amana.settings import Settings

FAILED, USAGE = 1, 2
"""Exit codes."""

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

Run: TypeAlias = Callable[[argparse.Namespace, Settings], int | None]
"""Takes the parsed arguments and the settings, and returns the exit code; None: 0."""


def runs(parser: argparse.ArgumentParser, run: Run, *, data: bool = True) -> None:
    """Have `run` carry out a command. `data`: whether it has `--data`, as most do."""
    parser.set_defaults(run=run)
    if data:
        parser.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: var/amana)")


def group(parser: argparse.ArgumentParser) -> Commands:
    """Let a command have subcommands: `amana keys unlock`."""
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def command(
    commands: Commands, name: str, run: Run, says: str, *, data: bool = True
) -> argparse.ArgumentParser:
    """Add a subcommand. `run` and `data`: see `runs`."""
    made = commands.add_parser(name, help=says, description=says)
    runs(made, run, data=data)
    return made


def by_person(made: argparse.ArgumentParser, says: str) -> None:
    """Add `--as`, the person who is responsible for what the command does. `says`: its help."""
    made.add_argument("--as", dest="person", metavar="PERSON", required=True, help=says)


def with_grounds(made: argparse.ArgumentParser, reference: str, reasons: Sequence[str] = ()) -> None:
    """Add the arguments for the basis of a retention act, and for the person. `reference`: its help;
    `reasons`: codes, if any."""
    if reasons:
        made.add_argument("--reason", choices=reasons, required=True)
    made.add_argument("--reference", metavar="TEXT", required=True, help=reference)
    made.add_argument("--note", metavar="TEXT", default="", help="more about why; sealed, like the reference")
    by_person(made, "who does this")


def new_folder(path: Path) -> Path:
    """Make a folder that must not exist yet. Raises `Unusable`."""
    if path.exists():
        raise Unusable(f"{path} exists already; name a folder that does not")
    path.mkdir(parents=True)
    return path


@contextmanager
def as_unusable(*errors: type[Exception]) -> Iterator[None]:
    """Raise `Unusable` in place of these errors, with their message, so that no traceback is printed."""
    try:
        yield
    except errors as error:
        raise Unusable(str(error)) from None
