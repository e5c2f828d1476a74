"""Files that are similar to a received file, among those of its case.

Nothing is decoded because it arrived, so a file can be compared once it has a copy for viewing: the sandbox
that makes the copy computes its fingerprint (`fingerprints`). The fingerprint of a picture says something
about what it shows, and that of an intimate one is not for the public. It is in no statement and in no column
in clear: it is sealed to the case, in the row of the copy's order. Fingerprints of one case are opened by the
keyholder and compared when somebody opens the page of a file.

Trusts: the keyholder. That two files are similar proves nothing; people look at both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.access.permissions import Act
from casework.cases import description
from casework.center import Center
from casework.database.models import Case, Derivative, DerivativeState, Evidence, Person
from casework.errors import Disposed, Forbidden, Missing, NothingReadable, VaultLocked, WrongState
from casework.evidence.sealed_items import RECEIVED, sealed
from casework.ledger import sealed_details
from casework.received_copies import copies, fingerprints
from casework.received_copies.fingerprints import PART, Agreement

Fingerprints = Mapping[tuple[str, str], Sequence[str]]
"""Evidence id of a file and kind of its copy → the copy's fingerprint."""


@dataclass(frozen=True)
class SimilarFile:
    """A file that is similar to another one. `kind`: of the copies that were compared."""

    id: str
    number: int
    kind: str
    agreement: Agreement


@dataclass(frozen=True)
class Comparison:
    """What a comparison of a file with the others of its case has found."""

    compared: int | None
    """With how many others; None if nothing could be compared: it has no copy with a fingerprint, or none can
    be read now."""
    similar: Sequence[SimilarFile] = ()
    """By number."""


def note(center: Center, row: Derivative, fingerprint: Sequence[str]) -> None:
    """Store the fingerprint of a copy that is being made, sealed to its case; an empty one is not stored."""
    if not fingerprint:
        return
    with center.database.begin() as session:
        case, order = session.get_one(Case, row.case_id), session.get_one(Derivative, row.id)
        order.fingerprint = sealed_details.sealed_to(center, case, bytes.fromhex("".join(fingerprint)))


def files(center: Center, person: Person, evidence_id: str) -> Comparison | None:
    """Return the files of its case to which a received file is similar, as far as `person` may open them.

    None for people who do not work with the case. Raises as `sealed_items.sealed`.
    """
    if not description.readable(person):
        return None
    with center.database() as session:
        _, case, _ = sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=(RECEIVED,))
    known = _opened(center, case, copies.of_case(center, person, case.id), evidence_id)
    compared = {file for file, _ in known if file != evidence_id}
    if not any(file == evidence_id for file, _ in known):
        return Comparison(None)
    with center.database() as session:
        found = [
            SimilarFile(file, item.number, kind, agreement)
            for file, kind, agreement in _similar(known, evidence_id)
            if (item := _reached(session, person, file)) is not None
        ]
    return Comparison(len(compared), sorted(found, key=lambda one: one.number))


# --- inside -------------------------------------------------------------------------------------------------


def _opened(
    center: Center, case: Case, of_case: Mapping[str, Sequence[Derivative]], evidence_id: str
) -> Fingerprints:
    """Return the fingerprints of this file's copies, and those of copies of the same kinds; none while they
    cannot be read."""
    stored = {
        (file, row.kind): row.fingerprint
        for file, rows in of_case.items()
        for row in rows
        if row.state is DerivativeState.MADE and row.fingerprint is not None
    }
    mine = {kind for file, kind in stored if file == evidence_id}
    wanted = {key: blob for key, blob in stored.items() if key[1] in mine}
    if not wanted:
        return {}
    try:
        opened = sealed_details.unsealed(center, case, list(wanted.values()))
    except (VaultLocked, NothingReadable):
        return {}
    if opened is None:
        return {}
    return {key: _parts(plain) for key, plain in zip(wanted, opened, strict=True)}


def _parts(plain: bytes) -> list[str]:
    return [plain[at : at + PART].hex() for at in range(0, len(plain), PART)]


def _similar(known: Fingerprints, evidence_id: str) -> Iterator[tuple[str, str, Agreement]]:
    """Yield each file that is similar to this one, with the kind of copy by which it is."""
    for (file, kind), fingerprint in known.items():
        mine = known.get((evidence_id, kind))
        if file == evidence_id or mine is None:
            continue
        agreement = fingerprints.agreement(kind, mine, fingerprint)
        if agreement is not None:
            yield file, kind, agreement


def _reached(session: Session, person: Person, evidence_id: str) -> Evidence | None:
    """Return a received file, if this person may open it now."""
    try:
        return sealed(session, person, Act.VIEW_EVIDENCE, evidence_id, kinds=(RECEIVED,))[0]
    except (Forbidden, Missing, Disposed, WrongState):
        return None
