"""Copies of files as people bring them, made in the real sandbox; hostile files end in a refusal."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import av
import pytest
import typst
from PIL import Image

from casework.errors import Cancelled, RecordingFailed
from casework.received_copies import films, kinds, metadata, picture_child
from casework.received_copies.program import CopyFailed, CopyTooLarge
from casework.received_copies.rendering import CopyOrder
from casework.sandbox import ffmpeg
from casework.sandbox.ffmpeg import ProgramMissing
from casework.sandbox.file_types import HEAD, received_format
from chain_of_custody.package.contents import FORMATS
from chain_of_custody.statements.types import OF_RECEIVED
from tests.support.media.brought_media import FILES, brought
from tests.support.media.made_pictures import bomb, dng, picture
from tests.support.media.received_samples import HOSTILE

FILE = "ea" * 16
HIDDEN = b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n"
"""A list of films elsewhere, which FFmpeg would follow."""
SILENT = "-f lavfi -i testsrc2=size=64x48:rate=10 -t 1 -c:v libx264"
UNEVEN = (
    "-f lavfi -i testsrc2=size=64x48:rate=10 -t 2 -vf select='not(between(n,3,9))' -fps_mode vfr -c:v libx264"
)


@dataclass
class Brought:
    """A received file, held in memory."""

    data: bytes
    format: str
    manifest: str = "00" * 32

    def contents(self) -> Iterator[bytes]:
        for at in range(0, len(self.data), 100_000):
            yield self.data[at : at + 100_000]


def order(data: bytes, kind: str, format_: str | None = None) -> CopyOrder:
    file = Brought(data, format_ or received_format(data[:HEAD]))
    return CopyOrder(kind, FILE, file, len(data), ffmpeg.found())


def copied(folder: Path, data: bytes, kind: str, format_: str | None = None) -> bytes:
    wanted = order(data, kind, format_)
    read = wanted.render(folder).read
    assert (read.name, read.size) == (f"{FILE}/original.{wanted.file.format}", len(data))
    assert read.sha256 == sha256(data).hexdigest()
    return (folder / wanted.output).read_bytes()


def codecs(film: bytes) -> list[str]:
    with av.open(io.BytesIO(film)) as opened:
        return [stream.codec_context.name for stream in opened.streams]


def times(film: bytes) -> list[float]:
    with av.open(io.BytesIO(film)) as opened:
        return [frame.time for frame in opened.decode(video=0) if frame.time is not None]


def test_each_format_that_is_read_can_be_received_and_every_kind_is_offered() -> None:
    offered = {code: kinds.fitting(code, 1000) for code in FORMATS["received"]}
    assert {kind for fitting in offered.values() for kind in fitting} == OF_RECEIVED
    assert {code for code, fitting in offered.items() if not fitting} == {
        *("7z", "doc", "docx", "gz", "iso", "odt", "rar", "rtf", "sqlite", "tar", "unknown"),
        *("xlsx", "zip"),
    }
    by_ffmpeg = {code for code, fitting in offered.items() if {kinds.FILM, kinds.SOUND} & set(fitting)}
    assert by_ffmpeg == set(kinds.DEMUXERS)


def test_what_is_read_into_memory_has_a_size_and_films_have_none() -> None:
    most = kinds.MOST_READ[kinds.TEXT]
    assert (kinds.fitting("txt", most), kinds.fitting("txt", most + 1)) == ([kinds.TEXT], [])
    assert kinds.fitting("mp4", 100 * 1000**3) == [kinds.FILM, kinds.SOUND]
    assert films.seconds(1000) == 600
    assert films.seconds(100 * 1000**3) == 12 * 3600


@pytest.mark.starts
@pytest.mark.parametrize("format_", ["mp4", "webm", "ogg", "gif"])
def test_films_and_sounds_are_copied(tmp_path: Path, format_: str) -> None:
    assert_copied(tmp_path, format_)


@pytest.mark.starts
@pytest.mark.repeats
@pytest.mark.parametrize("format_", sorted(set(FILES) - {"mp4", "webm", "ogg", "gif"}))
def test_films_and_sounds_of_every_format_are_copied(tmp_path: Path, format_: str) -> None:
    assert_copied(tmp_path, format_)


def assert_copied(folder: Path, format_: str) -> None:
    data = brought(format_)
    fitting = kinds.fitting(format_, len(data))
    with av.open(io.BytesIO(data)) as opened:
        has_sound = bool(opened.streams.audio)
    if kinds.FILM in fitting:
        (folder / "film").mkdir()
        film = copied(folder / "film", data, kinds.FILM)
        assert codecs(film) == ["h264", "aac"][: 1 + has_sound]
    if kinds.SOUND in fitting and has_sound:
        assert codecs(copied(folder, data, kinds.SOUND)) == ["aac"]


@pytest.mark.starts
def test_a_telephone_s_film_is_reduced_and_has_nothing_of_its_metadata(tmp_path: Path) -> None:
    data = brought("mp4")
    assert data.index(b"moov") > data.index(b"mdat")
    film = copied(tmp_path, data, kinds.FILM)
    with av.open(io.BytesIO(film)) as opened:
        video = opened.streams.video[0]
        assert (video.width, video.height) == (films.LONG_SIDE, films.SHORT_SIDE)
        assert "creation_time" not in {**opened.metadata, **video.metadata}
    assert film.index(b"moov") < film.index(b"mdat")


@pytest.mark.starts
def test_an_upright_film_stays_upright(tmp_path: Path) -> None:
    data = brought("mp4", "-f lavfi -i testsrc2=size=1080x2340:rate=5 -t 1 -c:v libx264 -preset ultrafast")
    with av.open(io.BytesIO(copied(tmp_path, data, kinds.FILM))) as opened:
        video = opened.streams.video[0]
        assert (video.width, video.height) == (886, 1920)


@pytest.mark.starts
def test_pictures_keep_their_times(tmp_path: Path) -> None:
    data = brought("mkv", UNEVEN)
    assert times(data)[:4] == pytest.approx([0, 0.1, 0.2, 1.0])
    assert times(copied(tmp_path, data, kinds.FILM)) == pytest.approx(times(data), abs=0.001)


@pytest.mark.starts
@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("jpeg", picture(size=(5000, 3000))),
        ("heic", picture("HEIF")),
        ("png", picture("PNG")),
        ("tiff", picture("TIFF")),
        ("dng", dng()),
        ("bmp", picture("BMP")),
        ("gif", picture("GIF")),
        ("webp", picture("WEBP")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pictures_are_copied_as_points_alone(tmp_path: Path, format_: str, data: bytes) -> None:
    assert received_format(data[:HEAD]) == format_
    made = copied(tmp_path, data, kinds.PICTURE)
    with Image.open(io.BytesIO(made)) as shown, Image.open(io.BytesIO(data)) as original:
        assert shown.format == "JPEG"
        assert max(shown.size) == min(max(original.size), picture_child.SIDE)
    assert b"Exif" not in made
    assert b"Camera A" not in made


@pytest.mark.starts
def test_the_pages_of_a_document_are_copied(tmp_path: Path) -> None:
    """What its pages look like is in `test_page_copies`."""
    document = typst.compile(b"one #pagebreak() two")
    made = copied(tmp_path, document, kinds.PAGES)
    assert (made[:5], made.count(b"/Subtype /Image")) == (b"%PDF-", 2)
    assert order(document, kinds.PAGES).described().version.endswith(f"PDFium {version('pypdfium2')})")


@pytest.mark.starts
def test_a_text_is_copied(tmp_path: Path) -> None:
    assert copied(tmp_path, "رسالة \u202e\n".encode("utf-16"), kinds.TEXT) == "رسالة [U+202E]\n".encode()


@pytest.mark.starts
@pytest.mark.parametrize(
    ("kind", "format_", "data"),
    [
        (kinds.FILM, "mp4", HOSTILE["broken.mp4"]),
        (kinds.FILM, "mp4", b"\0\0\0\x18ftypisom" + bytes(12) + HIDDEN),
        (kinds.FILM, "avi", HIDDEN),
        (kinds.SOUND, "mp3", b"ID3" + HIDDEN),
        (kinds.SOUND, "wav", b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(range(250))),
        (kinds.PICTURE, "jpeg", HOSTILE["picture-and-page.jpg"]),
        (kinds.PICTURE, "gif", b"GIF89a" + bytes(20)),
        (kinds.PAGES, "pdf", b"%PDF-1.7\n" + bytes(range(256))),
        (kinds.TEXT, "mbox", b"From nobody"),
    ],
    ids=[
        "broken",
        "list-in-a-film",
        "list-as-a-film",
        "list-in-a-sound",
        "noise",
        "page",
        "empty",
        "no-page",
        "no-mail",
    ],
)
def test_what_cannot_be_read_ends_in_a_refusal(tmp_path: Path, kind: str, format_: str, data: bytes) -> None:
    with pytest.raises(CopyFailed) as failed:
        copied(tmp_path, data, kind, format_)
    assert failed.value.code == "copy-failed"


@pytest.mark.starts
def test_a_tiny_picture_that_claims_to_be_huge_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(CopyTooLarge):
        copied(tmp_path, bomb(), kinds.PICTURE)


@pytest.mark.starts
def test_a_film_without_sound_has_no_copy_of_its_sound(tmp_path: Path) -> None:
    with pytest.raises(CopyFailed):
        copied(tmp_path, brought("mkv", SILENT), kinds.SOUND)


@pytest.mark.starts
def test_a_film_cut_off_is_copied_up_to_there(tmp_path: Path) -> None:
    data = brought("webm")
    film = copied(tmp_path, data[: len(data) // 2], kinds.FILM)
    assert 0 < len(times(film)) < len(times(data))


def test_before_a_film_is_written_there_is_room_for_it_and_its_copy(tmp_path: Path) -> None:
    def full(size: int) -> None:
        asked.append(size)
        raise RecordingFailed("disk-full", "no room")

    asked: list[int] = []
    with pytest.raises(RecordingFailed):
        order(bytes(1000), kinds.FILM, "mp4").render(tmp_path, room=full)
    assert asked == [2000]
    assert not list(tmp_path.iterdir())


def test_what_is_cancelled_is_not_written_further(tmp_path: Path) -> None:
    stopped = threading.Event()
    wanted = order(bytes(500_000), kinds.FILM, "mp4")
    with pytest.raises(Cancelled):
        wanted.render(tmp_path, progress=lambda done, total: stopped.set(), stopped=stopped)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) == 0


def test_without_ffmpeg_a_film_waits_for_it_and_a_text_does_not_need_it() -> None:
    with pytest.raises(ProgramMissing):
        CopyOrder(kinds.FILM, FILE, Brought(b"", "mp4"), 1, None).described()
    assert CopyOrder(kinds.TEXT, FILE, Brought(b"", "txt"), 1, None).described().name == "amana-copy"


@pytest.mark.starts
def test_what_files_say_of_themselves_is_read_beside_the_copy(tmp_path: Path) -> None:
    film = order(brought("mp4"), kinds.FILM).render(tmp_path).metadata
    assert film["creation_time"] == "2026-11-30T20:15:00.000000Z"
    assert order(picture(), kinds.PICTURE).render(tmp_path).metadata["Make"] == "Camera A"
    assert order(b"words", kinds.TEXT).render(tmp_path).metadata == {}


def test_metadata_are_read_as_ffmpeg_writes_them_and_are_bounded() -> None:
    text = ";FFMETADATA1\ntitle=a\\=b\\;c\\\nd\\\\\nplace=\u202e+31.9\nempty=\n[CHAPTER]\nTIMEBASE=1/1000\n"
    assert metadata.written(text) == {"title": "a=b;c d\\", "place": "+31.9"}
    long = metadata.written("".join(f"name{n}={'أ' * 500}\n" for n in range(1000)))
    assert len(long["name0"]) == 300
    assert 50 < len(long) < 60


@pytest.mark.starts
def test_a_tiny_film_that_claims_to_be_huge_ends_in_a_refusal(tmp_path: Path) -> None:
    film = brought("gif")
    huge = film[:6] + b"\xff\xff\xff\xff" + film[10:]
    with pytest.raises(CopyFailed):
        copied(tmp_path, huge, kinds.FILM)
    with pytest.raises(CopyTooLarge):
        copied(tmp_path, huge, kinds.PICTURE)
