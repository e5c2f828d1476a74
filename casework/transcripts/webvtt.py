"""Transcripts as WebVTT, the speech of each person with its times: a small model, one canonical form, a
strict parser.

    WEBVTT

    00:00:01.000 --> 00:00:04.500
    <v Person A>What was said, and &amp; &lt; &gt; for those three signs.
    In as many lines as wanted.

A sealed file holds nothing else: cues in time order, none begins before the one before it has ended, one
voice each at most, no settings, no styles, no notes. The voice span covers the whole cue, so it needs no end
tag. Every player that supports WebVTT shows such a file.

`parse` reads only that form; `importing` reads files that people import.

Trusts nothing that is parsed. Specification: docs/spec/transcript.md; W3C WebVTT, sections 4.1 (syntax) and 6
(parsing), <https://www.w3.org/TR/webvtt1/>.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from casework.errors import TranscriptRefused

MAX_BYTES = 600_000
"""Of a sealed transcript: some six hours of uninterrupted speech in Arabic letters."""
MAX_CUES = 10_000
MAX_TEXT = 2_000
"""Characters of one cue, its line ends included."""
MAX_SPEAKER = 100
"""Characters of a speaker's name."""
MAX_TIME = 100 * 3600 * 1000 - 1
"""ms: 99:59:59.999."""

_TIMING = re.compile(
    r"(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{2,3}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
    r"(?:[ \t].*)?"
)
_LINE_END = re.compile(r"\r\n|\n|\r")
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[^\s<>./]*)(?P<classes>(?:\.[^\s<>]*)?)(?:[ \t\n](?P<note>[^<>]*))?>"
)
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls: they reorder the text around them, so it could appear to say something else."""
_ENDING = frozenset("\u2028\u2029\ufeff")
"""Line and paragraph separators, and the byte order mark: none belongs in a line."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One uninterrupted utterance of one voice. `begin`, `end`: ms of the recording's timeline, begin < end;
    `speaker`: empty if none is named; `text`: lines, none of them empty or with blanks at its ends."""

    begin: int
    end: int
    speaker: str
    text: str


def write(cues: Sequence[Cue]) -> bytes:
    """Return the canonical form of these cues. Raises `TranscriptRefused`, whose `line` counts cues from 1,
    unless they are a transcript (`check`)."""
    check(cues)
    data = "".join(["WEBVTT\n", *map(_block, cues)]).encode()
    if len(data) > MAX_BYTES:
        raise TranscriptRefused("too-large", 0)
    return data


def parse(data: bytes) -> tuple[Cue, ...]:
    """Parse a sealed transcript. Raises `TranscriptRefused` unless `data` is its canonical form."""
    cues = tuple(cue for _, cue in read(text_of(data, MAX_BYTES)))
    if write(cues) != data:
        raise TranscriptRefused("not-canonical", 0)
    return cues


def check(cues: Sequence[Cue]) -> None:
    """Check that these cues are a transcript. Raises `TranscriptRefused` with the number of the first invalid
    cue (from 1); 0 if there are no cues, or too many."""
    if not cues:
        raise TranscriptRefused("empty", 0)
    if len(cues) > MAX_CUES:
        raise TranscriptRefused("too-many", 0)
    before = 0
    for number, cue in enumerate(cues, 1):
        if cue.end > MAX_TIME:
            raise TranscriptRefused("time", number)
        if not 0 <= cue.begin < cue.end:
            raise TranscriptRefused("backwards", number)
        if cue.begin < before:
            raise TranscriptRefused("overlapping", number)
        before = cue.end
        if cue.speaker != " ".join(cue.speaker.split()) or len(cue.speaker) > MAX_SPEAKER:
            raise TranscriptRefused("speaker", number)
        if not cue.text:
            raise TranscriptRefused("no-words", number)
        if len(cue.text) > MAX_TEXT:
            raise TranscriptRefused("too-long", number)
        if any(line != line.strip() or not line for line in cue.text.split("\n")):
            raise TranscriptRefused("lines", number)
        for text in (cue.speaker, *cue.text.split("\n")):
            if (reason := foreign(text)) is not None:
                raise TranscriptRefused(reason, number)


def foreign(text: str) -> str | None:
    """Return why a line of text is refused: `control` for control characters, surrogates and `_ENDING`,
    `turning` for bidirectional controls; None if it is accepted."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") or sign in _ENDING for sign in text):
        return "control"
    return "turning" if not _TURNING.isdisjoint(text) else None


def text_of(data: bytes, most: int) -> str:
    """Decode text of at most `most` bytes, without a byte order mark. Raises `TranscriptRefused`, which names
    the line that is not UTF-8."""
    if len(data) > most:
        raise TranscriptRefused("too-large", 0)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(data[: error.start].decode("latin-1")))
        raise TranscriptRefused("not-utf-8", line) from error


