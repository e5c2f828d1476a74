"""Transcripts that people bring: what is read of each kind of file, and what is refused by its line."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import TranscriptRefused
from casework.transcripts import importing, webvtt
from casework.transcripts.webvtt import Cue
from chain_of_custody.items.recipe import Read

MINUTE = 60_000

SRT = """\ufeff1
00:00:01,000 --> 00:00:04,500 X1:10 X2:20
{\\an8}<i>Person A:</i> Good morning

2
00:00:05,000 --> 00:00:06,000
صباح الخير
"""


def refusing(text: str, length: int = MINUTE) -> tuple[str, int]:
    with pytest.raises(TranscriptRefused) as refused:
        importing.read(text.encode(), length)
    return refused.value.reason, refused.value.line


def test_srt_is_read_with_its_speakers_and_without_its_marks() -> None:
    for text in (SRT, SRT.replace("\n", "\r\n"), SRT.replace("1\n00", "00")):
        assert importing.read(text.encode(), MINUTE) == [
            Cue(1000, 4500, "Person A", "Good morning"),
            Cue(5000, 6000, "", "صباح الخير"),
        ]


def test_a_file_is_told_by_its_format_and_never_by_the_name_it_had() -> None:
    for text, name in ((SRT, "srt"), ("WEBVTT\n\n00:01.000 --> 00:02.000\nyes\n", "vtt"), ("yes", "txt")):
        data = text.encode()
        assert importing.imported_file(data) == Read(f"brought.{name}", len(data), sha256(data).hexdigest())


def test_webvtt_that_names_speakers_in_words_is_read_with_them() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nPerson A: yes\n\n00:02.000 --> 00:03.000\n<v B>so: no\n"
    assert importing.read(text.encode(), MINUTE) == [
        Cue(1000, 2000, "Person A", "yes"),
        Cue(2000, 3000, "B", "so: no"),
    ]


def test_plain_text_without_times_is_laid_over_the_whole_recording_by_the_length_of_its_words() -> None:
    text = "Person A: abcd\nPerson B: ab\nand more\n\nnobody is named"
    cues = importing.read(text.encode(), 28_000)
    assert [(cue.speaker, cue.text) for cue in cues] == [
        ("Person A", "abcd"),
        ("Person B", "ab\nand more"),
        ("", "nobody is named"),
    ]
    assert (cues[0].begin, cues[-1].end) == (0, 28_000)
    assert [cue.end - cue.begin for cue in cues] == pytest.approx([3_733, 10_266, 14_000], abs=600)


def test_a_line_begins_at_its_time_and_those_between_share_what_is_left() -> None:
    text = "[00:00:10] Person A: aaaa\nPerson B: bbbb\n(0:20.5) Person A: c\n0:30 - d\n[00:00:30] Person B: e"
    assert importing.read(text.encode(), MINUTE) == [
        Cue(10_000, 15_250, "Person A", "aaaa"),
        Cue(15_250, 20_500, "Person B", "bbbb"),
        Cue(20_500, 30_000, "Person A", "c"),
        Cue(30_000, 45_000, "", "d"),
        Cue(45_000, 60_000, "Person B", "e"),
    ]


def test_times_and_names_alone_on_a_line_belong_to_what_follows() -> None:
    text = "[00:00:10]\nThis was said.\n[00:00:20]\n[00:00:30]\nPerson A: and this"
    assert importing.read(text.encode(), MINUTE) == [
        Cue(10_000, 20_000, "", "This was said."),
        Cue(30_000, 60_000, "Person A", "and this"),
    ]


def test_who_speaks_has_a_letter_in_the_name() -> None:
    [cue] = importing.read(b"7: the number", MINUTE)
    assert (cue.speaker, cue.text) == ("", "7: the number")


@pytest.mark.parametrize(
    "words",
    [
        "she said that he had told her: no",  # too many words for a name
        "It was late. Then: nothing",
        "10:30",
        "10:30pm was the time",
        "https://example.org/ is no name",
    ],
)
def test_what_is_no_name_stays_in_the_words(words: str) -> None:
    [cue] = importing.read(f"x {words}".encode(), MINUTE)
    assert (cue.speaker, cue.text) == ("", f"x {words}")


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("", "empty", 0),
        (" \n\n", "empty", 0),
        ("WEBVTT\n", "empty", 0),
        ("[00:00:20] a\nb\n[00:00:10] c", "backwards", 3),
        ("[00:01:00] a", "after-end", 1),
        ("1\n00:00:01,000 --> 00:00:01,000\na\n", "backwards", 2),
        ("1\n00:00:01,000 --> 00:00:03,000\na\n2\n00:00:02,000 --> 00:00:04,000\nb", "no-timing", 5),
        ("1\n00:00:01,000 --> 00:00:03,000\na\n\n2\n00:00:02,000 --> 00:00:04,000\nb", "overlapping", 6),
        ("1\n00:00:01,000 --> 00:00:03,000\na\n\nb\n", "no-timing", 5),
        ("1\n00:01:01,000 --> 00:01:03,000\na\n", "after-end", 2),
        ("a\nb\u2066c", "turning", 2),
        ("a\nb\x00c", "control", 2),
        ("a" * 2001, "too-long", 1),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, reason: str, line: int) -> None:
    assert refusing(text) == (reason, line)


def test_bombs_are_refused() -> None:
    assert refusing("a" * (importing.MAX_FILE + 1))[0] == "too-large"
    assert refusing("a\n\n" * (webvtt.MAX_CUES + 1))[0] == "too-many"
    assert refusing("a\n\nb\n\nc", 2) == ("crowded", 1)
    assert refusing("00:00:00,000 --> 00:00:01,000\na\n\n" * (webvtt.MAX_CUES + 1))[0] == "too-many"
    assert refusing("WEBVTT\n\n" + "<" * 800_000)[0] in ("no-timing", "too-long")
    assert refusing("a: " * 250_000)[0] == "too-long"


@given(st.text(max_size=300) | st.binary(max_size=100), st.integers(1, 100_000))
def test_whatever_is_brought_becomes_a_transcript_or_is_refused(brought: str | bytes, length: int) -> None:
    data = brought if isinstance(brought, bytes) else brought.encode(errors="replace")
    try:
        cues = importing.read(data, length)
    except TranscriptRefused:
        return
    assert webvtt.parse(webvtt.write(cues)) == tuple(cues)
