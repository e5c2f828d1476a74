"""What a report says of a package that holds: no more than was proved, and for which case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import court_packages as made
import pytest
from court_packages import CASE, SECOND_EVIDENCE, Center, Recording, replace, verify

from chain_of_custody.contents import MAX_EVENT, Event
from chain_of_custody.errors import Malformed, NotProved
from chain_of_custody.remarks import NOT_PROVED
from chain_of_custody.statements import Statement
from chain_of_custody.unproved import ALWAYS


def text_of(center: Center, folder: Path, recordings: list[Recording]) -> str:
    return verify(center.export(folder, recordings), center.policy).text()


def test_the_verdict_is_about_the_recordings_and_not_about_every_file(
    honest: tuple[Center, Path], folder: Path
) -> None:
    (folder / "README.txt").write_text("This testimony was withdrawn.\n")
    made.list_tags_again(folder)
    text = verify(folder, honest[0].policy).text()
    assert text.startswith("INTACT: what is here of the recordings")
    assert "README.txt and bag-info.txt" in text


def test_the_case_is_named(honest: tuple[Center, Path]) -> None:
    report = verify(honest[1], honest[0].policy)
    assert f"case {CASE}" in report.text()
    assert report.as_json()["items"][0]["case"] == CASE
    assert {one["case"] for one in report.as_json()["statements"]} == {CASE, None}


@pytest.mark.parametrize("code", [*ALWAYS, "time.none", "parts.other", "witness.none"])
def test_what_no_package_proves_is_said_in_each_report(honest: tuple[Center, Path], code: str) -> None:
    report = verify(honest[1], honest[0].policy)
    (said,) = [one for one in report.not_proved if one.code == code]
    assert said.sentence in report.text()
    assert said.as_json() in report.as_json()["not_proved"]


def test_what_is_gravest_is_said_first(honest: tuple[Center, Path]) -> None:
    codes = [one.code for one in verify(honest[1]).not_proved]
    assert codes == sorted(codes, key=list(NOT_PROVED).index)
    assert codes[:3] == ["origin", "witness.none", "keys.trial"]


def test_parts_that_must_exist_and_are_not_here_are_named(tmp_path: Path) -> None:
    center, first, third = Center(), Recording(), Recording(SECOND_EVIDENCE, part=3)
    made.begin(center, first)
    center.seal(first)
    center.start(third, epoch=made.A_MINUTE_LATER)
    made.record_seconds(center, third)
    center.seal(third)
    text = text_of(center, tmp_path / "folder", [first, third])
    assert "Part 2 of interview 10101010, numbered before part 3, is not in this package" in text
    assert "Between part 1 and part 3 this package holds nothing for" in text


def test_many_missing_parts_are_named_by_their_range(tmp_path: Path) -> None:
    center, last = Center(), Recording(part=2**53 - 1)
    made.begin(center, last)
    center.seal(last)
    text = text_of(center, tmp_path / "folder", [last])
    assert f"Parts 1 to {2**53 - 2} of interview 10101010, numbered before part {2**53 - 1}, are not" in text


def test_parts_that_overlap_by_the_recorder_s_clock_are_said_to(tmp_path: Path) -> None:
    center, first, second = Center(), Recording(), Recording(SECOND_EVIDENCE, part=2)
    made.begin(center, first)
    center.start(second)
    made.record_seconds(center, second)
    center.seal(first)
    center.seal(second)
    text = text_of(center, tmp_path / "folder", [first, second])
    assert "Part 2 begins 5.0 s before part 1 ends, by the recorder's clock" in text


def test_a_part_begun_before_an_earlier_one_in_the_ledger_is_said_to_be(tmp_path: Path) -> None:
    center, first, second = Center(), Recording(), Recording(SECOND_EVIDENCE, part=2)
    made.begin(center, second)
    center.start(first)
    made.record_seconds(center, first)
    center.seal(first)
    center.seal(second)
    assert "Part 2 entered the ledger before part 1" in text_of(center, tmp_path / "folder", [first, second])


def dated(year: str) -> Callable[[Statement], Statement]:
    return lambda statement: replace(statement, at=statement.at.replace("2026", year))


def test_a_timeline_that_contradicts_its_statement_is_pointed_out(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    center.open_interview()
    center.start(recording, change=dated("2029"))
    made.record_seconds(center, recording)
    center.seal(recording)
    text = text_of(center, tmp_path / "folder", [recording])
    assert "Part 1 gives 2026-11-24 20:15:03 UTC as its beginning, and its statement of it 2029-11-24" in text


def test_what_a_recorder_says_for_a_person_is_not_said_to_be_the_person_s(
    honest: tuple[Center, Path],
) -> None:
    line = next(line for line in verify(honest[1]).history if "recording of part 1 started" in line)
    assert "signed by the recorder, not by the person" in line


def test_an_event_larger_than_any_recorder_writes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        Event("note", 0, {"text": "x" * MAX_EVENT}).canonical()
    center, recording = Center(), Recording()
    made.begin(center, recording)
    recording.add("event", b'{"a":"' + b"x" * MAX_EVENT + b'","at":1,"type":"x"}', start=1)
    center.seal(recording)
    with pytest.raises(NotProved, match="event: longer than"):
        verify(center.export(tmp_path / "folder", [recording]))
