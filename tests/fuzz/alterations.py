"""Altered copies of valid bytes, by the form that they have: lines, JSON in one spelling, numbers, digests.

A byte that is altered in canonical JSON is nearly always refused as not canonical, and shows little about the
rules behind that. So objects are altered as trees and written again in their one spelling; lines, numbers and
encoded bytes as what they are. What is altered follows from the random numbers handed in, and nothing else.
"""

from __future__ import annotations

import base64
import json
import re
from binascii import Error
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeAlias

Json: TypeAlias = Any

MOST_ALTERATIONS = 3
PIECES = (
    *(
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\0",
        b" ",
        b"\t",
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"=",
        b"/",
        b"..",
        b"-",
    ),
    *(b"0", b"-1", b"1e9", b"-0", b"9007199254740992", b"18446744073709551616", b"null", b"true", b"\\u0000"),
    *(
        b"\\ud800",
        b"\xff",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        "ä".encode(),
        "\u2028".encode(),
        b"\x80",
        b"\x7f",
        b"+",
    ),
    *(
        "\u00a0".encode(),
        "\u0085".encode(),
        "\ufeff".encode(),
        "\u200b".encode(),
        "— ".encode(),
        "😀".encode(),
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "a",
        "A",
        "0",
        "é",
        "e\u0301",
        "😀",
        "دּ",
        "\u0000",
        "\u001f",
        "\u007f",
        "\u0085",
        "\u00a0",
        "\u2028",
    ),
    *(
        "\u202e",
        "\ufeff",
        "__proto__",
        "constructor",
        "toString",
        "a/b",
        "..",
        "wide",
        "wide-2",
        "es256",
        "key",
    ),
    *(
        "intact",
        "complete",
        "2026-11-24T20:15:03.120Z",
        "2026-02-30T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
    ),
    *(
        "2026-11-24T24:00:00.000Z",
        "2024-02-29T23:59:60.000Z",
        "9999-12-31T23:59:59.999Z",
        "٢",
        "0" * 64,
        "A" * 200,
    ),
    *("0" * 32, "0" * 16, "F" * 64, "AAAA", "AAA=", "AAB=", "AA==", "𝟘", "x" * 64, "x" * 65, "👩‍👩‍👧" * 40),
)
NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    5,
    64,
    65,
    255,
    256,
    2**31,
    2**32 - 1,
    2**32,
    2**53 - 1,
    2**53,
    2**64,
    -1,
    1000,
    9999,
    10_000,
)
VALUES: Sequence[Callable[[], Json]] = (
    *(lambda: None, lambda: True, lambda: False, list, dict, lambda: [None], lambda: {"a": 1}, lambda: 1.5),
    *(lambda: -0.0, lambda: 1e300, lambda: [[]], lambda: "1"),
)
TOKEN = re.compile(rb"[A-Za-z0-9+/=_.-]+")


def altered(data: bytes, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """`data` with one to three alterations. `others`: bytes of the same form, from which pieces are taken."""
    for _ in range(chance.randint(1, MOST_ALTERATIONS)):
        kind = chance.random()
        if kind < 0.45 and (changed := _json(data, chance)) is not None:
            data = changed
        elif kind < 0.7 and b"\n" in data:
            data = _lines(data, chance, others)
        elif kind < 0.85:
            data = _token(data, chance)
        else:
            data = _bytes(data, chance)
    return data


def canonical(value: Json) -> bytes:
    """RFC 8785 of what is within its numbers, and the likeliest wrong spelling of what is not."""
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _ordered(value: Json) -> Json:
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return {name: _ordered(one) for name, one in members}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


# --- bytes, words, lines ------------------------------------------------------------------------------------


def _bytes(data: bytes, chance: Random) -> bytes:
    at = chance.randint(0, len(data))
    end = chance.randint(at, min(len(data), at + 40))
    match chance.randrange(5):
        case 0 if at < len(data):
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:end] + data[at:end] + data[end:]
        case 3 if data:
            return data[:at] + bytes([chance.choice(data)]) + data[at + chance.randint(0, 1) :]
        case _:
            piece = chance.choice(PIECES)
            return data[:at] + piece + data[chance.choice((at, min(len(data), at + len(piece)))) :]


