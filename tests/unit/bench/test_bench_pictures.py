"""The benchmark's own measure of loss: it must see what is missing, or its zeros say nothing."""

from __future__ import annotations

import io

import pytest

from bench.pictures import Film
from bench.senders import Media, make_media
from recorder.tracks import cmaf

TICKS = 3000  # of 90 kHz, a picture


@pytest.fixture(scope="module")
def media() -> Media:
    return make_media(seconds=1, kbps=300, width=320, height=180, key_every=15)


def recording(media: Media, numbers: list[int]) -> io.BytesIO:
    """A file with these of the film's pictures, each where it was sent."""
    first = media.units[0]
    sps, pps = ([unit for unit in first if unit[0] & 0x1F == kind] for kind in (7, 8))
    file = io.BytesIO(cmaf.video_header(1, sps, pps))
    file.seek(0, io.SEEK_END)
    for sequence, number in enumerate(numbers):
        units = media.units[number % len(media.units)]
        sample = b"".join(len(unit).to_bytes(4) + unit for unit in units)
        file.write(cmaf.fragment(1, sequence, number * TICKS, 0, [sample], [TICKS], cmaf.KEY_FIRST))
    return file


def sent(media: Media, count: int) -> list[int]:
    return [number % len(media.units) for number in range(count)]


def test_a_whole_recording_lost_nothing_over_several_turns_of_the_film(media: Media) -> None:
    arrived = Film(media).count(recording(media, list(range(7, 80))), sent(media, 80))
    assert (arrived.pictures, arrived.lost, arrived.foreign, arrived.gaps) == (73, 0, 0, [])


def test_missing_pictures_are_counted_with_their_time_also_at_the_end(media: Media) -> None:
    numbers = [number for number in range(80) if number not in (30, 31, 32, 60, 78, 79)]
    arrived = Film(media).count(recording(media, numbers), sent(media, 80))
    assert arrived.lost == 6
    assert [(round(at * 30), count) for at, count in arrived.gaps] == [(77, 2), (59, 1), (29, 3)]


def test_pictures_that_the_sender_left_out_for_a_keyframe_are_not_missed(media: Media) -> None:
    played = [*range(20), *range(30, 50)]
    file = recording(media, played)
    assert Film(media).count(file, [number % len(media.units) for number in played]).lost == 0


def test_a_picture_with_one_flipped_bit_is_foreign_and_missing(media: Media) -> None:
    file = recording(media, list(range(20)))
    content = bytearray(file.getvalue())
    content[-3] ^= 1
    arrived = Film(media).count(io.BytesIO(bytes(content)), sent(media, 20))
    assert (arrived.foreign, arrived.lost) == (1, 1)


def test_a_recording_without_a_known_picture_lost_everything(media: Media) -> None:
    other = make_media(seconds=1, kbps=200, width=320, height=180, key_every=15)
    arrived = Film(media).count(recording(other, list(range(20))), sent(media, 20))
    assert (arrived.pictures, arrived.lost) == (0, 20)
