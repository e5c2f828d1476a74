"""The cut-off of a safety recording: nothing after the start of a break or the end of the interview.

What people say in a break never becomes evidence. A connected room is notified of the break and ends its
safety recording. A disconnected one continues, perhaps until long after the break, and its page may be closed
meanwhile. So the recorder child, which handles the break, writes its time beside each waiting safety
recording of the interview, before it announces the break. The room cuts off at that time before it sends
anything (`web/static/room/safety_import.js`); later content is refused (`safety_recordings.receive`).

    <spool>/safety/<evidence>/until    the time, RFC 3339; removed when the recording is imported or discarded

No database: an unavailable one must not cause a break to be recorded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from casework.errors import Refused
from casework.recording.ticket import RecordingTicket
from casework.sealing.spool_failures import failure
from casework.sealing.staging import safety_area
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from vault.disk import DISK, replace
from vault.errors import ObjectMissing, WriteFailed
from vault.spool.reader import evidence_in

UNTIL = "until"


def end_waiting(spool: Path, interview: str, moment: datetime) -> None:
    """Set the cut-off of this interview's waiting safety recordings to `moment`; durable on return.

    An earlier cut-off stays. Raises `RecordingFailed` if a write fails, after all were tried.
    """
    root = safety_area(spool).root
    failed: WriteFailed | None = None
    for evidence in evidence_in(root):
        try:
            ticket = RecordingTicket.waiting(root, evidence)
        except (ObjectMissing, Refused):
            continue  # just imported or discarded, or still being prepared
        path = root / evidence / UNTIL
        if ticket.interview != interview or path.exists():
            continue
        try:
            replace(DISK, path, canonical_json.instant_text(moment).encode())
        except WriteFailed as error:
            if path.parent.is_dir():  # otherwise it was removed meanwhile
                failed = error
    if failed is not None:
        raise failure(failed) from failed


def until(spool: Path, ticket: RecordingTicket) -> int | None:
    """Return the µs of the timeline after which nothing is imported; None if no cut-off was set. If the
    stored cut-off is malformed, return 0: then nothing is imported.
    """
    try:
        text = (safety_area(spool).root / ticket.evidence / UNTIL).read_text()
    except FileNotFoundError:
        return None
    try:
        moment = canonical_json.moment(canonical_json.instant(text, UNTIL))
    except Malformed:
        return 0
    return max(0, (moment - canonical_json.moment(ticket.epoch)) // timedelta(microseconds=1))


def forget(spool: Path, evidence: str) -> None:
    """Remove the cut-off before the import: it does not belong in the item's folder."""
    DISK.unlink(safety_area(spool).root / evidence / UNTIL)
