"""The program that copies received pictures, documents and texts, run in sandboxes (`picture_child`,
`pages_child`, `text_child`).

A received file is passed to it in a memory file, read piece by piece. This process decodes none of it.

Trusts nothing in a child's output beyond its form: a whole JPEG, for a browser that decodes it like any
picture; a whole PDF, of which pages show the pictures; or text in UTF-8, which pages show as text. Nothing is
taken from a child that did not exit by itself and with 0.
"""

from __future__ import annotations

import json
import logging
import platform
import threading
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from casework.errors import CaseworkError
from casework.received_copies import fingerprints, metadata
from casework.received_copies.kinds import PAGES, PICTURE, TEXT
from casework.sandbox import child_process, previews
from casework.sandbox.child_process import Limits, Work, in_memory
from casework.sandbox.previews import MAX_DESCRIPTION
from chain_of_custody.items.recipe import Program, Read, our_program

log = logging.getLogger(__name__)

NAME = "amana-copy"
VERSION = "1"
"""Version of the children's output. Increase it when a change of one of them changes a copy's bytes."""
MOST_WRITTEN = {PICTURE: 64 * 1024**2, PAGES: 256 * 1024**2, TEXT: 64 * 1024**2}
"""Maximum bytes of a copy, by its kind."""
WITHIN = 600.0
"""Wall-clock seconds until a child is killed: it gets only idle processor time."""
_SECONDS = {PICTURE: 60, PAGES: 300, TEXT: 60}
"""Maximum processor time."""
_MODULES = {PICTURE: "picture_child", PAGES: "pages_child", TEXT: "text_child"}


class CopyFailed(CaseworkError):
    """No copy of a received file was made: its content cannot be read."""

    code = "copy-failed"


class CopyTooLarge(CopyFailed):
    """It exceeds what a copy may take in memory, time or size."""

    code = "copy-too-large"


def described(kind: str) -> Program:
    """Return the recipe's `Program` for this kind: this program, and the libraries that it uses."""
    libraries = f"Python {platform.python_version()}" if kind == TEXT else previews.decoders()
    if kind == PAGES:
        libraries = f"{libraries}, PDFium {version('pypdfium2')}"
    return our_program(NAME, f"{VERSION} ({libraries})")


def copy(
    kind: str, arguments: list[str], name: str, content: Iterable[bytes], file: Path, stopped: threading.Event
) -> tuple[Read, Mapping[str, str], Sequence[str]]:
    """Write the copy into `file`; return what was read, as `name`, its metadata, and the copy's fingerprint.

    Raises `CopyFailed`, `Cancelled`, `SandboxMissing`, and what `content` raises.
    """
    digest, size = sha256(), 0
    with in_memory() as given, in_memory() as answered:
        for piece in content:
            digest.update(piece)
            size += len(piece)
            given.write(piece)
        try:
            ended = child_process.run(
                _work(kind), *arguments, given=given, answered=answered, seconds=WITHIN, stopped=stopped
            )
        except TimeoutError as late:
            raise CopyTooLarge("the machine had no time for it") from late
        header, made = _parsed(answered.readline(MAX_DESCRIPTION)), answered.read()
    read = header.get("read")
    if ended != 0 or not isinstance(read, dict) or not _has_form(kind, made):
        log.warning("no %s was made: the child ended with %d", kind, ended)
        if header.get("unreadable") == "too-large":
            raise CopyTooLarge("it has more than a copy may take")
        raise CopyFailed("its content cannot be read")
    file.write_bytes(made)
    fingerprint = fingerprints.parsed(header.get("fingerprint"))
    return Read(name, size, digest.hexdigest()), metadata.bounded(read.items()), fingerprint


def _work(kind: str) -> Work:
    written, seconds = MOST_WRITTEN[kind], _SECONDS[kind]
    limits = Limits(memory=1536 * 1024**2, seconds=seconds, written=written, processes=32)
    return Work(limits, module=f"casework.received_copies.{_MODULES[kind]}")


def _has_form(kind: str, made: bytes) -> bool:
    if kind == PICTURE:
        return made.startswith(b"\xff\xd8") and made.endswith(b"\xff\xd9")
    if kind == PAGES:
        return made.startswith(b"%PDF-") and made.endswith(b"%%EOF\n")
    try:
        return made.decode() != ""
    except UnicodeDecodeError:
        return False


def _parsed(line: bytes) -> Mapping[str, object]:
    """Read the first line. A child that was killed has not written it."""
    try:
        reply = json.loads(line)
    except ValueError:
        return {}
    return reply if isinstance(reply, dict) else {}
