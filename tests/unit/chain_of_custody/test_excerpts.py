"""Excerpts: proved to be part of a recording, without a hole, and revealing nothing of the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import Malformed
from chain_of_custody.items.excerpt import Excerpt, check_order, choose
from chain_of_custody.items.record import Record
from chain_of_custody.package.item_writer import WrittenItem
from chain_of_custody.report import render
from tests.support.ledger.mutations import mutated
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import (
    assert_refused,
    changed,
    flipped,
    lines,
    listed,
    removed,
    swap_lines,
)
from tests.support.packages.court_packages import EVIDENCE, SECOND, Center, Cut, Recording, verify

HOME = f"data/excerpts/{EVIDENCE}"


@pytest.fixture(scope="module")
def excerpt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Center, Path]:
    return made.honest_excerpt(tmp_path_factory.mktemp("excerpt") / "folder")


@pytest.fixture
def altered(excerpt: tuple[Center, Path], tmp_path: Path) -> Path:
    return made.copy_of(excerpt[1], tmp_path / "folder")


def recorded(seconds: int = 5) -> tuple[Center, Recording]:
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    made.record_seconds(center, recording, seconds)
    center.seal(recording)
    return center, recording


def indices(records: tuple[Record, ...]) -> list[int]:
    return [record.index for record in records]


# --- What holds -------------------------------------------------------------------------------------------


def test_an_excerpt_is_intact_and_the_report_says_what_of(excerpt: tuple[Center, Path]) -> None:
    center, folder = excerpt
    report = verify(folder, center.policy)
    (part,) = report.parts
    assert report.outcome == "intact"
    assert part.extent is not None
    assert (part.extent.begin, part.extent.end) == (2_500_000, 3_500_000)
    assert (part.extent.first, part.extent.last) == (2 * SECOND, 4 * SECOND)
    assert (part.records, part.extent.records, part.fragments) == (11, 22, 6)
    codes = [one.code for one in render.not_proved(report)]
    assert {"excerpt.rest", "excerpt.progress"} <= set(codes)
    assert "11 of its 22 records are here" in render.text(report)
    assert "An excerpt: from 00:00:02 to 00:00:03 was asked for" in render.text(report)
    assert render.as_json(report)["items"][0]["excerpt"] == {
        "from": 2_500_000, "to": 3_500_000, "first": 2 * SECOND, "last": 4 * SECOND
    }  # fmt: skip
    assert not any(one.code == "fragments" for one in render.proved(report))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_excerpt_of_any_time_holds_and_reveals_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    center, recording = recorded()
    begin = data.draw(st.integers(0, 5 * SECOND - 1))
    end = data.draw(st.integers(begin + 1, 6 * SECOND))
    folder = center.export(tmp_path_factory.mktemp("any") / "folder", [Cut(recording, begin, end)])
    (part,) = verify(folder, center.policy).parts
    assert part.extent is not None
    assert part.extent.first <= begin
    assert part.extent.last >= min(end, 5 * SECOND)
    given_records = Excerpt.parse((folder / HOME / "records.jsonl").read_bytes()).records
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for record, salt, content in recording.opened:
        hidden = record.index not in indices(given_records)
        assert (encode_base64(salt).encode() in everything) != hidden
        assert salt not in everything
        if record.kind == "media":
            assert (content in everything) != hidden
    shutil.rmtree(folder.parent)


def test_two_excerpts_of_an_interview_lie_side_by_side_with_a_whole_part(tmp_path: Path) -> None:
    center, first, second = Center(), Recording(), Recording(made.SECOND_EVIDENCE, part=2)
    center.enrol()
    center.open_interview()
    for recording, epoch in ((first, made.EPOCH), (second, made.A_MINUTE_LATER)):
        center.start(recording, epoch=epoch)
        made.record_seconds(center, recording)
        center.seal(recording)
    report = verify(center.export(tmp_path / "folder", [first, Cut(second, 0, SECOND)]), center.policy)
    assert [part.extent is None for part in report.parts] == [True, False]
    # What was cut away is not told as a pause.
    assert not any(one.code.startswith("parts.") for one in render.findings(report))


# --- Which records ----------------------------------------------------------------------------------------


def test_each_track_is_cut_at_its_last_keyframe_before_the_time() -> None:
    _, recording = recorded(0)
    for second in range(6):
        for track in (1, 2):
            recording.add("media", b"picture", track, second * SECOND, SECOND)
    # Track 1 has keyframes in the even seconds, track 2 in those that three divides.
    records = tuple(
        made.replace(record, key=record.start // SECOND % (2 if record.track == 1 else 3) == 0)
        if record.kind == "media"
        else record
        for record in recording.records
    )
    assert recording.header is not None
    chosen = choose(records, recording.header, 5 * SECOND, 5 * SECOND + 1)
    media = [record for record in chosen if record.kind == "media"]
    assert (media[0].track, media[0].start) == (2, 3 * SECOND)
    assert media[-1].start == 5 * SECOND
    assert indices(chosen)[:3] == [0, 1, 2], "the header, and both init segments"


def test_a_track_that_had_ended_long_before_does_not_drag_the_rest_in() -> None:
    _, recording = recorded(0)
    recording.add("media", b"picture", 1, 0, SECOND)
    for second in range(20):
        recording.add("media", b"sound", 3, second * SECOND, SECOND)
    assert recording.header is not None
    chosen = choose(recording.records, recording.header, 10 * SECOND, 12 * SECOND)
    assert {record.start for record in chosen if record.kind == "media"} == {10 * SECOND, 11 * SECOND}
    assert [record.track for record in chosen if record.kind == "init"] == [3]


def test_where_nothing_was_recorded_at_the_cut_the_fragments_around_show_it() -> None:
    _, recording = recorded(0)
    for start in (0, 1, 2, 8, 9, 10, 18, 19):
        recording.add("media", b"sound", 3, start * SECOND, SECOND)
    assert recording.header is not None
    chosen = choose(recording.records, recording.header, 5 * SECOND, 15 * SECOND)
    assert [record.start // SECOND for record in chosen if record.kind == "media"] == [2, 8, 9, 10, 18]
    with pytest.raises(Malformed, match="nothing was recorded in that time"):
        choose(recording.records, recording.header, 4 * SECOND, 6 * SECOND)


def test_an_excerpt_from_before_the_first_picture_leaves_nothing_out_before_it() -> None:
    _, recording = recorded(0)
    recording.event("track.late", 0, track=1, ms=1500)
    recording.add("media", b"picture", 1, 1_500_000, SECOND)
    recording.add("media", b"picture", 1, 2_500_000, SECOND)
    assert recording.header is not None
    chosen = choose(recording.records, recording.header, 0, 2_000_000)
    assert indices(chosen) == list(range(len(recording.records) - 1))


def test_what_happened_within_the_time_is_given_even_if_it_was_noted_just_after() -> None:
    _, recording = recorded(0)
    for second in range(4):
        recording.add("media", b"sound", 3, second * SECOND, SECOND)
        if second == 1:
            recording.event("loss", second * SECOND + 10, track=3)
            recording.event("mark", 5 * SECOND)
    assert recording.header is not None
    chosen = choose(recording.records, recording.header, SECOND, 2 * SECOND)
    assert [record.kind for record in chosen if record.index > 3] == ["media", "event"]


# --- What is refused --------------------------------------------------------------------------------------

ALTERED = [
    (
        "a bit of the film",
        12,
        listed(flipped(f"{HOME}/close.mp4", -1)),
        "not what was recorded$",
        "close.mp4, record",
    ),
    (
        "a bit of a path",
        12,
        listed(changed(f"{HOME}/records.jsonl", b'{"path":["', b'{"path":["A')),
        "canonical form|base64",
        None,
    ),
    (
        "a record with another time",
        12,
        listed(changed(f"{HOME}/records.jsonl", b'"start":3000000', b'"start":3000001')),
        "the fragment is not what was recorded",
        None,
    ),
    (
        "a record with another leaf",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: [_other_leaf(each[0]), *each[1:]])),
        "not shown to be in the recording: the proof does not lead",
        "record 0",
    ),
    (
        "a hole in the run",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: each[:6] + each[7:])),
        "lies before the excerpt, and nothing in it needs it",
        None,
    ),
    (
        "two records exchanged",
        12,
        listed(lines(f"{HOME}/records.jsonl", swap_lines(6, 7))),
        "does not come after|lies before the excerpt",
        None,
    ),
    (
        "a record twice",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: [*each, each[-1]])),
        "does not come after|needs it",
        None,
    ),
    (
        "the header left out",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: each[1:])),
        "the header, record 0, does not come first",
        None,
    ),
    (
        "an init segment left out",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: [each[0], *each[2:]])),
        "the init segment that it needs is not the newest given",
        None,
    ),
    (
        "the last record left out",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: each[:-1])),
        "of 10 records are given",
        None,
    ),
    (
        "a path with a hash less",
        12,
        listed(lines(f"{HOME}/records.jsonl", lambda each: [each[0].replace(b'["', b"[", 1), *each[1:]])),
        "canonical form",
        None,
    ),
    ("no records", 2, listed(removed(f"{HOME}/records.jsonl")), "of the item is missing", "records.jsonl"),
    (
        "the manifest of fewer records",
        11,
        listed(changed(f"{HOME}/manifest.json", b'"records":22', b'"records":11')),
        "not the one that was sealed",
        None,
    ),
]


def _other_leaf(line: bytes) -> bytes:
    value = json.loads(line)
    value["record"]["leaf"] = "00" * 32
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    ("step", "alter", "reason", "where"), [pytest.param(*row[1:], id=row[0]) for row in ALTERED]
)
def test_an_excerpt_is_refused_for(
    altered: Path, step: int, alter: Callable[[Path], None], reason: str, where: str | None
) -> None:
    alter(altered)
    assert_refused(altered, step, reason, where)


def test_an_excerpt_put_where_whole_recordings_lie_is_not_one(altered: Path) -> None:
    (altered / "data/recordings").mkdir()
    (altered / HOME).rename(altered / f"data/recordings/{EVIDENCE}")
    made.list_again(altered)
    assert_refused(altered, 2, "a file of the item is missing", "index.jsonl")


def test_one_thing_is_not_here_whole_and_as_an_excerpt(altered: Path, honest: tuple[Center, Path]) -> None:
    shutil.copytree(honest[1] / f"data/recordings/{EVIDENCE}", altered / f"data/recordings/{EVIDENCE}")
    made.list_again(altered)
    assert_refused(altered, 2, "as two kinds of item", EVIDENCE)


# What a center might state of it, with its own keys.


def misstated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: tuple[int, int] | None, *, whole: bool
) -> Path:
    """A package that its center says to be another extent; its writer would refuse to finish it."""
    monkeypatch.setattr(WrittenItem, "check_extent", lambda *_: None)
    center, recording = recorded()
    cut = Cut(recording, 2_500_000, 3_500_000)
    body = center.exported

    def wrong(package: str, _: Cut | None = None, **more: object) -> dict[str, object]:
        return body(package, None if stated is None else Cut(recording, *stated), **more)

    monkeypatch.setattr(center, "exported", wrong)
    return center.export(tmp_path / "folder", [recording if whole else cut])


@pytest.mark.parametrize(
    ("stated", "whole", "reason"),
    [
        (None, False, "it was exported whole, and here is an excerpt"),
        ((2_500_000, 3_500_000), True, "it was exported as an excerpt, and is here whole"),
        ((1_500_000, 3_500_000), False, "the excerpt begins later than what was exported"),
        ((2_500_000, 4_500_000), False, "the excerpt ends earlier than what was exported"),
    ],
)
def test_what_is_here_is_what_was_stated_to_be_exported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stated: tuple[int, int] | None,
    whole: bool,
    reason: str,
) -> None:
    folder = misstated(tmp_path, monkeypatch, stated, whole=whole)
    assert_refused(folder, 14, reason, "statement 5")


def test_an_excerpt_that_its_center_misstates_is_not_finished(tmp_path: Path) -> None:
    center, recording = recorded()
    short = Cut(recording, 2_500_000, 3_500_000)
    body = center.exported
    center.exported = lambda package, _=None: body(package, Cut(recording, 0, SECOND))  # type: ignore[method-assign]
    with pytest.raises(Exception, match="begins later than what was exported"):
        center.export(tmp_path / "folder", [short])


def test_a_record_that_nothing_needs_is_refused_even_with_its_path() -> None:
    _, recording = recorded()
    records = recording.records
    close = records[5]
    assert (records[2].kind, records[2].track, close.kind, close.init) == ("init", 2, "media", 2)
    assert check_order((records[0], records[2], close)) == 5
    with pytest.raises(Malformed, match=r"record 1.*nothing in it needs it"):
        check_order((records[0], records[1], records[2], close))


def lines_of(excerpt_folder: Path) -> bytes:
    return (excerpt_folder / HOME / "records.jsonl").read_bytes()


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_records_are_read_in_their_only_spelling_or_refused(
    excerpt: tuple[Center, Path], data: st.DataObject
) -> None:
    content = data.draw(st.binary(max_size=200) | mutated(lines_of(excerpt[1])))
    try:
        parsed = Excerpt.parse(content)
    except Malformed:
        return
    assert Excerpt.serialise(parsed.records, parsed.paths) == content
