"""The copies of a spool, carried as the web process carries them, in a process of its own.

    python -m bench.replication SPOOL NAME=ADDRESS=CREDENTIALS …

Each ADDRESS is a bucket's as in the settings. For each line on its input it answers with one:

    {"waiting": 2, "all": 5, "error": null}

(objects of one item that some copy lacks, at worst; of all items and copies; what failed last), and ends with
its input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vault.copies.copies import Copies
from vault.copies.replicator import CopyStatus
from vault.spool.reader import evidence_in
from vault.stores.bucket_address import Bucket
from vault.stores.s3 import S3Store


def main(spool: str, *places: str) -> None:
    """Carry until the input ends."""
    stores = {}
    for place in places:
        name, address, credentials = place.split("=", 1)[0], *place.split("=", 1)[1].rsplit("=", 1)
        stores[name] = S3Store(Bucket.parse(address, Path(credentials)))
    root = Path(spool)
    copies = Copies(stores, root)
    copies.start()
    for _ in sys.stdin:
        found: list[CopyStatus] = [
            status for evidence in evidence_in(root) for status in copies.status(evidence).values()
        ]
        told = {
            "waiting": max((one.waiting for one in found), default=0),
            "all": sum(one.waiting for one in found),
            "error": next((one.error for one in found if one.error), None),
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
