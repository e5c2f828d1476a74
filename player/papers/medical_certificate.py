"""The medical certificate: a paper in Arabic and English about one sealed record of an examination.

It has the fields that the record's form names for it, with their questions in both languages and the values
as they were written, who sealed the record and when, the specimens of the case as they were taken (unless its
maker left them out), and the digest of its sealed manifest, by which a court finds the record in a package. A
record that was corrected says so. Signed under the center's own authority
(`typeset`); the doctor signs in the empty field. Words and layout: `documents/medical-certificate.typ`,
`medical-certificate-words.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casework.body_maps.names import LANGUAGES, NAMES
from casework.clock import local_text
from casework.photographs.examination_certificate import CertifiedRecord
from casework.specimens.takings import Taking, Takings
from chain_of_custody.items.examination_record import Field
from player.papers import typeset
from player.papers.exam_report import right_to_left

if TYPE_CHECKING:
    from casework.center import Center


def paper(center: Center, certified: CertifiedRecord) -> bytes:
    """Return the signed PDF. Raises `vault.errors.ProtectionAway` if the documents key is away."""
    facts = paper_facts(certified)
    reason = "Medical certificate"
    return typeset.signed(center, "medical-certificate", facts, certified.at, certified.authority, reason)


def paper_facts(certified: CertifiedRecord) -> dict[str, Any]:
    """Return the input of `medical-certificate.typ`."""
    record = certified.record
    shown = {field.id for field in record.form.shown(record.values)}
    return {
        **typeset.center_facts(certified.policy, certified.authority),
        "made": local_text(certified.at),
        "case": certified.case.code,
        "number": certified.item.number,
        "manifest": certified.item.manifest_digest,
        "title": dict(record.form.title),
        "form": record.form.id,
        "version": record.form.version,
        "sealed": local_text(certified.sealed_at),
        "position": certified.position,
        "name": certified.name,
        "role": certified.actor.role,
        "id": certified.actor.id,
        "organisation": certified.actor.organisation,
        "corrects": None if record.corrects is None else _written(record.corrects.reason),
        "corrected_by": certified.corrected_by,
        "sections": [
            {
                "label": dict(section.label),
                "fields": [
                    {"label": dict(field.label), "values": _values(field, record.values[field.id])}
                    for field in section.fields
                    if field.certificate and field.id in shown and field.id in record.values
                ],
            }
            for section in record.form.sections
        ],
        "specimens": None if certified.specimens is None else _specimens(certified.specimens),
        "places": certified.places,
    }


def _specimens(taken: Takings) -> dict[str, Any]:
    return {
        "at": local_text(taken.at),
        "size": taken.size,
        "found": [_specimen(one) for one in taken.found],
    }


def _specimen(one: Taking) -> dict[str, Any]:
    region = None if one.region is None else dict(zip(LANGUAGES, NAMES[one.region], strict=True))
    return {
        "number": one.number,
        "kind": one.kind,
        "seal": one.seal,
        "kit": one.kit,
        "side": one.side,
        "region": region,
        "at": local_text(one.at),
    }


def _values(field: Field, value: Any) -> list[dict[str, Any]]:
    """Return the values of a field: each as a code of `words.values`, in both languages, as a finding, or as
    it was written."""
    labels = {one.id: dict(one.label) for one in field.choices}
    found = []
    for one in (value,) if isinstance(value, str) else value:
        if field.kind == "answer":
            found.append({"code": one})
        elif one in labels:
            found.append({"label": labels[one]})
        elif field.kind == "findings":
            number, injury = one.split(".")
            found.append({"exam": int(number), "injury": int(injury)})
        else:
            text = one.replace("T", " ") if field.kind == "date-time" else one
            found.append({"written": _written(text if field.unit is None else f"{text} {field.unit}")})
    return found


def _written(words: str) -> dict[str, Any]:
    return {"words": words, "rtl": right_to_left(words)}
