"""The folder of one interview in the spool: its recorder child writes only there, and has access to nothing
else.

    <spool>/writers/<interview>/<evidence>/             its parts
    <spool>/writers/<interview>/practice/<evidence>/    practice (`recovery.spool_root`)
    <spool>/writers/<interview>/safety/<evidence>/      safety recordings until they are imported (`staging`)
    <spool>/writers/<interview>/desk/<interview>        pending notes (`pending_notes_file`)

The web process makes it before the child starts, and the child is confined to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.spool import writers


def interview_folder(spool: Path, interview: str) -> Path:
    """Return the folder, a spool root of its own. Raises `ValueError` if `interview` is no id."""
    return writers.writer_folder(spool, interview)


@contextmanager
def prepared(spool: Path, interview: str) -> Iterator[Path]:
    """Make the folder for a child that is about to start; it is not removed before the end of the block.

    Raises `vault.errors.WriteFailed`.
    """
    folder = interview_folder(spool, interview)
    with writers.holding(folder):
        yield folder


def keep(folder: Path) -> None:
    """Hold the folder until this process ends. Raises `vault.errors.WriteFailed`."""
    writers.hold(folder)
