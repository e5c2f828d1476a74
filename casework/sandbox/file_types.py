"""File formats, detected by their first bytes and never by name; and which formats are accepted.

Sources: ITU T.81 (JPEG), PNG 3rd edition, TIFF 6.0, DNG 1.7, ISO/IEC 14496-12 and 23008-12 (HEIF), ISO 32000.
"""

from __future__ import annotations

from typing import Literal

HEAD = 4096
"""Bytes of a file that are examined."""

PICTURES = frozenset(("jpeg", "heic", "png", "dng", "tiff"))
DOCUMENTS = PICTURES | {"pdf"}

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"))


def format_of(head: bytes) -> str | None:
    """The code of the format with this beginning; None for an unknown format.

    `head`: the first `HEAD` bytes of the file, or all of a shorter one.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "dng" if _has_dng_version(head) else "tiff"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "heic"
    if head.startswith(b"%PDF-"):
        return "pdf"
    return None


def _has_dng_version(head: bytes) -> bool:
    """Whether the first directory of a TIFF has tag 50706, as in each DNG."""
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    start = int.from_bytes(head[4:8], order)
    count = int.from_bytes(head[start : start + 2], order)
    entries = head[start + 2 : start + 2 + 12 * count]
    return any(int.from_bytes(entries[at : at + 2], order) == 50706 for at in range(0, len(entries) - 11, 12))
