"""What a redacted film leaves out stays out, also of films that are not as a quiet room's are: with packets
lost, pictures that stand still, and a camera that changes its picture's size within a file."""

from __future__ import annotations

import io
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy
import pytest

from casework.films.filter_graph import graph_of
from casework.redaction.edits import Key, Redaction, Region, Span
from casework.sandbox import ffmpeg as film_program
from casework.working_copies.film_plan import Film, Lane, Scene
from chain_of_custody.items.recipe import Source
from player.papers.cards import draw
from recorder.tracks import cmaf
from tests.support.media.made_films import ALONE, NOTHING, RATE, Seen, loudness
from tests.support.media.made_media import SECOND, camera, microphone

pytestmark = pytest.mark.starts
WIDTH, HEIGHT = 1280, 720
PART = "e1" * 16
WIDE, SOUND = f"{PART}/wide.mp4", f"{PART}/microphone.mp4"


def redacted(folder: Path, seconds: int, redaction: Redaction, picture: bytes, sound: bytes) -> Seen:
    """What the program makes of these films of one part."""
    lanes = [Lane(kind, (Film(name, 0, ()),), ()) for kind, name in (("video", WIDE), ("audio", SOUND))]  # type: ignore[arg-type]
    epoch = datetime(2026, 1, 1, 10, tzinfo=UTC)
    whole = Scene(Source(PART, "11" * 32), 1, epoch, 0, seconds * SECOND, (lanes[0],), (lanes[1],))
    graph = graph_of([whole], ALONE, "redacted-film", redaction)
    for name, content in draw(graph.cards).items():
        (folder / name).write_bytes(content)
    program = film_program.found()
    assert program is not None
    film_program.make(
        program,
        graph.arguments,
        folder,
        {WIDE: lambda: [picture], SOUND: lambda: [sound], **graph.feeds},
        seconds=200,
        size=1 << 30,
        progress=lambda done: None,
        stopped=threading.Event(),
    )
    return Seen.of((folder / graph.output).read_bytes())


def picture_of(seconds: int) -> bytes:
    made = camera(seconds)
    return made.init + b"".join(one.content for one in made.fragments)


def quiet(seconds: int) -> bytes:
    made = microphone(seconds)
    return made.init + b"".join(one.content for one in made.fragments)


def made_by(*arguments: str) -> bytes:
    return ffmpeg(*arguments, "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-")


def ffmpeg(*arguments: str, given: bytes | None = None) -> bytes:
    command = ["ffmpeg", "-loglevel", "error", *arguments]
    return subprocess.run(command, input=given, check=True, capture_output=True).stdout


def test_a_word_is_silenced_where_it_was_said_also_after_packets_were_lost(tmp_path: Path) -> None:
    tone = "aevalsrc='0.5*sin(2*PI*3000*t)*between(t,1.5,1.8)':s=48000:d=3"
    file = made_by("-f", "lavfi", "-i", tone, "-c:a", "libopus", "-b:a", "64k", "-frame_duration", "20")
    packets = packets_of(file)
    durations = [RATE // 50] * len(packets)
    del packets[45:50]  # a tenth of a second of them never came
    durations[44] += sum(durations[45:50])
    del durations[45:50]
    content = cmaf.fragment(2, 1, 0, 0, packets, durations, cmaf.ALL_KEYS)
    sound = cmaf.sound_header(2) + content
    word = Span(PART, 1_500_000, 1_800_000)
    plain = redacted(tmp_path, 3, NOTHING, picture_of(1), sound)
    assert loudness(plain.sound, 3000, 1.6) > 0.2
    silenced = tmp_path / "silenced"
    silenced.mkdir()
    heard = redacted(silenced, 3, replace(NOTHING, bleeps=(word,)), picture_of(1), sound).sound
    for at in numpy.arange(1.0, 2.5, 0.01):
        assert loudness(heard, 3000, float(at), 0.02) < 0.002, f"at {at:.2f} s"


def test_a_picture_that_stands_still_is_covered_as_long_as_it_is_shown(tmp_path: Path) -> None:
    made = camera(3)
    samples = packets_of(made.init + b"".join(one.content for one in made.fragments))
    kept = [*samples[:30], *samples[60:]]  # a second is missing within one fragment
    durations = [cmaf.VIDEO_RATE // 30] * len(kept)
    durations[29] += cmaf.VIDEO_RATE
    picture = made.init + cmaf.fragment(1, 1, 0, 0, kept, durations, cmaf.KEY_FIRST)
    path = (
        Key(0, 0, 0, 2500, 2500),
        Key(SECOND, 0, 0, 2500, 2500),
        Key(SECOND + 1, 7500, 7500, 2500, 2500),  # from then on it is elsewhere
        Key(3 * SECOND, 7500, 7500, 2500, 2500),
    )
    cover = replace(NOTHING, regions=(Region(PART, "wide", "rectangle", "black", path),))
    seen = redacted(tmp_path, 3, cover, picture, quiet(3))
    first = seen.pictures[24][: HEIGHT // 4, : WIDTH // 4]
    assert first.max() < 40
    for number in range(25, 49):  # the picture of the first second is still shown
        assert seen.pictures[number][: HEIGHT // 4, : WIDTH // 4].max() < 40, f"picture {number}"


def test_a_camera_that_changes_its_size_within_a_file_shows_nothing_of_a_cut(tmp_path: Path) -> None:
    shown = [("white", "320x180", 2), ("0x808080", "640x360", 1), ("0x404040", "640x360", 1)]
    pictures = [one for colour, size, seconds in shown for one in pictures_of(colour, size, seconds)]
    sets = [unit for unit in pictures[0] if unit[0] & 31 in (7, 8)]
    samples = [b"".join(len(unit).to_bytes(4) + unit for unit in one) for one in pictures]
    assert len(samples) == 120
    durations = [cmaf.VIDEO_RATE // 30] * len(samples)
    content = cmaf.fragment(1, 1, 0, 0, samples, durations, cmaf.KEY_FIRST)
    picture = cmaf.video_header(1, sets[:1], sets[1:]) + content
    dark = replace(NOTHING, cuts=(Span(PART, 3 * SECOND, 4 * SECOND),))
    seen = redacted(tmp_path, 4, dark, picture, quiet(4))
    brightness = [float(one[100:600, 100:1100].mean()) for one in seen.pictures]
    assert sum(value > 200 for value in brightness) >= 45
    assert sum(110 < value < 150 for value in brightness) >= 20, "and it goes on where it changes"
    assert not [value for value in brightness if 50 < value < 90], "a picture of what was cut"


def pictures_of(colour: str, size: str, seconds: int) -> list[list[bytes]]:
    """The units of each picture, with the parameters before each keyframe."""
    coding = "-c:v libx264 -profile:v baseline -g 30 -threads 1 -pix_fmt yuv420p"
    source = f"-f lavfi -i color=c={colour}:s={size}:r=30 -t {seconds}"
    stream = ffmpeg(*source.split(), *coding.split(), *["-bsf:v", "h264_mp4toannexb", "-f", "h264", "-"])
    units = [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1") if unit.strip(b"\0")]
    found: list[list[bytes]] = [[]]
    for unit in units:
        found[-1].append(unit)
        if unit[0] & 31 in (1, 5):
            found.append([])
    return found[:-1]


def packets_of(content: bytes) -> list[bytes]:
    with av.open(io.BytesIO(content)) as film:
        return [bytes(packet) for packet in film.demux(film.streams[0]) if packet.size]
