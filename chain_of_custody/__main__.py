"""`python -m chain_of_custody verify FOLDER [--policy FILE] [--json]`

Exit code 0: intact, under the registered policy. 3: consistent, but its origin is unknown, since no policy
was given. 1: not proved; one line says at which step, what, where, and what it means. 2: wrongly called.

Works offline, writes nothing. Specification: docs/spec/court-folder.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.policy import MAX_POLICY, TrustPolicy
from chain_of_custody.report import printable_line
from chain_of_custody.verify import verify

INTACT, NOT_PROVED, USAGE, ORIGIN_UNKNOWN = 0, 1, 2, 3

_MARKS = ("bagit.txt", "manifest-sha256.txt")
"""A folder with neither is no court folder; one that has lost only one of them is an incomplete one."""

MEANINGS = {
    "bag": "The folder is not complete, or not as it was handed over. Ask for it again.",
    "policy": "The folder is not from the center whose policy was registered, or that policy has changed.",
    "checkpoint": "Nothing shows that the center's ledger stands behind this folder.",
    "inclusion": "The custody history given is not the one in the center's ledger.",
    "signatures": "The custody history contains something that nobody answers for.",
    "chains": "The custody history has a hole or a contradiction; what was done meanwhile is not known.",
    "manifest": "The recording given is not the one that was sealed.",
    "records": "The recording was altered or damaged there. Do not rely on it; ask for the folder again.",
    "media": "A film file holds something else than the recording. Do not rely on it; ask for it again.",
    "package": "The folder is not the one that the center says it gave out.",
}
"""What a failure at a step means for the testimony, and what to do."""


def main(arguments: Sequence[str] | None = None, called: str = "python -m chain_of_custody") -> int:
    """Run the command; returns the exit code. `called` is the program's name in what it says about itself."""
    parsed = _parser(called).parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without the letters is no reason to fail
    try:
        registered = None if parsed.policy is None else _policy(parsed.policy, parsed.folder)
    except (OSError, Malformed) as error:
        print(f"The policy cannot be used: {error}", file=sys.stderr)
        return USAGE
    if parsed.folder.is_dir() and not any((parsed.folder / name).exists() for name in _MARKS):
        print(
            f"This is no court folder: {parsed.folder} has no {_MARKS[0]} in it. Give the folder that was "
            "handed over, not the one above or inside it.",
            file=sys.stderr,
        )
        return USAGE
    try:
        report = verify(parsed.folder, registered)
    except NotProved as error:
        _print_failure(error, parsed.json)
        return NOT_PROVED
    except OSError as error:
        print(f"The folder cannot be opened: {error}", file=sys.stderr)
        return USAGE
    exit_code = INTACT if report.outcome == "intact" else ORIGIN_UNKNOWN
    if parsed.json:
        print(json.dumps({"exit": exit_code, **report.as_json()}, indent=2))
    else:
        print(report.text(), end="")
    return exit_code


def _parser(called: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(called, description="Prove recorded testimony, offline.")
    command = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "verify",
        help="prove a court folder",
        description="Exit code 0: intact. 3: consistent, origin unknown. 1: not proved. 2: wrongly called.",
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the court folder")
    command.add_argument(
        "--policy", type=Path, metavar="FILE", help="the policy that was registered beforehand"
    )
    command.add_argument("--json", action="store_true", help="for programs")
    return parser


def _policy(path: Path, folder: Path) -> TrustPolicy:
    """The policy in the file `path`. Raises `Malformed` for one that came with the folder: whoever makes a
    whole false folder makes its policy too, and would be called intact under it."""
    if path.resolve().is_relative_to(folder.resolve()):
        raise Malformed("it came with the folder. Use the one that was registered beforehand")
    with path.open("rb") as file:
        return TrustPolicy.parse(file.read(MAX_POLICY + 1))


def _print_failure(error: NotProved, as_json: bool) -> None:
    number, name = error.step.split(" ", maxsplit=1)
    meaning = MEANINGS[name]
    if as_json:
        failure = {"step": int(number), "name": name, "reason": error.reason, "where": error.where}
        print(
            json.dumps(
                {"exit": NOT_PROVED, "v": 1, "outcome": "not proved", **failure, "meaning": meaning}, indent=2
            )
        )
        return
    where = "" if error.where is None else f", {error.where}"
    print(printable_line(f"NOT PROVED, step {number} ({name}){where}: {error.reason}. {meaning}"))


if __name__ == "__main__":
    sys.exit(main())
