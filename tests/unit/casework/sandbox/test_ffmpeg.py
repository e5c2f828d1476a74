"""The program that makes films: what it may not do, and what becomes of films that are none."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from casework.errors import Cancelled, Missing, Refused
from casework.sandbox.ffmpeg import FilmFailed, FilmTooLong, described, found, make, require_film
from chain_of_custody.items.recipe import Read
from tests.support.children import of_sandboxes
from tests.support.media.made_media import camera

pytestmark = pytest.mark.starts

PROGRESS = ["-nostdin", "-loglevel", "error", "-progress", "pipe:1"]
SHELL = Path("/bin/bash")
FFMPEG = found() or Path("ffmpeg")


def film(seconds: int = 2) -> list[bytes]:
    made = camera(seconds)
    return [made.init, *(fragment.content for fragment in made.fragments)]


def endless() -> Iterator[bytes]:
    made = camera(2)
    yield made.init
    yield from itertools.cycle(fragment.content for fragment in made.fragments)


def run(
    folder: Path,
    arguments: list[str],
    feeds: Mapping[str, Callable[[], Iterable[bytes]]] | None = None,
    *,
    program: Path = FFMPEG,
    seconds: int = 20,
    size: int = 50_000_000,
    progress: Callable[[int], None] = lambda done: None,
    stopped: threading.Event | None = None,
) -> list[Read]:
    return make(
        program,
        arguments,
        folder,
        feeds or {},
        seconds=seconds,
        size=size,
        progress=progress,
        stopped=stopped or threading.Event(),
    )


def encoding(name: str = "evidence/wide.mp4", *more: str) -> list[str]:
    return [*PROGRESS, "-f", "mov", "-i", name, "-c:v", "libx264", "-preset", "ultrafast", *more, "out.mp4"]


def test_it_reads_films_through_pipes_and_tells_what_it_was_given(tmp_path: Path) -> None:
    pieces, progress = film(), list[int]()
    read = run(tmp_path, encoding(), {"evidence/wide.mp4": lambda: pieces}, progress=progress.append)
    whole = b"".join(pieces)
    assert read == [Read("evidence/wide.mp4", len(whole), sha256(whole).hexdigest())]
    assert (tmp_path / "out.mp4").stat().st_size > 1000
    assert progress[-1] >= 1_900_000
    assert not (tmp_path / "evidence" / "wide.mp4").is_file()  # a pipe: nothing of it on the disk


def test_what_it_stops_reading_early_is_digested_whole(tmp_path: Path) -> None:
    pieces = film(8)
    arguments = encoding("wide.mp4", "-t", "0.2")
    [read] = run(tmp_path, arguments, {"wide.mp4": lambda: pieces})
    assert read == Read.of("wide.mp4", b"".join(pieces))


BROKEN: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "nothing": lambda whole: [b""],
    "zeros": lambda whole: [b"\0" * 5000],
    "noise": lambda whole: [os.urandom(100_000)],
    "header-alone": lambda whole: whole[:1],
    "cut-header": lambda whole: [whole[0][:300], *whole[1:]],
    "broken-fragment": lambda whole: [whole[0], whole[1][:50], b"\xff" * 3000],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_film_is_refused(tmp_path: Path, broken: str) -> None:
    content = BROKEN[broken](film())
    with pytest.raises(FilmFailed):
        run(tmp_path, encoding(), {"evidence/wide.mp4": lambda: content})
    assert of_sandboxes(FFMPEG.name) == []


def test_what_is_left_in_the_place_of_a_film_is_not_waited_for(tmp_path: Path) -> None:
    run(tmp_path, ["-c", "read -n 1 <wide.mp4; exec mv wide.mp4 out.mp4"], {"wide.mp4": film}, program=SHELL)
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name in ("out.mp4", "link", "nothing"):
        with pytest.raises(FilmFailed, match="left no file"):
            require_film(tmp_path / name)


def test_a_stream_without_end_is_ended_by_its_time(tmp_path: Path) -> None:
    with pytest.raises(FilmTooLong):
        run(tmp_path, encoding("wide.mp4"), {"wide.mp4": endless}, seconds=2)
    assert of_sandboxes(FFMPEG.name) == []


def test_a_file_without_end_is_ended_by_its_size(tmp_path: Path) -> None:
    uncompressed = encoding("wide.mp4", "-c:v", "rawvideo", "-f", "rawvideo")
    with pytest.raises(FilmFailed):
        run(tmp_path, uncompressed, {"wide.mp4": endless}, size=200_000)
    assert (tmp_path / "out.mp4").stat().st_size <= 200_000


def test_a_picture_of_no_sensible_size_takes_no_more_memory_than_there_may_be(tmp_path: Path) -> None:
    arguments = [*PROGRESS, "-f", "lavfi", "-i", "color=s=32000x32000:d=1", "-c:v", "libx264", "out.mp4"]
    with pytest.raises(FilmFailed):
        run(tmp_path, arguments)


def test_who_cancels_waits_for_nothing(tmp_path: Path) -> None:
    stopped = threading.Event()
    with pytest.raises(Cancelled):
        run(
            tmp_path,
            encoding("wide.mp4"),
            {"wide.mp4": endless},
            progress=lambda done: stopped.set(),
            stopped=stopped,
        )
    assert of_sandboxes(FFMPEG.name) == []


def test_what_keeps_a_film_from_being_opened_is_what_is_raised(tmp_path: Path) -> None:
    def gone() -> Iterator[bytes]:
        yield film()[0]
        raise Missing("no record 2")

    with pytest.raises(Missing, match="no record 2"):
        run(tmp_path, encoding("wide.mp4"), {"wide.mp4": gone})


@pytest.mark.parametrize("name", ["../wide.mp4", "/tmp/wide.mp4", "a/../../wide.mp4"])
def test_no_film_has_a_name_that_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        run(tmp_path, encoding(name), {name: film})


@pytest.mark.parametrize(
    "attempt",
    [
        "exec cat /etc/passwd",
        "exec cat /proc/self/environ",
        "exec cat {outside}",
        "echo more > {outside}.more",
        "exec 3<>/dev/tcp/127.0.0.1/{port}",
        "exec head -c 10000000 /dev/zero > file",
        "for ((at = 0; at < 600; at++)); do exec {{held}}</dev/null || exit 1; done",
    ],
    ids=["system", "environment", "another-file", "another-write", "network", "size", "files"],
)
def test_what_it_tries_outside_of_its_folder_and_its_limits_fails(tmp_path: Path, attempt: str) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("testimony")
    with socket.create_server(("127.0.0.1", 0)) as server:
        run(folder, ["-c", "echo done > kept"], program=SHELL)  # this much it can
        assert (folder / "kept").read_text() == "done\n"
        script = attempt.format(outside=outside, port=server.getsockname()[1])
        with pytest.raises(FilmFailed):
            run(folder, ["-c", script], program=SHELL, size=1_000_000)
    assert not Path(f"{outside}.more").exists()


def test_the_program_is_named_by_its_version_and_its_own_digest() -> None:
    by = described(FFMPEG)
    assert by.name == "ffmpeg"
    assert by.version[0].isdigit()
    assert by.sha256 == sha256(FFMPEG.read_bytes()).hexdigest()
