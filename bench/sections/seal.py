"""seal: time from the request to stop until the seal of one hour is in the ledger.

It includes making the last fragments durable, writing and syncing the manifest and the index of 11,000
records, and signing the statement, which a ledger that signs its checkpoint makes durable and acknowledges.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from bench.center import Center
from bench.hour import record_hour
from bench.tables import Target, spread, table


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    rounds = 1 if quick else 3
    hours = []
    for number in range(rounds):
        center = Center(folder / f"seal-{number}")
        hours.append(await record_hour(center))
        shutil.rmtree(center.folder)
    seconds = [hour.stop_to_sealed for hour in hours]
    table(
        f"Stop to sealed, one hour, median (least–most) of {rounds}",
        ("records", "seconds"),
        [(hours[0].records, spread(seconds, 3))],
    )
    return [Target("stop to sealed, one hour", median(seconds), 2.0, unit=" s")]
