"""`python -m chain_of_custody verify PACKAGE [--policy FILE] [--json] [--passphrase-file FILE|-]`
`python -m chain_of_custody acknowledge PACKAGE --policy FILE --key FILE --organisation CODE --to FILE`

PACKAGE is a folder, or a sealed file (`.amana`), whose passphrase is requested on the terminal.

Exit code 0: intact, under the registered policy. 3: consistent, but its origin is unknown, since no policy
was given. 1: not proved, or not yet witnessed; one line gives the step, the reason, the place and the
meaning. 2: wrongly called, or the answer cannot be written.

`verify` works offline and writes nothing; `acknowledge` verifies, and then writes a receipt. Specification:
docs/spec/court-package.md, docs/spec/sealed-package.md.
"""

from __future__ import annotations

import os
import sys

# `python -m` looks for modules in the current folder first. A user may run it in the folder to be verified,
# whose files must not become part of the verifier. So the current folder is removed from the path before
# anything else is imported, unless the verifier itself is in it. (`python -P -m` does not search it at all
# and is safer: a false `chain_of_custody` would have been imported before this line.)
if (
    __name__ == "__main__"
    and not sys.flags.safe_path
    and sys.path[:1] == [os.getcwd()]  # noqa: PTH109  # pathlib would be searched in that folder, too
    and not os.path.realpath(__file__).startswith(os.path.realpath(sys.path[0]) + os.sep + "chain_of_custody")
):
    del sys.path[0]

if __name__ == "__main__":
    import signal

    def _stop(*_: object) -> None:
        """Handle an interrupt during the imports below, with the same message as `main`."""
        os.write(2, b"Interrupted: nothing is proved.\n")
        os._exit(1)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # and not ignored, as under nohup
        signal.signal(signal.SIGINT, _stop)

import argparse
import getpass
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from chain_of_custody.encoding.file_source import Source
from chain_of_custody.errors import Malformed, NotProved, NotWitnessed, WrongPassphrase
from chain_of_custody.package.opening import open_package
from chain_of_custody.package.sealed_file import ENDING, FIRST_LINE
from chain_of_custody.report.console import CannotAnswer, Console, aside
from chain_of_custody.trust.policy import MAX_POLICY, TrustPolicy
from chain_of_custody.verify import verify

if TYPE_CHECKING:
    from chain_of_custody.report.report import Report

INTACT, NOT_PROVED, USAGE, ORIGIN_UNKNOWN = 0, 1, 2, 3
_CODES = (
    "Exit code 0: intact. 3: consistent, origin unknown. 1: not proved. 2: wrongly called, or the answer "
    "cannot be written."
)
ATTEMPTS = 3
"""How often a passphrase is requested on the terminal."""

_MARKS = ("bagit.txt", "manifest-sha256.txt")
"""A folder with neither is not a court package; a folder with only one is an incomplete package."""
_MAX_PASSPHRASE_FILE = 4096


class _Usage(Exception):  # shown to the person unchanged
    """The command was wrongly called; the message says what to do."""


def main(arguments: Sequence[str] | None = None, called: str = "python -m chain_of_custody") -> int:
    """Run the command; return the exit code. `called` is the program's name in its own messages."""
    try:
        parsed = _parser(called).parse_args(arguments)
        return _answer(parsed)
    except CannotAnswer as sentence:
        aside(f"The answer cannot be written: {sentence}.")
        return USAGE
    except KeyboardInterrupt:
        aside("Interrupted: nothing is proved.")
        return NOT_PROVED


