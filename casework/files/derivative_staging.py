"""Staging of a derivative: seal a file from the scratch folder into the spool, like other files.

    <spool>/uploads/<evidence>/    while it is sealed: ticket, wraps, header, pieces
    <spool>/<evidence>/            from `move` on: an item like any other, replicated to the copies

An interrupted sealing cannot be resumed, so the data key is stored only wrapped, and an incomplete file is
removed and made again.

Trusts: the spool, that what `append` returned from is durable. Specification: docs/spec/manifest.md,
section 7.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from casework.errors import RecordingFailed
from casework.files.log import MAX_PIECE, FileLog
from casework.files.ticket import FileTicket
from casework.files.upload_staging import uploads_root
from casework.recording.pipeline import failure
from chain_of_custody.items.file_manifest import ORIGINAL, RECIPE, FileManifest, FileTold
from chain_of_custody.items.recipe import Read, Recipe
from vault.disk import DISK
from vault.errors import WriteFailed
from vault.sealing import key_wrapping
from vault.spool.reader import SpoolReader
from vault.spool.writer import SpoolWriter

KEPT_FREE = 1024**3
"""Bytes of disk reserved for running recordings."""


def seal(
    spool: Path,
    ticket: FileTicket,
    purpose: str,
    file: Path,
    tell: Callable[[Read], tuple[FileTold, Recipe]],
) -> FileManifest:
    """Seal `file`, durable on return. `tell`: returns its description and recipe, once all of it was read.

    Raises `RecordingFailed`, after removing the incomplete file.
    """
    with file.open("rb") as content:
        return seal_content(spool, ticket, purpose, file.name, content, tell)


def seal_content(
    spool: Path,
    ticket: FileTicket,
    purpose: str,
    name: str,
    content: BinaryIO,
    tell: Callable[[Read], tuple[FileTold, Recipe]],
) -> FileManifest:
    """Seal `content`, as `seal` does for a file. It must be seekable and positioned at its beginning."""
    size = content.seek(0, SEEK_END)
    content.seek(0)
    require_room(spool, size)
    discard(spool, ticket.evidence)
    try:
        folder = SpoolWriter.create(uploads_root(spool), ticket.evidence, reserve_bytes=0)
        try:
            log = FileLog.begin(folder, ticket, key_wrapping.generate_data_key())
            folder.append([log.header(purpose)])
            read = _pieces(log, folder, name, content)
            told, recipe = tell(read)
            frames = [log.frame("event", 0, told.canonical())]
            folder.append([*frames, *log.pieces(RECIPE, recipe.canonical())])
            folder.roll()
            return log.finish(folder)
        finally:
            folder.close()
    except WriteFailed as error:
        discard(spool, ticket.evidence)
        raise failure(error) from error
    except BaseException:
        discard(spool, ticket.evidence)
        raise


def whole(spool: Path, evidence: str) -> bool:
    """Whether it is sealed, and can become evidence without a key."""
    return moved(spool, evidence) or SpoolReader(uploads_root(spool), evidence).sealed


def moved(spool: Path, evidence: str) -> bool:
    """Whether it is moved to the spool, from which the copies take it."""
    return (spool / evidence).is_dir()


def move(spool: Path, evidence: str) -> None:
    """Move a complete file into the spool for the copies, atomically."""
    (uploads_root(spool) / evidence).rename(spool / evidence)
    DISK.sync_directory(spool)


def discard(spool: Path, evidence: str) -> None:
    """Remove an incomplete file with its wrapped key, so that nothing opens it any more."""
    folder = uploads_root(spool) / evidence
    if folder.is_dir():
        gone = folder.with_name(f".removed-{evidence}")
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def require_room(spool: Path, size: int) -> None:
    """Raise `RecordingFailed` if a file of `size` bytes would use the space of running recordings."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(spool).free - size < KEPT_FREE:
        raise RecordingFailed("disk-full", "too little room for what is to be made")


def _pieces(log: FileLog, folder: SpoolWriter, name: str, content: BinaryIO) -> Read:
    digest, size = sha256(), 0
    while piece := content.read(MAX_PIECE):
        digest.update(piece)
        size += len(piece)
        folder.append([log.frame("piece", ORIGINAL, piece)])
    return Read(name, size, digest.hexdigest())
