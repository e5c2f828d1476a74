"""Beginnings of files in every format that a received file can have, and files that are meant to do harm."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Mapping

TS_PACKET = 188


def _zip(name: str, content: bytes = b"", method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return out.getvalue()


def _sqlite() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE messages (text)")
    return database.serialize()


def _box(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + bytes(12)


FORMATS: Mapping[str, bytes] = {
    "jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "heic": _box(b"heic"),
    "pdf": b"%PDF-1.7\n",
    "gif": b"GIF89a" + bytes(20),
    "bmp": b"BM" + bytes(60),
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "mp4": _box(b"isom"),
    "mov": _box(b"qt  "),
    "m4a": _box(b"M4A "),
    "3gp": _box(b"3gp5"),
    "mkv": b"\x1aE\xdf\xa3" + bytes(40),
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "flv": b"FLV\x01\x05",
    "mpeg": b"\0\0\x01\xba" + bytes(20),
    "ts": (b"G" + bytes(TS_PACKET - 1)) * 4,
    "wmv": b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel",
    "ogg": b"OggS\0\x02" + bytes(20),
    "flac": b"fLaC" + bytes(20),
    "mp3": b"ID3\x04" + bytes(20),
    "aac": b"\xff\xf1P\x80",
    "amr": b"#!AMR\n",
    "caf": b"caff\0\x01",
    "aiff": b"FORM\0\0\0\0AIFFCOMM",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20),
    "docx": _zip("[Content_Types].xml"),
    "odt": _zip("mimetype", b"application/vnd.oasis.opendocument.text"),
    "zip": _zip("WhatsApp Chat.txt", b"12/1/26, 20:15 - Person B: hello"),
    "gz": b"\x1f\x8b\x08" + bytes(20),
    "rar": b"Rar!\x1a\x07\x01\0",
    "7z": b"7z\xbc\xaf\x27\x1c",
    "tar": _tar(),
    "sqlite": _sqlite(),
    "eml": b"Received: by a center\r\nSubject: a word\r\n\r\nText",
    "mbox": b"From person@example Tue Dec  1 20:15:00 2026\nSubject: a word\n",
    "html": b"<!DOCTYPE html><html>",
    "xml": b'<?xml version="1.0"?><a/>',
    "vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\n",
    "rtf": b"{\\rtf1\\ansi",
    "txt": "رسالة من شخص\n".encode(),
    "unknown": bytes(range(1, 200)),
}
"""Format → a file that begins so."""

HOSTILE: Mapping[str, bytes] = {
    "picture-and-page.jpg": b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>" * 100,
    "pdf-and-zip.pdf": b"%PDF-1.7\n" + _zip("evil.js", b"1"),
    "bomb.zip": _zip("zeros", bytes(50_000_000), zipfile.ZIP_DEFLATED),
    "zeros.bin": bytes(3_000_000),
    "broken.mp4": _box(b"isom") + b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
    "..%2f..%2fetc%2fpasswd.txt": b"root:x:0:0",
    "\u202egnp.exe": b"MZ" + bytes(500),
    "line\nend\r\x1b[2J.txt": b"a name with controls",
    "'; DROP TABLE photographs; --.txt": b"a name with a query",
    "x" * 300 + ".txt": b"a name that is too long",
}
"""Name → content."""
