"""Somebody at a real terminal: reads what a command shows, and types."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence

from tests.support.patience import PATIENCE

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HOLDERS = ("police", "prosecution", "health")


class Clerk:
    """Runs `amana …` on a terminal of its own."""

    def __init__(self, *words: str, environ: Mapping[str, str] | None = None) -> None:
        self.said = ""
        """Everything that was ever on the screen, without what only moves the cursor."""
        self._new = ""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background may not hear it
            environment = {**os.environ, **(environ or {}), "COLUMNS": "200"}
            os.execve(sys.executable, [sys.executable, "-m", "amana", *words], environment)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode() + b"\n")

    def sees(self, pattern: str) -> re.Match[str]:
        """Waits until this is said; what comes before counts as read."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self._new)
            if found:
                self._new = self._new[found.end() :]
                return found
            if not self._read(deadline):
                raise AssertionError(f"{pattern!r} was never said, but: {self.said[-2000:]}")

    def ends(self) -> int:
        """Waits for the end; the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # the command has ended
            return False
        said = _ESCAPES.sub("", data.decode(errors="replace")).replace("\r", "")
        self.said += said
        self._new += said
        return bool(data)


def hold_ceremony(
    data: str, passphrase: str | None = None, environ: Mapping[str, str] | None = None
) -> list[list[str]]:
    """A whole ceremony, at a terminal; the words of the three shares as they were written down."""
    holders = [word for holder in HOLDERS for word in ("--holder", holder)]
    clerk = Clerk("keys", "ceremony", "--data", data, *holders, environ=environ)
    if passphrase is not None:
        clerk.sees("Passphrase: ")
        clerk.type(passphrase)
    clerk.sees("Press Enter when all holders are ready")
    clerk.type("")
    shares = [write_down(clerk) for _ in HOLDERS]
    clerk.sees("Done: ceremony")
    assert clerk.ends() == 0, clerk.said
    return shares


def write_down(clerk: Clerk) -> list[str]:
    """One share, typed back."""
    clerk.sees("presses Enter to see the words")
    clerk.type("")
    shown = clerk.sees(r"(?s)ceremony \d+\n(.*?)Write every word").group(1)
    words = {int(number): word for number, word in re.findall(r"(\d+) ([a-z]+)", shown)}
    assert sorted(words) == list(range(1, 34))
    clerk.type("")
    for _ in range(4):
        asked = int(clerk.sees(r"Word (\d+):").group(1))
        clerk.type(words[asked][:4])
    return [words[number] for number in sorted(words)]


def give_shares(clerk: Clerk, *shares: Sequence[str]) -> None:
    """Types shares as two holders would: numbers between, words cut to four letters."""
    for share in shares:
        clerk.sees("From word 1:")
        clerk.type(" ".join(f"{number}. {word[:4]}" for number, word in enumerate(share, 1)))
        clerk.sees("is whole")
