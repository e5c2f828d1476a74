"""What all commands share: adding one to the parser, and reporting errors to the person."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from amana.settings import Settings

if TYPE_CHECKING:
    from casework.center import Center
    from casework.database.models import Case, Person

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

Run: TypeAlias = Callable[[argparse.Namespace, Settings], int]


class Unusable(Exception):  # shown to the person as it is
    """The command cannot be carried out; the message says why and what to do."""


def command(commands: Commands, name: str, run: Run, says: str) -> argparse.ArgumentParser:
    """Add a command: `run` takes the parsed arguments and the settings, and returns the exit code."""
    made = commands.add_parser(name, help=says, description=says)
    made.set_defaults(run=run)
    return made


def group(commands: Commands, name: str, says: str) -> Commands:
    """Add a command that has subcommands: `amana keys unlock`."""
    made = commands.add_parser(name, help=says, description=says)
    return made.add_subparsers(title="commands", metavar="COMMAND", required=True)


def with_data(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add `--data`, for commands that speak with a running service or read its folder."""
    made.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: var/amana)")
    return made


def find_person(center: Center, wanted: str) -> Person:
    """Return the one person with this name or id. Raises `Unusable`."""
    from casework.people.people import find

    found: list[Any] = list(find(center, wanted))
    if not found:
        raise Unusable(f"nobody is called {wanted!r}; write the name as the staff page shows it")
    if len(found) > 1:
        numbers = ", ".join(person.id for person in found)
        raise Unusable(f"{len(found)} people are called {wanted!r}; give the number of one: {numbers}")
    person: Person = found[0]
    return person


def find_case(center: Center, wanted: str) -> Case:
    """Return the case with this code or id. Raises `Unusable`; permission to see it is checked afterwards."""
    from casework.cases.cases import find

    case = find(center, wanted)
    if case is None:
        raise Unusable(f"there is no case {wanted!r}; a code is written like 2026-0001")
    return case
