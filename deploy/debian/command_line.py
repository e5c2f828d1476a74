"""The package's files for the command line: manual pages, and completions for shells.

    python command_line.py ROOT

writes below `ROOT/usr/share`: `man/man1/amana.1`, and `amana-COMMAND.1` for each command; the completion of
bash and zsh. All of it comes from the parser of `amana`, as `--help` does, so they agree. The date of the
pages is SOURCE_DATE_EPOCH.

Sources: man-pages(7) for the sections, groff_man(7) for the macros, Debian Policy Manual 12.1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import shtab

from amana.cli import COMMANDS, command_parser

EXIT_STATUS = """.TP
0
Done. Where the description names a condition for it, the condition holds.
.TP
1
Failed, or the condition does not hold.
.TP
2
Wrongly called, or impossible as it was called; a message says why."""
FILES = """.TP
.I /etc/amana/amana.env
Settings of the service, and of
.B amana
when root calls it.
.TP
.I /var/lib/amana
The data folder, of the user
.BR amana .
.TP
.I /usr/share/doc/amana/operations.md
What an administrator has to know: installation, settings, backups, recovery."""

Parser = argparse.ArgumentParser


def main(root: str) -> None:
    """Write the files."""
    os.environ["COLUMNS"] = "10000"  # for argparse, which must not break lines: the reader's terminal does
    parser = command_parser()
    pages = Path(root, "usr/share/man/man1")
    pages.mkdir(parents=True)
    (pages / "amana.1").write_text(
        page(parser, parser.description or "", ["amana-" + name for name in COMMANDS])
    )
    for name, command in subcommands(parser).items():
        (pages / f"amana-{name}.1").write_text(page(command, COMMANDS[name][1], ["amana"]))
    set_completion(parser)
    for shell, place in (
        ("bash", "bash-completion/completions/amana"),
        ("zsh", "zsh/vendor-completions/_amana"),
    ):
        path = Path(root, "usr/share", place)
        path.parent.mkdir(parents=True)
        path.write_text(shtab.complete(parser, shell))


def page(parser: Parser, about: str, also: list[str]) -> str:
    """Return the manual page of a command, with its subcommands. `also`: names of other pages."""
    name, inner = parser.prog.replace(" ", "-"), subcommands(parser)
    made_at = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    lines = [f'.TH {escaped(name.upper())} 1 {made_at:%Y-%m-%d} "Amana {version("amana")}" "Amana"']
    lines += [
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{escaped(name)} \\- {escaped(about.partition('. ')[0])}",
        ".SH SYNOPSIS",
    ]
    overview = name == "amana"
    for one in (parser,) if overview or not inner else inner.values():
        lines += [*usage(one), ".br"]
    lines[-1:] = [".SH DESCRIPTION", sentence(about)]
    if parser.epilog:
        lines += [".PP", sentence(parser.epilog)]
    lines += [".SH OPTIONS", *arguments(parser)]
    if inner:
        lines += [".SH COMMANDS"]
    for word, one in inner.items():
        if overview:
            lines += [".TP", f".BR {escaped(one.prog.replace(' ', '-'))} (1)", escaped(COMMANDS[word][1])]
        else:
            lines += [
                f".SS {escaped(one.prog)}",
                sentence(one.description or ""),
                *arguments(one, without_help=True),
            ]
    lines += [".SH EXIT STATUS"]
    lines += [EXIT_STATUS if parser.description in (None, about) else sentence(parser.description)]
    lines += [".SH FILES", FILES, ".SH SEE ALSO"]
    lines += [f".BR {escaped(one)} (1){',' * (one != also[-1])}" for one in also]
    return "\n".join(lines) + "\n"


def subcommands(parser: Parser) -> dict[str, Parser]:
    """Return the parsers of a command's subcommands, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def usage(parser: Parser) -> Iterator[str]:
    """Write the command's usage, as in `--help`."""
    words = " ".join(parser.format_usage().split()).removeprefix(f"usage: {parser.prog}")
    yield f".B {escaped(parser.prog)}"
    if words:
        yield escaped(words.strip())


def sentence(text: str) -> str:
    """Write a text of the help as a sentence."""
    return escaped(text[0].upper() + text[1:].rstrip(".") + ".")


def arguments(parser: Parser, *, without_help: bool = False) -> Iterator[str]:
    """Write each argument and its help, as in `--help`."""
    formatter = parser._get_formatter()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        if without_help and isinstance(action, argparse._HelpAction):
            continue
        yield ".TP"
        yield f".B {escaped(formatter._format_action_invocation(action))}"
        yield escaped(formatter._expand_help(action)) if action.help else "\\&"


def escaped(text: str) -> str:
    """Return text for roff, with hyphens that can be copied, and without control lines."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", "\\e").replace("-", "\\-"))


def set_completion(parser: Parser) -> None:
    """Complete paths, and only folders if the argument is a folder."""
    for action in parser._actions:
        if action.type is Path:
            folder = action.metavar in ("DIR", "FOLDER")
            action.complete = shtab.DIRECTORY if folder else shtab.FILE  # type: ignore[attr-defined]
    for command in subcommands(parser).values():
        set_completion(command)


if __name__ == "__main__":
    main(*sys.argv[1:])
