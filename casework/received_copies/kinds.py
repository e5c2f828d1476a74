"""Kinds of copies of received files: which can be made of a file, by its format and its size.

A format was found from the file's first bytes when it was sealed (`file_types`), and says nothing about the
rest. Containers that hold a film or only sound offer both.
"""

from __future__ import annotations

from collections.abc import Sequence

FILM, SOUND, PICTURE, PAGES, TEXT = "film-copy", "sound-copy", "picture-copy", "pages-copy", "text-copy"
MOST_READ = {PICTURE: 256 * 1024**2, PAGES: 256 * 1024**2, TEXT: 64 * 1024**2}
"""Maximum bytes of a received file that is read into memory, by kind of copy."""

DEMUXERS = {
    "3gp": "mov",
    "avi": "avi",
    "flv": "flv",
    "gif": "gif",
    "mkv": "matroska",
    "mov": "mov",
    "mp4": "mov",
    "mpeg": "mpeg,mpegvideo",
    "ts": "mpegts",
    "webm": "matroska",
    "wmv": "asf",
    "aac": "aac",
    "aiff": "aiff",
    "amr": "amr",
    "caf": "caf",
    "flac": "flac",
    "m4a": "mov",
    "mp3": "mp3,aac",
    "ogg": "ogg",
    "wav": "wav",
}
"""Format of film or sound and the demuxers of FFmpeg that may read it: no other does, whatever the file looks
like to FFmpeg. What begins with ID3 is mostly MP3."""

_FILMS = ("3gp", "avi", "flv", "mkv", "mov", "mp4", "mpeg", "ts", "webm", "wmv")
_SOUNDS = ("aac", "aiff", "amr", "caf", "flac", "m4a", "mp3", "ogg", "wav")
_PICTURES = ("bmp", "dng", "heic", "jpeg", "png", "tiff", "webp")
_TEXTS = ("eml", "html", "mbox", "txt", "vcf", "xml")
_KINDS: dict[str, Sequence[str]] = {
    **dict.fromkeys(_FILMS, (FILM, SOUND)),
    **dict.fromkeys(_SOUNDS, (SOUND,)),
    **dict.fromkeys(_PICTURES, (PICTURE,)),
    **dict.fromkeys(_TEXTS, (TEXT,)),
    "gif": (PICTURE, FILM),
    "pdf": (PAGES,),
    "tiff": (PICTURE, PAGES),
}


def fitting(format_: str, size: int) -> Sequence[str]:
    """Return the kinds of copies of a file of this format and size (bytes); none if nothing here reads it."""
    return [kind for kind in _KINDS.get(format_, ()) if size <= MOST_READ.get(kind, size)]
