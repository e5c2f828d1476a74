"""File formats, detected by their first bytes and never by name; and which formats are accepted.

Sources: ITU T.81 (JPEG), PNG 3rd edition, TIFF 6.0, ISO 12234-2 (TIFF/EP), DNG 1.7, ISO/IEC
14496-12 and 23008-12 (HEIF), ISO 32000.
"""

from __future__ import annotations

from typing import Literal

HEAD = 4096
"""Bytes of a file that are examined."""

PICTURES = frozenset(("jpeg", "heic", "png", "dng", "tiff"))
DOCUMENTS = PICTURES | {"pdf"}

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"))

# Tags of TIFF 6.0 (254), its supplement 1 (330) and DNG (50706).
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706


def format_of(head: bytes) -> str | None:
    """Return the code of the format with this beginning; None for an unknown format.

    `head`: the first `HEAD` bytes of the file, or all of a shorter one.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return _tiff_format(head)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "heic"
    if head.startswith(b"%PDF-"):
        return "pdf"
    return None


def _tiff_format(head: bytes) -> str | None:
    """Return which TIFF this is: "dng", "tiff", or None for a camera's own raw format. The first directory
    decides. In TIFF/EP (ISO 12234-2), the basis of NEF, ARW and others, it describes a reduced picture and
    refers to the raw one in a further directory. Canon's CR2 is marked in its header.
    """
    tags = _first_directory(head)
    if _DNG_VERSION in tags:
        return "dng"
    reduced = bool(tags.get(_NEW_SUBFILE_TYPE, 0) & 1)
    return None if head[8:10] == b"CR" or (reduced and _SUB_IFDS in tags) else "tiff"


def _first_directory(head: bytes) -> dict[int, int]:
    """Return tag → the four bytes of its value or offset, as a number; empty if the directory begins further
    on in the file."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    start = int.from_bytes(head[4:8], order)
    count = int.from_bytes(head[start : start + 2], order)
    entries = head[start + 2 : start + 2 + 12 * count]
    fields = (entries[at : at + 12] for at in range(0, len(entries) - 11, 12))
    return {int.from_bytes(one[:2], order): int.from_bytes(one[8:], order) for one in fields}
