"""Replication of a spool to its copies, as the web process does it, in a separate process.

    python -m bench.replication SPOOL NAME=ADDRESS=CREDENTIALS …

Each ADDRESS is that of a bucket, as in the settings. For each line of standard input it prints one line:

    {"waiting": 2, "all": 5, "error": null}

(the maximum number of objects of one item that a copy lacks; the number over all items and copies; the last
error). It ends with its input.
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
    """Replicate until the input ends."""
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
        progress = {
            "waiting": max((one.waiting for one in found), default=0),
            "all": sum(one.waiting for one in found),
            "error": next((one.error for one in found if one.error), None),
        }
        print(json.dumps(progress), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
