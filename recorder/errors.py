"""The errors of the interview room, as one tree.

RecorderError
├── OfferRefused      the room's browser offered something that cannot be recorded
├── InterviewRefused  the interview cannot do this now, or not at all
├── Malformed         bytes from the network that no specification allows
└── NotRecording      a call out of order: a pause before begin, a second offer, ...
"""

from __future__ import annotations


class RecorderError(Exception):
    """Base class: what the recorder refuses or cannot do."""


class OfferRefused(RecorderError):
    """An SDP offer was not accepted; no connection was made, and nothing else is affected.

    `code` is `sdp.malformed`, `sdp.unacceptable` or `codec.unknown` (pages translate by it);
    `sentence` is plain English for the person operating the room.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class InterviewRefused(RecorderError):
    """A request to the interview was refused and changed nothing.

    `code` is a code of `refused` in `pages/messages.toml`; `detail` adds plain English, without names.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Malformed(RecorderError):
    """Bytes from the peer do not follow the specification they claim to follow.

    Raised by the parsers of this package and by nothing else; the packet is dropped and
    counted, recording continues.
    """


class NotRecording(RecorderError):
    """A method was called that the camera's present state does not allow."""
