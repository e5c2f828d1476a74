"""`amana scrub`: read copies again now and repair what can be repaired; or show the progress."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from amana.centers import attached_center
from amana.commands.parser import FAILED, runs
from amana.errors import Unusable
from amana.health import copies as copies_health
from amana.health.status import as_text
from amana.keyholder.client import KeyholderUnreachable
from amana.settings import Settings
from amana.workers.scrubbing import ByteRate
from casework.center import Center
from casework.copies import scrub_schedule
from casework.copies.scrub import Scrubbed, scrub
from casework.copies.scrub_claim import ItemClaimed
from casework.interviews import interviews
from vault.errors import StoreUnavailable

SHOWN = 20
"""Findings shown per item; all are in its statement's details."""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(parser, _scrub)
    parser.add_argument("--copy", metavar="NAME", help="only this copy (default: all)")
    parser.add_argument("--evidence", metavar="ID", help="only this recording part (default: all)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--once", action="store_true", help="read everything once, now (the default)")
    which.add_argument("--status", action="store_true", help="only say how far the service is with it")


def _scrub(parsed: argparse.Namespace, settings: Settings) -> int:
    with attached_center(settings) as center:
        if parsed.copy is not None and parsed.copy not in center.scrubbed:
            raise Unusable(f"no copy is called {parsed.copy}; there are {', '.join(center.scrubbed)}")
        copies = [parsed.copy] if parsed.copy else list(center.scrubbed)
        if not parsed.status:
            return _read(center, settings, copies, parsed.evidence)
        state = as_text(copies_health.copies_read(center))
    for copy in copies:
        print(f"{copy:12} {summary(state[copy])}")
        for finding in state[copy]["left"]:
            print(f"    {finding['object']} of {finding['evidence']} {finding['wrong']}: not put right")
    return 0 if all(state[copy]["well"] for copy in copies) else FAILED


def summary(reading: Mapping[str, Any]) -> str:
    """Return what `copies.copies_read` reports of a copy, in words."""
    if reading["began"] is None:
        text = ["not read again yet"]
    elif reading["ended"] is None:
        text = [
            f"being read again since {reading['began']}: {reading['done']} of {reading['items']} items, "
            f"{reading['size'] / 1e9:.1f} GB"
        ]
    else:
        text = [
            f"last read again {reading['ended']}: {reading['items']} items, {reading['size'] / 1e9:.1f} GB"
        ]
    if reading["full"] is not None and reading["full"] != reading["ended"]:
        text.append(f"last read whole {reading['full']}")
    if reading["not_whole"]:
        text.append(f"{reading['not_whole']} items could not be read whole")
    if reading["trouble"]:
        text.append("it does not answer: not read")
    if reading["found"]:
        text.append(f"{reading['found']} objects were found damaged, {reading['repaired']} were put right")
    if reading["lately"]:
        text.append("the last of them this week: look at that disk")
    return "; ".join(text)


def _read(center: Center, settings: Settings, copies: list[str], evidence: str | None) -> int:
    right = True
    for copy in copies:
        try:
            if copy in center.stores:
                next(iter(center.stores[copy].list("")), None)  # also if there is nothing to read yet
            if evidence is None:
                scrub_schedule.begin(center, copy)
            for scrubbed in _each(center, settings, copy, evidence):
                right = not scrubbed.left and scrubbed.reading.whole and right
                _print_result(scrubbed)
        except (StoreUnavailable, KeyholderUnreachable) as away:
            right = False
            print(f"{copy}: it does not answer, and was not read ({away}).")
    print("Everything that was read is as recorded now." if right else "Not everything is right: see above.")
    return 0 if right else FAILED


def _each(center: Center, settings: Settings, copy: str, evidence: str | None) -> Iterator[Scrubbed]:
    rate, never = ByteRate(settings.scrub_rate), threading.Event()

    def pace(size: int) -> None:
        if interviews.unfinished(center):  # scrubbing must not disturb them
            rate.wait(size, never)

    while True:
        item = evidence or scrub_schedule.next_item(center, copy)
        if item is not None:
            try:
                yield scrub(center, copy, item, pace=pace, workers=2)
                if evidence is not None:
                    return
            except ItemClaimed:
                time.sleep(1.0)
        elif scrub_schedule.ended(center, copy):
            return
        else:
            time.sleep(1.0)  # the service is reading the last items


def _print_result(scrubbed: Scrubbed) -> None:
    reading = scrubbed.reading
    text = f"{len(reading.read)} objects, {reading.size / 1e6:.0f} MB"
    if not reading.whole:
        text += ", not all that belong to it"
    if reading.findings:
        text += f": {len(reading.findings)} not as recorded, {len(scrubbed.repaired)} put right"
    if scrubbed.position is not None:
        text += f" (stated: entry {scrubbed.position} of the ledger)"
    print(f"{scrubbed.copy} {scrubbed.evidence} part {scrubbed.part}: {text}", flush=True)
    for finding in reading.findings[:SHOWN]:
        done = "put right" if finding.key in scrubbed.repaired else "NOT put right"
        print(f"    {finding}: {done}")
    if len(reading.findings) > SHOWN:
        print(f"    … and {len(reading.findings) - SHOWN} more")
