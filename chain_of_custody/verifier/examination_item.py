"""Prove the examination records of a court package: what they contain, and what they correct.

Part of step 13 of `verify`. A record is the original of a document; its pieces and its SHA-256 are proved. It
is one of the form that its statement names. The record that it corrects, if that is in the package too, is
the one under the manifest that it names, of the same case, and was sealed earlier.

Trusts: what the earlier steps have proved. Not proved: that anything in a record is true.

Specification: docs/spec/examination.md, section 5; docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.encoding.file_source import fill
from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.items.examination_record import MAX_RECORD, Corrected, ExaminationRecord
from chain_of_custody.verifier.file_item import FileOpening
from chain_of_custody.verifier.recording_item import OpenedItem

_MEDIA = "media"


def check_examinations(openings: Sequence[OpenedItem], bag: Bag) -> Mapping[str, ExaminationRecord]:
    """Return the examination records of a package, by evidence id."""
    here = {one.item.evidence: one for one in openings}
    records = {
        evidence: _record(one, bag)
        for evidence, one in here.items()
        if isinstance(one, FileOpening) and "form" in one.seal.statement.body
    }
    for evidence, record in records.items():
        if record.corrects is not None and record.corrects.evidence in here:
            _check_corrected(here[evidence], record.corrects, here[record.corrects.evidence])
    return records


def _record(opening: FileOpening, bag: Bag) -> ExaminationRecord:
    path, body = opening.item.path(opening.original), opening.seal.statement.body
    data = bytearray(min(bag.sizes[path], MAX_RECORD + 1))
    with closing(bag.source.open(path)) as file:
        fill(file, memoryview(data))
    try:
        record = ExaminationRecord.parse(bytes(data))
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from error
    if record.form.digest != body["form"]:
        raise NotProved(_MEDIA, "the record is of another form than was stated", path)
    corrected = None if record.corrects is None else record.corrects.evidence
    if corrected != body.get("corrects"):
        raise NotProved(_MEDIA, "the record corrects another one than was stated", path)
    return record


def _check_corrected(correction: OpenedItem, named: Corrected, corrected: OpenedItem) -> None:
    where = correction.item.path("original.examination")
    if "form" not in corrected.seal.statement.body:
        raise NotProved(_MEDIA, "it corrects something else than the record of an examination", where)
    if corrected.seal.statement.body["manifest"] != named.manifest:
        raise NotProved(_MEDIA, "it corrects another record than lies here under that id", where)
    if corrected.seal.position >= correction.seal.position:
        raise NotProved(_MEDIA, "it was sealed before the record that it corrects", where)
    if corrected.seal.statement.case != correction.seal.statement.case:
        raise NotProved(_MEDIA, "it corrects a record of another case", where)
