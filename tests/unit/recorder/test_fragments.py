"""Fragments: what a player reads back is what was put in, sample for sample and tick for tick."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import pytest

from bench.senders import make_media
from recorder.clock import StreamClock, Timeline
from recorder.errors import Malformed
from recorder.rtp import opus
from recorder.tracks import cmaf
from recorder.tracks.fragmenter import Fragmenter

SECOND = 1_000_000


@dataclass
class Bench:
    """A fragmenter whose timeline stands still unless told otherwise."""

    rate: int
    now: int = 0
    fragments: list[tuple[bytes, int, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline(lambda: self.now, lambda: 1_790_000_000 * SECOND)
        self.clock = StreamClock(self.timeline, self.rate)
        self.fragmenter = Fragmenter(
            1, self.rate, SECOND, self.timeline, lambda *fragment: self.fragments.append(fragment)
        )
        self.fragmenter.begin(self.clock)

    def add(self, ticks: int, content: bytes, key: bool = True, lasts: int = 0) -> int:
        """A sample captured at `ticks` that arrives at once; returns its RTP time."""
        time = self.clock.extend(ticks & 0xFFFFFFFF)
        self.now = ticks * SECOND // self.rate
        self.clock.arrived(time, self.now)
        self.fragmenter.add(time, content, key, lasts or self.rate // 30, self.now)
        return time

    def spans(self) -> list[tuple[int, int]]:
        return [(start, duration) for _, start, duration, _ in self.fragments]


def lengths_before(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def read_back(content: bytes) -> list[tuple[int, bytes, bool]]:
    """Timestamp, content and key flag of every sample, by FFmpeg's demuxer."""
    with av.open(io.BytesIO(content)) as film:
        stream = film.streams[0]
        return [
            (packet.pts, bytes(packet), packet.is_keyframe)
            for packet in film.demux(stream)
            if packet.pts is not None
        ]


