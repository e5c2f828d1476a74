"""Object keys in the stores, beside the recordings: the ledger, details, the catalogue.

    ledger/<n>/tile/…                     tiles and entry bundles of the ledger, as C2SP tlog-tiles names them
    ledger/<n>/checkpoint/<size>/log      the checkpoint of that size with the ledger's own two signatures
    ledger/<n>/checkpoint/<size>/<key>    the same with the line of a witness beside them
    ledger/<n>/checkpoint/<size>/<name>.tsr   an authority's RFC 3161 response over it
    details/<commitment>                  details of a statement: SHA-256 ‖ sealed to the case
    catalogue/<number>                    the working tables that have no other source, sealed (`catalogue`)

`<n>` is 1 for a center's first ledger, and one more for each successor (`ledger.succeeded`). Sizes have
sixteen digits and numbers twelve, so that the names sort in order.

Specification: docs/spec/stores.md; https://c2sp.org/tlog-tiles.
"""

from __future__ import annotations

import re
from hashlib import sha256

from chain_of_custody.tlog.origin import parse_origin
from chain_of_custody.tlog.tiles import Tile

LEDGER = "ledger/"
DETAILS = "details/"
CATALOGUE = "catalogue/"
OWN = "log"
"""The name of the checkpoint with only the ledger's own signatures."""
STAMP = ".tsr"

_CHECKPOINT = re.compile(r"ledger/[1-9][0-9]{0,3}/checkpoint/([0-9]{16})/([a-z0-9._-]+)")
_CATALOGUE = re.compile(r"catalogue/([0-9]{12})")


def ledger_prefix(origin: str) -> str:
    """Key prefix of a ledger: `ledger/1/`."""
    return f"{LEDGER}{parse_origin(origin)[1]}/"


def tile_key(origin: str, tile: Tile) -> str:
    """Key of a hash tile or an entry bundle, full or partial."""
    return ledger_prefix(origin) + tile.path()


def checkpoint_key(origin: str, size: int, name: str = OWN) -> str:
    """Return the object key of a checkpoint with one party's signature or timestamp.

    `name`: `log`, a witness's key id in hexadecimal, or an authority's name and `.tsr`.
    """
    return f"{ledger_prefix(origin)}checkpoint/{size:016d}/{name}"


def parse_checkpoint_key(key: str) -> tuple[int, str] | None:
    """Size and name; None if it is no such key."""
    match = _CHECKPOINT.fullmatch(key)
    return None if match is None else (int(match[1]), match[2])


def details_key(commitment: str) -> str:
    """Return the object key of a statement's details; `commitment` in hexadecimal."""
    return DETAILS + commitment


def details_object(sealed: bytes) -> bytes:
    """Stored form of details: SHA-256 of the sealed bytes before them, so that damage shows without keys."""
    return sha256(sealed).digest() + sealed


def parse_details(data: bytes) -> bytes | None:
    """The sealed bytes; None for a damaged object."""
    sealed = data[32:]
    return sealed if sha256(sealed).digest() == data[:32] else None


def catalogue_key(number: int) -> str:
    """Return the object key of the catalogue with this number: `catalogue/` and twelve digits."""
    return f"{CATALOGUE}{number:012d}"


def parse_catalogue_key(key: str) -> int | None:
    """Its number; None if it is no such key."""
    match = _CATALOGUE.fullmatch(key)
    return None if match is None else int(match[1])
