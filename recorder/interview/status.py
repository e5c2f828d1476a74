"""The current status of an interview, in the terms of the console: small enough for four times a second.

Nothing is decided or stored here; losses are derived from what the interview has observed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chain_of_custody.encoding.canonical_json import instant_text
from chain_of_custody.items.sender import Sender
from recorder.interview.alerts import Alert, disk_trouble, level, picture_flows, sound_flows
from recorder.interview.interview import Interview

BEHIND_AFTER = 3.0
"""Seconds by which writing may lag before unsaved data is called a loss."""
STATEMENTS_WAIT = 1
"""Statements that may wait for the ledger without a caution: one is always in transit."""


def describe(interview: Interview) -> dict[str, Any]:
    """Return the status as sent over the line; times in µs on the part's timeline, or as RFC 3339 text."""
    part = interview.part
    losses, cautions = troubles(interview, datetime.now(UTC))
    wide = interview.cameras.stats.get("wide")
    return {
        "at": instant_text(datetime.now(UTC)),
        "state": interview.state,
        "part": 0 if part is None else part.number,
        "evidence": None if part is None else part.evidence,
        "epoch": None if interview.epoch is None else instant_text(interview.epoch),
        "elapsed": interview.elapsed,
        "safe": 0 if part is None else part.writer.safe_until,
        "cameras": _cameras(interview),
        "sound": {
            "connected": wide is not None and wide.last_audio_ms is not None,
            "flowing": sound_flows(wide),
            "level": 0.0 if wide is None else level(wide),
        },
        "hours": round(interview.hours, 2),
        "lasts": round(interview.lasts, 2),
        "safety": _safety(interview),
        "losses": [trouble.as_json() for trouble in losses],
        "cautions": [trouble.as_json() for trouble in cautions],
        "journal": 0 if part is None else len(part.journal),
        "slips": interview.notes.revision,
        "attempts": [
            {
                "number": one.number,
                "reason": one.reason,
                "since": instant_text(one.since),
                **_sender(one.sender),
            }
            for one in interview.senders.attempts
        ],
    }


def describe_fully(interview: Interview) -> dict[str, Any]:
    """Return `describe` with the journal: the events so far, and who is in the room."""
    entries = [] if interview.part is None else interview.part.journal
    return {**describe(interview), "entries": entries, "present": list(interview.present)}


def describe_next_door(interview: Interview) -> dict[str, Any]:
    """Return the messages of observers, their states, and who is in the room."""
    return {
        "slips": interview.questions.listed,
        "ticks": interview.checklist.listed,
        "phase": interview.phases.now,
        "exhibits": interview.exhibits.listed,
        "waiting": interview.notes.waiting,
        "present": list(interview.present),
        "revision": interview.notes.revision,
    }


def troubles(interview: Interview, now: datetime) -> tuple[list[Alert], list[Alert]]:
    """Return the losses (red) and the cautions (amber)."""
    part = interview.part
    failing = part is not None and interview.live and part.writer.failure is not None
    if failing or interview.state == "interrupted":
        return [Alert("spool", interview.failed_at or now)], []
    if part is None or not interview.live:
        return [], []
    losses = interview.watch.lost(
        interview.cameras.expected, interview.sound_expected, interview.cameras.stats
    )
    if part.behind > BEHIND_AFTER:
        losses.append(Alert("lag", now, values={"at": part.writer.safe_until}))
    nearly_full, filling = disk_trouble(interview.hours, interview.lasts, now)
    cautions = [*filling]
    if (safety := _safety(interview)) in ("failed", "full"):
        cautions.append(Alert(f"safety-{safety}", interview.safety_since or now))
    cautions += _attempts(interview)
    if part.writer.statements_waiting > STATEMENTS_WAIT or part.writer.ledger_refused:
        cautions.append(Alert("ledger", now))
    return [*losses, *nearly_full], cautions


def _attempts(interview: Interview) -> list[Alert]:
    """Return a caution for each camera that another device tries to send."""
    tried = {one.sender.camera: one for one in reversed(interview.senders.attempts)}
    return [Alert("sender", one.since, camera) for camera, one in sorted(tried.items())]


def _sender(sender: Sender) -> dict[str, Any]:
    return {
        "camera": sender.camera,
        "device": sender.device,
        "holder": sender.holder.to_json(),
        "network": sender.network,
    }


def _safety(interview: Interview) -> str:
    """Return the room's last report of its safety recording; "off" if no camera of it is connected."""
    connected = any(one.state == "connected" for one in interview.cameras.stats.values())
    return interview.safety if connected else "off"


def _cameras(interview: Interview) -> dict[str, Any]:
    return {
        name: {
            "connected": one.state == "connected",
            "flowing": picture_flows(one),
            "width": one.width,
            "height": one.height,
            "rate": round(one.fps),
            "page": interview.cameras.connected[name].page,
            "sender": _sender(interview.cameras.connected[name].sender),
        }
        for name, one in interview.cameras.stats.items()
        if name in interview.cameras.connected
    }
