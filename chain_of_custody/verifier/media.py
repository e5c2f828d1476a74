"""Check that a court package's films and viewing copies contain only what was recorded.

Step 13 of `verify`. Step 12 has already proved the fragments. This step proves that no bytes follow them or
come between them, and that a viewing copy is a rearrangement of the same bytes. A film's own digest in the
bag's list is for other tools. It is not compared, since each byte of the film is proved by its piece.

Trusts: what step 12 has proved. Specification: docs/spec/court-package.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from chain_of_custody.encoding.bagit import INFO, Bag
from chain_of_custody.encoding.file_source import fill
from chain_of_custody.errors import Altered, Incomplete, Malformed
from chain_of_custody.items.file_manifest import NAMES
from chain_of_custody.items.viewing_copy import MAX_INIT, Segment, joined_init, segments
from chain_of_custody.package.contents import viewing_path
from chain_of_custody.verifier.media_digests import MediaDigests
from chain_of_custody.verifier.recording_item import OpenedItem, Opening

_MEDIA = "media"


@dataclass(frozen=True)
class _Viewing:
    """The expected form of a viewing copy. `pieces`: its header and contents by their digests."""

    path: str
    records: Sequence[int]
    lengths: Sequence[int]
    pieces: Sequence[str]


def check_films(opening: OpenedItem, bag: Bag) -> None:
    """Check that every film of the item consists of exactly the proved fragments.

    Every original, and every picture made from it, must consist of exactly the proved pieces.
    """
    item = opening.item
    what = "recording" if item.file_kind is None else NAMES[item.file_kind]
    for file in item.films:
        if file not in opening.contents.media:
            raise Altered(_MEDIA, f"no record of the {what} lies in this file", item.path(file))
        if bag.sizes[item.path(file)] != opening.contents.ends[file]:
            last = "fragment" if item.file_kind is None else "piece"
            raise Altered(_MEDIA, f"there is something behind the last {last}", item.path(file))


def check_viewing_copies(
    opening: Opening, proved: Mapping[int, str], bag: Bag, media_digests: MediaDigests
) -> None:
    """Check that an item's viewing copies, if it has any, are complete and hold the same bytes.

    Each is a header made of the tracks' own boxes, then the media contents in the order of the records.
    """
    item = opening.item
    if not item.viewing:
        return
    expected = segments(opening.records)
    paths = [viewing_path(item.evidence, number + 1) for number in range(len(expected))]
    for path in item.viewing:
        if path not in paths:
            raise Altered(
                _MEDIA, "there is no part of the recording that this viewing copy could be of", path
            )
    for path in paths:
        if path not in item.viewing:
            raise Incomplete(_MEDIA, "a viewing copy is missing", path)
    copies = [_viewing(path, one, opening, proved, bag) for path, one in zip(paths, expected, strict=True)]
    for copy in copies:
        if bag.sizes[copy.path] != sum(copy.lengths):
            raise Altered(_MEDIA, "the viewing copy is not as long as what was recorded", copy.path)
    waits = [media_digests.start(partial(bag.source.open, copy.path), copy.lengths) for copy in copies]
    for copy, wait in zip(copies, waits, strict=True):
        for number, (found, piece) in enumerate(zip(wait(), copy.pieces, strict=True)):
            if found != piece:
                which = f"record {copy.records[number - 1]}" if number else "its header"
                raise Altered(
                    _MEDIA, "the viewing copy differs from what was recorded", f"{copy.path}, {which}"
                )


def check_payload_size(bag: Bag) -> None:
    """Check that the payload is as large as `bag-info.txt` says."""
    if bag.oxum != (sum(bag.sizes[path] for path in bag.payload), len(bag.payload)):
        raise Altered(_MEDIA, "the payload is not as large as bag-info.txt says", INFO)


def _viewing(path: str, segment: Segment, opening: Opening, proved: Mapping[int, str], bag: Bag) -> _Viewing:
    inits = {track: _init(index, opening, proved, bag) for track, index in segment.inits.items()}
    header = joined_init(inits)
    return _Viewing(
        path,
        segment.media,
        [len(header), *(opening.contents.opened[index].length for index in segment.media)],
        [sha256(header).hexdigest(), *(proved[index] for index in segment.media)],
    )


def _init(index: int, opening: Opening, proved: Mapping[int, str], bag: Bag) -> bytes:
    """Return an init segment's bytes, read from its film."""
    place = opening.contents.opened[index]
    path = opening.item.path(place.file)
    if place.length > MAX_INIT:
        raise Malformed(f"{path}: an init segment longer than {MAX_INIT} bytes")
    content = bytearray(place.length)
    with closing(bag.source.open(path)) as file:
        file.seek(place.offset)
        fill(file, memoryview(content))
    if sha256(content).hexdigest() != proved[index]:
        raise Altered(_MEDIA, "the file is changing while it is read", path)
    return bytes(content)
