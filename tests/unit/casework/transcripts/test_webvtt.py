"""Transcripts: one spelling, read back as it was written, and everything else refused by its line."""

from __future__ import annotations

import itertools
import re
import unicodedata
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import TranscriptRefused
from casework.transcripts import webvtt
from casework.transcripts.webvtt import Cue

HOUSE = Path(__file__).parents[4]
SAID = (
    Cue(1000, 4500, "Person A", "What was said, & <that>,\nin two lines."),
    Cue(4500, 6000, "", "أُغلق الباب عند الساعة ٧"),
)
WRITTEN = (
    "WEBVTT\n"
    "\n00:00:01.000 --> 00:00:04.500\n<v Person A>What was said, &amp; &lt;that&gt;,\nin two lines.\n"
    "\n00:00:04.500 --> 00:00:06.000\nأُغلق الباب عند الساعة ٧\n"
).encode()

SIGNS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff").filter(
    lambda sign: webvtt.foreign(sign) is None
)
WORDS = st.text(SIGNS | st.sampled_from("<>&;-v/. \n"), min_size=1, max_size=60)


@st.composite
def transcripts(draw: st.DrawFn) -> list[Cue]:
    cues, at = [], 0
    for _ in range(draw(st.integers(1, 8))):
        begin = at + draw(st.integers(0, 10_000_000))
        at = begin + draw(st.integers(1, 10_000_000))
        text = webvtt.words_of(draw(WORDS)) or "…"
        cues.append(Cue(begin, at, webvtt.speaker_of(draw(WORDS)), text))
    return cues


@given(transcripts())
def test_what_is_written_is_read_back_and_written_the_same(cues: list[Cue]) -> None:
    data = webvtt.write(cues)
    assert webvtt.parse(data) == tuple(cues)
    assert webvtt.write(webvtt.parse(data)) == data


def test_the_example_has_these_very_bytes() -> None:
    assert webvtt.write(SAID) == WRITTEN
    assert webvtt.parse(WRITTEN) == SAID


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("WEBVTT\n\n" + text).encode()))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        cues = webvtt.parse(data)
    except TranscriptRefused as refused:
        assert refused.reason
        return
    assert webvtt.write(cues) == data


@pytest.mark.parametrize(
    "other",
    [
        WRITTEN.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + WRITTEN,
        WRITTEN.replace(b"WEBVTT", b"WEBVTT - a title"),
        WRITTEN.replace(b"00:00:04.500 --> 00:00:06", b"00:04.500 --> 00:06"),
        WRITTEN + b"\n",
        WRITTEN.replace(b"\n00:00:01", b"\nNOTE of somebody\n\n00:00:01"),
        WRITTEN.replace(b"lines.\n", b"lines.</v>\n"),
        WRITTEN.replace(b"--> 00:00:06.000", b"--> 00:00:06.000 align:start"),
    ],
)
def test_another_spelling_of_the_same_is_no_sealed_transcript_but_can_be_brought(other: bytes) -> None:
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.parse(other)
    assert refused.value.reason == "not-canonical"
    assert [cue for _, cue in webvtt.read(other.decode("utf-8-sig"))] == list(SAID)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("WEBVTTX\n", "not-webvtt", 1),
        ("no WEBVTT\n", "not-webvtt", 1),
        ("WEBVTT\n00:00:01.000 --> 00:00:02.000\na\n", "no-timing", 1),
        ("WEBVTT\n\na name\nand no time\n", "no-timing", 4),
        ("WEBVTT\n\n00:00:61.000 --> 00:01:02.000\na\n", "no-timing", 3),
        ("WEBVTT\n\n00:00:02.000 --> 00:00:01.000\na\n", "backwards", 3),
        ("WEBVTT\n\n00:00:02.000 --> 00:00:02.000\na\n", "backwards", 3),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\na\n\n00:02.999 --> 00:04.000\nb\n", "overlapping", 6),
        ("WEBVTT\n\n00:05.000 --> 00:06.000\na\n\nx\n00:02.000 --> 00:03.000\nb\n", "overlapping", 7),
        ("WEBVTT\n\n100:00:00.000 --> 100:00:01.000\na\n", "time", 3),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\na\u202eb\n", "turning", 4),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\na\x07b\n", "control", 4),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\na\u2028b\n", "control", 4),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\na&#x202e;b\n", "turning", 4),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\n" + "a" * 2001 + "\n", "too-long", 4),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\n<v " + "a" * 101 + ">b\n", "speaker", 4),
        ("WEBVTT\n\n00:01.000 --> 00:01.001\n<v A>a</v><v B>b</v>\n", "crowded", 3),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.read(text)
    assert (refused.value.reason, refused.value.line) == (reason, line)


