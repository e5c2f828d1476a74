"""A recording that was committed to anew, under SHA-512, is the one that is here.

Part of step 12 of `verify`: where an item's chain holds `evidence.rehashed` and all of the recording is here,
its contents are hashed once more, and the tree over them must be the one stated. Of an excerpt nothing can be
said.

Trusts: what step 12 has proved with SHA-256 before. Specification: docs/spec/time.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha512

from chain_of_custody.bags import Bag
from chain_of_custody.digests import MediaDigests
from chain_of_custody.errors import NotProved
from chain_of_custody.recordings import Opening
from chain_of_custody.rehashing import Piece, check_rehashed


def check_rehashed_item(
    opening: Opening, files: Mapping[str, bytes], bag: Bag, media_digests: MediaDigests
) -> None:
    """Every `evidence.rehashed` of the item is of exactly this recording. `files`: its small files."""
    stated = [one for one in opening.sealed.chain if one.statement.type == "evidence.rehashed"]
    if not stated or opening.excerpt is not None:
        return
    waits = {
        file: media_digests.start(
            partial(bag.source.open, opening.item.path(file)),
            [opening.opened[record.index].length for record in inside],
            sha512,
        )
        for file, inside in opening.media.items()
    }
    pieces = list(_pieces(opening, files, waits))
    for one in stated:
        try:
            check_rehashed(one.statement.body, files["manifest.json"], pieces)
        except NotProved as error:
            raise type(error)(error.step, error.reason, one.where) from error


def _pieces(
    opening: Opening, files: Mapping[str, bytes], waits: Mapping[str, Callable[[], tuple[str, ...]]]
) -> Iterator[Piece]:
    digests = {
        record.index: bytes.fromhex(digest)
        for file, inside in opening.media.items()
        for record, digest in zip(inside, waits[file](), strict=True)
    }
    for record in opening.records:
        place = opening.opened[record.index]
        if record.index in digests:
            yield record, place.salt, digests[record.index]
        else:
            content = files[place.file][place.offset : place.offset + place.length]
            yield record, place.salt, sha512(content).digest()
