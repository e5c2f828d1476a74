"""Tracks: what a recording holds when the sender behaves as senders do."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.senders import Media, make_media
from recorder.clock import Timeline
from recorder.config import CaptureConfig
from recorder.rtp.rtcp import SenderReport
from recorder.tracks.audio import Sound
from recorder.tracks.track import Track
from recorder.tracks.video import Video

SECOND = 1_000_000
FRAME = SECOND // 30
NTP_SECONDS = 3_900_000_000


class Room:
    """Clocks, a sink and a sender that all move when told to."""

    def __init__(self, kind: str = "video") -> None:
        self.now = 100 * SECOND
        self.timeline = Timeline(lambda: self.now, lambda: 1_790_000_000 * SECOND)
        self.keyframes_asked = 0
        self.inits: list[tuple[int, bytes, int]] = []
        self.fragments: list[tuple[int, int, bool]] = []
        self.events: list[tuple[str, int, dict[str, Any]]] = []
        config = CaptureConfig()
        self.track: Track = (
            Video(1, self.timeline, config, self._asked)
            if kind == "video"
            else Sound(3, self.timeline, config)
        )
        self.ssrc, self.number, self.timestamp = 11, 60_000, 0xFFFFF000
        self.media = make_media(1)
        self.small = make_media(1, 500, 640, 360)
        self._ticked = self.now

    def _asked(self) -> None:
        self.keyframes_asked += 1

    # The sink

    def init(self, track: int, content: bytes, at: int) -> None:
        self.inits.append((track, content, at))

    def media_(self, track: int, content: bytes, start: int, duration: int, key: bool) -> None:
        self.fragments.append((start, duration, key))

    def event(self, type_: str, at: int, **fields: object) -> None:
        self.events.append((type_, at, fields))

    def begin(self) -> None:
        sink: Any = type("Sink", (), {"init": self.init, "media": self.media_, "event": self.event})()
        self.timeline.begin()
        self.track.begin(sink, self.now)

    # The sender

    def wait(self, us: int) -> None:
        """Time passes, with its ticks."""
        end = self.now + us
        while self._ticked + 100_000 <= end:
            self._ticked += 100_000
            self.now = max(self.now, self._ticked)
            self.track.tick(self.now)
        self.now = end

    def picture(
        self, index: int = 1, media: Media | None = None, lost: bool = False, report: bool = False
    ) -> None:
        """Picture `index` of a clip (0 is a keyframe), then one picture's time."""
        payloads = (media or self.media).pictures[index]
        for at, payload in enumerate(payloads):
            last = at == len(payloads) - 1
            if not (lost and last):
                self.track.packet(self.ssrc, self.number, self.timestamp, int(last), payload, self.now)
            self.number = (self.number + 1) & 0xFFFF
        if report and self.track.stream is not None:
            ntp = (NTP_SECONDS << 32) + (self.now << 32) // SECOND
            self.track.stream.report(SenderReport(self.ssrc, ntp, self.timestamp), self.now)
        self.timestamp = (self.timestamp + 3000) & 0xFFFFFFFF
        self.wait(FRAME)

    def film(self, pictures: int, media: Media | None = None) -> None:
        """A keyframe and the pictures after it."""
        for index in range(pictures):
            self.picture(index % 30, media)

    def sound(self, packets: int = 1, lost: bool = False) -> None:
        """Packets of 20 ms, each sent when it is over."""
        for _ in range(packets):
            self.wait(20_000)
            if not lost:
                self.track.packet(self.ssrc, self.number, self.timestamp, 0, self.media.sounds[0], self.now)
            self.number = (self.number + 1) & 0xFFFF
            self.timestamp = (self.timestamp + 960) & 0xFFFFFFFF

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [fields for type_, _, fields in self.events if type_ == kind]


def test_video_begins_with_the_first_keyframe_after_begin() -> None:
    room = Room()
    room.film(10)
    room.begin()
    asked = room.keyframes_asked
    for _ in range(5):
        room.picture(3)
    assert asked
    assert room.inits == []
    room.film(40)
    assert [(track, at) for track, _, at in room.inits] == [(1, pytest.approx(5 * FRAME, abs=100))]
    assert room.fragments[0] == (pytest.approx(5 * FRAME, abs=100), pytest.approx(SECOND, abs=2), True)
    assert room.told("size") == [{"track": 1, "width": 1280, "height": 720}]
    assert room.told("loss") == []


def test_sound_begins_with_the_first_packet_captured_after_begin() -> None:
    room = Room("audio")
    room.sound(10)
    room.begin()
    room.sound(60)
    assert room.inits[0][2] == pytest.approx(0, abs=50)
    assert room.fragments == [(pytest.approx(0, abs=50), SECOND, True)]


