"""Files received from outside: telephone videos, voice messages, chat exports, films of security cameras, and
whatever else others bring. The original is sealed as it came and is never opened by the center (`uploads`).

Where a file came from is in the details of its `evidence.received`, sealed to the case; only the kind of its
source is in clear (`givings`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from casework.access.permissions import Act, may, require_case
from casework.center import Center
from casework.database.models import Person
from casework.errors import Refused
from casework.evidence.sealed_items import RECEIVED
from casework.photographs import photographs
from casework.photographs.photographs import ListedPhotograph
from casework.short_text import identifying

SOURCES = ("person", "organisation", "seizure", "public")
"""Where a file came from: handed in by a person, by an organisation, seized, or found in public."""
MAX_TEXT = 1000
"""Maximum characters of each text about the origin."""


@dataclass(frozen=True)
class Origin:
    """Where a received file came from, as its taker states it. All but `source` is sealed."""

    source: str
    """One of `SOURCES`."""
    giver: str
    """Who gave it."""
    place: str = ""
    """Where it was given or seized."""
    device: str = ""
    """The device or medium that it was on."""
    basis: str = ""
    """The legal basis, with its reference: a consent, an order, a seizure record."""
    said: str = ""
    """What was said about it when it was given."""

    def __post_init__(self) -> None:
        """Raise `Refused` for an unknown source, no giver, or a text of more than `MAX_TEXT` characters,
        `TextUnseen` for a giver with characters that are not seen."""
        if self.source not in SOURCES:
            raise Refused(f"a source is one of {', '.join(SOURCES)}")
        if not identifying(self.giver, MAX_TEXT, "who gave it"):
            raise Refused("who gave the file is missing")
        if any(len(text) > MAX_TEXT for text in self.details().values()):
            raise Refused(f"a text of more than {MAX_TEXT} characters")

    def details(self) -> Mapping[str, str]:
        """Return the texts that are not empty, by name: the details of the statement."""
        texts = {name: text.strip() for name, text in asdict(self).items() if name != "source"}
        return {name: text for name, text in texts.items() if text}


def listed(center: Center, person: Person, case_id: str) -> list[ListedPhotograph]:
    """Return the received files of a case, in order; none for people who may add files and not view them.

    Raises `Forbidden`, `Missing`.
    """
    with center.database() as session:
        require_case(session, person, Act.ADD_RECEIVED, case_id)
        return photographs.files(session, case_id, (RECEIVED,)) if may(person, Act.VIEW_EVIDENCE) else []
