"""What a package plays: FFmpeg opens every film, all tracks, every frame, without a complaint.

Pictures and sounds are real, in the recorder's own boxes.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.senders import FPS, Media, make_media
from recorder.tracks import cmaf
from tests.support.packages.court_packages import EVIDENCE, SECOND, Center, Cut, Recording, verify

pytestmark = pytest.mark.starts

SECONDS = 4
LARGE, SMALL = (320, 180), (160, 90)


def lengths_before(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def pictures(media: Media, track: int, second: int) -> bytes:
    """One second of pictures as the recorder writes it."""
    each = range(second * FPS, (second + 1) * FPS)
    samples = [lengths_before(media.units[number]) for number in each]
    flags = cmaf.KEY_FIRST if media.keys[each[0]] else cmaf.NO_KEY
    ticks = cmaf.VIDEO_RATE
    return cmaf.fragment(
        track, second + 1, second * ticks, second * SECOND, samples, [ticks // FPS] * FPS, flags
    )


def sounds(media: Media, track: int, second: int) -> bytes:
    samples = media.sounds[second * 50 : (second + 1) * 50]
    durations, rate = [960] * 50, cmaf.SOUND_RATE
    return cmaf.fragment(track, second + 1, second * rate, second * SECOND, samples, durations, cmaf.ALL_KEYS)


def header(media: Media, track: int) -> bytes:
    return cmaf.video_header(track, media.units[0][:1], media.units[0][1:2])


def filmed(center: Center) -> Recording:
    """Two cameras and a microphone for four seconds; the wide picture is smaller after two."""
    large, small = (make_media(SECONDS, 300, *size, key_every=FPS) for size in (LARGE, SMALL))
    recording = Recording()
    center.enrol()
    center.open_interview()
    center.start(recording)
    recording.add("init", header(large, 1), 1)
    recording.add("init", header(small, 2), 2)
    recording.add("init", cmaf.sound_header(3), 3)
    for second in range(SECONDS):
        start = second * SECOND
        if second == 2:
            recording.add("init", header(small, 1), 1, start)
        recording.add("media", pictures(large if second < 2 else small, 1, second), 1, start, SECOND)
        recording.add("media", pictures(small, 2, second), 2, start, SECOND)
        recording.add("media", sounds(large, 3, second), 3, start, SECOND)
    center.seal(recording)
    return recording


def probed(path: Path) -> list[dict[str, Any]]:
    """The streams that ffprobe finds, with their packets counted."""
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_streams", "-of", "json", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == "", path
    streams: list[dict[str, Any]] = json.loads(run.stdout)["streams"]
    return streams


def decoded(path: Path) -> str:
    """What FFmpeg complains about when it decodes everything."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A package of the whole, and one of the second from 1.0 s on."""
    made = []
    for name in ("whole", "excerpt"):
        center = Center()
        recording = filmed(center)
        item = recording if name == "whole" else Cut(recording, SECOND, 2 * SECOND)
        made.append(center.export(tmp_path_factory.mktemp("films") / name, [item]))
        assert verify(made[-1], center.policy).outcome == "intact"
    return made[0], made[1]


def test_a_viewing_copy_has_all_tracks_and_all_their_frames(films: tuple[Path, Path]) -> None:
    for name, size in ((f"{EVIDENCE}.mp4", LARGE), (f"{EVIDENCE}-2.mp4", SMALL)):
        path = films[0] / "data/viewing" / name
        wide, close, microphone = probed(path)
        assert (wide["codec_name"], wide["width"], wide["height"]) == ("h264", *size)
        assert (close["codec_name"], close["width"], close["height"]) == ("h264", *SMALL)
        assert microphone["codec_name"] == "opus"
        assert [int(stream["nb_read_packets"]) for stream in (wide, close, microphone)] == [60, 60, 100]
        assert [stream["id"] for stream in (wide, close, microphone)] == ["0x1", "0x2", "0x3"]
        assert decoded(path) == ""


def test_each_film_plays_alone(films: tuple[Path, Path]) -> None:
    home = films[0] / "data/recordings" / EVIDENCE
    for name, packets in (("wide", 60), ("wide-2", 60), ("close", 120), ("microphone", 200)):
        (stream,) = probed(home / f"{name}.mp4")
        assert int(stream["nb_read_packets"]) == packets
        assert decoded(home / f"{name}.mp4") == ""


def test_an_excerpt_plays_from_its_keyframe(films: tuple[Path, Path]) -> None:
    path = films[1] / "data/viewing" / f"{EVIDENCE}.mp4"
    streams = probed(path)
    assert [int(stream["nb_read_packets"]) for stream in streams] == [30, 30, 50]
    assert all(float(stream["start_time"]) == 1.0 for stream in streams)
    assert decoded(path) == ""
    assert decoded(films[1] / "data/excerpts" / EVIDENCE / "wide.mp4") == ""
