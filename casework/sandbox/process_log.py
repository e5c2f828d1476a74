"""The log of a long-lived process: entries of the journal under systemd, lines on standard error elsewhere.

Each process logs for itself. Where standard error is a stream into the journal (`in_journal`), a record is
one datagram to journald, with these fields beside `PRIORITY`, `CODE_FILE`, `CODE_LINE` and `CODE_FUNC`:

    MESSAGE            what happened, and where an error was raised
    SYSLOG_IDENTIFIER  amana-supervisor, amana-keyholder, amana-web, amana-recorder, amana-witness
    AMANA_EXCEPTION    the type of the error
    AMANA_INTERVIEW    the id of the interview that a recorder records

The socket is made at the start: a confined process (`processes`) makes none, and may use those that it has.
Nothing waits for the journal: while it accepts no entries they are lost, and a recording continues. If it
cannot be reached, lines go to standard error with their priority (sd-daemon(3)).

Logs hold no personal data. The message of an error may quote a row of the database or a person's input, so an
error is logged by its type and place. Libraries log their requests, so only their warnings are logged.

Specification: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/, systemd.exec(5) on `JOURNAL_STREAM`.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

JOURNAL = Path("/run/systemd/journal/socket")
STANDARD_ERROR = 2
"""Its descriptor."""
MOST = 64 * 1024
"""Bytes of a field; the kernel takes datagrams of some 200 kB."""

_PACKAGES = ("amana", "casework", "chain_of_custody", "player", "recorder", "vault")
_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_ErrorInfo: TypeAlias = (
    "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"
)

log = logging.getLogger(__name__)


def in_journal() -> bool:
    """Whether standard error of this process is a stream into the journal."""
    error = os.fstat(STANDARD_ERROR)
    return os.environ.get("JOURNAL_STREAM") == f"{error.st_dev}:{error.st_ino}"


def begin(process: str, level: str, journal: Path = JOURNAL, **fields: str) -> None:
    """Log records of `level` and above from now on, and uncaught errors.

    `fields`: more of each entry in the journal. Call it before the process is confined.
    """
    logging.basicConfig(handlers=[_handler(journal, {"SYSLOG_IDENTIFIER": f"amana-{process}", **fields})])
    set_levels(level)
    logging.getLogger("asyncio").addFilter(_beginning)
    sys.excepthook = _uncaught
    threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)


def set_levels(level: str) -> None:
    """Keep records of `level` and above of our own code, and of libraries only warnings and errors."""
    least = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(max(least, logging.WARNING))
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(least)


class ErrorsWithoutMessages(logging.Formatter):
    """Formats an error as a traceback does, with its type in the place of its message."""

    def formatException(self, ei: _ErrorInfo) -> str:  # noqa: N802  # the library's name
        """Return types and places of the error and of those that led to it, the first one first."""
        return "".join(_places(ei[1], set())).rstrip()


class JournalHandler(logging.Handler):
    """Sends each record to journald. Raises `OSError` if its socket cannot be reached.

    `fields`: of each entry; `otherwise`: handles records that cannot be sent.
    """

    def __init__(self, journal: Path, fields: Mapping[str, str], otherwise: logging.Handler) -> None:
        super().__init__()
        self.setFormatter(ErrorsWithoutMessages())
        self._fields = fields
        self._otherwise = otherwise
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.connect(str(journal))
        except OSError:
            self._socket.close()
            raise

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, or lose it if journald has no room for it now."""
        try:
            self._socket.send(_entry(self._described(record)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        except OSError:
            self._otherwise.handle(record)
        except Exception:  # noqa: BLE001  # as the library's handlers: the caller continues
            self.handleError(record)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _described(self, record: logging.LogRecord) -> Iterator[tuple[str, str]]:
        yield "MESSAGE", self.format(record)
        yield "PRIORITY", _priority(record)
        yield "CODE_FILE", record.pathname
        yield "CODE_LINE", str(record.lineno)
        yield "CODE_FUNC", record.funcName or ""
        if record.exc_info and record.exc_info[0] is not None:
            yield "AMANA_EXCEPTION", record.exc_info[0].__qualname__
        yield from self._fields.items()


def _handler(journal: Path, fields: Mapping[str, str]) -> logging.Handler:
    lines = logging.StreamHandler()
    if not in_journal():
        lines.setFormatter(ErrorsWithoutMessages(_LINE))
        return lines
    lines.setFormatter(_LinesWithPriority())
    try:
        return JournalHandler(journal, fields, lines)
    except OSError:
        return lines


class _LinesWithPriority(ErrorsWithoutMessages):
    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(f"<{_priority(record)}>{line}" for line in super().format(record).splitlines())


def _entry(fields: Iterator[tuple[str, str]]) -> bytes:
    """Return the datagram, with each value in the form that may have any byte in it."""
    entry = bytearray()
    for name, text in fields:
        value = text.encode(errors="backslashreplace")[:MOST]
        entry += b"%s\n%s%s\n" % (name.encode(), len(value).to_bytes(8, "little"), value)
    return bytes(entry)


def _priority(record: logging.LogRecord) -> str:
    """Return the level as syslog numbers it."""
    at_least = ((logging.CRITICAL, "2"), (logging.ERROR, "3"), (logging.WARNING, "4"), (logging.INFO, "6"))
    return next((number for level, number in at_least if record.levelno >= level), "7")


def _places(error: BaseException | None, before: set[int]) -> Iterator[str]:
    if error is None or id(error) in before:
        return
    before.add(id(error))
    yield from _places(error.__cause__ or (None if error.__suppress_context__ else error.__context__), before)
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _places(one, before)
    yield from traceback.format_tb(error.__traceback__)
    why = f": {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{why}\n"


def _beginning(record: logging.LogRecord) -> bool:
    """Keep the beginning of asyncio's own messages: the rest quotes arguments and errors."""
    record.msg, record.args = re.split(r"[\n(]", record.getMessage(), maxsplit=1)[0], ()
    return True


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is not None:
        log.critical("an error that nothing caught", exc_info=(kind, error, trace))
