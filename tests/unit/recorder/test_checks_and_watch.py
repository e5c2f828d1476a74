"""The numbers behind the check list, and behind what the console calls lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recorder.interview.alerts import SILENT_AFTER, Watch, disk_trouble
from recorder.interview.disk_forecast import DiskForecast
from recorder.interview.preflight import (
    CONSENT,
    AudioLevelMonitor,
    FactsOfWeb,
    check_camera,
    check_clock,
    check_disk,
    check_elsewhere,
    check_sound,
    hours_left,
    synchronised,
)
from tests.support.centers.interview_room import CONNECTED

HEARD = replace(CONNECTED, last_audio_ms=10, audio_level=-30, audio_kbps=50.0)


@pytest.mark.parametrize(
    ("stats", "full_for", "state", "code"),
    [
        (None, 0.0, "fail", "camera.missing"),
        (replace(CONNECTED, state="connecting"), 0.0, "fail", "camera.missing"),
        (replace(CONNECTED, state="disconnected"), 9.0, "fail", "camera.missing"),
        (replace(CONNECTED, last_video_ms=None), 0.0, "fail", "camera.still"),
        (replace(CONNECTED, last_video_ms=2500), 9.0, "fail", "camera.still"),
        (replace(CONNECTED, width=640, height=360), 0.0, "warn", "camera.small"),
        (replace(CONNECTED, fps=12.0), 0.0, "warn", "camera.slow"),
        (CONNECTED, 1.9, "warn", "camera.settling"),
        (CONNECTED, 2.0, "ok", "camera.fine"),
        (replace(CONNECTED, width=1920, height=1080), 2.0, "ok", "camera.fine"),
    ],
)
def test_a_camera_is_well_once_the_full_picture_has_held_for_two_seconds(
    stats: object, full_for: float, state: str, code: str
) -> None:
    result = check_camera("wide", stats, full_for, others=True)  # type: ignore[arg-type]
    assert (result.state, result.code, result.blocking) == (state, code, False)


def test_only_without_any_camera_nothing_can_begin() -> None:
    assert check_camera("wide", None, 0.0, others=False).blocking
    assert not check_camera("wide", None, 0.0, others=True).blocking


@pytest.mark.parametrize(
    ("levels", "moving"),
    [
        ([-30, -45, -28, -60], True),  # speech and pauses
        ([-127, -127, -127], False),  # a dead line
        ([-74, -80, -75], False),  # the noise of electronics
        ([-40, -41, -42, -40], False),  # a hum
        ([-12, -12, -12], True),  # louder than any dead line
        ([], False),
    ],
)
def test_a_microphone_is_heard_when_its_level_moves(levels: list[int], moving: bool) -> None:
    seen = AudioLevelMonitor()
    for at, level in enumerate(levels):
        seen.add(replace(HEARD, audio_level=level), float(at))
    assert seen.moving is moving


def test_without_levels_the_size_of_sound_packets_tells_and_old_looks_are_forgotten() -> None:
    seen = AudioLevelMonitor()
    for at, rate in enumerate([30.0, 31.0, 30.0]):
        seen.add(replace(HEARD, audio_level=None, audio_kbps=rate), float(at))
    assert not seen.moving
    seen.add(replace(HEARD, audio_level=None, audio_kbps=60.0), 3.0)
    assert seen.moving
    seen.add(replace(HEARD, audio_level=None, audio_kbps=60.0), 30.0)
    assert not seen.moving


def test_sound_and_disk_are_said_as_they_are(tmp_path: Path) -> None:
    assert check_sound(False, False).code == "sound.missing"
    assert check_sound(True, False).code == "sound.silent"
    assert check_sound(True, True).state == "ok"
    assert (check_disk(0.1).code, check_disk(0.1).blocking) == ("disk.full", True)
    assert check_disk(1.5).values == {"hours": 1.5}
    assert check_disk(9.7).values == {"hours": 9}
    assert hours_left(tmp_path, 0) > hours_left(tmp_path, 10**9)
    assert hours_left(tmp_path, 2**62) == 0


def test_a_clock_before_this_software_or_before_the_newest_statement_is_wrong() -> None:
    now = datetime.now(UTC)
    assert check_clock(None, datetime(2001, 1, 1, tzinfo=UTC)).code == "clock.wrong"
    assert check_clock(now + timedelta(minutes=1), now).code == "clock.wrong"
    assert check_clock(now + timedelta(seconds=1), now).code in ("clock.fine", "clock.alone")
    assert check_clock(None, now).state == ("ok" if synchronised() else "warn")


def test_a_ledger_that_is_away_stops_everything_but_practice() -> None:
    away = FactsOfWeb({"first-copy": False}, ledger=False, trial_keys=True)
    found = {one.check: one for one in check_elsewhere(away)}
    assert found["first-copy"].state == "warn"
    assert found["ledger"].blocking
    assert found["keys"].code == "keys.trial"
    assert not [one for one in check_elsewhere(replace(away, practice=True)) if one.blocking]


@pytest.mark.parametrize("consent", CONSENT)
def test_consent_is_among_the_checks_and_blocks_nothing(consent: str) -> None:
    facts = FactsOfWeb({}, ledger=True, trial_keys=False, consent=consent)
    found = {one.check: one for one in check_elsewhere(facts)}
    assert (found["consent"].code, found["consent"].state) == (f"consent.{consent}", CONSENT[consent])
    assert not found["consent"].blocking
    assert "consent" not in {one.check for one in check_elsewhere(replace(facts, practice=True))}


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> Watch:
    return Watch(clock, clock.wall)


def test_the_full_picture_must_hold_without_interruption(watch: Watch, clock: Clock) -> None:
    watch.look({"wide": CONNECTED})
    clock.seconds = 1.5
    watch.look({"wide": replace(CONNECTED, fps=5.0)})
    assert watch.full_for("wide") == 0.0
    watch.look({"wide": CONNECTED})
    clock.seconds = 4.0
    assert watch.full_for("wide") == 2.5
    watch.look({})
    assert watch.full_for("wide") == 0.0


def test_a_loss_is_noticed_within_a_second_and_dated_from_when_it_began(watch: Watch, clock: Clock) -> None:
    assert SILENT_AFTER < 1000
    clock.seconds = 10.0
    silent = replace(CONNECTED, last_video_ms=SILENT_AFTER)
    (loss,) = watch.lost({"wide"}, False, {"wide": silent, "close": CONNECTED})
    assert loss.code == "everything"
    (loss,) = watch.lost({"wide", "close"}, False, {"wide": silent, "close": CONNECTED})
    assert (loss.code, loss.name) == ("camera", "wide")
    assert loss.as_json()["since"] == "2026-11-24T00:00:09.100Z"
    clock.seconds = 20.0
    (later,) = watch.lost({"wide", "close"}, False, {"wide": silent, "close": CONNECTED})
    assert later.since == loss.since, "the same loss, however long it lasts"
    assert watch.lost({"wide", "close"}, False, {"wide": CONNECTED, "close": CONNECTED}) == []


def test_what_was_never_expected_is_not_lost(watch: Watch) -> None:
    assert watch.lost({"wide"}, False, {"wide": CONNECTED}) == []
    assert [one.code for one in watch.lost({"wide"}, True, {"wide": CONNECTED})] == ["sound"]
    assert watch.lost(set(), False, {}) == []


@pytest.mark.parametrize(("hours", "losses", "cautions"), [(3.0, 0, 0), (0.4, 0, 1), (0.04, 1, 0)])
def test_a_filling_disk_is_first_a_caution_then_a_loss(hours: float, losses: int, cautions: int) -> None:
    found = disk_trouble(hours, 9.0, datetime.now(UTC))
    assert (len(found[0]), len(found[1])) == (losses, cautions)


def test_a_disk_that_fills_faster_than_planned_is_a_caution_and_a_burst_no_loss() -> None:
    losses, cautions = disk_trouble(3.0, 0.01, datetime.now(UTC))
    assert not losses
    assert [one.values for one in cautions] == [{"minutes": 0}]


def test_how_long_the_disk_lasts_is_measured_from_what_fills_it_now() -> None:
    room = DiskForecast(planned=3600)  # a byte a second
    assert room.look(7200, 0.0) == 2.0, "too early to conclude anything"
    assert room.look(7100, 10.0) == 7100 / 3600
    # Ten bytes a second: another room records, and a copy lies on the same disk.
    assert room.look(7000, 20.0) == 7000 / (10 * 3600)
    # A break, and somebody frees space: nothing is promised for that.
    assert room.look(7000, 400.0) == 7000 / 3600
    assert room.look(9000, 420.0) == 9000 / 3600
