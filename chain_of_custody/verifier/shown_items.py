"""Compare what a recording says was shown or drawn in the room with the items in the package.

Part of step 12 of `verify`. An event names a picture by its id, kind and sealed manifest. A picture that is
in the package must be that one. A picture that is absent cannot be checked.

Trusts: what the earlier steps have proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from chain_of_custody.errors import NotProved
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.verifier.recording_item import OpenedItem, Opening

NAMING = frozenset(("exhibit.shown", "exhibit.hidden", "drawing.made"))
"""Types of events that name another item."""

_RECORDS = "records"


def check_shown(openings: Sequence[OpenedItem]) -> None:
    """Check that each item of the package that an event names is the one which the event describes.

    It is a file of the kind stated, with the manifest stated, sealed before the recording was, in the same
    case. Raises `NotProved`.
    """
    here = {one.item.evidence: one for one in openings}
    for recording in openings:
        if isinstance(recording, Opening):
            for event, where in _naming(recording):
                evidence = event.fields.get("evidence")
                if isinstance(evidence, str) and evidence in here:
                    _check(recording, event, here[evidence], where)


def _naming(recording: Opening) -> Iterator[tuple[Event, str]]:
    """Return the events that name an item, each with its place."""
    records = (record for record in recording.records if record.kind == "event")
    for event, record in zip(recording.events, records, strict=True):
        if event.type in NAMING:
            yield event, recording.where("events.jsonl", record)


def _check(recording: Opening, event: Event, shown: OpenedItem, where: str) -> None:
    kind = shown.item.file_kind
    if kind is None or event.fields.get("kind") != kind:
        raise NotProved(
            _RECORDS, "an item of another kind lies here under the id of what was shown or drawn", where
        )
    if sha256(shown.manifest.canonical()).hexdigest() != event.fields.get("manifest"):
        raise NotProved(_RECORDS, "another item lies here under the id of what was shown or drawn", where)
    if shown.seal.position >= recording.seal.position:
        raise NotProved(_RECORDS, "what was shown or drawn was sealed after the recording", where)
    if shown.chain[0].statement.case != recording.chain[0].statement.case:
        raise NotProved(_RECORDS, "what was shown or drawn is of another case", where)
