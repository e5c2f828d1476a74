"""A sender whose RTP clock stood still while its source was away.

A microphone that is unplugged and plugged in again goes on with the next timestamp, as if no time had
passed, and everything after that would stand too early. Packets held up by the network look the same at
first: they come after a silence and are old. But those come quicker than they were captured until the
backlog is gone, while after a standstill frames go on at their usual pace and stay as old as they are.
"""

from __future__ import annotations

_SILENCE = 500_000  # µs without a frame that may hide a standstill
_OLD = 500_000  # µs by which frames after it must be too old
_WATCHED = 400_000  # µs for which they must stay so
_STAYS = 0.8  # part of the first one's age that the last must still have


class Standstill:
    """Watches the frames of one stream."""

    __slots__ = ("_first_age", "_since")

    def __init__(self) -> None:
        self._since: int | None = None
        self._first_age = 0.0

    @property
    def suspected(self) -> bool:
        """Frames are older than they should be, and it is not yet clear why."""
        return self._since is not None

    def frame(self, age: float, silence: int, now: int) -> bool:
        """A frame of `age` µs came at local `now`, `silence` µs after the one before.

        Returns whether it is certain now that the sender's clock stood still.
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
