"""Records of examinations while they are filled in: saved during the examination, and never stored in clear.

A draft is working data: it is not stated, and it is no evidence. But its values are the most personal data of
the case, so

- they are sealed to the case's key, like the details of statements: the database holds no value in clear;
- only people who may add photographs to the case get them;
- it is deleted when the record is sealed (`examination_records`), when a person discards it, and when the
  details of the case are destroyed.

What it began with is sealed once: the form, so that a later change of the center's files changes no draft,
what it corrects, and the key under which a tablet stores what it cannot send (`examinations/device_copy.js`).
Each save names the version that it was based on, and never overwrites another one (`ExaminationMovedOn`).
Values may be incomplete, and fields that are not shown may have some; the record leaves these out.

Saving needs no key of the vault. Reading a draft does.

Trusts: the keyholder. Sealed form: JSON {corrects, draft, form, key, v}, and {draft, reason, v, values,
version}, in which `draft` and `version` keep rows from being exchanged.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from casework.access.permissions import Act, require, require_case
from casework.cases import cases
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Case, ExaminationDraft, Person
from casework.errors import Disposed, ExaminationMovedOn, Missing, NothingReadable, Refused
from casework.forms import form_files
from casework.ledger import sealed_details
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.examination_record import MAX_REASON, ExaminationRecord, Form, Values

MAX_SEALED = 700_000
"""Maximum bytes of sealed content: the keyholder opens it in one answer."""
KEY = 32
"""Bytes of the key of a tablet's own copy."""


@dataclass(frozen=True)
class Filled:
    """What is filled in so far. `reason`: why the earlier record is corrected; empty if none is."""

    values: Values = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class OpenedDraft:
    """A draft as its page shows it. `corrects`: id and manifest of the record that it corrects; `key`: of the
    tablet's own copy, in base64."""

    id: str
    case: Case
    version: int
    form: Form
    corrects: tuple[str, str] | None
    key: str
    filled: Filled


def begin(center: Center, person: Person, case_id: str, form_id: str) -> ExaminationDraft:
    """Begin the record of an examination with a form of the center.

    Raises `Forbidden`, `Missing`, `CaseVoided`, `FormUnreadable`.
    """
    with center.database() as session:
        require_case(session, person, Act.ADD_PHOTOGRAPHS, case_id)
    for form in form_files.read(center.forms):
        if form.id == form_id:
            return _begin(center, person, case_id, form, Filled(), None)
    raise Missing(f"no form {form_id[:64]}")


def begin_correction(
    center: Center, person: Person, case_id: str, earlier: ExaminationRecord, corrects: tuple[str, str]
) -> ExaminationDraft:
    """Begin the correction of a sealed record, with its form and its values.

    `corrects`: id and manifest of that record, which the caller has compared with `earlier`. Raises as
    `begin`.
    """
    return _begin(center, person, case_id, earlier.form, Filled(earlier.values), corrects)


def opened(center: Center, person: Person, draft_id: str) -> OpenedDraft:
    """Return a draft with its values. Raises `Forbidden`, `Missing`, `VaultLocked`, `NothingReadable`."""
    row, case = _known(center, person, draft_id)
    plain = sealed_details.unsealed(center, case, [row.begun, row.sealed])
    if plain is None:
        raise Disposed(f"the details of case {case.id} were erased, and its drafts with them")
    begun, saved = map(json.loads, plain)
    if begun["draft"] != row.id or (saved["draft"], saved["version"]) != (row.id, row.version):
        raise NothingReadable(f"draft {row.id} is not what was saved")
    corrects = None if begun["corrects"] is None else (begun["corrects"][0], begun["corrects"][1])
    return OpenedDraft(
        id=row.id,
        case=case,
        version=row.version,
        form=Form.from_json(begun["form"]),
        corrects=corrects,
        key=begun["key"],
        filled=Filled(saved["values"], saved["reason"]),
    )


