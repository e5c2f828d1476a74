"""Protocols: the center's own checklists for what is done and said before and during an interview.

    <data>/rules/protocols.txt

        [adult] Adult testimony | إفادة شخص بالغ
        phase   recall     Free recall | السرد الحرّ
        before  purpose    Purpose, date and place have been said. | ذُكر الغرض والتاريخ والمكان.
        during  break      A break has been offered. | عُرضت استراحة.

A protocol begins with its code in brackets and its names. Each phase and each item is a line: `phase`,
`before` or `during`, its code, its text in English and in Arabic. Phases are in the order of the interview.
If a note is to be entered with an item, its text ends with ` …`. Empty lines and text after ` #` are for
human readers. Without that file, the protocols below apply: written in our own words, based on guidance for
recorded interviews (UK *Achieving Best Evidence*; Scottish *Joint Investigative Interviewing*; the Barnahus
and PROMISE standards). They are a starting point for the center's own specialists.

The version of a protocol is the first 16 hexadecimal digits of the SHA-256 of its content. The record stores
it with each item, so that a later change of the list does not alter what is recorded of an old interview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from casework.center import Center
from casework.errors import Missing, Refused
from chain_of_custody.encoding import canonical_json

MAX_WORDS = 400
"""Characters of an item's text in one language."""
MOST_ITEMS = 60
"""Maximum number of items in one protocol: people do not read more."""
MOST_PHASES = 12
"""Maximum number of phases in one protocol: each has a button."""
MAX_FILE = 256 * 1024
"""Bytes."""

NOTED = "…"
"""End of the text of an item with which a note is to be entered."""

When = Literal["before", "during"]