def test_a_keyframe_is_asked_for_every_two_seconds() -> None:
    room = Room()
    room.begin()
    room.film(15)
    asked = room.keyframes_asked
    room.wait(1_400_000)
    assert room.keyframes_asked == asked
    room.wait(300_000)
    assert room.keyframes_asked > asked


def test_a_lost_packet_loses_its_picture_and_is_told_with_its_time() -> None:
    room = Room()
    room.begin()
    room.film(10)
    room.picture(10, lost=True)
    for index in range(11, 30):
        room.picture(index)
    room.film(45)
    (loss,) = room.told("loss")
    assert (loss["packets"], loss["frames"]) == (1, 1)
    assert loss["from"] == pytest.approx(10 * FRAME, abs=100)
    assert loss["to"] == pytest.approx(11 * FRAME, abs=100)
    (damaged,) = room.told("damaged")
    assert damaged["frames"] == 19
    assert damaged["to"] == pytest.approx(30 * FRAME, abs=100)


def test_a_lost_sound_is_a_gap_and_is_told_with_its_time() -> None:
    room = Room("audio")
    room.begin()
    room.sound(10)
    room.sound(3, lost=True)
    room.sound(200)
    (loss,) = room.told("loss")
    assert (loss["packets"], loss["frames"]) == (3, 3)
    assert (loss["from"], loss["to"]) == (pytest.approx(200_000, abs=100), pytest.approx(260_000, abs=100))
    assert [start + duration for start, duration, _ in room.fragments][:-1] == [
        start for start, *_ in room.fragments
    ][1:]


def test_a_sound_that_no_specification_allows_is_lost_and_told() -> None:
    room = Room("audio")
    room.begin()
    room.sound(10)
    room.wait(20_000)
    room.track.packet(room.ssrc, room.number, room.timestamp, 0, b"\x03\x00", room.now)
    room.number, room.timestamp = room.number + 1, (room.timestamp + 960) & 0xFFFFFFFF
    room.sound(100)
    (loss,) = room.told("loss")
    assert (loss["packets"], loss["frames"]) == (1, 1)
    assert room.track.refused == 1


def test_a_freeze_is_told_when_it_is_noticed_and_when_it_is_over() -> None:
    room = Room()
    room.begin()
    room.film(30)
    room.wait(4 * SECOND)
    assert room.told("freeze") == [
        {
            "track": 1,
            "from": pytest.approx(SECOND, abs=100),
            "ms": pytest.approx(1000, abs=110),
            "over": False,
        }
    ]
    room.timestamp = (room.timestamp + 4 * 90_000) & 0xFFFFFFFF
    room.film(2)
    assert room.told("freeze")[1] == {
        "track": 1, "from": pytest.approx(SECOND, abs=100), "ms": pytest.approx(4000, abs=40), "over": True
    }  # fmt: skip


def test_a_track_that_comes_later_and_later_says_at_the_end_what_has_not_come() -> None:
    room = Room("audio")
    room.begin()
    room.sound(100)
    for _ in range(100):  # at half the pace: there is always one that has just come
        room.wait(20_000)
        room.sound()
    assert room.told("freeze") == []
    room.track.end(room.now)
    assert sum(duration for _, duration, _ in room.fragments) == pytest.approx(4 * SECOND, abs=100)
    assert room.told("freeze") == [
        {"track": 3, "from": pytest.approx(4 * SECOND, abs=100), "ms": 2000, "over": over}
        for over in (False, True)
    ]


