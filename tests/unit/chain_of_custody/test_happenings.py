"""What a recording says of itself, in words that a reader understands."""

from __future__ import annotations

import pytest

from chain_of_custody.items.event_text import sentence
from chain_of_custody.items.recording_contents import Event
from tests.support.packages.court_packages import COLLEAGUE_HOLDER, sender

COLLEAGUE = sender(holder=COLLEAGUE_HOLDER).to_json()
DRAWING = {"evidence": "ee", "kind": "document", "number": 4, "manifest": "ab"}
REFUSED = {"event": "refused", "reason": "unproved", "confirmed": None}
TRACKS = {1: "wide", 2: "microphone"}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            Event("freeze", 1_082_383, {"track": 1, "from": 25_743, "ms": 1056, "over": True}),
            "00:00:01 wide: stood still for 1.1 s from 00:00:00",
        ),
        (
            Event(
                "loss", 9_000_000, {"track": 2, "packets": 3, "frames": 3, "from": 8_000_000, "to": 9_000_000}
            ),
            "00:00:09 microphone: 3 packets and 3 pictures or sounds are missing from 00:00:08 to 00:00:09",
        ),
        (
            Event("person", 5_000_000, {"event": "enters", "who": "A", "role": "interpreter"}),
            "00:00:05 A (interpreter) came in",
        ),
        (
            Event("clock.step", 5_000_000, {"clock": "recorder", "ms": 46}),
            "00:00:05 the recorder's clock jumped by 46 ms",
        ),
        (
            Event("clock.step", 5_000_000, {"clock": "sender", "track": 1, "ms": -46}),
            "00:00:05 wide: the clock of the device that sends it jumped by -46 ms",
        ),
        (
            Event(
                "question",
                5_000_000,
                {"number": 3, "by": "0b", "who": "Person A", "role": "observer", "text": "Which door?"},
            ),
            "00:00:05 question 3 from next door, by Person A (observer): Which door?",
        ),
        (
            Event(
                "question.asked",
                0,
                {"number": 3, "by": "0b", "text": "Which door?", "sent": "2026-11-24T20:15:03.120Z"},
            ),
            "00:00:00 question 3 was asked: Which door? (said at 2026-11-24T20:15:03.120Z, entered later)",
        ),
        (
            Event("break-requested", 5_000_000, {"number": 4, "by": "0b", "who": "A", "role": "observer"}),
            "00:00:05 A (observer) next door asked for a break",
        ),
        (
            Event(
                "checklist",
                5_000_000,
                {"protocol": "child", "item": "wish", "text": "Wish asked.", "done": True, "note": "yes"},
            ),
            "00:00:05 checklist child, done: Wish asked. (yes)",
        ),
        (
            Event(
                "checklist", 0, {"protocol": "child", "item": "wish", "text": "Wish asked.", "done": False}
            ),
            "00:00:00 checklist child, not done after all: Wish asked.",
        ),
        (
            Event(
                "exhibit.shown",
                5_000_000,
                {"evidence": "ee", "kind": "photograph", "number": 3, "manifest": "ab", "by": "0b"},
            ),
            "00:00:05 photograph 3 (evidence ee, manifest ab) was shown in the room",
        ),
        (
            Event("exhibit.hidden", 6_000_000, {"evidence": "ee", "kind": "photograph", "number": 3}),
            "00:00:06 photograph 3 (evidence ee) was no longer shown in the room",
        ),
        (
            Event("drawing.made", 9_000_000, {**DRAWING, "means": "tablet", "ms": 4000}),
            "00:00:09 document 4 (evidence ee, manifest ab) was drawn on the tablet since 00:00:05",
        ),
        (
            Event("drawing.made", 9_000_000, {**DRAWING, "means": "tablet", "ms": 9001}),
            "00:00:09 document 4 (evidence ee, manifest ab) was drawn on the tablet in 9.0 s",
        ),
        (
            Event("drawing.made", 9_000_000, {**DRAWING, "means": "tablet", "ms": 10, "sent": "then"}),
            "00:00:09 document 4 (evidence ee, manifest ab) was drawn on the tablet in 0.0 s "
            "(said at then, entered later)",
        ),
        (
            Event("drawing.made", 9_000_000, {**DRAWING, "means": "paper"}),
            "00:00:09 document 4 (evidence ee, manifest ab) is a picture of a drawing on paper, taken here",
        ),
        (
            Event("drawing.made", 9_000_000, {**DRAWING, "means": "tablet", "ms": -1}),
            "00:00:09 drawing.made: evidence ee, kind document, manifest ab, means tablet, ms -1, number 4",
        ),
        (
            Event("phase", 5_000_000, {"protocol": "child", "phase": "recall", "text": "Free recall"}),
            "00:00:05 phase of protocol child: Free recall",
        ),
        (
            Event("sender", 5_000_000, {**REFUSED, "sender": {**COLLEAGUE, "proof": None}}),
            "00:00:05 camera wide: refused, reason: unproved; it was a device of Person C (person "
            f"{'cc' * 16}) in a private network, which proved no key",
        ),
        (Event("mark", 5_000_000, {"text": "a\x1b[31m{by}"}), "00:00:05 mark: a [31m{by}"),
        (Event("break", 5_000_000, {}), "00:00:05 break"),
        (
            Event("break.explained", 9_000_000, {"break": 5_000_000, "reason": "rest", "text": "water"}),
            "00:00:09 the break at 00:00:05, reason: rest; water",
        ),
        (
            Event("mark.corrected", 9_000_000, {"mark": 5_000_000, "was": "dor", "text": "door"}),
            "00:00:09 the mark at 00:00:05 was given other words: door; before: dor",
        ),
    ],
)
def test_known_events_are_sentences(event: Event, said: str) -> None:
    assert sentence(event, TRACKS) == said


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event("break", 0, {}), "00:00:00 break"),
        (Event("clock.step", 0, {"ms": 46}), "00:00:00 clock.step: ms 46"),
        (
            Event("clock.step", 0, {"clock": "recorder", "ms": "9"}),
            "00:00:00 clock.step: clock recorder, ms 9",
        ),
        (Event("late", 0, {"track": 1, "packets": True}), "00:00:00 late: wide, packets True"),
        (Event("person", 0, {"event": "flies"}), "00:00:00 person: event flies"),
        (Event("freeze", 0, {"track": 7, "over": True}), "00:00:00 freeze: track 7, over True"),
        (Event("track.ended", 0, {"track": True, "by": 1}), "00:00:00 track.ended: by 1, track True"),
        (Event("something.new", 0, {"track": 1, "b": 2}), "00:00:00 something.new: wide, b 2"),
    ],
)
def test_what_is_not_known_is_told_field_by_field(event: Event, said: str) -> None:
    assert sentence(event, TRACKS) == said