BUILT_IN = """\
[adult] Adult testimony | إفادة شخص بالغ
phase   introduction Introduction | التمهيد
phase   rapport      Rapport | بناء الألفة
phase   recall       Free recall | السرد الحرّ
phase   questions    Questions | الأسئلة
phase   closure      Closure | الختام
before  recording    The person has been told that it is recorded, why, and who will be able to see it. | أُخبر الشخص بأنه يُسجَّل، ولماذا، ومن سيتمكن من مشاهدته.
before  wish         Her or his own wish about being recorded has been asked. … | سُئل عن رغبته هو في أن يُسجَّل. …
before  watching     She or he has been told who watches from next door, and asked whether that is all right. … | أُخبر بمن يتابع من الغرفة المجاورة، وسُئل هل يوافق على ذلك. …
before  support      Somebody to support her or him, and an interpreter, have been offered. … | عُرض عليه شخص يسانده، ومترجم. …
before  needs        Rest, medicine, food, prayer and the way to the toilet have been seen to. | رُوعيت الراحة والدواء والطعام والصلاة ومكان دورة المياه.
before  plan         Interviewer and those next door have agreed on what is to be asked, and who passes questions on. | اتفق القائم بالمقابلة ومن في الغرفة المجاورة على ما يُسأل عنه وعمّن ينقل الأسئلة.
during  opening      Purpose, date, time and place have been said aloud. | ذُكر بصوت مسموع الغرض والتاريخ والوقت والمكان.
during  present      Everybody in the room, and who watches, has been named with their role. | سُمّي كل من في الغرفة ومن يتابع، مع صفته.
during  rules        Ground rules: she or he may say "I do not know", "I do not understand", ask for a break, and correct the interviewer. | القواعد: له أن يقول «لا أعرف» و«لا أفهم»، وأن يطلب استراحة، وأن يصحّح للقائم بالمقابلة.
during  own-words    She or he has been asked to tell it in her or his own words, without being interrupted. | طُلب منه أن يروي ما جرى بكلماته هو، دون مقاطعة.
during  next-door    Questions from next door have been collected in a break. | جُمعت أسئلة الغرفة المجاورة في استراحة.
during  summary      What was told has been summed up in her or his own words, and she or he has corrected it. | لُخّص ما رُوي بكلماته هو، وصحّحه.
during  closing      She or he has been asked what she or he still wants to say, and told what happens next and whom to call. | سُئل عمّا يريد أن يضيفه، وأُخبر بما سيجري بعد ذلك وبمن يتصل.

[child] Child testimony | إفادة طفل
phase   introduction Introduction | التمهيد
phase   rapport      Rapport | بناء الألفة
phase   practice     Practice narrative | سرد تجريبي
phase   recall       Free recall | السرد الحرّ
phase   questions    Questions | الأسئلة
phase   closure      Closure | الختام
before  guardian     Who accompanies the child is known, and waits elsewhere. … | عُرف من يرافق الطفل، وهو ينتظر في مكان آخر. …
before  needs        Language, age, health, habits of sleep and food, and what calms the child, are known. | عُرفت لغة الطفل وعمره وصحته وعادات نومه وطعامه وما يهدّئه.
before  room         The child has seen the room, the cameras and the room next door. | رأى الطفل الغرفة والكاميرات والغرفة المجاورة.
before  told         The child has been told, in words of its age, that it is recorded, why, and who watches. | أُخبر الطفل، بكلمات تناسب عمره، بأنه يُسجَّل، ولماذا، ومن يتابع.
before  wish         The child's own wish about being recorded and watched has been asked. … | سُئل الطفل عن رغبته في أن يُسجَّل وأن يُتابَع. …
before  plan         Interviewer and those next door have agreed on what is to be asked, and who passes questions on. | اتفق القائم بالمقابلة ومن في الغرفة المجاورة على ما يُسأل عنه وعمّن ينقل الأسئلة.
during  opening      Purpose, date, time and place have been said aloud. | ذُكر بصوت مسموع الغرض والتاريخ والوقت والمكان.
during  present      Everybody in the room, and who watches, has been named with their role. | سُمّي كل من في الغرفة ومن يتابع، مع صفته.
during  rapport      There has been time to talk about something the child likes. | أُتيح وقت للحديث عمّا يحبّه الطفل.
during  truth        The child has been asked to tell what really happened, in its own words of what true means. | طُلب من الطفل أن يروي ما جرى حقاً، وفُهم منه بكلماته ما معنى الصدق.
during  rules        Ground rules, practised with an example: "I do not know", "I do not understand", "you have got that wrong"; a break whenever wanted. | القواعد، مع مثال عليها: «لا أعرف»، «لا أفهم»، «هذا ليس صحيحاً»؛ واستراحة متى أراد.
during  practice     The child has told of something ordinary first, for practice. | روى الطفل أولاً شيئاً عادياً على سبيل التدريب.
during  open         Open questions came first; nothing was put into the child's mouth. | بدأت الأسئلة مفتوحة، ولم يُلقَّن الطفل شيئاً.
during  break        A break has been offered, and signs of being tired have been seen to. | عُرضت استراحة، ورُوعيت علامات التعب.
during  next-door    Questions from next door have been collected in a break. | جُمعت أسئلة الغرفة المجاورة في استراحة.
during  closing      The child has been thanked, asked what it still wants to say, and the talk has ended with something ordinary. | شُكر الطفل وسُئل عمّا يريد أن يضيفه، وانتهى الحديث بشيء عادي.
"""  # noqa: E501  # an item is a line

_HEAD = re.compile(r"\[([a-z0-9][a-z0-9._-]{0,63})\]\s+(.+)", re.ASCII)
_LINE = re.compile(r"(phase|before|during)\s+([a-z0-9][a-z0-9._-]{0,63})\s+(\S.*)", re.ASCII)


class ProtocolsUnreadable(Refused):
    """The center's protocols cannot be read; interviews are recorded without a checklist until they can."""

    code = "protocols-unreadable"


@dataclass(frozen=True)
class Phase:
    """A section of an interview, which begins when it is entered."""

    code: str
    words: Mapping[str, str]
    """By language."""


@dataclass(frozen=True)
class Item:
    """One thing to be done or said."""

    code: str
    when: When
    words: Mapping[str, str]
    """By language."""
    noted: bool
    """Whether a note is to be entered with it."""


_Line = TypeVar("_Line", Phase, Item)


