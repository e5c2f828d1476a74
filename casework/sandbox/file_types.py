"""File formats, detected by their first bytes and never by name; and which formats are accepted.

Sources: ITU T.81 (JPEG), PNG 3rd edition, TIFF 6.0, ISO 12234-2 (TIFF/EP), DNG 1.7, ISO/IEC
14496-12 and 23008-12 (HEIF), ISO 32000; for received files as named below.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import Literal

HEAD = 4096
"""Bytes of a file that are examined."""

PICTURES = frozenset(("jpeg", "heic", "png", "dng", "tiff"))
DOCUMENTS = PICTURES | {"pdf"}

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"))

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (8, b"WEBP", "webp"),
    (0, b"FLV\x01", "flv"),
    (31, b"webm", "webm"),
    (24, b"webm", "webm"),
    (0, b"\x1aE\xdf\xa3", "mkv"),
    (0, b"\0\0\x01\xba", "mpeg"),
    (0, b"\0\0\x01\xb3", "mpeg"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "wmv"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"#!AMR", "amr"),
    (0, b"caff", "caf"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
    (0, b"BM", "bmp"),
    (0, b"GIF8", "gif"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"),
    (30, b"[Content_Types].xml", "docx"),
    (30, b"mimetypeapplication/vnd.oasis.opendocument.text", "odt"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x1f\x8b", "gz"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"SQLite format 3\0", "sqlite"),
    (257, b"ustar", "tar"),
)
"""Offset, the bytes there, and the format that they mean. Sources: the formats' own specifications, among
them Matroska (RFC 9559), Ogg (RFC 3533), FLAC (RFC 9639), AMR (RFC 4867), RIFF, ECMA-376, ISO/IEC 13818-1."""
_BRANDS = {b"qt ": "mov", b"M4A": "m4a", b"3gp": "3gp", b"3g2": "3gp"}
"""First three bytes of the major brand of ISO/IEC 14496-12 and the format; any other: `mp4`."""
_TS_PACKET = 188
"""Bytes of a packet of a transport stream; each begins with 0x47."""
_TEXTS = (
    ("{\\rtf", "rtf"),
    ("begin:vcard", "vcf"),
    ("<?xml", "xml"),
    ("<!doctype html", "html"),
    ("<html", "html"),
    ("from ", "mbox"),
    *((f"{field}:", "eml") for field in ("return-path", "received", "delivered-to", "mime-version")),
)
"""How a text begins, in small letters, and the format that this means."""

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


def received_format(head: bytes) -> str:
    """Return the code of the format of a received file with this beginning; `unknown` for an unknown one.

    A code says how the file begins and nothing about the rest of it.
    """
    if format_ := format_of(head):
        return format_
    for offset, begins, code in _BEGINNINGS:
        if head[offset:].startswith(begins):
            return code
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:11], "mp4")
    if head[: 2 * _TS_PACKET + 1 : _TS_PACKET] == b"GGG":
        return "ts"
    return _text_format(head)


def _text_format(head: bytes) -> str:
    """Return which text this is: `unknown` if it is none, in UTF-8 or UTF-16."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:  # the last sign may be cut off
        text = getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return "unknown"
    if not text.strip() or any(sign < " " and sign not in "\t\n\r\f" for sign in text):
        return "unknown"
    begins = text.lstrip().lower()
    for word, code in _TEXTS:
        if begins.startswith(word):
            return code
    return "txt"


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
