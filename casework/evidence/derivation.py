"""Opening sealed items to make a derivative from them: the gateway's three steps.

The derivative is in clear only in a private folder, and is sealed as an item of its own (`compose`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from casework.database.models import Case, Derivative, Person, Photograph
from casework.evidence import viewing_sessions
from casework.evidence.decryption import decrypted, header_of
from casework.evidence.openings import Stated
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

    def __init__(self, center: Center, evidence: str, stated: Stated) -> None:
        self._center, self._recording = center, recording_of(center, evidence)
        self._stated = stated
        self.header = header_of(center, self._recording, stated)
        self.records, self.manifest = self._recording.records, self._recording.manifest.digest

    def contents(self, film: RecordedFilm) -> Iterator[bytes]:
        """Yield the contents of the film's records, each checked against its leaf."""
        opened = decrypted(self._center, self._recording, self._stated, film.records)
        return (content for _, _, content in opened)


class OpenedFile:
    """A sealed file in its original form, opened piece by piece. Raises as `decryption.decrypted`."""

    def __init__(self, center: Center, evidence: str, stated: Stated) -> None:
        self._center, self._sealed = center, recording_of(center, evidence)
        self._stated = stated
        self.manifest = self._sealed.manifest.digest
        with center.database() as session:
            facts = session.get_one(Photograph, evidence)
        self.format, self.size = facts.format, facts.size

    def contents(self) -> Iterator[bytes]:
        """Yield its bytes, piece by piece."""
        pieces = [one for one in self._sealed.records if (one.kind, one.track) == ("piece", ORIGINAL)]
        opened = decrypted(self._center, self._sealed, self._stated, pieces)
        return (content for _, _, content in opened)


class Sources:
    """The sources of a derivative, once their opening is permitted and stated."""

    def __init__(self, center: Center, stated: Mapping[str, Stated]) -> None:
        """`stated`: by evidence id, the statement that opened it for this derivative."""
        self._center, self._stated = center, stated

    def recordings(self) -> dict[str, OpenedRecording]:
        """Return the recordings by evidence id. Raises `NothingReadable`, `VaultLocked`."""
        return {one: OpenedRecording(self._center, one, stated) for one, stated in self._stated.items()}

    def files(self) -> dict[str, OpenedFile]:
        """Return the files by evidence id. Raises `NothingReadable`."""
        return {one: OpenedFile(self._center, one, stated) for one, stated in self._stated.items()}


def open_sources(center: Center, row: Derivative, require: Callable[[Center, Derivative], Person]) -> Sources:
    """Open the sources of this derivative. `require`: returns the person who ordered it, if they still may.

    Raises as `require`, and `VaultLocked`.
    """
    person = require(center, row)  # 1. Permission
    viewing_sessions.require_unlocked(center)
    with center.database() as session:
        case = session.get_one(Case, row.case_id)
    stated: dict[str, Stated] = {}
    for evidence in dict.fromkeys(str(source["evidence"]) for source in row.sources):  # 2. Statement
        stated[evidence] = (viewing_sessions.state(center, person, evidence, DERIVATION, case),)
    return Sources(center, stated)  # 3. Keys of single messages, as they are read