def _answer(parsed: argparse.Namespace) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # do not fail on a terminal that lacks the letters
    console = Console(as_json=parsed.json)
    try:
        if parsed.prepare is not None:
            parsed.prepare(parsed)
        report = _verified(parsed, console)
        if parsed.run is not None:
            parsed.run(parsed, report)
    except NotWitnessed as error:
        console.not_witnessed(error, NOT_PROVED)
        return NOT_PROVED
    except NotProved as error:
        console.not_proved(error, NOT_PROVED)
        return NOT_PROVED
    except _Usage as sentence:
        console.clear()
        aside(str(sentence))
        return USAGE
    except KeyboardInterrupt:
        console.clear()
        raise
    exit_code = INTACT if report.outcome == "intact" else ORIGIN_UNKNOWN
    console.proved(report, exit_code)
    return exit_code


def _verified(parsed: argparse.Namespace, console: Console) -> Report:
    if parsed.package.is_dir() and not any((parsed.package / name).exists() for name in _MARKS):
        raise _Usage(
            f"This is no court package: {parsed.package} has no {_MARKS[0]} in it. Give the folder or "
            "the file that was handed over, not the folder above it or one inside it."
        )
    registered = None if parsed.policy is None else _policy(parsed.policy, parsed.package)
    try:
        source = _opened(parsed.package, parsed.passphrase_file, console)
    except OSError as error:
        raise _Usage(f"The package cannot be opened: {_why(error, parsed.package)}.") from error
    return verify(source, registered, progress=console.progress)


def _opened(package: Path, passphrase_file: str | None, console: Console) -> Source:
    """Open the package; if it is sealed, with the passphrase from the file or from the terminal."""
    if package.is_dir():
        return open_package(package)
    with package.open("rb") as file:
        begin = file.read(len(FIRST_LINE))
    if begin != FIRST_LINE:
        if FIRST_LINE.startswith(begin):  # an interrupted copy, reported without a passphrase
            return open_package(package, str)
        # Before a passphrase is requested: a page, a paper, or another kind of file.
        raise _Usage(
            f"This is no court package: {package} does not begin as a sealed file does. Give the file "
            f"that was handed over (its name ends in {ENDING}), or the folder."
        )
    console.progress("opening", 0, 0)
    if passphrase_file is not None:
        return open_package(package, lambda: _passphrase(passphrase_file))
    for attempt in range(ATTEMPTS):
        try:
            return open_package(package, _ask)
        except WrongPassphrase as error:
            if attempt == ATTEMPTS - 1:
                raise
            aside(f"{error.reason[0].upper()}{error.reason[1:]}.")
    raise AssertionError("unreachable")


def _ask() -> str:
    if not sys.stdin.isatty():
        raise _Usage(
            "The package is sealed. Give its passphrase, the nine words, with --passphrase-file FILE (- for "
            "the input)."
        )
    try:
        return getpass.getpass("Passphrase (nine words, Arabic or English, or their digits; not shown): ")
    except EOFError:
        raise _Usage("The package is sealed, and no passphrase (its nine words) was given.") from None


def _passphrase(file: str) -> str:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_MAX_PASSPHRASE_FILE + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(_MAX_PASSPHRASE_FILE + 1)
        if len(content) > _MAX_PASSPHRASE_FILE:
            raise _Usage(
                f"The passphrase (nine words) cannot be read: more than {_MAX_PASSPHRASE_FILE} bytes."
            )
        words = content.decode("utf-8-sig")
        if not words.strip():
            raise _Usage("The passphrase (nine words) is empty.")
        return words
    except UnicodeDecodeError as error:
        raise _Usage(f"The passphrase (nine words) cannot be read: {file} holds no text.") from error
    except OSError as error:
        raise _Usage(f"The passphrase (nine words) cannot be read: {_why(error, file)}.") from error


def _why(error: OSError, path: Path | str) -> str:
    """Return the system's error on this path, in words."""
    for kind, sentence in _SYSTEM_SAYS.items():
        if isinstance(error, kind):
            return sentence.format(path=error.filename or path)
    return f"{error.filename or path}: {error.strerror or type(error).__name__}"