def _token(data: bytes, chance: Random) -> bytes:
    """Alter one word as what it looks like: a number, hexadecimal, base64."""
    words = list(TOKEN.finditer(data))
    if not words:
        return _bytes(data, chance)
    word = chance.choice(words)
    return data[: word.start()] + _word(word[0], chance) + data[word.end() :]


def _word(word: bytes, chance: Random) -> bytes:
    if word.isdigit() and chance.random() < 0.7:
        near = (int(word[:18]) + chance.choice((-1, 1)), chance.choice(NUMBERS))
        return chance.choice((str(near[0]).encode(), str(near[1]).encode(), b"0" + word, word + b"0"))
    if chance.random() < 0.5:
        try:
            content = base64.b64decode(word, validate=True)
        except Error:
            pass
        else:
            changed = _bytes(content, chance)
            return chance.choice(
                (base64.b64encode(changed), base64.urlsafe_b64encode(content), word.rstrip(b"="))
            )
    match chance.randrange(4):
        case 0:
            return word.upper() if word != word.upper() else word.lower()
        case 1:
            return word[:-1] + bytes([chance.choice(b"0189afAZ+/=_-.")])
        case 2:
            return b""
        case _:
            return _bytes(word, chance)


def _lines(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case 3:
            lines[at] = _token(lines[at], chance)
        case 4 if others:
            lines.insert(at, chance.choice(chance.choice(others).split(b"\n")))
        case 5 if (changed := _json(lines[at], chance)) is not None:
            lines[at] = changed
        case _:
            words = re.split(rb"([ \t])", lines[at])
            words.insert(
                chance.randrange(len(words) + 1), chance.choice((b" ", b"\t", b"#", b"none", b"all", b"2"))
            )
            lines[at] = b"".join(words)
    return b"\n".join(lines)


# --- JSON ---------------------------------------------------------------------------------------------------


def _json(data: bytes, chance: Random) -> bytes | None:
    """Alter an object or list as a tree; None if `data` is neither."""
    if data[:1] not in (b"{", b"["):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    places = list(_places(value))
    if not places:
        return canonical(chance.choice(VALUES)())
    held, key = chance.choice(places)
    _alter(held, key, chance, places)
    try:
        return canonical(value)
    except RecursionError:
        return None


def _places(value: Json) -> list[tuple[Json, Any]]:
    """Every (object or list, name or index) in a tree."""
    found: list[tuple[Json, Any]] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        found.append((value, key))
        found += _places(one)
    return found


def _alter(held: Json, key: Any, chance: Random, places: list[tuple[Json, Any]]) -> None:
    kind = chance.randrange(8)
    if kind == 0:
        del held[key]
    elif kind == 1:
        held[key] = chance.choice(VALUES)()
    elif kind == 2:  # of another place, copied
        other, there = chance.choice(places)
        held[key] = json.loads(json.dumps(other[there]))
    elif kind == 3 and isinstance(held, dict):
        held[chance.choice((*TEXTS, "v", "proof", "grant", "escrow", "intimate", "excluded"))] = held.pop(key)
    elif kind == 3:
        held.insert(key, json.loads(json.dumps(chance.choice(held))))
    elif kind == 4 and isinstance(held, dict):
        other, there = chance.choice(places)
        held[str(there)] = json.loads(json.dumps(other[there]))
    else:
        held[key] = _value(held[key], chance)


def _value(value: Json, chance: Random) -> Json:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice((*NUMBERS, value + 1, value - 1, float(value), str(value)))
    if isinstance(value, str):
        word = _word(value.encode("utf-8", "surrogatepass"), chance).decode("utf-8", "replace")
        return chance.choice(
            (*TEXTS, *[word] * len(TEXTS), value + "\n", value + " ", " " + value, value * 2)
        )
    if isinstance(value, list):
        return chance.choice(([], value * 2, value[::-1], value * 70, value[:1]))
    return chance.choice(({}, [], None, {**value, "more": 1} if isinstance(value, dict) else "x"))
