"""Photographs with a ruler in them, and sheets of these, for a court room."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path
from typing import Any

from PIL import Image

from casework.comparison_sheets import sheets
from casework.database.models import Derivative, Person
from casework.derivatives import compose
from casework.working_copies import orders
from player.papers.cards import draw
from tests.support.centers.court_room import CourtRoom
from tests.unit.player.test_exhibit_packages import added

GROUND, RULER = (205, 160, 140), (10, 10, 10)
ORIENTATION = 0x0112


def with_a_ruler(
    size: tuple[int, int] = (1600, 1200),
    at: tuple[int, int] = (300, 900),
    long: int = 500,
    seed: int = 0,
    form: str = "JPEG",
    orientation: int | None = None,
) -> bytes:
    """A dark bar from `at` on, so many points long, 40 high; of an upright picture, however it is stored."""
    image = Image.new("RGB", size, GROUND)
    image.paste(RULER, (*at, at[0] + long, at[1] + 40))
    image.putpixel((0, 0), (seed, 0, 7))
    exif = Image.Exif()
    exif[0x010F] = "Camera A"
    if orientation == 6:  # the camera lay on its side
        image, exif[ORIENTATION] = image.transpose(Image.Transpose.ROTATE_90), 6
    out = io.BytesIO()
    image.save(out, form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))
    return out.getvalue() + b"%d" % seed if form == "JPEG" else out.getvalue()


def asked(
    evidence: str,
    mark: tuple[int, int, int, int, int] | None = (300, 920, 800, 920, 50_000),
    crop: tuple[int, int, int, int] = (0, 0, 1600, 1200),
    **other: Any,
) -> dict[str, Any]:
    """As a page asks for one photograph. `mark`: x and y of both ends, and the µm between them."""
    names = ("x", "y", "width", "height")
    ends = None
    if mark is not None:
        x, y, to_x, to_y, length = mark
        ends = {"from": {"x": x, "y": y}, "to": {"x": to_x, "y": to_y}, "length": length}
    told = {"crop": dict(zip(names, crop, strict=True)), "evidence": evidence, "mark": ends}
    return {**told, "label": "", "taken": None, **other}


async def photographed(room: CourtRoom, nurse: Person, *pictures: bytes, **options: object) -> list[str]:
    return [await asyncio.to_thread(added, room, nurse, one, **options) for one in pictures]


async def sheet(
    room: CourtRoom, folder: Path, person: Person, *wanted: dict[str, Any], purpose: str = "hearing"
) -> Derivative:
    """A sheet that is ordered and made; its row, as the database has it afterwards."""

    def work() -> Derivative:
        folder.mkdir(exist_ok=True)
        row = sheets.order(room.center, person, room.case.id, wanted, purpose)
        compose.compose(room.center, row, None, folder, draw, lambda done, total: None, threading.Event())
        with room.center.database() as session:
            return session.get_one(Derivative, row.id)

    made = await asyncio.to_thread(work)
    assert made.state is orders.DerivativeState.MADE
    return made
