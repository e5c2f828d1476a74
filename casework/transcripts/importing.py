"""Import of transcript files: WebVTT, SRT, and plain text.

An imported file becomes a draft, which a person checks against the recording: nothing is trusted because it
came from a file. The content decides the format:

- **WebVTT** begins with `WEBVTT` (`webvtt.read`).
- **SRT** has lines `00:00:01,000 --> 00:00:04,500`. Marks such as `<i>` and `{\\an8}` are left out.
- **Plain text** is everything else. A line may begin with a time of the recording (`[00:01:02]`, `(1:02)`,
  `00:01:02.5`), then the speaker (`Person A: …`). A line without either continues the cue before it, unless
  an empty line separates them. A line with a time begins then, and lasts until the next given time. Lines
  without a time, and lines with the same time, divide that interval by the lengths of their words. If no time
  is given at all, the interval is the whole recording: a person then sets the times by hand.

The speaker is the text before a colon, if it is at most four words without an end of a sentence in it.

Trusts nothing that is parsed. SRT has no specification; it is read as SubRip wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from casework.errors import TranscriptRefused
from casework.transcripts import webvtt
from casework.transcripts.webvtt import Cue
from chain_of_custody.items.recipe import Read

MAX_FILE = 900_000
"""Bytes of an imported file."""

_SRT_TIMING = re.compile(
    r"[ \t]*(\d{1,3}):([0-5]\d):([0-5]\d)[,.](\d{3})[ \t]*-->"
    r"[ \t]*(\d{1,3}):([0-5]\d):([0-5]\d)[,.](\d{3})[ \t]*(?:[XY]\d.*)?"
)
_MARKS = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
_TIME = re.compile(
    r"[\[(]?(?:(?P<hours>\d{1,2}):)?(?P<minutes>[0-5]?\d):(?P<seconds>[0-5]\d)(?:[.,](?P<part>\d{1,3}))?"
    r"[\])]?[ \t]*(?:[-–][ \t]+)?"
)
_SPEAKER = re.compile(r"(?P<name>[^:.!?؟…،;؛]{1,60})[ \t]*:[ \t]+(?P<words>\S.*)")
_MOST_WORDS = 4


@dataclass(frozen=True)
class _Utterance:
    """One cue of a plain text, before it has its times. `at`: ms, None if no time is given."""

    line: int
    at: int | None
    speaker: str
    words: str


def read(data: bytes, length: int) -> list[Cue]:
    """Return the cues in a file imported for a recording of `length` ms.

    Raises `TranscriptRefused`, which names the line.
    """
    text = webvtt.text_of(data, MAX_FILE)
    lines = webvtt.lines_of(text)
    match _format(lines):
        case "vtt":
            spoken = [(line, _named(cue)) for line, cue in webvtt.read(text)]
        case "srt":
            spoken = _srt(lines)
        case _:
            spoken = _laid(_plain(lines), length)
    if not spoken:
        raise TranscriptRefused("empty", 0)
    webvtt.require_order(spoken)
    for line, cue in spoken:
        if cue.begin >= length:
            raise TranscriptRefused("after-end", line)
        if len(cue.text) > webvtt.MAX_TEXT:
            raise TranscriptRefused("too-long", line)
        if len(cue.speaker) > webvtt.MAX_SPEAKER:
            raise TranscriptRefused("speaker", line)
    cues = [cue for _, cue in spoken]
    webvtt.write(cues)  # refuses what could not be published unchanged
    return cues


def imported_file(data: bytes) -> Read:
    """Return the stored name (by format), size and digest of a file that `read` accepts. Its original name is
    not stored, since people name such files after the speakers."""
    kind = _format(webvtt.lines_of(webvtt.text_of(data, MAX_FILE)))
    return Read(f"brought.{kind}", len(data), sha256(data).hexdigest())


# --- inside -------------------------------------------------------------------------------------------------


def _format(lines: Sequence[str]) -> str:
    if lines[0].startswith("WEBVTT"):
        return "vtt"
    return "srt" if any(_SRT_TIMING.fullmatch(line) for line in lines) else "txt"


def _srt(lines: Sequence[str]) -> list[tuple[int, Cue]]:
    cues: list[tuple[int, Cue]] = []
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        first = at
        if re.fullmatch(r"[ \t]*\d+[ \t]*", lines[at]):
            at += 1
        timing = _SRT_TIMING.fullmatch(lines[at]) if at < len(lines) else None
        if timing is None:
            raise TranscriptRefused("no-timing", min(at, len(lines) - 1) + 1)
        line, at = at + 1, at + 1
        words_of_cue = []
        while at < len(lines) and lines[at].strip():
            if "-->" in lines[at]:
                raise TranscriptRefused("no-timing", at + 1)
            words_of_cue.append(_MARKS.sub("", lines[at]))
            at += 1
        begin = webvtt.milliseconds(*timing.groups()[:4])
        end = webvtt.milliseconds(*timing.groups()[4:])
        if end > webvtt.MAX_TIME:
            raise TranscriptRefused("time", line)
        if begin >= end:
            raise TranscriptRefused("backwards", line)
        speaker, words = _speaking(webvtt.words_of("\n".join(words_of_cue)))
        if words:
            cues.append((line, Cue(begin, end, speaker, words)))
        if len(cues) > webvtt.MAX_CUES:
            raise TranscriptRefused("too-many", first + 1)
    return cues


def _plain(lines: Sequence[str]) -> list[_Utterance]:
    utterances: list[_Utterance] = []
    together = False
    for number, line in enumerate(lines, 1):
        rest = line.replace("\t", " ").strip()
        if not rest:
            together = False
            continue
        at = None
        if (time := _TIME.match(rest)) is not None and (time.end() == len(rest) or not time[0][-1].isdigit()):
            part = (time["part"] or "").ljust(3, "0")
            at = webvtt.milliseconds(time["hours"], time["minutes"], time["seconds"], part)
            rest = rest[time.end() :]
        speaker, words = _speaking(rest)
        if together and at is None and not speaker:
            last = utterances[-1]
            joined = f"{last.words}\n{words}" if last.words else words
            utterances[-1] = _Utterance(last.line, last.at, last.speaker, joined)
            continue
        utterances.append(_Utterance(number, at, speaker, words))
        together = True
        if len(utterances) > webvtt.MAX_CUES:
            raise TranscriptRefused("too-many", number)
    return utterances


def _named(cue: Cue) -> Cue:
    """Take the speaker of a cue without a voice from before a colon, as many programs write it."""
    if cue.speaker:
        return cue
    speaker, words = _speaking(cue.text)
    return replace(cue, speaker=speaker, text=words)


def _speaking(words: str) -> tuple[str, str]:
    """Return the speaker, empty if none is named, and the remaining words."""
    first, *more = words.split("\n")
    match = _SPEAKER.fullmatch(first)
    if match is None:
        return "", words
    name = webvtt.speaker_of(match["name"])
    if len(name.split()) > _MOST_WORDS or not any(sign.isalpha() for sign in name):
        return "", words
    return name, "\n".join((match["words"], *more))


def _laid(utterances: Sequence[_Utterance], length: int) -> list[tuple[int, Cue]]:
    """Set the times of each cue: cues between two times share the interval."""
    groups: list[tuple[int, list[_Utterance]]] = []
    for utterance in utterances:
        if not groups or (utterance.at is not None and utterance.at != groups[-1][0]):
            begin = utterance.at or 0
            if groups and begin < groups[-1][0]:
                raise TranscriptRefused("backwards", utterance.line)
            if begin >= length:
                raise TranscriptRefused("after-end", utterance.line)
            groups.append((begin, []))
        if utterance.words:
            groups[-1][1].append(utterance)
    cues: list[tuple[int, Cue]] = []
    ends = [*(begin for begin, _ in groups[1:]), *([length] if groups else [])]
    for (begin, together), end in zip(groups, ends, strict=True):
        spans = webvtt.share(begin, end, [utterance.words for utterance in together]) if together else []
        if spans is None:
            raise TranscriptRefused("crowded", together[0].line)
        cues += [
            (utterance.line, Cue(*span, utterance.speaker, utterance.words))
            for span, utterance in zip(spans, together, strict=True)
        ]
    return cues
