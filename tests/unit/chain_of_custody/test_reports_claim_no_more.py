"""What a report says of a package that holds: no more than was proved, and for which case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_of_custody.errors import Malformed, NotProved, NotWitnessed
from chain_of_custody.items.record import Record
from chain_of_custody.items.recording_contents import MAX_EVENT, Event, Header
from chain_of_custody.items.recording_manifest import Manifest
from chain_of_custody.items.sender import Sender
from chain_of_custody.items.timeline import Bounds, read
from chain_of_custody.report import render
from chain_of_custody.report.messages import NOT_PROVED
from chain_of_custody.report.not_proved import ALWAYS
from chain_of_custody.report.report import Report
from chain_of_custody.statements.statement import Statement
from chain_of_custody.trust.policy import TrustPolicy
from tests.support.ledger.cosigners import TWO_OF_THREE
from tests.support.packages import court_packages as made
from tests.support.packages.court_packages import (
    CASE,
    DEPLOYMENT,
    SECOND,
    SECOND_EVIDENCE,
    SYSTEM,
    Center,
    Cut,
    Recording,
    replace,
    verify,
)


def text_of(center: Center, folder: Path, recordings: list[Recording]) -> str:
    return render.text(verify(center.export(folder, recordings), center.policy))


def test_the_verdict_is_about_the_recordings_and_not_about_every_file(
    honest: tuple[Center, Path], folder: Path
) -> None:
    (folder / "README.txt").write_text("This testimony was withdrawn.\n")
    made.list_tags_again(folder)
    text = render.text(verify(folder, honest[0].policy))
    assert text.startswith("INTACT: what is here of the recordings")
    assert "README.txt and bag-info.txt" in text


def test_the_case_is_named(honest: tuple[Center, Path]) -> None:
    report = verify(honest[1], honest[0].policy)
    assert f"case {CASE}" in render.text(report)
    assert render.as_json(report)["items"][0]["case"] == CASE
    assert {one["case"] for one in render.as_json(report)["statements"]} == {CASE, None}


@pytest.mark.parametrize("code", [*ALWAYS, "time.none", "parts.other", "witness.none"])
def test_what_no_package_proves_is_said_in_each_report(honest: tuple[Center, Path], code: str) -> None:
    report = verify(honest[1], honest[0].policy)
    (said,) = [one for one in render.not_proved(report) if one.code == code]
    assert said.sentence in render.text(report)
    assert said.as_json() in render.as_json(report)["not_proved"]


def test_what_is_gravest_is_said_first(honest: tuple[Center, Path]) -> None:
    codes = [one.code for one in render.not_proved(verify(honest[1]))]
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


@pytest.mark.parametrize(
    ("begins", "seconds"),
    [(".250", "0.3"), (".150", "0.2"), (".249", "0.2"), (".050", "0.1"), (".049", "0.0")],
)
def test_a_pause_is_given_to_the_nearest_tenth_halves_up(tmp_path: Path, begins: str, seconds: str) -> None:
    center, first, second = Center(), Recording(), Recording(SECOND_EVIDENCE, part=2)
    made.begin(center, first)
    center.seal(first)
    lasts = max(record.end for record in first.records) // SECOND
    first_epoch = first.header.epoch if first.header else ""
    assert first_epoch.endswith(":03.120Z")
    minute = first_epoch[:-7]
    center.start(second, epoch=f"{minute}{3 + lasts:02}.{120 + int(begins[1:])}Z")
    made.record_seconds(center, second)
    center.seal(second)
    report = verify(center.export(tmp_path / "folder", [first, second]), center.policy)
    (pause,) = [one for one in render.findings(report) if one.code == "parts.pause"]
    assert pause.values["seconds"] == seconds


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
    line = next(line for line in render.history(verify(honest[1])) if "recording of part 1 started" in line)
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


# --- A cut is no silence ----------------------------------------------------------------------------------


def badly_cut(folder: Path, begin: int, end: int, first: int, last: int) -> Report:
    """An excerpt whose exporter took the records from `first` to `last`, whatever they leave out. A second
    of the honest recording is three records: wide, close, microphone."""
    center, recording = made.sealed_recording()
    records = recording.records
    needed = {record.init for record in records[first : last + 1] if record.kind == "media"}
    chosen = [
        records[0],
        *(one for one in records[1:first] if one.index in needed),
        *records[first : last + 1],
    ]
    recording.excerpt = lambda *_: recording.excerpt_of(chosen)  # type: ignore[method-assign]
    return verify(center.export(folder, [Cut(recording, begin, end)]), center.policy)


def of_kind(recording: Recording, track: int, start: int) -> int:
    return next(
        one.index
        for one in recording.records
        if one.kind == "media" and (one.track, one.start) == (track, start)
    )


def test_what_a_cut_takes_from_one_track_is_not_told_as_silence(tmp_path: Path) -> None:
    _, recording = made.sealed_recording()
    # The microphone's first second here begins as late as the exporter liked; so does the wide camera's end.
    first, last = of_kind(recording, 3, SECOND), of_kind(recording, 2, 4 * SECOND)
    report = badly_cut(tmp_path / "folder", 1_500_000, 4_500_000, first, last)
    gaps = {gap.track: gap for gap in report.parts[0].reading.gaps}
    assert set(gaps) == {"wide", "close", "microphone"}
    assert not any(gap.shown for gap in gaps.values())
    assert (
        "wide: nothing in this excerpt for 1.0 s (whether anything was recorded then lies outside"
        in render.text(report)
    )
    assert "nothing for" not in render.text(report)
    assert {one["shown"] for one in render.as_json(report)["items"][0]["gaps"]} == {False}


def first_of_the_wide_camera() -> tuple[Header, Record]:
    """The recording's header, and fragment number 1 of its first track."""
    _, recording = made.sealed_recording()
    assert recording.header is not None
    return recording.header, recording.records[of_kind(recording, 1, 0)]


