"""Error messages by code: what happened, what it means for the testimony, what to do."""

from __future__ import annotations

from casework.web import messages
from casework.web.messages import Message

ERROR_MESSAGES = messages.messages("amana", "error")


def message_of(*codes: str | None) -> Message:
    """Return the message of the first code that has one; for pages about an earlier error."""
    return next(
        (ERROR_MESSAGES[code] for code in codes if code and code in ERROR_MESSAGES),
        ERROR_MESSAGES["internal"],
    )