_SYSTEM_SAYS: dict[type[OSError], str] = {
    FileNotFoundError: "there is no {path}",
    IsADirectoryError: "{path} is a folder, and a file is meant",
    FileExistsError: "{path} exists already; name a file that does not",
    NotADirectoryError: "{path} is inside something that is not a folder",
    PermissionError: "you may not open {path}",
}


def _prepare_acknowledgement(parsed: argparse.Namespace) -> None:
    """Report foreseeable failures before the package is verified, which may take long."""
    from chain_of_custody.acknowledge import check_prepared

    try:
        check_prepared(parsed.key, parsed.organisation, parsed.to)
    except Malformed as error:
        raise _Usage(f"The receipt cannot be written: {error}.") from error
    except OSError as error:
        raise _Usage(f"The receipt cannot be written: {_why(error, parsed.key)}.") from error


def _acknowledge(parsed: argparse.Namespace, report: Report) -> None:
    from chain_of_custody.acknowledge import acknowledge, court_key, fingerprint

    try:
        key, new = court_key(parsed.key)
        public = key.public_key().public_bytes_raw()
        acknowledge(report, key, parsed.organisation, parsed.to)
    except Malformed as error:
        raise _Usage(f"The receipt cannot be written: {error}.") from error
    except OSError as error:
        raise _Usage(f"The receipt cannot be written: {_why(error, parsed.to)}.") from error
    if new:
        aside(f"A new key of the court is in {parsed.key}. Keep it: it signs this court's receipts.")
    aside(
        f"The receipt is {parsed.to}. Send it to the center; tell it the fingerprint of the court's key by\n"
        f"another way, so that it knows whose receipt this is:\n    {fingerprint(public)}"
    )


def _parser(called: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(called, description="Prove recorded testimony, offline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_verify(commands.add_parser("verify", help="prove a court package"))
    command = commands.add_parser(
        "acknowledge",
        help="prove a court package, and write the court's receipt for it",
        description=f"Verifies, and if the package is intact signs a receipt for it. {_CODES}",
    )
    _add_package(command, policy_required=True)
    command.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="the court's key; made if it is not there"
    )
    command.add_argument(
        "--organisation", required=True, metavar="CODE", help="the court, as in: court.ramallah"
    )
    command.add_argument("--to", type=Path, required=True, metavar="FILE", help="where the receipt goes")
    command.set_defaults(run=_acknowledge, prepare=_prepare_acknowledgement)
    return parser


def add_verify(command: argparse.ArgumentParser) -> None:
    """Make this the parser of `verify`."""
    command.description = _CODES
    command.set_defaults(run=None, prepare=None)
    _add_package(command, policy_required=False)


def _add_package(command: argparse.ArgumentParser, policy_required: bool) -> None:
    command.add_argument(
        "package", type=Path, metavar="PACKAGE", help="the folder, or the sealed file (.amana)"
    )
    command.add_argument(
        "--policy",
        type=Path,
        required=policy_required,
        metavar="FILE",
        help="the policy that was registered beforehand",
    )
    command.add_argument("--json", action="store_true", help="for programs")
    command.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="the passphrase (nine words) of a sealed file; - reads it from the input",
    )


def _policy(path: Path, package: Path) -> TrustPolicy:
    """Return the policy in the file `path`. Refuse a policy that came with the package.

    The author of an entirely false package also makes its policy, and under it the package would be intact.
    """
    try:
        # Compare by file identity, not by name: on a case-insensitive disk, a folder has many names.
        if package.exists() and any(above.samefile(package) for above in path.resolve().parents):
            raise _Usage(
                "The policy cannot be used: it came with the package. Use the one that was registered "
                "beforehand."
            )
        with path.open("rb") as file:
            return TrustPolicy.parse(file.read(MAX_POLICY + 1))
    except OSError as error:
        raise _Usage(f"The policy cannot be used: {_why(error, path)}.") from error
    except Malformed as error:
        raise _Usage(f"This is not a policy file: {path} ({error}).") from error


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
