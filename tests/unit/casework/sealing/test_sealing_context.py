"""The context under which each message is sealed: its place, as docs/spec/sealed-object.md writes it."""

from __future__ import annotations

import pytest

from casework.sealing.sealing_context import context_of
from chain_of_custody.items.record import Record

DEPLOYMENT, EVIDENCE = "d0" * 16, "e0" * 16
INIT = "1f" * 32
"""SHA-256 of the sealed message of the init segment."""


def record(index: int, kind: str, track: int, number: int, init: int | None = None) -> Record:
    return Record(
        index=index,
        kind=kind,
        track=track,
        number=number,
        start=0,
        duration=0,
        key=True,
        init=init,
        size=100,
        cipher=INIT if kind == "init" else "00" * 32,
        leaf="00" * 32,
    )


RECORDS = [
    record(0, "header", 0, 0),
    record(1, "init", 2, 0),
    record(2, "media", 2, 1, init=1),
    record(3, "event", 0, 5),
]
PIECE = record(1, "piece", 3, 7)


@pytest.mark.parametrize(
    ("one", "place", "init"),
    [
        (RECORDS[0], "00 00000000 0000000000000000", "00" * 32),
        (RECORDS[1], "01 00000002 0000000000000000", "00" * 32),
        (RECORDS[2], "02 00000002 0000000000000001", INIT),
        (RECORDS[3], "03 00000000 0000000000000005", "00" * 32),
        (PIECE, "04 00000003 0000000000000007", "00" * 32),
    ],
    ids=lambda value: value.kind if isinstance(value, Record) else "",
)
def test_a_context_names_kind_track_number_and_the_init_segment_that_media_need(
    one: Record, place: str, init: str
) -> None:
    label = b"amana/sealed/v1\x00".hex()
    expected = bytes.fromhex(label + DEPLOYMENT + EVIDENCE + place + init)
    assert context_of(DEPLOYMENT, EVIDENCE, one, RECORDS) == expected
