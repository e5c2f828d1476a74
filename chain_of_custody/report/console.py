"""The output of the verifier's command, while it works and at the end.

Each step is printed with its number and its result as it passes, so that the user can follow the basis of the
verdict. On a terminal one line shows the progress of the films; in a file there is none. A failure is one
line: the step, the place, the reason, and its meaning for the testimony. With `--json` the output is one
object at the end and nothing else.

Checks nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from chain_of_custody.encoding.shown_text import plain
from chain_of_custody.errors import NotProved, NotWitnessed
from chain_of_custody.report import render
from chain_of_custody.report.report import Report

PASSED = {
    "opening": "the package opens",
    "bag": "every file listed is there, and nothing else",
    "policy": "the policy can be read, and is the registered one if one was given",
    "checkpoint": "the ledger signed one checkpoint, with both its keys",
    "inclusion": "every statement is in the ledger, where it is filed",
    "signatures": "every statement is signed by a key that counted then",
    "chains": "the custody history has no entry missing",
    "history": "earlier states of the ledger are beginnings of this one",
    "time": "timestamps are by known authorities, and in order",
    "details": "details are those that were committed to",
    "manifest": "each manifest is the one that was sealed",
    "records": "every piece of picture, sound and files is what was recorded and sealed",
    "media": "the films and files hold nothing else",
    "package": "this is the package that was exported",
    "quorum": "all witnesses and authorities that the policy asks for confirm it",
}
"""What each step proves when it passes; the keys are the steps in their order."""

MEANINGS = {
    "opening": "The sealed file does not open. Check the passphrase (its nine words), then ask for the "
    "file again.",
    "bag": "The package is not complete, or not as it was handed over. Ask for it again.",
    "policy": "The package is not from the center whose policy was registered, or that policy has changed.",
    "checkpoint": "Nothing shows that the center's ledger confirms this package.",
    "inclusion": "The custody history given is not the one in the center's ledger.",
    "signatures": "The custody history contains something that no entitled key has signed.",
    "chains": "The custody history lacks an entry or contradicts itself; what was done then is not known.",
    "history": "The ledger shown here does not continue the one that was shown before.",
    "time": "What is said about when it was sealed is not proved.",
    "details": "The details shown are not those that were committed to. Do not rely on them.",
    "manifest": "What is given as the recording or file is not the one that was sealed.",
    "records": "What was sealed was altered or damaged there. Do not rely on it; ask for the package again.",
    "media": "A file holds something else than what was sealed. Do not rely on it; ask for it again.",
    "package": "The package is not the one that the center says it handed over.",
    "quorum": "Only the missing confirmations show that the ledger was not rewritten. Ask for it later.",
}
"""What a failure at a step means for the testimony, and what to do."""

_STEPS = tuple(PASSED)


class CannotAnswer(Exception):  # not an OSError, which would be reported as a package that cannot be read
    """The answer could not be written, for example on a full disk; the message states the reason."""


class Console:
    """Output for a person, or with `as_json` for a program. All methods but `clear` raise `CannotAnswer`."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._live = not as_json and sys.stderr.isatty()
        self._printed = 0
        self._percent = -1

    def progress(self, step: str, done: int, total: int) -> None:
        """Report that the verifier works on `step` (a name) and has checked `done` of `total` film bytes."""
        self._pass(_STEPS.index(step))
        percent = done * 100 // total if total else 0
        if self._live and percent != self._percent:
            self._percent = percent
            number = _STEPS.index(step) + 1
            aside(f"\r    {number:2} {step}: {percent:3} % of the films", "")

    def clear(self) -> None:
        """Remove the progress line."""
        if self._live and self._percent >= 0:
            aside("\r\x1b[K", "")
            self._percent = -1

    def proved(self, report: Report, exit_code: int) -> None:
        """Report that every step has passed."""
        self._pass(len(_STEPS))
        if self._as_json:
            _print_json({**render.as_json(report), "exit": exit_code})
        else:
            text = render.text(report)
            _say(f"\n{text}\n{text.splitlines()[0]}")  # repeat the verdict as the last line

    def not_witnessed(self, error: NotWitnessed, exit_code: int) -> None:
        """Report that every step but the last has passed."""
        assert isinstance(error.report, Report)
        if self._as_json:
            failure = {"exit": exit_code, "outcome": "not witnessed", "step": _step(error)}
            _print_json({**render.as_json(error.report), **failure})
        else:
            self.clear()
            _say(f"\n{render.text(error.report)}\n{_line('NOT YET WITNESSED', error)}")

    def not_proved(self, error: NotProved, exit_code: int) -> None:
        """Report that a step has failed."""
        if self._as_json:
            _print_json({"v": 2, "outcome": "not proved", "exit": exit_code, "step": _step(error)})
        else:
            self.clear()
            _say(_line("NOT PROVED", error))

    def _pass(self, count: int) -> None:
        """Report that the first `count` steps have passed."""
        for number in range(self._printed, count):
            self._printed = number + 1
            if not self._as_json:
                self.clear()
                _say(f"OK  {number + 1:2} {_STEPS[number]}: {PASSED[_STEPS[number]]}")


def _line(what: str, error: NotProved) -> str:
    number, name = error.step.split(" ", maxsplit=1)
    where = "" if error.where is None else f", {error.where}"
    return plain(f"{what}, step {number} ({name}){where}: {error.reason}. {MEANINGS[name]}")


def _step(error: NotProved) -> dict[str, Any]:
    number, name = error.step.split(" ", maxsplit=1)
    return {
        "number": int(number),
        "name": name,
        "kind": type(error).__name__,
        "reason": error.reason,
        "where": error.where,
        "meaning": MEANINGS[name],
    }


def _print_json(value: dict[str, Any]) -> None:
    _say(json.dumps(value, indent=2))


def aside(text: str, end: str = "\n") -> None:
    """Print on the error stream, beside the answer. A failed write is ignored."""
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = _deaf()


def _say(text: str) -> None:
    """Print a part of the answer.

    A closed pipe (`| head`) is ignored: it does not change the result. If the answer cannot be written for
    another reason, raise `CannotAnswer`: that must not look like a package that is not proved.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.stdout = _deaf()
    except OSError as error:
        sys.stdout = _deaf()
        raise CannotAnswer(error.strerror or type(error).__name__) from None


def _deaf() -> TextIO:
    return Path(os.devnull).open("w")  # until the process ends
