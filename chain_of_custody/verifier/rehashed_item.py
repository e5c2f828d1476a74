"""Check that an item committed to again, under SHA-512, is the one in the package.

Part of step 12 of `verify`. If an item's chain has `evidence.rehashed` and the whole item is in the package,
its contents are hashed again, and the tree over them must be the one stated. An excerpt cannot be checked.

Trusts: what step 12 has proved with SHA-256 before. Specification: docs/spec/time.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from hashlib import sha512

from chain_of_custody.encoding.bagit import Bag
from chain_of_custody.encoding.file_source import fill
from chain_of_custody.errors import Incomplete, located
from chain_of_custody.items.rehashing import Piece, check_rehashed
from chain_of_custody.package.contents import CourtPackage
from chain_of_custody.verifier.chains import Chains
from chain_of_custody.verifier.recording_item import OpenedItem

_WINDOW = 1024 * 1024


def check_rehashed_item(
    opening: OpenedItem, files: Mapping[str, bytes], bag: Bag, hashed: Callable[[int], None]
) -> None:
    """Check that every `evidence.rehashed` of the item is of exactly this recording.

    `files`: its small files; `hashed` receives the number of bytes of films read.
    """
    stated = [one for one in opening.chain if one.statement.type == "evidence.rehashed"]
    if not stated or opening.excerpt is not None:
        return
    digests: dict[int, bytes] = {}
    for file, inside in opening.contents.media.items():
        lengths = [opening.contents.opened[record.index].length for record in inside]
        found = _digests(bag, opening.item.path(file), lengths, hashed)
        digests |= zip((record.index for record in inside), found, strict=True)
    pieces = list(_pieces(opening, files, digests))
    for one in stated:
        with located(one.where):
            check_rehashed(one.statement.body, files["manifest.json"], pieces)


def hashed_twice(package: CourtPackage, chains: Chains) -> int:
    """Return the number of bytes of films that are read again because they were committed to again."""
    return sum(
        package.bag.sizes[item.path(file)]
        for evidence, item in package.items.items()
        if item.kind != "excerpts"
        and any(one.statement.type == "evidence.rehashed" for one in chains.items[evidence])
        for file in item.films
    )


def _digests(bag: Bag, path: str, lengths: list[int], hashed: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the SHA-512 of each piece of a film, which was proved before; this is needed once in decades."""
    window = memoryview(bytearray(_WINDOW))
    with closing(bag.source.open(path)) as film:
        for length in lengths:
            piece = sha512()
            for start in range(0, length, _WINDOW):
                part = window[: min(_WINDOW, length - start)]
                if fill(film, part) != len(part):
                    raise Incomplete("records", "the film ended early", path)
                piece.update(part)
            hashed(length)
            yield piece.digest()


def _pieces(opening: OpenedItem, files: Mapping[str, bytes], digests: Mapping[int, bytes]) -> Iterator[Piece]:
    for record in opening.records:
        place = opening.contents.opened[record.index]
        if record.index in digests:
            yield record, place.salt, digests[record.index]
        else:
            content = files[place.file][place.offset : place.offset + place.length]
            yield record, place.salt, sha512(content).digest()
