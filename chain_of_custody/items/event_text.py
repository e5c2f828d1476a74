"""Events of a recording as sentences, for the verifier's report.

An event is the recorder's own claim, which is repeated, not judged. An event of an unknown type, or without
the fields and numbers it should have, is shown field by field, so that a report omits nothing that a
recording claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from chain_of_custody.encoding.shown_text import printable
from chain_of_custody.errors import Malformed
from chain_of_custody.items.record import timecode
from chain_of_custody.items.recording_contents import Event
from chain_of_custody.items.sender import SAFETY, Sender, SenderEvent

_SENTENCES = {
    "break": "break",
    "break.explained": "the break at {break}, reason: {reason}",
    "break.explained in words": "the break at {break}, reason: {reason}; {text}",
    "break-requested": "{who} ({role}) next door asked for a break",
    "break-requested.aside": "the request for a break (number {number}) was dismissed",
    "break-requested.read": "the request for a break (number {number}) was read",
    "checklist done": "checklist {protocol}, done: {text}",
    "checklist undone": "checklist {protocol}, not done after all: {text}",
    "clock.step recorder": "the recorder's clock jumped by {ms} ms",
    "clock.step sender": "{track}: the clock of the device that sends it jumped by {ms} ms",
    "damaged": "{track}: {frames} pictures up to {to} may show errors: one before them is missing",
    "disconnected": "camera {camera}: the connection was lost",
    "drawing.made paper": (
        "{kind} {number} (evidence {evidence}, manifest {manifest}) is a picture of a drawing on paper, "
        "taken here"
    ),
    "drawing.made tablet": (
        "{kind} {number} (evidence {evidence}, manifest {manifest}) was drawn on the tablet since {began}"
    ),
    "drawing.made tablet earlier": (
        "{kind} {number} (evidence {evidence}, manifest {manifest}) was drawn on the tablet in {seconds} s"
    ),
    "encoder.restarted": "{track}: the sender began anew, reason: {reason}",
    "exhibit.hidden": "{kind} {number} (evidence {evidence}) was no longer shown in the room",
    "exhibit.shown": "{kind} {number} (evidence {evidence}, manifest {manifest}) was shown in the room",
    "freeze": "{track}: stands still since {from}",
    "freeze over": "{track}: stood still for {seconds} s from {from}",
    "late": "{track}: {packets} packets came too late to be recorded",
    "loss": "{track}: {packets} packets and {frames} pictures or sounds are missing from {from} to {to}",
    "mark": "mark: {text}",
    "mark.corrected": "the mark at {mark} was given other words: {text}; before: {was}",
    "person enters": "{who} ({role}) came in",
    "person leaves": "{who} ({role}) went out",
    "person present": "{who} ({role}) is present",
    "phase": "phase of protocol {protocol}: {text}",
    "question": "question {number} from next door, by {who} ({role}): {text}",
    "question.aside": "question {number} was dismissed: {text}",
    "question.asked": "question {number} was asked: {text}",
    "question.later": "question {number} was left for later: {text}",
    "question.put": "question {number} was shown to the interviewer: {text}",
    "question.read": "question {number} was read: {text}",
    "reconnected": "camera {camera}: connected again",
    "resume": "recording went on after the break",
    "sender joined": "camera {camera}: sent from here on by {device}",
    "sender joined confirmed": (
        "camera {camera}: sent from here on, confirmed at the console by {confirmer}, by {device}"
    ),
    "sender refused": "camera {camera}: refused, reason: {reason}; it was {device}",
    "sender replaced": (
        "camera {camera}: another device takes over, confirmed at the console by {confirmer}: {device}"
    ),
    "sender returned": "camera {camera}: sent again by {device}",
    "size": "{track}: the picture is {width} × {height} from here on",
    "stopped": "recording was stopped by {by}, reason: {reason}",
    "track.ended": "{track}: nothing more comes, reason: {reason}",
    "track.late": "{track}: began {seconds} s late",
}

_COUNTED = ("frames", "ms", "packets")
"""What sentences count: without a whole number there is no sentence."""


def sentence(event: Event, tracks: Mapping[int, str]) -> str:
    """Return an event as a sentence, such as `00:12:31 wide: stood still for 1.1 s from 00:12:30`.

    `tracks`: their names by number.
    """
    if event.type == SenderEvent.TYPE:
        return _of_sender(event, tracks)
    template = _SENTENCES.get(_key(event))
    values = {
        name: _value(name, value, tracks)
        for name, value in event.fields.items()
        if name not in _COUNTED or type(value) is int  # `True` is not accepted as a number
    }
    if "ms" in values:
        values["seconds"] = f"{event.fields['ms'] / 1000:.1f}"
        if 0 <= 1000 * event.fields["ms"] <= event.at:
            values["began"] = timecode(event.at - 1000 * event.fields["ms"])
    if template is not None and all(
        name is None or name in values for _, name, _, _ in Formatter().parse(template)
    ):
        return f"{timecode(event.at)} {template.format_map(values)}{_noted(event)}{_waited(event)}"
    return _field_by_field(event, tracks)


def began(sender: Sender) -> str:
    """Describe a device named in a header: it sends a camera, or made a safety recording."""
    made = sender.proof is not None and sender.proof.use == SAFETY
    return f"camera {printable(sender.camera)}: {'recorded' if made else 'sent'} by {_device(sender)}"


def _of_sender(event: Event, tracks: Mapping[int, str]) -> str:
    try:
        sender_event = SenderEvent.of(event.fields)
    except Malformed:
        return _field_by_field(event, tracks)
    confirmed = " confirmed" if sender_event.event == "joined" and sender_event.confirmed is not None else ""
    text = _SENTENCES[f"sender {sender_event.event}{confirmed}"].format(
        camera=printable(sender_event.sender.camera),
        confirmer="" if sender_event.confirmed is None else printable(sender_event.confirmed.name),
        device=_device(sender_event.sender),
        reason=sender_event.reason,
    )
    return f"{timecode(event.at)} {text}"


_NETWORKS = {
    "this-machine": "on the recording machine",
    "local": "in a private network",
    "public": "in a public network",
    "unknown": "in an unknown network",
}


def _device(sender: Sender) -> str:
    """Describe a device, such as `the machine of room 1 (enrolment …) in a private network, device key …`."""
    holder, proof = sender.holder, sender.proof
    name = printable(holder.name)
    whose = (
        f"the machine of room {name} (enrolment " if holder.kind == "room" else f"a device of {name} (person "
    )
    proved = "which proved no key"
    if proof is not None:
        what = "key for the transfer" if proof.use == SAFETY else "DTLS certificate"
        proved = f"device key {sender.device}, {what} with SHA-256 {proof.fingerprint}"
    return f"{whose}{holder.id}) {_NETWORKS[sender.network]}, {proved}"


def _noted(event: Event) -> str:
    note = event.fields.get("note")
    return f" ({printable(note)})" if event.type == "checklist" and isinstance(note, str) and note else ""


def _waited(event: Event) -> str:
    """Return when an event occurred, if no part was open then and it was recorded later."""
    sent = event.fields.get("sent")
    return f" (said at {printable(sent)}, entered later)" if isinstance(sent, str) else ""


def _key(event: Event) -> str:
    if event.type == "freeze" and event.fields.get("over") is True:
        return "freeze over"
    if event.type == "break.explained" and event.fields.get("text"):
        return "break.explained in words"
    if event.type == "checklist":
        return "checklist done" if event.fields.get("done") is True else "checklist undone"
    if event.type == "clock.step":
        return f"clock.step {event.fields.get('clock')}"
    if event.type == "person":
        return f"person {event.fields.get('event')}"
    if event.type == "drawing.made":
        return f"drawing.made {event.fields.get('means')}{' earlier' if _begun_before(event) else ''}"
    return event.type


def _begun_before(event: Event) -> bool:
    """Return whether a drawing was begun before this part, or at a time that is not one of it."""
    ms = event.fields.get("ms")
    return type(ms) is int and ("sent" in event.fields or 1000 * ms > event.at)


def _value(name: str, value: object, tracks: Mapping[int, str]) -> str:
    if name == "track" and type(value) is int:
        return tracks.get(value, f"track {value}")
    if name in ("break", "from", "mark", "to") and type(value) is int and value >= 0:
        return timecode(value)
    return printable(str(value))


def _field_by_field(event: Event, tracks: Mapping[int, str]) -> str:
    parts: list[str] = []
    for name, value in sorted(event.fields.items()):
        if name == "track" and type(value) is int:
            parts.insert(0, _value(name, value, tracks))
        else:
            parts.append(f"{printable(name)} {printable(str(value))}")
    listed = f": {', '.join(parts)}" if parts else ""
    return f"{timecode(event.at)} {printable(event.type)}{listed}"
