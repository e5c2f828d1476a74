from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import partial

import pytest
from PIL import Image

from casework.sandbox import previews
from casework.sandbox.file_types import format_of
from casework.sandbox.previews import look
from chain_of_custody.items.file_manifest import LARGE, SMALL
from tests.support.media.made_pictures import bomb, dng, endless_tiff, picture

pytestmark = pytest.mark.starts


@pytest.mark.parametrize(
    ("format", "made"),
    [
        ("jpeg", partial(picture, "JPEG")),
        ("png", partial(picture, "PNG")),
        ("tiff", partial(picture, "TIFF")),
        ("heic", partial(picture, "HEIF")),
        ("dng", dng),
    ],
    ids=["jpeg", "png", "tiff", "heic", "dng"],
)
def test_each_format_is_told_by_its_content_and_shown_smaller(
    format: str,  # noqa: A002
    made: Callable[[], bytes],
) -> None:
    data = made()
    assert format_of(data[:4096]) == format
    looked = look(data, format)
    assert "unreadable" not in looked.read
    sizes = [Image.open(io.BytesIO(looked.pictures[track])).size for track in (SMALL, LARGE)]
    assert max(sizes[0]) <= 320
    assert looked.read["width"] >= sizes[1][0]


def test_metadata_are_told_and_are_in_no_picture_that_is_made() -> None:
    looked = look(picture(), "jpeg")
    assert looked.read["metadata"]["Make"] == "Camera A"
    assert not Image.open(io.BytesIO(looked.pictures[LARGE])).getexif()


def test_metadata_are_read_in_the_letters_in_which_they_were_written() -> None:
    word = "Camera of أ"
    image, exif, out = Image.new("RGB", (64, 48)), Image.Exif(), io.BytesIO()
    exif[0x013B] = word.encode()
    exif[0x9C9D] = word.encode("utf-16-le") + b"\0\0"
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + word.encode(
        f"utf-16-{'le' if exif.endian == '<' else 'be'}"
    )
    image.save(out, "JPEG", exif=exif)
    told = look(out.getvalue(), "jpeg").read["metadata"]
    assert [told[name] for name in ("Artist", "XPAuthor", "UserComment")] == [word] * 3


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bomb(), "too-large"),
        (picture("JPEG")[:2000], "not-readable"),
        (picture("PNG")[:300], "not-readable"),
        (b"\xff\xd8\xff" + b"<script>alert(1)</script>" * 50, "not-readable"),
        (b"II*\0\xff\xff\xff\x7f", "not-readable"),
        (b"\0\0\0\x18ftypheic" + bytes(400), "not-readable"),
    ],
    ids=["bomb", "truncated", "truncated-png", "disguised", "directory-nowhere", "empty-heic"],
)
def test_a_hostile_picture_is_told_to_be_one_that_cannot_be_shown(data: bytes, why: str) -> None:
    found = format_of(data[:4096])
    assert found is not None
    looked = look(data, found)
    assert not looked.pictures
    assert looked.read == {"unreadable": why}


@pytest.mark.parametrize(("height", "shown"), [(7_900, True), (8_100, False)])
def test_a_picture_decoded_whole_has_as_many_points_as_there_is_memory_for(height: int, shown: bool) -> None:
    """Some hundred kilobytes on the disk; each point is four bytes in memory, and twice for a moment."""
    out = io.BytesIO()
    Image.new("RGBA", (8_000, height)).save(out, "PNG", compress_level=1)
    looked = look(out.getvalue(), "png")
    assert (len(looked.pictures), looked.read.get("unreadable")) == ((2, None) if shown else (0, "too-large"))
    assert previews.WORK.limits.memory <= 1024**3


def test_a_directory_that_leads_to_itself_ends_with_its_first_page() -> None:
    looked = look(endless_tiff(), "tiff")
    assert looked.read["width"] == 8


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(90), b"<html>", b"MZ" + bytes(90), b"PK\x03\x04"])
def test_what_is_no_picture_by_its_content_has_no_format(data: bytes) -> None:
    assert format_of(data) is None


def tiff(order: str, *entries: tuple[int, int, int], further: bytes = b"") -> bytes:
    """The head of a TIFF whose first directory has these entries of one LONG each: (tag, count, value)."""
    mark, start = (b"II*\0", 8) if order == "<" else (b"MM\0*", 8)
    fields = b"".join(struct.pack(order + "HHLL", tag, 4, count, value) for tag, count, value in entries)
    offset = start + len(further)
    return mark + struct.pack(order + "L", offset) + further + struct.pack(order + "H", len(entries)) + fields


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (tiff("<", (254, 1, 1), (330, 1, 200)), None),  # ARW
        (tiff(">", (254, 1, 1), (330, 2, 200)), None),  # NEF
        (tiff("<", (256, 1, 6000), further=b"CR\x02\0\0\0\0\0"), None),  # CR2
        (tiff("<", (254, 1, 1), (330, 1, 200), (50706, 4, 0x0401)), "dng"),
        (tiff("<", (254, 1, 1)), "tiff"),
        (tiff(">", (254, 1, 0), (330, 1, 200)), "tiff"),
    ],
)
def test_a_cameras_own_raw_format_is_no_tiff(head: bytes, format: str | None) -> None:  # noqa: A002
    assert format_of(head) == format
