"""The protocol between a receiver under measurement and the benchmark: one line each, then the end of input.

A receiver process reads ``{"offer": SDP, "file": PATH}`` from its standard input, prints ``{"answer": SDP}``,
receives until that input ends, closes its file and exits with 0. One that writes no file prints what it has
received, ``{"video": pictures, "audio": sounds}``, before it exits. The benchmark measures the process from
outside while it receives, so starting and loading are not counted. Standard library only: the GStreamer peer
runs under the system's Python.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A request to a receiver."""

    sdp: str
    file: str
    """The file to record to; receivers that drop what they receive ignore it."""


def read_offer() -> Offer:
    """Wait for the offer on standard input."""
    request = json.loads(sys.stdin.readline())
    return Offer(request["offer"], request["file"])


def give_answer(sdp: str) -> None:
    """Print the answer to standard output."""
    print(json.dumps({"answer": sdp}), flush=True)


def give_counts(counts: Mapping[str, int]) -> None:
    """Print to standard output how much has been received."""
    print(json.dumps(counts), flush=True)


def wait_for_the_end() -> None:
    """Block until standard input is closed."""
    sys.stdin.read()
