"""The interface for finished media, between receiving and storing."""

from __future__ import annotations

from typing import Protocol


class TrackSink(Protocol):
    """Receives the output of a `Camera`, in order, on the camera's event loop.

    All calls return at once: a sink that seals or writes queues the bytes, and works elsewhere. All times are
    whole microseconds on the timeline (0 = `Timeline.begin`). For one track calls come in an order that can
    be concatenated and played: `init`, then `media` with increasing `start`; a further `init` begins when the
    picture's parameters change.
    """

    def init(self, track: int, content: bytes, at: int) -> None:
        """Take a CMAF header (`ftyp`, `moov`) that all later fragments of `track` need."""

    def media(self, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        """Take a fragment (`prft`, `moof`, `mdat`) of about a second; `key`: decoding can start here."""

    def event(self, type: str, at: int, **fields: object) -> None:  # noqa: A002 (the record's own name)
        """Take an event of the stream: losses, freezes, steps (see `loss_map.py`)."""
