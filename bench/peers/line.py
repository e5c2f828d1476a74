"""How a receiver under measurement talks to the benchmark: one line in, one line out, then a word to stop.

A receiver process prints ``{"answer": SDP}`` for the ``{"offer": SDP, "file": PATH}`` it reads from its
standard input, receives until that input ends, closes its file properly and exits 0. One that keeps no file
prints what it has received, ``{"video": pictures, "audio": sounds}``, before it exits. The benchmark measures
the process from outside while it receives: what it costs to be started and to load is not counted.
Standard library only: the GStreamer peer runs under the system's Python.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """What a receiver is asked for."""

    sdp: str
    file: str
    """Where to record to; receivers that drop what they receive ignore it."""


def read_offer() -> Offer:
    """Wait for the offer on standard input."""
    asked = json.loads(sys.stdin.readline())
    return Offer(asked["offer"], asked["file"])


def give_answer(sdp: str) -> None:
    """Answer on standard output."""
    print(json.dumps({"answer": sdp}), flush=True)


def give_counts(counts: Mapping[str, int]) -> None:
    """Say on standard output how much has been received."""
    print(json.dumps(counts), flush=True)


def wait_for_the_end() -> None:
    """Block until standard input is closed."""
    sys.stdin.read()