def lines_of(text: str) -> list[str]:
    """Split text into lines, at WebVTT's line ends. Raises `TranscriptRefused` for what no line may hold."""
    lines = _LINE_END.split(text)
    for number, line in enumerate(lines, 1):
        if (reason := foreign(line.replace("\t", " "))) is not None:
            raise TranscriptRefused(reason, number)
    return lines


def read(text: str) -> list[tuple[int, Cue]]:
    """Read the cues of a WebVTT file from any source, each with the line (from 1) it begins in. Settings,
    styles, regions, notes and all tags but voices are left out. A cue of several voices becomes one cue for
    each, with a share of the time by the length of its words.

    Raises `TranscriptRefused`, which names the line.
    """
    lines = lines_of(text)
    if re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]) is None:
        raise TranscriptRefused("not-webvtt", 1)
    cues: list[tuple[int, Cue]] = []
    for first, block in _blocks(lines):
        if first == 1 or re.match(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)", block[0]):
            if any("-->" in line for line in block):
                raise TranscriptRefused("no-timing", first)
            continue
        at = 0 if "-->" in block[0] else 1  # a cue may have a name of its own before its times
        if len(block) <= at or (timing := _TIMING.fullmatch(block[at])) is None:
            raise TranscriptRefused("no-timing", first + min(at, len(block) - 1))
        begin, end = milliseconds(*timing.groups()[:4]), milliseconds(*timing.groups()[4:])
        if end > MAX_TIME:
            raise TranscriptRefused("time", first + at)
        voices = _voices("\n".join(block[at + 1 :]), first + at + 1)
        if voices:
            cues += _shared(begin, end, voices, first + at)
        if len(cues) > MAX_CUES:
            raise TranscriptRefused("too-many", first)
    require_order(cues)
    return cues


def require_order(cues: Sequence[tuple[int, Cue]]) -> None:
    """Check the order. Raises `TranscriptRefused` with the line of the first cue that ends before it begins,
    or begins before the one before it has ended."""
    before = 0
    for line, cue in cues:
        if cue.begin >= cue.end:
            raise TranscriptRefused("backwards", line)
        if cue.begin < before:
            raise TranscriptRefused("overlapping", line)
        before = cue.end


def share(begin: int, end: int, texts: Sequence[str]) -> list[tuple[int, int]] | None:
    """Divide the time between texts by their lengths: begin and end (ms) of each; None if there is less than
    a millisecond for each."""
    if end - begin < len(texts):
        return None
    spare, total = end - begin - len(texts), sum(len(text) for text in texts) or 1
    spans, at, done = [], begin, 0
    for number, text in enumerate(texts, 1):
        done += len(text)
        until = begin + number + spare * done // total
        spans.append((at, until))
        at = until
    return [*spans[:-1], (spans[-1][0], end)]


def milliseconds(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    """Convert the digits of a time to ms."""
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def speaker_of(name: str) -> str:
    """Normalise a name for a cue: on one line, with single blanks."""
    return " ".join(name.split())


def words_of(text: str) -> str:
    """Normalise words for a cue: no empty lines, no blanks at the ends of lines."""
    lines = (line.replace("\t", " ").strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


# --- inside -------------------------------------------------------------------------------------------------


def _block(cue: Cue) -> str:
    voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
    return f"\n{_time(cue.begin)} --> {_time(cue.end)}\n{voice}{_escaped(cue.text)}\n"


def _time(at: int) -> str:
    seconds, thousandths = divmod(at, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Group consecutive non-empty lines, each group with the number of its first (from 1)."""
    blocks: list[tuple[int, list[str]]] = []
    open_ = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            open_ = False
        elif open_:
            blocks[-1][1].append(line)
        else:
            blocks.append((number, [line]))
            open_ = True
    return blocks


def _voices(payload: str, line: int) -> list[tuple[str, str]]:
    """Return speaker and words of each voice in a cue; voices without words are left out."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    at = 0
    for tag in _TAG.finditer(payload):
        parts[-1][1].append(payload[at : tag.start()])
        at = tag.end()
        if tag["name"] == "v":
            parts.append(("" if tag["close"] else tag["note"] or "", []))
    parts[-1][1].append(payload[at:])
    voices = []
    for name, pieces in parts:
        speaker = speaker_of(html.unescape(name))
        words = words_of(html.unescape("".join(pieces)))
        for text in (speaker, *words.split("\n")):
            if (reason := foreign(text)) is not None:
                raise TranscriptRefused(reason, line)
        if len(speaker) > MAX_SPEAKER:
            raise TranscriptRefused("speaker", line)
        if len(words) > MAX_TEXT:
            raise TranscriptRefused("too-long", line)
        if words:
            voices.append((speaker, words))
    return voices


def _shared(begin: int, end: int, voices: Sequence[tuple[str, str]], line: int) -> list[tuple[int, Cue]]:
    if begin >= end:
        raise TranscriptRefused("backwards", line)
    spans = share(begin, end, [words for _, words in voices])
    if spans is None:
        raise TranscriptRefused("crowded", line)
    return [(line, Cue(*span, *voice)) for span, voice in zip(spans, voices, strict=True)]
