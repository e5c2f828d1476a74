"""Which device sent a camera: as it should be, and what no recorder can pass off without its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from chain_of_custody.encoding import canonical_json
from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.items.sender import SAFETY, Sender
from chain_of_custody.statements.keys import key_id
from tests.support.packages.court_packages import (
    COLLEAGUE,
    COLLEAGUE_HOLDER,
    EVIDENCE,
    ROOM,
    SECOND,
    SECOND_EVIDENCE,
    Recording,
    replace,
    sender,
    statements,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, SMALL, Case, refused
from tests.vectors.packages.centers import Deployment, enrol, film, record
from tests.vectors.packages.intact import SAFETY_EVIDENCE, with_a_safety_recording
from tests.vectors.packages.lies import lie

HEADER = f"data/recordings/{EVIDENCE}/header.json"
PROSECUTOR = {"id": "a0" * 16, "name": "Person P"}
SAFETY_HEADER = f"data/recordings/{SAFETY_EVIDENCE}/header.json"
ALTERED = "b0" * 32
NO_POINT = b"\x04" + bytes(63) + b"\x01"
"""In the form of a point, and on no curve."""

Story = Callable[[Deployment, Recording], object]
Change = Callable[[dict[str, Any]], object]


def signed(one: Sender, **changed: Any) -> dict[str, Any]:
    """A sender as JSON, with other members of its proof than were signed."""
    value = one.to_json()
    value["proof"] |= changed
    return value


def headed(*senders: dict[str, Any]) -> Story:
    """A recording whose header names these, whatever they are; all else is as it should be."""

    def story(center: Deployment, recording: Recording) -> None:
        def named(one: statements.Statement) -> statements.Statement:
            assert recording.header is not None
            recording.records.clear()
            recording.opened.clear()
            content = {**recording.header.to_json(), "senders": list(senders)}
            header = recording.add("header", canonical_json.serialise(content))
            return replace(one, body={**one.body, "header": header.leaf})

        enrol(center)
        center.open_interview()
        record(center, recording, change=named)
        center.seal(recording)

    return story


def told(*events: dict[str, Any]) -> Story:
    """A recording with `sender` events behind its films."""

    def story(center: Deployment, recording: Recording) -> None:
        enrol(center)
        center.open_interview()
        center.clock = centers.RECORDED
        center.start(recording)
        film(center, recording)
        for number, event in enumerate(events):
            recording.event("sender", 6 * SECOND + number, **event)
        center.seal(recording)

    return story


def event(what: str, one: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"confirmed": None, "event": what, "reason": None, "sender": one} | other


def packaged(story: Story, **options: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        center, recording = Deployment.small(), Recording(**options)
        story(center, recording)
        center.export(folder, [recording])

    return make


AGAIN = sender(evidence=EVIDENCE)
OTHER = sender(device=COLLEAGUE, holder=COLLEAGUE_HOLDER, evidence=EVIDENCE)
BESIDE = sender(evidence=EVIDENCE, use=SAFETY)
UNPROVED = {**OTHER.to_json(), "proof": None}
WIDE, CLOSE = sender("wide").to_json(), sender("close").to_json()
AT_EVENT = (
    f"data/recordings/{EVIDENCE}/events.jsonl, record 25, at 00:00:06 of part 1 (2026-11-24 20:15:09 UTC)"
)
NOT_HELD = "the signature of device {} for camera wide does not hold"


def in_header(name: str, altered: str, kind: str, reason: str, *senders: dict[str, Any]) -> Case:
    return lie(f"sender-{name}", altered, headed(*senders), 12, kind, reason, HEADER)


def in_event(name: str, altered: str, kind: str, reason: str, one: dict[str, Any]) -> Case:
    if kind == "Malformed":
        reason = f"{AT_EVENT}: {reason}"
    where = None if kind == "Malformed" else AT_EVENT
    return lie(f"sender-event-{name}", altered, told(one), 12, kind, reason, where)


def not_held(one: Sender = AGAIN) -> str:
    return NOT_HELD.format(one.device)


CASES = (
    Case(
        "senders-told",
        "Nothing: devices joined, returned, replaced another and were refused.",
        INTACT,
        packaged(
            told(
                event("returned", AGAIN.to_json()),
                event("refused", OTHER.to_json(), reason="another-device"),
                event("refused", UNPROVED, reason="unproved"),
                event("replaced", OTHER.to_json(), confirmed=PROSECUTOR),
                event("joined", CLOSE),
                event("joined", sender("close", COLLEAGUE, COLLEAGUE_HOLDER).to_json(), confirmed=PROSECUTOR),
            )
        ),
        policy=SMALL,
    ),
    Case(
        "senders-not-named",
        "Nothing: the recording does not say which devices sent it.",
        INTACT,
        packaged(headed()),
        policy=SMALL,
    ),
    in_header(
        "other-certificate",
        "The header names another certificate of the connection than the device signed.",
        "SignatureInvalid",
        not_held(),
        signed(sender(), fingerprint=ALTERED),
        CLOSE,
    ),
    in_header(
        "other-signature",
        "The header has another signature of the device.",
        "SignatureInvalid",
        not_held(),
        signed(sender(), signature=CLOSE["proof"]["signature"]),
        CLOSE,
    ),
    in_header(
        "signature-of-zeros",
        "The device's signature is r = s = 0.",
        "SignatureInvalid",
        not_held(),
        signed(sender(), signature=encode_base64(bytes(64))),
    ),
    in_header(
        "another-device",
        "The header names another device than signed.",
        "SignatureInvalid",
        NOT_HELD.format(OTHER.device),
        signed(sender(), key=OTHER.to_json()["proof"]["key"]),
    ),
    in_header(
        "no-point",
        "The device's key is no point of the curve.",
        "SignatureInvalid",
        NOT_HELD.format(key_id(NO_POINT)),
        signed(sender(), key=encode_base64(NO_POINT)),
    ),
    in_header(
        "another-interview",
        "The device signed for another interview.",
        "SignatureInvalid",
        not_held(),
        sender(interview="11" * 16).to_json(),
    ),
    in_header(
        "another-camera",
        "The device signed for the other camera.",
        "SignatureInvalid",
        not_held(),
        {**CLOSE, "camera": "wide"},
    ),
    in_header(
        "for-a-safety-recording",
        "The device signed for a safety recording, not for a camera.",
        "NotProved",
        "the device of camera wide signed for another use",
        BESIDE.to_json(),
    ),
    in_event(
        "other-certificate",
        "An event names another certificate than the device signed.",
        "SignatureInvalid",
        not_held(),
        event("returned", signed(AGAIN, fingerprint=ALTERED)),
    ),
    in_event(
        "other-signature-refused",
        "An event has another signature of the device that was refused.",
        "SignatureInvalid",
        not_held(OTHER),
        event("refused", signed(OTHER, signature=WIDE["proof"]["signature"]), reason="another-device"),
    ),
    in_event(
        "for-a-safety-recording",
        "The device that returned signed for a safety recording.",
        "NotProved",
        "the device of camera wide signed for another use",
        event("returned", BESIDE.to_json()),
    ),
    in_event(
        "not-confirmed",
        "Another device replaced the first, and nobody confirmed it.",
        "Malformed",
        "sender event: replaced, and not confirmed by a person",
        event("replaced", OTHER.to_json()),
    ),
    in_event(
        "refused-and-confirmed",
        "A device was refused, and a person confirmed it.",
        "Malformed",
        "sender event: confirmed by a person, and neither replaced nor joined",
        event("refused", OTHER.to_json(), reason="another-device", confirmed=PROSECUTOR),
    ),
    in_event(
        "refused-without-reason",
        "A device was refused for no reason.",
        "Malformed",
        "sender event: refused, and without a reason, or the reverse",
        event("refused", OTHER.to_json()),
    ),
    in_event(
        "returned-unproved",
        "A device returned that proved nothing.",
        "Malformed",
        "sender event: a device without a proof was not refused",
        event("returned", UNPROVED),
    ),
    in_event(
        "hybrid-key",
        "The device's key is the same point in another form.",
        "Malformed",
        "sender's proof key: not an uncompressed point",
        event("returned", signed(AGAIN, key=encode_base64(b"\x06" + ROOM.public[1:]))),
    ),
    in_event(
        "of-nobody",
        "A device is nobody's.",
        "Malformed",
        "sender event sender holder name: not text of 1 to 200 characters",
        event("returned", {**AGAIN.to_json(), "holder": {"id": "00" * 16, "kind": "room", "name": ""}}),
    ),
    in_event(
        "of-more",
        "An event says more of a device than it may.",
        "Malformed",
        "sender event: keys differ (missing: none; not known: note)",
        {**event("returned", AGAIN.to_json()), "note": "well known"},
    ),
    Case(
        "sender-of-a-safety-recording-for-a-camera",
        "The device of a safety recording signed for a camera.",
        refused(12, "NotProved", "the device of camera wide signed for another use", SAFETY_HEADER),
        partial(with_a_safety_recording, senders=(sender(evidence=EVIDENCE),)),
        policy=SMALL,
    ),
    Case(
        "sender-of-a-safety-recording-beside-another-part",
        "The device of a safety recording signed for one beside another part.",
        refused(
            12, "NotProved", "the room's device signed for a recording beside another part", SAFETY_HEADER
        ),
        partial(with_a_safety_recording, senders=(sender(evidence=SECOND_EVIDENCE, use=SAFETY),)),
        policy=SMALL,
    ),
)