@dataclass(frozen=True)
class Protocol:
    """A checklist for one kind of interview."""

    code: str
    names: Mapping[str, str]
    """By language."""
    phases: Sequence[Phase]
    items: Sequence[Item]

    @property
    def version(self) -> str:
        """16 hexadecimal digits."""
        fields = {
            "code": self.code,
            "items": [[one.when, one.code, one.noted, dict(one.words)] for one in self.items],
            "names": dict(self.names),
            "phases": [[one.code, dict(one.words)] for one in self.phases],
        }
        return sha256(canonical_json.serialise(fields)).hexdigest()[:16]

    def item(self, code: str) -> Item:
        """Return an item. Raises `Missing`."""
        return _coded(self.items, code, self.code)

    def phase(self, code: str) -> Phase:
        """Return a phase. Raises `Missing`."""
        return _coded(self.phases, code, self.code)

    def as_json(self, language: str) -> dict[str, object]:
        """Return the protocol as a page lists it."""
        items = [
            {"code": one.code, "when": one.when, "text": one.words[language], "noted": one.noted}
            for one in self.items
        ]
        return {
            "code": self.code,
            "version": self.version,
            "name": self.names[language],
            "phases": [{"code": one.code, "text": one.words[language]} for one in self.phases],
            "items": items,
        }


def read(path: Path | None) -> list[Protocol]:
    """Return the center's protocols, or the built-in ones. Raises `ProtocolsUnreadable`."""
    if path is None or not path.exists():
        return parse(BUILT_IN)
    try:
        if path.stat().st_size > MAX_FILE:
            raise ProtocolsUnreadable(f"the protocols: more than {MAX_FILE} bytes")
        return parse(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProtocolsUnreadable(f"the protocols cannot be read: {type(error).__name__}") from error


def of(center: Center, code: str) -> Protocol:
    """Return one of the center's protocols. Raises `Missing`, `ProtocolsUnreadable`."""
    for one in read(center.protocols):
        if one.code == code:
            return one
    raise Missing(f"no protocol {code[:64]}")


def parse(text: str) -> list[Protocol]:
    """Parse protocols. Raises `ProtocolsUnreadable`, which names the line."""
    sections: list[tuple[str, dict[str, str], list[Phase], list[Item]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition(" #")[0].strip()
        if not content or content.startswith("#"):
            continue
        if head := _HEAD.fullmatch(content):
            if head[1] in (code for code, *_ in sections):
                raise _wrong(number, "a protocol twice")
            sections.append((head[1], _words(head[2], number), [], []))
        elif (match := _LINE.fullmatch(content)) and sections:
            _, _, phases, items = sections[-1]
            if match[1] == "phase":
                phases.append(_phase(match, number, phases))
            else:
                items.append(_item(match, number, items))
        else:
            raise _wrong(number, "neither [code] names, nor phase, before or during, a code and words")
    protocols = [
        Protocol(code, names, tuple(phases), tuple(items)) for code, names, phases, items in sections
    ]
    for one in protocols:
        if not 1 <= len(one.items) <= MOST_ITEMS:
            raise ProtocolsUnreadable(f"the protocols: {one.code} has no items, or more than {MOST_ITEMS}")
        if len(one.phases) > MOST_PHASES:
            raise ProtocolsUnreadable(f"the protocols: {one.code} has more than {MOST_PHASES} phases")
    if not protocols:
        raise ProtocolsUnreadable("the protocols: there is none")
    return protocols


def _coded(some: Sequence[_Line], code: str, protocol: str) -> _Line:
    for one in some:
        if one.code == code:
            return one
    raise Missing(f"no {code[:64]} in protocol {protocol}")


def _phase(match: re.Match[str], number: int, before: Sequence[Phase]) -> Phase:
    if match[2] in (one.code for one in before):
        raise _wrong(number, "a phase twice")
    return Phase(match[2], _words(match[3], number))


def _item(match: re.Match[str], number: int, before: Sequence[Item]) -> Item:
    if match[2] in (one.code for one in before):
        raise _wrong(number, "an item twice")
    words = _words(match[3], number)
    noted = any(text.endswith(NOTED) for text in words.values())
    plain = {language: text.removesuffix(NOTED).strip() for language, text in words.items()}
    return Item(match[2], "before" if match[1] == "before" else "during", plain, noted)


def _words(text: str, number: int) -> dict[str, str]:
    english, bar, arabic = (part.strip() for part in text.partition("|"))
    if not english or not bar or not arabic or max(len(english), len(arabic)) > MAX_WORDS:
        raise _wrong(number, f"words in English | and in Arabic, each of at most {MAX_WORDS} characters")
    if not (english + arabic).isprintable():
        raise _wrong(number, "signs that cannot be shown")
    return {"en": english, "ar": arabic}


def _wrong(number: int, what: str) -> ProtocolsUnreadable:
    return ProtocolsUnreadable(f"the protocols, line {number}: {what}")
