"""A photograph or a document as tests need one: sent in pieces, looked through, and sealed."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from casework.center import Center
from casework.database.models import Person
from casework.photographs import uploads
from casework.photographs.uploads import AnnouncedFile, UploadStatus

SESSION = "a token that only her browser has"


def added(
    center: Center, person: Person, case: str, data: bytes, kind: str = "photograph", **wanted: Any
) -> UploadStatus:
    """A file taken in pieces of 1 MiB and sealed."""
    digest = sha256(data).hexdigest()
    announced = AnnouncedFile(kind, "IMG_1.JPG", len(data), digest, **wanted)
    standing = uploads.begin(center, person, SESSION, case, announced)
    if standing.state == "sealed":
        return standing
    for at in range(standing.received, len(data), 1024 * 1024):
        uploads.take(center, person, SESSION, standing.id, at, data[at : at + 1024 * 1024])
    return uploads.finish(center, person, SESSION, standing.id)
