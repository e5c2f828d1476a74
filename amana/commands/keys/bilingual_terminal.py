"""Terminal dialogue in Arabic or English, for people who are not administrators.

Text that must not stay readable (words of a share) appears on the terminal's second screen, which has no
history, and is cleared from it.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from amana.errors import Unusable
from amana.languages import LANGUAGES, say
from casework.translations import Counted

_ENTER, _LEAVE, _CLEAR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[2J\x1b[3J\x1b[H"  # those of xterm


def with_language(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add `--language`, for commands that speak with clerks."""
    made.add_argument(
        "--language", choices=LANGUAGES, default="en", help="in which language to speak (default: en)"
    )
    return made


class Terminal:
    """Translates English sentences of the catalogue (`amana.languages`), and inserts values."""

    def __init__(self, language: str) -> None:
        self._language = language

    def text(self, sentence: str | Counted, **values: Any) -> str:
        """Return the sentence in the reader's language; a counted one in its form for the value `n`."""
        return say(self._language, sentence, values.get("n", 0)).format(**values)

    def say(self, sentence: str | Counted, **values: object) -> None:
        """Print the sentence in the reader's language."""
        print(self.text(sentence, **values), flush=True)

    def refusal(self, sentence: str, **values: object) -> Unusable:
        """Return the error that says the sentence in the reader's language."""
        return Unusable(self.text(sentence, **values))

    def ask(self, sentence: str, **values: object) -> str:
        """Prompt, and return what the person types. Raises `EOFError` without input."""
        return input(self.text(sentence, **values) + " ").strip()

    @property
    def watched(self) -> bool:
        """Return whether output goes to a terminal, rather than to a file or another program."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def open_screen(self) -> None:
        """Keep everything out of the terminal's history, until `close_screen`."""
        if self.watched:
            print(_ENTER + _CLEAR, end="", flush=True)

    def clear(self) -> None:
        """Clear the screen and its scrollback; does nothing unless `watched`."""
        if self.watched:
            print(_CLEAR, end="", flush=True)

    def close_screen(self) -> None:
        """Clear the second screen and return to the first; does nothing unless `watched`."""
        if self.watched:
            print(_CLEAR + _LEAVE, end="", flush=True)