def test_an_open_fragment_does_not_wait_for_a_picture_that_does_not_come() -> None:
    room = Room()
    room.begin()
    room.film(15)
    room.wait(2 * SECOND)
    assert room.fragments == [(pytest.approx(0, abs=50), pytest.approx(SECOND // 2, abs=100), True)]


def test_a_track_that_begins_late_is_told_and_stands_at_its_time() -> None:
    room = Room()
    room.begin()
    room.wait(7 * SECOND)
    room.film(31)
    assert room.told("track.late") == [{"track": 1, "ms": pytest.approx(7000, abs=10)}]
    assert room.fragments[0][0] == pytest.approx(7 * SECOND, abs=100)


def test_another_picture_size_gets_its_own_init_segment() -> None:
    room = Room()
    room.begin()
    room.film(20)
    room.film(20, room.small)
    assert len(room.inits) == 2
    at = room.inits[1][2]
    assert at == pytest.approx(20 * FRAME, abs=100)
    assert room.fragments[0][0] + room.fragments[0][1] == at
    assert room.told("size")[1] == {"track": 1, "width": 640, "height": 360}


def test_the_same_size_is_described_once() -> None:
    room = Room()
    room.begin()
    for _ in range(3):
        room.film(20)
    assert len(room.inits) == 1


def test_a_new_source_is_told_and_its_pictures_stand_at_their_time() -> None:
    room = Room()
    room.begin()
    room.film(30)
    room.ssrc, room.number, room.timestamp = 12, 5, 777
    room.film(40)
    assert room.told("encoder.restarted") == [{"track": 1, "reason": "source"}]
    assert room.fragments[0][:2] == (pytest.approx(0, abs=50), pytest.approx(SECOND, abs=100))
    assert room.fragments[1][0] == pytest.approx(SECOND, abs=100)
    assert room.told("loss") == []


def test_a_single_packet_of_another_source_changes_nothing() -> None:
    room = Room()
    room.begin()
    room.film(10)
    room.track.packet(99, 7, 1, 1, b"\x61\x80", room.now)
    room.film(30)
    room.track.packet(98, 7, 1, 1, b"\x61\x80", room.now)
    assert room.told("encoder.restarted") == []
    assert room.track.refused == 1


@pytest.mark.parametrize("jump", [-20 * 90_000, 20 * 90_000])
def test_timestamps_that_jump_are_told_and_change_no_time(jump: int) -> None:
    room = Room()
    room.begin()
    room.film(30)
    room.timestamp = (room.timestamp + jump) & 0xFFFFFFFF
    room.film(60)
    room.film(2)
    assert room.told("encoder.restarted") == [{"track": 1, "reason": "timestamps"}]
    starts = [start for start, *_ in room.fragments]
    assert starts == [pytest.approx(index * SECOND, abs=200) for index in range(3)]


def test_numbering_anew_is_told_and_nothing_is_counted_as_lost() -> None:
    room = Room()
    room.begin()
    room.film(30)
    room.number = 20_000
    room.film(30)
    assert room.told("encoder.restarted") == [{"track": 1, "reason": "numbering"}]
    assert room.track.lost == 0


def test_a_pause_keeps_what_came_before_and_resumes_with_a_keyframe() -> None:
    room = Room()
    room.begin()
    room.film(20)
    room.track.pause(room.now)
    assert room.fragments == [(pytest.approx(0, abs=50), pytest.approx(20 * FRAME, abs=50), True)]
    room.film(30)
    room.track.resume(room.now)
    for index in (5, 6, 0, 1, 2):
        room.picture(index)
    room.track.end(room.now)
    assert room.fragments[1] == (
        pytest.approx(52 * FRAME, abs=100), pytest.approx(3 * FRAME, abs=100), True
    )  # fmt: skip
    assert room.told("loss") == []


def test_its_newest_picture_is_shown_before_a_part_and_after_it_and_never_in_a_break() -> None:
    room = Room()
    video = room.track
    assert isinstance(video, Video)
    assert video.preview == b""
    room.picture(3)  # no keyframe: a decoder would show nothing
    assert video.preview == b""
    room.film(5)
    first = video.preview
    assert first[4:8] == b"ftyp" and first.count(b"moof") == first.count(b"mdat") == 1
    room.begin()
    room.film(30)
    assert video.preview == b""
    room.track.pause(room.now)
    room.film(30)  # what is said now may be privileged
    assert video.preview == b""
    room.track.end(room.now)
    room.film(1)
    assert video.preview


def test_packets_waiting_behind_a_gap_are_not_lost_by_a_pause() -> None:
    room = Room()
    room.begin()
    room.film(5)
    room.picture(5, lost=True)
    for index in (6, 7, 8):
        room.picture(index)
    room.track.pause(room.now)
    assert sum(duration for _, duration, _ in room.fragments) == pytest.approx(9 * FRAME, abs=100)
    assert room.told("loss")[0]["packets"] == 1


def test_the_end_of_a_source_is_told() -> None:
    room = Room()
    room.begin()
    room.film(5)
    room.track.gone("goodbye", room.now)
    assert room.told("track.ended") == [{"track": 1, "reason": "goodbye"}]
    assert len(room.fragments) == 1


def test_a_keyframe_whose_parameter_sets_cannot_be_read_is_not_recorded() -> None:
    room = Room()
    room.begin()
    room.film(5)
    for payload, marker in ((b"\x67\x42", 0), (b"\x68\x01", 0), (b"\x65\x80", 1)):
        room.track.packet(room.ssrc, room.number, room.timestamp, marker, payload, room.now)
        room.number += 1
    room.timestamp = (room.timestamp + 3000) & 0xFFFFFFFF
    room.wait(FRAME)
    room.picture(6)
    room.film(40)
    assert len(room.inits) == 1
    (loss,) = room.told("loss")
    assert (loss["packets"], loss["frames"]) == (0, 2)


def test_a_report_that_shows_an_error_corrects_it_gently() -> None:
    """Pictures that took 60 ms to arrive stand 60 ms too late, until a report says so."""
    room = Room()
    room.timestamp = 1_000_000
    room.begin()
    room.film(30)
    room.film(30)
    assert room.track.stream is not None
    ntp = (NTP_SECONDS << 32) + (room.now << 32) // SECOND
    room.track.stream.report(SenderReport(room.ssrc, ntp, 1_000_000 + 60 * 3000 + 60 * 90), room.now)
    for _ in range(40):
        room.film(30)
    starts = [start for start, *_ in room.fragments]
    steps = [after - before for before, after in pairwise(starts)]
    assert min(steps) >= SECOND - 5_001
    assert starts[-1] == pytest.approx((len(starts) - 1) * SECOND - 60_000, abs=3_000)


@settings(deadline=None)  # machines that run tests are busy
@given(st.data())
def test_any_packets_at_all_leave_a_recording_in_order(data: st.DataObject) -> None:
    """Sources, numbers, timestamps and contents at random, between true ones, with pauses and reports."""
    room = Room(data.draw(st.sampled_from(["video", "audio"])))
    room.begin()
    for _ in range(data.draw(st.integers(1, 12))):
        act = data.draw(st.integers(0, 7))
        if act < 3:
            for index in range(data.draw(st.integers(1, 8))):
                if isinstance(room.track, Video):
                    room.picture(index, lost=data.draw(st.booleans()))
                else:
                    room.sound(lost=data.draw(st.booleans()))
        elif act == 3:
            room.wait(data.draw(st.sampled_from([1, 20_000, 600_000, 3 * SECOND, 90 * SECOND])))
        elif act == 4:
            room.ssrc = data.draw(st.integers(1, 3))
            room.number = data.draw(st.integers(0, 0xFFFF))
        elif act == 5:
            room.timestamp = data.draw(st.integers(0, 0xFFFFFFFF))
        elif act == 6 and room.track.stream is not None:
            ntp, rtp = data.draw(st.integers(0, 2**64 - 1)), data.draw(st.integers(0, 2**32 - 1))
            room.track.stream.report(SenderReport(room.ssrc, ntp, rtp), room.now)
        else:
            room.track.pause(room.now)
            room.track.resume(room.now)
        payload = data.draw(st.binary(max_size=8))
        number, marker = data.draw(st.integers(0, 0xFFFF)), data.draw(st.integers(0, 1))
        room.track.packet(room.ssrc, number, room.timestamp, marker, payload, room.now)
    room.track.end(room.now)
    ends = [start + duration for start, duration, _ in room.fragments]
    assert all(duration > 0 for _, duration, _ in room.fragments)
    assert all(end <= start for end, (start, *_) in zip(ends, room.fragments[1:], strict=False))
    assert all(at >= 0 for _, at, _ in room.events)


def test_a_microphone_that_was_away_goes_on_at_its_time_although_its_clock_stood_still() -> None:
    room = Room("audio")
    room.begin()
    room.sound(100)
    room.wait(10 * SECOND)
    room.sound(150)
    room.track.end(room.now)
    assert room.told("encoder.restarted") == [{"track": 3, "reason": "standstill"}]
    assert room.fragments[2][0] == pytest.approx(12 * SECOND, abs=1000)
    assert room.told("freeze")[1]["ms"] == pytest.approx(10_400, abs=30)


def test_packets_that_the_network_held_up_keep_the_time_they_were_captured_at() -> None:
    room = Room("audio")
    room.begin()
    room.sound(100)
    waiting, room.track.packet = [], lambda *packet: waiting.append(packet)  # type: ignore[method-assign]
    room.sound(150)
    del room.track.packet  # type: ignore[method-assign]
    for packet in waiting:
        room.track.packet(*packet[:-1], room.now)
    room.sound(100)
    room.track.end(room.now)
    assert room.told("encoder.restarted") == []
    assert [start for start, *_ in room.fragments] == [pytest.approx(n * SECOND, abs=50) for n in range(7)]


def test_numbering_and_timestamps_anew_change_no_time() -> None:
    room = Room()
    room.begin()
    room.film(30)
    room.number, room.timestamp = 20_000, 0x7000_0000
    room.film(60)
    assert [each["reason"] for each in room.told("encoder.restarted")] == ["numbering", "timestamps"]
    starts = [start for start, *_ in room.fragments]
    assert starts == [pytest.approx(index * SECOND, abs=200) for index in range(len(starts))]
