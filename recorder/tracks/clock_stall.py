"""Detection of a sender's RTP clock that stalled while its source was disconnected.

A microphone that is unplugged and plugged in again continues with the next timestamp, as if no time had
passed, and everything after that would be placed too early. Packets delayed by the network look the same at
first: they arrive after a silence and are old. But those arrive faster than they were captured until the
backlog is sent, while after a stall frames continue at their usual rate and their age stays constant.
"""

from __future__ import annotations

_SILENCE = 500_000  # µs without a frame that may hide a stall
_OLD = 500_000  # µs by which frames after it must be too old
_WATCHED = 400_000  # µs for which they must stay too old
_STAYS = 0.8  # fraction of the first one's age that the last must still have


class ClockStall:
    """Monitors the frames of one stream."""

    __slots__ = ("_first_age", "_since")

    def __init__(self) -> None:
        self._since: int | None = None
        self._first_age = 0.0

    @property
    def suspected(self) -> bool:
        """Whether frames are older than expected, while the cause is unknown."""
        return self._since is not None

    def frame(self, age: float, silence: int, now: int) -> bool:
        """Take a frame of `age` µs that arrived at local `now`, `silence` µs after the previous one.

        Returns whether it is now certain that the sender's clock stalled.
        """
        if age < _OLD:
            self._since = None
            return False
        if silence >= _SILENCE:
            self._since, self._first_age = now, age
        elif self._since is not None and now - self._since >= _WATCHED:
            self._since = None
            return age >= _STAYS * self._first_age
        return False
