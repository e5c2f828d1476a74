"""`amana receipt …`: record a court's acknowledgement of a package."""

from __future__ import annotations

import argparse
import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amana.commands.center import acting
from amana.commands.parser import by_person, command, group
from amana.errors import Unusable
from amana.settings import Settings
from casework.evidence import court_receipts
from chain_of_custody.acknowledge import MAX_RECEIPT, fingerprint, is_fingerprint, read_receipt
from chain_of_custody.errors import Malformed, NotProved


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    receipt = group(parser)
    record = command(
        receipt, "record", _record, "state a court's receipt in the chain of each item of its package"
    )
    record.add_argument("receipt", type=Path, metavar="RECEIPT", help="the file that the court sent")
    by_person(record, "who takes note")
    record.add_argument(
        "--key-fingerprint",
        metavar="DIGITS",
        help="of the court's key, as the court gave it by another way (else it is asked for)",
    )


def _record(parsed: argparse.Namespace, settings: Settings) -> None:
    try:
        with parsed.receipt.open("rb") as file:
            receipt = read_receipt(file.read(MAX_RECEIPT + 1))
    except (Malformed, NotProved) as error:
        raise Unusable(f"this is no receipt that holds: {error}") from None
    _confirm(receipt, parsed.key_fingerprint)
    with acting(parsed, settings) as (center, person):
        items = court_receipts.record(center, person, receipt)
    print("Stated in the ledger, for")
    for evidence in items:
        print(f"    {evidence}")


def _confirm(receipt: Mapping[str, Any], stated: str | None) -> None:
    """Confirm the court's key by its fingerprint, received through another channel. Raises `Unusable`."""
    key = base64.b64decode(receipt["key"])
    shown = fingerprint(key)
    print(f"{receipt['organisation']} says that it has had package {receipt['package'][:16]}… since")
    print(f"{receipt['at']} and found it {receipt['outcome']}. The fingerprint of the key that signed this:")
    print(f"    {shown}")
    if stated is None:
        if not sys.stdin.isatty():
            raise Unusable("give --key-fingerprint, as the court gave it by another way")
        stated = shown if input("Did the court tell you this one, by another way? (yes/no) ") == "yes" else ""
    if not is_fingerprint(stated, key):
        raise Unusable("the receipt is not recorded: its key is not the one that the court gave")