def save(center: Center, person: Person, draft_id: str, version: int, filled: Filled) -> int:
    """Save what is filled in over `version`, and return the new version number.

    Raises `Forbidden`, `Missing`, `Refused` for more than a draft holds, `ExaminationMovedOn` if another
    version is the newest.
    """
    row, case = _known(center, person, draft_id)
    if row.version != version:
        raise ExaminationMovedOn(f"draft {draft_id} is at {row.version}, not at {version}")
    sealed = _sealed(center, case, row.id, version + 1, filled)
    with center.database.begin() as session:
        held = session.get(ExaminationDraft, draft_id)
        if held is None or held.version != version:
            raise ExaminationMovedOn(f"draft {draft_id} is not at {version} any more")
        held.version, held.sealed = version + 1, sealed
        held.saved_by, held.saved_at = person.id, now()
    return version + 1


def discard(center: Center, person: Person, draft_id: str) -> str:
    """Delete a draft; return the id of its case. Raises `Forbidden`, `Missing`."""
    row, case = _known(center, person, draft_id)
    with center.database.begin() as session:
        session.execute(delete(ExaminationDraft).where(ExaminationDraft.id == row.id))
    return case.id


def of_case(center: Center, person: Person, case_id: str) -> Sequence[ExaminationDraft]:
    """Return the drafts of a case, newest first, without their values. Raises `Forbidden`, `Missing`."""
    with center.database() as session:
        require_case(session, person, Act.ADD_PHOTOGRAPHS, case_id)
        return session.scalars(
            select(ExaminationDraft)
            .where(ExaminationDraft.case_id == case_id)
            .order_by(ExaminationDraft.begun_at.desc())
        ).all()


def forget(session: Session, item: str) -> None:
    """Delete the drafts of a case, or those that correct a record."""
    session.execute(
        delete(ExaminationDraft).where(
            or_(ExaminationDraft.case_id == item, ExaminationDraft.corrects == item)
        )
    )


# --- inside -----------------------------------------------------------------------------------------------


def _begin(
    center: Center,
    person: Person,
    case_id: str,
    form: Form,
    filled: Filled,
    corrects: tuple[str, str] | None,
) -> ExaminationDraft:
    with center.database() as session:
        case = require_case(session, person, Act.ADD_PHOTOGRAPHS, case_id)
        cases.require_in_use(case)
    draft_id, moment = new_id(), now()
    begun = {
        "corrects": None if corrects is None else list(corrects),
        "draft": draft_id,
        "form": form.to_json(),
        "key": encode_base64(secrets.token_bytes(KEY)),
        "v": 1,
    }
    row = ExaminationDraft(
        id=draft_id,
        case_id=case.id,
        corrects=None if corrects is None else corrects[0],
        version=0,
        begun=sealed_details.sealed_to(center, case, _json(begun)),
        sealed=_sealed(center, case, draft_id, 0, filled),
        begun_by=person.id,
        begun_at=moment,
        saved_by=person.id,
        saved_at=moment,
    )
    with center.database.begin() as session:
        session.add(row)
    return row


def _known(center: Center, person: Person, draft_id: str) -> tuple[ExaminationDraft, Case]:
    require(person, Act.ADD_PHOTOGRAPHS)  # people without the role must not learn of ids
    with center.database() as session:
        row = require_row(session, ExaminationDraft, draft_id, "draft")
        return row, require_case(session, person, Act.ADD_PHOTOGRAPHS, row.case_id)


def _sealed(center: Center, case: Case, draft_id: str, version: int, filled: Filled) -> bytes:
    if len(filled.reason) > MAX_REASON:
        raise Refused(f"a reason of more than {MAX_REASON} characters")
    saved = {"draft": draft_id, "reason": filled.reason, "v": 1, "values": filled.values, "version": version}
    plain = _json(saved)
    if len(plain) > MAX_SEALED:
        raise Refused(f"more than {MAX_SEALED} bytes are filled in")
    return sealed_details.sealed_to(center, case, plain)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
