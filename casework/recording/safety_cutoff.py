"""Up to when what the room keeps of its own is brought in: until a break began, or the interview was stopped.

What is said in a break becomes no evidence. A room whose line is whole hears of the break and ends its safety
recording. One that is cut off records on, perhaps until long after the break is over, and perhaps its page
dies meanwhile. So the recorder child, which takes the break, writes its moment beside each safety recording
of the interview that waits, before anybody hears of the break. The room cuts off by it before it sends
anything (`recorder/pages/static/bringing_in.js`); what comes behind it is refused
(`safety_recordings.receive`).

    <spool>/safety/<evidence>/until    the moment, RFC 3339; it goes when the recording is brought in, or goes

No database: one that is away must not make a break recorded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from casework.errors import Refused
from casework.recording.pipeline import failure
from casework.recording.safety_start import safety_root
from casework.recording.ticket import RecordingTicket
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from vault.disk import DISK, replace
from vault.errors import ObjectMissing, WriteFailed
from vault.spool.reader import evidence_in

UNTIL = "until"


def end_waiting(spool: Path, interview: str, moment: datetime) -> None:
    """Of this interview's safety recordings that wait, nothing after `moment` is brought in; durable then.

    The earliest moment stands. Raises `RecordingFailed` where the disk cannot take it, once all were tried.
    """
    root = safety_root(spool)
    failed: WriteFailed | None = None
    for evidence in evidence_in(root):
        try:
            ticket = RecordingTicket.waiting(root, evidence)
        except (ObjectMissing, Refused):
            continue  # just brought in or let go, or still being prepared
        path = root / evidence / UNTIL
        if ticket.interview != interview or path.exists():
            continue
        try:
            replace(DISK, path, canonical_json.instant_text(moment).encode())
        except WriteFailed as error:
            if path.parent.is_dir():  # else it has gone meanwhile
                failed = error
    if failed is not None:
        raise failure(failed) from failed


def until(spool: Path, ticket: RecordingTicket) -> int | None:
    """µs of its timeline behind which nothing is brought in; None as long as that is not known.

    What cannot be read is a moment that is not known any more: then nothing at all is brought in.
    """
    try:
        text = (safety_root(spool) / ticket.evidence / UNTIL).read_text()
    except FileNotFoundError:
        return None
    try:
        moment = canonical_json.moment(canonical_json.instant(text, UNTIL))
    except Malformed:
        return 0
    return max(0, (moment - canonical_json.moment(ticket.epoch)) // timedelta(microseconds=1))


def forget(spool: Path, evidence: str) -> None:
    """It is about to be brought in: it lies in the item's folder no more."""
    DISK.unlink(safety_root(spool) / evidence / UNTIL)
