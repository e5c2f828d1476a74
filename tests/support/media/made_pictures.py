"""Pictures for tests, made here: sound ones in each format, and hostile ones."""

from __future__ import annotations

import io
import random
import struct
import zlib

from PIL import Image


def picture(format: str = "JPEG", seed: int = 0, size: tuple[int, int] = (640, 480)) -> bytes:  # noqa: A002
    """A gradient, different for each seed, with a few metadata."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 7))
    exif = Image.Exif()
    exif[0x010F] = "Camera A"
    out = io.BytesIO()
    if format == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    image.save(out, format, exif=exif)
    return out.getvalue() + b"%d" % seed if format == "JPEG" else out.getvalue()


def dng(seed: int = 0) -> bytes:
    """A TIFF that has the tag of a DNG's version."""
    image = Image.linear_gradient("L").convert("RGB")
    out = io.BytesIO()
    image.save(out, "TIFF", tiffinfo={50706: bytes((1, 4, 0, seed % 256))})
    return out.getvalue()


def noise(size: int, seed: int = 0) -> bytes:
    """A JPEG with so many bytes behind it that it has `size`."""
    head = picture(seed=seed)
    return head + bytes((seed + at) % 251 for at in range(1024)) * ((size - len(head)) // 1024 + 1)


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 60,000 × 60,000 points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    lines = zlib.compress(bytes(4_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def endless_tiff() -> bytes:
    """A TIFF whose directory is followed by itself."""
    entries = [
        (256, 3, 1, 8),
        (257, 3, 1, 8),
        (258, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (279, 4, 1, 64),
    ]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8)


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Light and shade as a photograph has them, others for each seed."""
    grey = Image.frombytes("L", (12, 9), random.Random(seed).randbytes(108))
    return grey.resize(size, Image.Resampling.BICUBIC).convert("RGB")


def encoded(image: Image.Image, format: str = "JPEG", **options: int) -> bytes:  # noqa: A002
    """The picture in a file. `options`: of Pillow, such as `quality`."""
    if format == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()