def ffmpeg_says(content: bytes, folder: Path) -> str:
    """What FFmpeg's decoder complains about; nothing if all is well."""
    path = folder / "track.mp4"
    path.write_bytes(content)
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    done = subprocess.run(
        [program, "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    return done.stderr


@pytest.mark.starts
def test_video_reads_back_exactly_and_decodes_in_silence(tmp_path: Path) -> None:
    media = make_media(4)
    bench = Bench(90_000)
    expected = []
    dice = random.Random(3)
    ticks = 0
    for units, key in zip(media.units, media.keys, strict=True):
        content = lengths_before(units)
        bench.add(ticks, content, key)
        expected.append((ticks, content, key))
        ticks += dice.choice((2970, 3000, 3030, 6000))
    bench.fragmenter.close()
    sps, pps = media.units[0][0], media.units[0][1]
    film = cmaf.video_header(1, (sps,), (pps,)) + b"".join(part for part, *_ in bench.fragments)
    assert read_back(film) == expected
    assert ffmpeg_says(film, tmp_path) == ""


@pytest.mark.starts
def test_sound_reads_back_exactly_with_its_gap_and_decodes_in_silence(tmp_path: Path) -> None:
    media = make_media(4)
    bench = Bench(48_000)
    expected = []
    ticks = 0
    for index, packet in enumerate(media.sounds):
        lasts = opus.duration(packet)
        if not 70 <= index < 85:
            bench.add(ticks, packet, lasts=lasts)
            expected.append((ticks, packet, True))
        ticks += lasts
    bench.fragmenter.close()
    film = cmaf.sound_header(1) + b"".join(part for part, *_ in bench.fragments)
    assert read_back(film) == expected
    assert ffmpeg_says(film, tmp_path) == ""


def test_fragments_follow_each_other_without_a_gap_in_time() -> None:
    bench = Bench(90_000)
    for index in range(200):
        bench.add(index * 3003, b"x" * 20, key=index % 47 == 0)
    bench.fragmenter.close()
    spans = bench.spans()
    assert all(before[0] + before[1] == after[0] for before, after in pairwise(spans))


def test_a_keyframe_begins_a_fragment_and_a_second_ends_one() -> None:
    bench = Bench(90_000)
    for index in range(100):
        bench.add(index * 3000, b"x", key=index in (0, 50))
    bench.fragmenter.close()
    assert [round(duration / 33_333) for _, duration in bench.spans()] == [30, 20, 30, 20]
    assert [key for *_, key in bench.fragments] == [True, False, True, False]


def test_a_cut_waits_a_little_for_a_keyframe_that_was_asked_for() -> None:
    bench = Bench(90_000)
    for index in range(80):
        if index == 28:
            bench.fragmenter.key_awaited = True
        bench.add(index * 3000, b"x", key=index in (0, 35))
    assert [round(duration / 33_333) for _, duration in bench.spans()] == [35, 30]


def test_a_lost_sample_lengthens_the_one_before_it() -> None:
    bench = Bench(48_000)
    for index in (0, 1, 3, 4):
        bench.add(index * 960, b"x", lasts=960)
    bench.fragmenter.close()
    assert [pts for pts, *_ in read_back(cmaf.sound_header(1) + bench.fragments[0][0])] == [
        0,
        960,
        2880,
        3840,
    ]
    assert bench.spans() == [(0, 100_000)]


def test_after_a_gap_a_fragment_begins_where_its_first_sample_was_captured() -> None:
    bench = Bench(90_000)
    bench.add(0, b"x")
    bench.fragmenter.close()
    bench.add(5 * 90_000, b"x")
    bench.fragmenter.close()
    assert bench.spans() == [(0, 33_333), (5 * SECOND, 33_333)]


def test_a_fragment_never_begins_before_the_end_of_the_one_before() -> None:
    """A report shows, in a gap, that the stream is earlier than its packets made believe."""
    bench = Bench(90_000)
    bench.add(0, b"x")
    bench.fragmenter.close()
    bench.clock.report(3_900_000_000 * SECOND, 90_000, SECOND - 990_000)
    bench.add(3000, b"x")
    bench.fragmenter.close()
    assert bench.spans() == [(0, 33_333), (33_333, 33_333)]


def test_no_fragment_begins_before_the_recording() -> None:
    bench = Bench(90_000, now=50_000)
    bench.timeline.begin()
    bench.add(0, b"x")  # captured 50 ms earlier, as its packets make believe
    bench.fragmenter.close()
    assert bench.spans() == [(0, 33_333)]


def test_a_clock_that_jumps_ahead_leaves_a_gap_and_lengthens_no_picture() -> None:
    bench = Bench(90_000)
    for index in range(90):
        if index == 45:  # a report shows that the stream is 400 ms later than its packets made believe
            bench.clock.report(3_900_000_000 * SECOND, index * 3000, index * SECOND // 30 + 400_000)
        bench.add(index * 3000, b"x", key=index % 30 == 0)
    bench.fragmenter.close()
    assert bench.spans() == [(0, SECOND), (SECOND, SECOND), (2_400_000, SECOND)]


def test_an_error_of_the_clock_is_corrected_at_no_more_than_five_milliseconds_a_second() -> None:
    bench = Bench(90_000)
    for index in range(30 * 20):
        if index == 60:  # a report shows that the stream is 40 ms later than its packets made believe
            bench.clock.report(3_900_000_000 * SECOND, index * 3000, index * SECOND // 30 + 40_000)
        bench.add(index * 3000, b"x")
    spans = bench.spans()
    starts = [start for start, _ in spans]
    late = [start - index * SECOND // 30 for index, start in enumerate(starts)]
    assert late[59] == pytest.approx(0, abs=40)
    assert max(abs(after - before) for before, after in pairwise(late)) <= 170
    assert late[-1] == pytest.approx(40_000, abs=2_100)


def test_times_never_go_back() -> None:
    bench = Bench(90_000)
    for ticks in (0, 3000, 3000, 2000, 6000):
        bench.add(ticks, b"x", key=False)
    bench.fragmenter.close()
    times = [pts for pts, *_ in read_back(_header() + bench.fragments[0][0])]
    assert times == [0, 3000, 3001, 3002, 6000]


def _header() -> bytes:
    units = make_media(1).units[0]
    return cmaf.video_header(1, (units[0],), (units[1],))


def test_the_wall_clock_is_kept_in_every_fragment() -> None:
    bench = Bench(90_000)
    bench.timeline.begin()
    for index in range(40):
        bench.add(index * 3000, b"x", key=index == 0)
    fragment = bench.fragments[0][0]
    assert fragment[4:8] == b"prft"
    seconds, fraction = int.from_bytes(fragment[16:20]), int.from_bytes(fragment[20:24])
    assert seconds - 2_208_988_800 == 1_790_000_000
    assert fraction == 0


def test_all_tracks_number_their_fragments_together() -> None:
    """So that the numbers increase in a viewing copy, which has every track in one film."""
    bench = Bench(90_000)
    bench.timeline.begin()
    sound = Fragmenter(3, 48_000, SECOND, bench.timeline, lambda *made: bench.fragments.append(made))
    sound.begin(StreamClock(bench.timeline, 48_000))
    for index in range(150):
        bench.add(index * 3000, b"x", key=index == 0)
        sound.add(index * 1600, b"y", True, 1600, bench.now)
    contents = [content for content, *_ in bench.fragments]
    assert [content[content.index(b"mfhd") + 4 :][4:8] for content in contents] == [
        number.to_bytes(4) for number in range(1, len(contents) + 1)
    ]
    assert {content[content.index(b"tfhd") + 8 :][:4] for content in contents} == {b"\0\0\0\1", b"\0\0\0\3"}
    bench.timeline.begin()
    assert next(bench.timeline.fragment_numbers) == 1


def test_parameter_sets_that_cannot_be_read_describe_no_track() -> None:
    with pytest.raises(Malformed):
        cmaf.video_header(1, (b"\x67\x42",), (b"\x68",))
    with pytest.raises(Malformed):
        cmaf.video_header(1, (), ())
