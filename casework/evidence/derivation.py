"""Opening sealed items to make a derivative from them: the gateway's three steps.

The derivative is in clear only in a private folder, and is sealed as an item of its own (`compose`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from casework.database.models import Case, Derivative, Person, Photograph
from casework.evidence import viewing_sessions
from casework.evidence.decryption import decrypted, header_of
from casework.evidence.sealed_recordings import recording_of
from chain_of_custody.items.file_manifest import ORIGINAL
from chain_of_custody.items.record import Record

if TYPE_CHECKING:
    from casework.center import Center

DERIVATION = "derivation"
"""The purpose in the statement of such an opening."""


class RecordedFilm(Protocol):
    """A stretch of one track (`film_plan.Film`)."""

    @property
    def records(self) -> Sequence[Record]:
        """Its records, in order."""


class OpenedRecording:
    """A sealed recording whose contents are opened as they are read. Raises as `decryption.decrypted`."""

    def __init__(self, center: Center, evidence: str) -> None:
        self._center, self._recording = center, recording_of(center, evidence)
        self.header = header_of(center, self._recording)
        self.records, self.manifest = self._recording.records, self._recording.manifest.digest

    def contents(self, film: RecordedFilm) -> Iterator[bytes]:
        """Yield the contents of the film's records, each checked against its leaf."""
        return (content for _, _, content in decrypted(self._center, self._recording, film.records))


class OpenedPhotograph:
    """A sealed photograph in its original form, opened piece by piece. Raises as `decryption.decrypted`."""

    def __init__(self, center: Center, evidence: str) -> None:
        self._center, self._sealed = center, recording_of(center, evidence)
        self.manifest = self._sealed.manifest.digest
        with center.database() as session:
            self.format = session.get_one(Photograph, evidence).format

    def contents(self) -> Iterator[bytes]:
        """Yield its bytes, piece by piece."""
        pieces = [one for one in self._sealed.records if (one.kind, one.track) == ("piece", ORIGINAL)]
        return (content for _, _, content in decrypted(self._center, self._sealed, pieces))


class Sources:
    """The sources of a derivative, once their opening is permitted and stated."""

    def __init__(self, center: Center, sources: Sequence[Mapping[str, Any]]) -> None:
        self._center, self._ids = center, [str(one["evidence"]) for one in sources]

    def recordings(self) -> dict[str, OpenedRecording]:
        """Return the recordings by evidence id. Raises `NothingReadable`, `VaultLocked`."""
        return {one: OpenedRecording(self._center, one) for one in self._ids}

    def photographs(self) -> dict[str, OpenedPhotograph]:
        """Return the photographs by evidence id. Raises `NothingReadable`."""
        return {one: OpenedPhotograph(self._center, one) for one in self._ids}


def open_sources(center: Center, row: Derivative, require: Callable[[Center, Derivative], Person]) -> Sources:
    """Open the sources of this derivative. `require`: returns the person who ordered it, if they still may.

    Raises as `require`, and `VaultLocked`.
    """
    person = require(center, row)  # 1. Permission
    viewing_sessions.require_unlocked(center)
    with center.database() as session:
        case = session.get_one(Case, row.case_id)
    for source in row.sources:  # 2. Statement
        viewing_sessions.state(center, person, source["evidence"], DERIVATION, case)
    return Sources(center, row.sources)  # 3. Keys of single messages, as they are read