@pytest.mark.parametrize("earlier", [True, False])
def test_numbers_that_begin_again_do_not_make_a_cut_a_silence(earlier: bool) -> None:
    """A recorder that lies may number what lies before the cut as it likes; an excerpt is not counted."""
    header, record = first_of_the_wide_camera()
    assert record.number == 1
    late = replace(record, start=3 * SECOND)
    gaps = read(header, [late], [], Bounds(2 * SECOND, 4 * SECOND, earlier=earlier, later=False)).gaps
    (gap,) = [gap for gap in gaps if gap.track == "wide"]
    assert (gap.start, gap.end, gap.shown) == (2 * SECOND, 3 * SECOND, not earlier)


@pytest.mark.parametrize(
    ("track", "reason"), [(1, "loss"), (True, None), (2, None), (None, None), ("1", None)]
)
def test_a_gap_has_its_reason_from_an_event_that_names_its_track_as_a_number(
    track: object, reason: str | None
) -> None:
    header, record = first_of_the_wide_camera()
    later = replace(record, number=2, start=3 * SECOND)
    event = Event("loss", SECOND, {"track": track})
    gaps = read(header, [record, later], [event]).gaps
    assert [gap.reason for gap in gaps if gap.track == "wide"] == [reason]


def test_a_gap_between_two_fragments_of_an_excerpt_is_shown(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    recording.add("media", b"after a while", 1, 9 * SECOND, SECOND)
    recording.add("media", b"after a while", 2, 9 * SECOND, SECOND)
    center.seal(recording)
    folder = center.export(tmp_path / "folder", [Cut(recording, 4 * SECOND, 10 * SECOND)])
    gaps = {gap.track: gap for gap in verify(folder, center.policy).parts[0].reading.gaps}
    assert {track: gap.shown for track, gap in gaps.items()} == {
        "wide": True,
        "close": True,
        "microphone": True,
    }
    assert "this excerpt does not say why" in gaps["wide"].sentence


def test_a_whole_recording_shows_every_gap(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    made.begin(center, recording)
    recording.add("media", b"after a while", 1, 9 * SECOND, SECOND)
    center.seal(recording)
    gaps = verify(center.export(tmp_path / "folder", [recording]), center.policy).parts[0].reading.gaps
    assert {gap.shown for gap in gaps} == {True}
    assert "the recording does not say why" in gaps[0].sentence


# --- A ledger without its witnesses -----------------------------------------------------------------------


def unwitnessed(folder: Path, registered: bool) -> Report:
    center = Center(third_parties=TWO_OF_THREE)
    with pytest.raises(NotWitnessed) as caught:
        verify(made.honest_package(folder, center)[1], center.policy if registered else None)
    assert isinstance(caught.value.report, Report)
    return caught.value.report


@pytest.mark.parametrize("registered", [True, False])
def test_without_its_witnesses_nothing_is_called_unaltered(tmp_path: Path, registered: bool) -> None:
    """Whoever rewrote the ledger with the center's keys would have just this: all but the witnesses."""
    report = unwitnessed(tmp_path / "folder", registered)
    text = render.text(report).lower()
    assert "nothing is altered" not in text
    assert "a ledger that was rewritten would lack them too" in text
    assert render.as_json(report)["policy"]["registered"] is registered
    assert ("origin unknown" in text.splitlines()[0]) is not registered


# --- What the registry does not show ----------------------------------------------------------------------


def test_a_registry_that_ends_early_hides_what_was_revoked_and_the_report_says_so(tmp_path: Path) -> None:
    center, recording = Center(), Recording()
    center.enrol()
    stolen = {"key": made.statements.key_id(made.public(center.recorder_key)), "reason": "stolen"}
    center.say("recorder.revoked", DEPLOYMENT, stolen, case=None, actor=SYSTEM, into_folder=False)
    del center.heads[DEPLOYMENT]  # the export will name number 0 as the newest
    made.begin(center, recording, enrol=False)
    center.seal(recording)
    text = text_of(center, tmp_path / "folder", [recording])
    assert "each signed by a key that counted then, by the registry as far as it is here" in text
    assert "or was revoked by a statement of the registry that is not here" in text


def changed_policy(folder: Path, policy: Callable[[TrustPolicy], str]) -> Report:
    center, recording = Center(), Recording()
    center.say("policy.changed", DEPLOYMENT, {"policy": policy(center.policy)}, case=None, actor=SYSTEM)
    made.begin(center, recording)
    center.seal(recording)
    return verify(center.export(folder, [recording]), center.policy)


def test_a_policy_that_the_registry_says_was_replaced_is_pointed_out(tmp_path: Path) -> None:
    report = changed_policy(tmp_path / "other", lambda policy: "d1" * 32)
    (found,) = [one for one in render.findings(report) if one.code == "policy.other"]
    assert found.values == {"position": 0, "fingerprint": "d1" * 32}
    report = changed_policy(tmp_path / "same", lambda policy: policy.fingerprint)
    assert "policy.other" not in [one.code for one in render.findings(report)]


ALIKE = made.INTERVIEW[:-1] + "1"
"""An interview whose id begins with the same digits."""


class OfAnother(Recording):
    @property
    def manifest(self) -> Manifest:
        return replace(super().manifest, interview=ALIKE)

    def sent_by(self) -> tuple[Sender, ...]:
        return made.sender("wide", interview=ALIKE), made.sender("close", interview=ALIKE)


def test_interviews_are_told_apart_by_more_than_the_digits_that_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    center, first, second = Center(), Recording(), OfAnother(SECOND_EVIDENCE)
    made.begin(center, first)
    with monkeypatch.context() as patch:
        patch.setattr(made, "INTERVIEW", ALIKE)
        center.open_interview()
        center.start(second)
    made.record_seconds(center, second)
    center.seal(first)
    center.seal(second)
    report = verify(center.export(tmp_path / "folder", [first, second]), center.policy)
    said = [one.values["parts"] for one in render.not_proved(report) if one.code == "parts.other"]
    assert said == ["part 1", "part 1"]
