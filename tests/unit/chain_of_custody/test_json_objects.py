"""Dataclasses as JSON objects: each field is read by its own reader, and nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest

from chain_of_custody.encoding.json_object import (
    CanonicalObject,
    Code,
    Count,
    JsonObject,
    KeyId,
    list_of,
    object_of,
    or_none,
    text,
    whole,
)
from chain_of_custody.errors import Malformed


@dataclass(frozen=True, slots=True)
class Place(JsonObject):
    what: ClassVar[str] = "place"
    members: ClassVar[Mapping[str, str]] = {"begin": "from"}

    begin: Count
    text: Annotated[str, text(1, 9)]


@dataclass(frozen=True)
class Journey(CanonicalObject):
    what: ClassVar[str] = "journey"
    fixed: ClassVar[Mapping[str, object]] = {"kind": "journey", "v": 1}
    unknown: ClassVar[str] = "kind or version not known"
    longest: ClassVar[int] = 200

    key: KeyId
    reason: Code | None
    first: Place
    last: Place | None
    stops: Annotated[tuple[Place, ...], list_of(Place.from_json, 0, 2)]

    def check(self) -> None:
        if self.last is not None and self.last.begin < self.first.begin:
            raise Malformed("journey: backwards")


FIRST, LAST = Place(1, "a"), Place(2, "b")
JOURNEY = Journey("0a" * 8, None, FIRST, LAST, (FIRST, LAST))
BYTES = (
    b'{"first":{"from":1,"text":"a"},"key":"0a0a0a0a0a0a0a0a","kind":"journey","last":{"from":2,"text":"b"},'
    b'"reason":null,"stops":[{"from":1,"text":"a"},{"from":2,"text":"b"}],"v":1}'
)


def test_an_object_is_read_back_as_it_was_written() -> None:
    assert JOURNEY.canonical() == BYTES
    assert Journey.parse(BYTES) == JOURNEY
    other = Journey("0b" * 8, "rain", FIRST, None, ())
    assert Journey.parse(other.canonical()) == other


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"more": 1}, r"^journey: keys differ \(missing: none; not known: more\)$"),
        ({"v": 2}, "^journey: kind or version not known$"),
        ({"v": True}, "^journey v: not a whole number"),
        ({"kind": "walk"}, "^journey: kind or version not known$"),
        ({"kind": ["journey"]}, "^journey: kind or version not known$"),
        ({"key": "0a"}, "^journey key: not 8 bytes"),
        ({"reason": ""}, "^journey reason: not a code"),
        ({"first": None}, "^journey first: not a JSON object$"),
        ({"first": {"from": 1}}, r"^journey first: keys differ \(missing: text"),
        ({"last": {"begin": 2, "text": "b"}}, "^journey last: keys differ"),
        ({"last": {"from": 0, "text": "b"}}, "^journey: backwards$"),
        ({"stops": {}}, "^journey stops: not an array of at most 2$"),
        ({"stops": [FIRST.to_json()] * 3}, "^journey stops: not an array of at most 2$"),
        ({"stops": [FIRST.to_json(), {"from": 1, "text": ""}]}, "^journey stops 2 text: not text of 1 to 9"),
    ],
)
def test_a_member_that_is_not_of_its_form_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        Journey.from_json(JOURNEY.to_json() | change)


def test_a_missing_member_is_named() -> None:
    value = JOURNEY.to_json()
    del value["v"]
    with pytest.raises(Malformed, match="missing: v;"):
        Journey.from_json(value)


def test_what_would_not_be_read_is_not_written() -> None:
    with pytest.raises(Malformed, match=r"^journey reason: not a code"):
        Journey("0a" * 8, "Rain", FIRST, LAST, ()).canonical()
    long = Place(1, "\x01" * 9)
    with pytest.raises(Malformed, match=r"^journey: longer than 200 bytes$"):
        Journey("0a" * 8, None, long, LAST, (long, long)).canonical()
    with pytest.raises(Malformed, match=r"^journey: longer than 200 bytes$"):
        Journey.parse(b" " * 201)


def test_members_and_null_are_read_without_a_class() -> None:
    read = or_none(object_of(size=whole(low=1), root=text(1, 2)))
    assert read(None, "tree") is None
    assert read({"size": 1, "root": "a"}, "tree") == {"size": 1, "root": "a"}
    for value in ({"size": 0, "root": "a"}, {"size": 1}, [], {"size": 1, "root": "a", "more": 0}):
        with pytest.raises(Malformed, match=r"^tree"):
            read(value, "tree")
