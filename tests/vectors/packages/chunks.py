"""The chunks of a sealed file: cut, extended, exchanged, altered, by somebody without the passphrase."""

from __future__ import annotations

from chain_of_custody.encoding.chunked_encryption import HEADER_SIZE, SEALED_CHUNK
from tests.support.packages.court_packages import EVIDENCE
from tests.vectors.packages import centers
from tests.vectors.packages.cases import Make, base, refused
from tests.vectors.packages.sealed import START, entries, file, flipped, lock

FIRST_CHUNK = START + HEADER_SIZE


def chunk(number: int) -> slice:
    return slice(FIRST_CHUNK + number * SEALED_CHUNK, FIRST_CHUNK + (number + 1) * SEALED_CHUNK)


def swapped(data: bytes) -> bytes:
    return data[: chunk(2).start] + data[chunk(3)] + data[chunk(2)] + data[chunk(3).stop :]


def dropped(data: bytes) -> bytes:
    return data[: chunk(2).start] + data[chunk(2).stop :]


def where_is(path: str, make: Make = centers.whole) -> int:
    """Byte of the sealed file in the middle of a file inside it."""
    before = 0
    for name, entry in entries(base(make)).items():
        if name == path:
            number, skip = divmod(before + len(entry) // 2, 16 * 1024)
            return FIRST_CHUNK + number * SEALED_CHUNK + skip
        before += len(entry)
    raise KeyError(path)


def end_of_copy() -> int:
    """A byte of the sealed file a little behind the first chunk of its second viewing copy."""
    before = 0
    for name, entry in entries(base(centers.whole)).items():
        if name == f"data/viewing/{EVIDENCE}-2.mp4":
            break
        before += len(entry)
    return chunk((before + 512) // (16 * 1024) + 1).start + 50


CASES = (
    lock(
        "sealed-last-byte-missing",
        "The last byte is missing.",
        file(lambda data: data[:-1]),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 213357"),
    ),
    lock(
        "sealed-cut-at-a-chunk",
        "The file ends behind a whole chunk.",
        file(lambda data: data[: chunk(3).stop]),
        refused(1, "Malformed", "no sealed file has this length: its end is missing, or something was added"),
    ),
    lock(
        "sealed-cut-in-a-chunk",
        "The file ends in the middle of a chunk.",
        file(lambda data: data[: chunk(3).stop - 1000]),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 49357"),
    ),
    lock(
        "sealed-cut-in-a-film",
        "The file ends within the last of its films.",
        file(lambda data: data[: end_of_copy()]),
        refused(
            1, "Incomplete", "the sealed file is not whole: its end is missing", "sealed-cut-in-a-film.amana"
        ),
    ),
    lock(
        "sealed-extended",
        "A byte behind the end.",
        file(lambda data: data + b"\0"),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 213357"),
    ),
    lock(
        "sealed-extended-by-a-chunk",
        "The first chunk again behind the end.",
        file(lambda data: data + data[chunk(0)]),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 229757"),
    ),
    lock(
        "sealed-chunk-dropped",
        "A chunk is dropped.",
        file(dropped),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 196957"),
    ),
    lock(
        "sealed-chunks-swapped",
        "Two chunks are swapped.",
        file(swapped),
        refused(1, "Altered", "the sealed file was altered between its bytes 32957 and 49357"),
    ),
    lock(
        "sealed-bit-of-the-archive",
        "A bit of the first chunk.",
        flipped(FIRST_CHUNK + 5),
        refused(1, "Altered", "the sealed file was altered between its bytes 157 and 16557"),
    ),
    lock(
        "sealed-bit-of-a-small-file",
        "A bit where a policy lies.",
        flipped(where_is("data/policy.txt")),
        refused(1, "Altered", "the sealed file was altered between its bytes 157 and 16557"),
    ),
    lock(
        "sealed-bit-of-the-end",
        "The last bit.",
        flipped(-1),
        refused(1, "Altered", "the sealed file was altered, cut or extended behind its byte 442957"),
    ),
)
