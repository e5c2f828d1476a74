"""What the child that draws a sheet makes of a photograph: what its viewing copy shows, nothing beside."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from PIL import Image

from casework.comparison_sheets import renderer
from casework.comparison_sheets.renderer import SheetFailed
from casework.errors import PhotographOutside, PhotographUnread
from casework.sandbox import previews
from chain_of_custody.items.file_manifest import LARGE

pytestmark = pytest.mark.starts

SIZE = (300, 200)
ORIENTATION = 0x0112


def quarters(form: str, orientation: int = 1) -> bytes:
    """Four fields, each of another colour."""
    image = Image.new("RGB", SIZE, (200, 30, 30))
    for at, colour in (((150, 0), (30, 200, 30)), ((0, 100), (30, 30, 200)), ((150, 100), (220, 220, 40))):
        image.paste(colour, (*at, at[0] + 150, at[1] + 100))
    exif, out = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    if form == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    image.save(out, form, exif=exif)
    return out.getvalue()


def drawn(
    data: bytes, form: str, crop: tuple[int, int, int, int], size: tuple[int, int], *points: tuple[int, int]
) -> numpy.ndarray:
    told = {"crop": crop, "format": form, "points": points, "size": size}
    made = renderer.draw_photograph(json.dumps(told), "x", [data], size[0] * size[1], threading.Event())
    with made as (shown, read):
        assert (read.name, read.size) == ("x", len(data))
        return numpy.frombuffer(shown.read(), numpy.uint8).reshape(size[1], size[0], 3).astype(int)


@pytest.mark.parametrize(
    ("form", "code", "orientation"),
    [
        *(("JPEG", "jpeg", turned) for turned in range(1, 9)),
        *(("PNG", "png", turned) for turned in (1, 3, 6)),
        *(("TIFF", "tiff", turned) for turned in (1, 8)),
        *(("HEIF", "heic", turned) for turned in (1, 6)),
    ],
)
def test_it_is_upright_as_the_viewing_copy_is(form: str, code: str, orientation: int) -> None:
    data = quarters(form, orientation)
    with Image.open(io.BytesIO(previews.look(data, code).pictures[LARGE])) as copy:
        seen, size = numpy.asarray(copy).astype(int), copy.size
    made = drawn(data, code, (0, 0, *size), size, (size[0] - 1, size[1] - 1))
    assert abs(made - seen).mean() < 6


@pytest.mark.parametrize(("orientation", "size"), [(1, SIZE), (6, SIZE[::-1])])
def test_what_lies_outside_of_it_is_refused(orientation: int, size: tuple[int, int]) -> None:
    data = quarters("JPEG", orientation)
    for crop in ((0, 0, size[0], size[1] + 1), (0, 0, size[0] + 1, size[1])):
        with pytest.raises(PhotographOutside):
            drawn(data, "jpeg", crop, size)
    for point in ((size[0], 0), (0, size[1])):
        with pytest.raises(PhotographOutside):
            drawn(data, "jpeg", (0, 0, *size), size, point)


def test_nothing_beside_what_is_shown_has_a_part_in_it() -> None:
    plain, beside = Image.new("RGB", SIZE, (90, 90, 90)), Image.new("RGB", SIZE, (255, 0, 0))
    beside.paste((90, 90, 90), (100, 50, 200, 150))
    contents = []
    for image in (plain, beside):
        out = io.BytesIO()
        image.save(out, "PNG")
        contents.append(drawn(out.getvalue(), "png", (100, 50, 100, 100), (37, 37)))
    assert (contents[0] == contents[1]).all()
    assert (contents[1] == 90).all()


def test_a_photograph_of_a_hundred_million_points_is_drawn_within_the_limits() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new("RGB", (12_000, 9_000), (70, 80, 90)).save(out, "JPEG", exif=exif)
    made = drawn(out.getvalue(), "jpeg", (0, 0, 9_000, 12_000), (900, 1200))
    assert abs(made - [70, 80, 90]).max() <= 3


def test_another_format_than_was_told_is_not_tried() -> None:
    for code in ("png", "tiff", "heic"):
        with pytest.raises(PhotographUnread):
            drawn(quarters("JPEG"), code, (0, 0, *SIZE), SIZE)


def memory() -> int:
    """Bytes in the files in memory that this process holds."""
    held = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if str(one.readlink()).startswith("/memfd:child"):
                held += one.stat().st_size
    return held


def test_of_a_photograph_that_is_drawn_only_its_points_are_held() -> None:
    data = quarters("JPEG") + bytes(4_000_000)
    told = {"crop": (0, 0, *SIZE), "format": "jpeg", "points": [], "size": (60, 40)}
    before = memory()
    with ExitStack() as stack:
        for _ in range(3):
            made = renderer.draw_photograph(json.dumps(told), "x", [data], 60 * 40, threading.Event())
            stack.enter_context(made)
        assert memory() - before == 3 * (60 * 40 * 3 + len("{}\n"))


def test_one_that_never_has_its_turn_is_no_photograph_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "WITHIN", 0.0)
    with pytest.raises(SheetFailed):
        drawn(quarters("JPEG"), "jpeg", (0, 0, *SIZE), SIZE)


def test_a_sheet_that_cannot_be_drawn_leaves_no_file(tmp_path: Path) -> None:
    told = {"bars": [], "cards": [[0, 0, 5, 5]], "pictures": [], "size": [50, 50]}
    with pytest.raises(SheetFailed):
        file = tmp_path / "sheet.jpeg"
        renderer.draw_sheet(json.dumps(told), [], [b"no picture"], threading.Event(), file)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, str], None]:
    """Instead of the child one that answers these bytes, and then ends so: 137 is that of a killed one."""

    def answering(answer: bytes, end: str) -> None:
        octal = "".join(f"\\{byte:03o}" for byte in answer)
        script = tmp_path / "child"
        script.write_text(f"#!/bin/sh\nprintf '{octal}'\n{end}\n", "ascii")
        script.chmod(0o700)
        monkeypatch.setattr(renderer, "WORK", replace(renderer.WORK, module=None, program=str(script)))

    return answering


WHOLE = b"{}\n\xff\xd8\xff\xe0and what lies between\xff\xd9"


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (WHOLE, "exit 137"),
        (WHOLE, "exit 1"),
        (WHOLE[:-1], "exit 0"),
        (WHOLE[:-2], "exit 0"),
        (WHOLE[:5], "exit 0"),
        (WHOLE[3:], "exit 0"),
        (b"", "exit 0"),
    ],
)
def test_a_sheet_that_was_cut_off_is_none(
    child: Callable[[bytes, str], None], tmp_path: Path, answer: bytes, end: str
) -> None:
    file = tmp_path / "sheet.jpeg"
    child(WHOLE, "exit 0")
    renderer.draw_sheet("{}", [], [], threading.Event(), file)
    assert file.read_bytes() == WHOLE[3:]
    file.unlink()
    child(answer, end)
    with pytest.raises(SheetFailed):
        renderer.draw_sheet("{}", [], [], threading.Event(), file)
    assert not file.exists()


@pytest.mark.parametrize("end", ["exit 137", "exit 1"])
def test_points_of_a_child_that_did_not_end_well_are_none(
    child: Callable[[bytes, str], None], end: str
) -> None:
    answer = b"{}\n" + bytes(3 * 6)
    child(answer, "exit 0")
    with renderer.draw_photograph("{}", "x", [b""], 6, threading.Event()) as (shown, _):
        assert shown.read() == bytes(3 * 6)
    child(answer, end)
    with (
        pytest.raises(PhotographUnread),
        renderer.draw_photograph("{}", "x", [b""], 6, threading.Event()),
    ):
        pass
