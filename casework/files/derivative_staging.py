"""Staging of a derivative: seal a file from the scratch folder into the spool, like other files.

An interrupted sealing cannot be resumed, so the data key is stored only wrapped, and an incomplete file is
removed and made again.

Trusts: the spool, that what `append` returned from is durable. Specification: docs/spec/manifest.md,
section 7.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from casework.files.pieces import MAX_PIECE, pieces
from casework.files.ticket import FileTicket
from casework.sealing import staging
from casework.sealing.sealed_log import Content, SealedLog
from casework.sealing.spool_failures import spool_failures
from chain_of_custody.items.file_manifest import ORIGINAL, RECIPE, FileDescription, FileManifest
from chain_of_custody.items.recipe import Read, Recipe
from vault.sealing import key_wrapping
from vault.spool.writer import SpoolWriter


def seal(
    spool: Path,
    ticket: FileTicket,
    purpose: str,
    file: Path,
    describe: Callable[[Read], tuple[FileDescription, Recipe]],
) -> FileManifest:
    """Seal `file`, durable on return. `describe`: returns its description and recipe, once all of it was
    read.

    Raises `RecordingFailed`, after removing the incomplete file.
    """
    with file.open("rb") as content:
        return seal_content(spool, ticket, purpose, file.name, content, describe)


def seal_content(
    spool: Path,
    ticket: FileTicket,
    purpose: str,
    name: str,
    content: BinaryIO,
    describe: Callable[[Read], tuple[FileDescription, Recipe]],
) -> FileManifest:
    """Seal `content`, as `seal` does for a file. It must be seekable and positioned at its beginning."""
    size = content.seek(0, SEEK_END)
    content.seek(0)
    require_room(spool, size)
    area = staging.uploads_area(spool)
    area.discard(ticket.evidence)
    try:
        with (
            spool_failures(),
            SpoolWriter.create(area.root, ticket.evidence, reserve_bytes=0) as folder,
        ):
            log = SealedLog(ticket, folder, key_wrapping.generate_data_key())
            log.begin()
            log.extend(Content("header", 0, ticket.header(purpose)))
            description, recipe = describe(_pieces(log, name, content))
            log.extend(Content("event", 0, description.canonical()), *pieces(RECIPE, recipe.canonical()))
            return log.finish()
    except BaseException:
        area.discard(ticket.evidence)
        raise


def require_room(spool: Path, size: int) -> None:
    """Raise `RecordingFailed` if a file of `size` bytes would use the space of running recordings."""
    staging.require_room(spool, size, "what is to be made")


def _pieces(log: SealedLog[FileManifest], name: str, content: BinaryIO) -> Read:
    digest, size = sha256(), 0
    while piece := content.read(MAX_PIECE):
        digest.update(piece)
        size += len(piece)
        log.extend(Content("piece", ORIGINAL, piece))
    return Read(name, size, digest.hexdigest())
