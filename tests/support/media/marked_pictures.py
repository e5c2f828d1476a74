"""Photographs as cameras and the programs of their owners leave them: with words in every place for words."""

from __future__ import annotations

import io

from PIL import Image

_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE, _ARTIST, _COPYRIGHT = 0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298
_TITLE_OF_WINDOWS, _AUTHOR_OF_WINDOWS = 0x9C9B, 0x9C9D
_EXIF, _USER_COMMENT, _OWNER = 0x8769, 0x9286, 0xA430
_XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><title>{}</title></x:xmpmeta>'


def photograph(word: str, seed: int, size: tuple[int, int] = (900, 600)) -> bytes:
    """A JPEG, another one for each seed, that says `word` in EXIF, XMP, IPTC and in a comment."""
    image = Image.linear_gradient("L").resize(size).rotate(30 * seed).convert("RGB")
    image.putpixel((0, 0), (seed, 7, 7))
    exif = Image.Exif()
    for tag in (_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE, _ARTIST, _COPYRIGHT):
        exif[tag] = word.encode()  # as cameras do that are given a name in other letters
    for tag in (_TITLE_OF_WINDOWS, _AUTHOR_OF_WINDOWS):
        exif[tag] = word.encode("utf-16-le") + b"\0\0"
    more = exif.get_ifd(_EXIF)
    more[_USER_COMMENT] = b"UNICODE\0" + word.encode("utf-16-le")
    more[_OWNER] = word.encode()
    out = io.BytesIO()
    xmp = _XMP.format(word).encode()
    image.save(out, "JPEG", exif=exif, comment=word.encode(), xmp=xmp)
    written = out.getvalue()
    return written[:2] + _iptc(word.encode()) + written[2:]


def _iptc(word: bytes) -> bytes:
    """An APP13 segment with a caption and a by-line."""
    records = b"".join(
        b"\x1c\x02" + bytes([kind]) + len(word).to_bytes(2, "big") + word for kind in (120, 80)
    )
    block = b"8BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records + bytes(len(records) % 2)
    content = b"Photoshop 3.0\0" + block
    return b"\xff\xed" + (len(content) + 2).to_bytes(2, "big") + content