@pytest.mark.parametrize(
    ("cue", "reason"),
    [
        (Cue(-1, 5, "", "a"), "backwards"),
        (Cue(5, 5, "", "a"), "backwards"),
        (Cue(0, webvtt.MAX_TIME + 1, "", "a"), "time"),
        (Cue(0, 5, "", ""), "no-words"),
        (Cue(0, 5, "", "a\n\nb"), "lines"),
        (Cue(0, 5, "", " a"), "lines"),
        (Cue(0, 5, "a  b", "a"), "speaker"),
        (Cue(0, 5, "a\u2067b", "a"), "turning"),
        (Cue(0, 5, "", "a\tb"), "control"),
    ],
)
def test_no_cue_is_written_that_would_not_be_read_back(cue: Cue, reason: str) -> None:
    after = Cue(webvtt.MAX_TIME - 1, webvtt.MAX_TIME, "", "later")
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.write([cue, after])
    assert (refused.value.reason, refused.value.line) == (reason, 1)


def test_bombs_of_cues_and_of_bytes_are_refused() -> None:
    many = [Cue(at, at + 1, "", "a") for at in range(webvtt.MAX_CUES + 1)]
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.write(many)
    assert refused.value.reason == "too-many"
    text = "WEBVTT\n" + "\n00:00:00.000 --> 00:00:00.001\na\n" * (webvtt.MAX_CUES + 1)
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.read(text)
    assert refused.value.reason == "too-many"
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.parse(WRITTEN + b" " * webvtt.MAX_BYTES)
    assert refused.value.reason == "too-large"
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.write([])
    assert refused.value.reason == "empty"


def test_what_is_no_utf8_is_named_with_its_line() -> None:
    with pytest.raises(TranscriptRefused) as refused:
        webvtt.parse(WRITTEN.replace(b"in two", b"in \xff two"))
    assert (refused.value.reason, refused.value.line) == ("not-utf-8", 5)


def test_a_cue_of_several_voices_becomes_one_for_each() -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:04.000\n<v.loud Person A>abc</v>\n<v Person B><i>d</i></v>\n"
    assert [cue for _, cue in webvtt.read(text)] == [
        Cue(0, 2999, "Person A", "abc"),
        Cue(2999, 4000, "Person B", "d"),
    ]


@given(st.integers(0, 1000), st.integers(0, 100_000), st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_shares_follow_each_other_without_a_hole(begin: int, length: int, texts: list[str]) -> None:
    spans = webvtt.share(begin, begin + length, texts)
    if length < len(texts):
        assert spans is None
        return
    assert spans is not None
    assert spans[0][0] == begin
    assert spans[-1][1] == begin + length
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    assert all(from_ < to for from_, to in spans)


def test_the_specifications_example_is_one_and_has_the_digest_that_it_gives() -> None:
    page = (HOUSE / "docs" / "spec" / "transcript.md").read_text()
    [example] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert webvtt.parse(example.encode()) == SAID
    [digest] = re.findall(r"`([0-9a-f]{64})`", page)
    assert sha256(example.encode()).hexdigest() == digest
    bounds = (webvtt.MAX_BYTES, webvtt.MAX_CUES, webvtt.MAX_TEXT, webvtt.MAX_SPEAKER)
    assert all(f"{bound:,} " in page for bound in bounds)


@given(st.characters())
def test_the_specifications_signs_are_those_that_are_taken(sign: str) -> None:
    refused = unicodedata.category(sign) in ("Cc", "Cs") or sign in "\u2028\u2029\ufeff"
    turning = "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"
    assert webvtt.foreign(sign) == ("control" if refused else "turning" if turning else None)


def test_the_docstring_shows_what_is_written() -> None:
    shown = re.search(r"    WEBVTT\n.*?wanted\.\n", webvtt.__doc__ or "", re.DOTALL)
    assert shown is not None
    webvtt.parse(re.sub(r"^    ", "", shown[0], flags=re.MULTILINE).encode())
