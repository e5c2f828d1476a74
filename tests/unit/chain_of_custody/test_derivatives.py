"""How a derivative was made: the recipe's only bytes, and what no reader takes for one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import CustodyError, Malformed
from chain_of_custody.items.recipe import MAX_INPUTS, MAX_RECIPE, MAX_TEXT, Program, Read, Recipe, Source
from tests.support.ledger.mutations import mutated

DIGEST = "d1" * 32
SOURCE = Source("e0" * 16, DIGEST, (0, 3_000_000))
RECIPE = Recipe(
    kind="composed-film",
    sources=(SOURCE, Source("f0" * 16, DIGEST)),
    edits={"layout": "side-by-side", "tracks": ["wide", "close"]},
    program=Program("ffmpeg", "ffmpeg version 7.1\nbuilt somewhere", DIGEST),
    arguments=("-i", f"{SOURCE.evidence}/wide.mp4", "", "original.mp4"),
    inputs=(Read(f"{SOURCE.evidence}/wide.mp4", 100, DIGEST), Read("an empty file", 0, DIGEST)),
    output=Read("original.mp4", 45, DIGEST),
)


def respelt(**changed: Any) -> bytes:
    return canonical_json.serialise(json.loads(RECIPE.canonical()) | changed)


def test_a_recipe_is_read_back() -> None:
    assert Recipe.parse(RECIPE.canonical()) == RECIPE


def test_nothing_but_people_made_a_transcript() -> None:
    written = replace(RECIPE, kind="transcript", program=None, arguments=(), inputs=())
    assert Recipe.parse(written.canonical()) == written


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
reads = st.builds(Read, texts, st.integers(0, canonical_json.MAX_INTEGER), st.just(DIGEST))


@given(
    arguments=st.lists(texts | st.just(""), max_size=4),
    inputs=st.lists(reads, max_size=3),
    edits=st.dictionaries(texts, st.integers(0, 9) | texts | st.none(), max_size=3),
    version=texts,
)
def test_whatever_was_done_is_read_back_as_it_was_written(
    arguments: list[str], inputs: list[Read], edits: dict[str, Any], version: str
) -> None:
    made = replace(
        RECIPE,
        arguments=tuple(arguments),
        inputs=tuple(inputs),
        edits=edits,
        program=Program("p", version, DIGEST),
    )
    assert Recipe.parse(made.canonical()) == made


@given(mutated(RECIPE.canonical()))
def test_other_bytes_are_another_recipe_or_none(data: bytes) -> None:
    try:
        read = Recipe.parse(data)
    except CustodyError:
        return
    assert read.canonical() == data


def program(**changed: Any) -> dict[str, Any]:
    return {"name": "ffmpeg", "sha256": DIGEST, "version": "7.1"} | changed


def read(**changed: Any) -> dict[str, Any]:
    return {"name": "a", "sha256": DIGEST, "size": 1} | changed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b" " + RECIPE.canonical(),
        RECIPE.canonical() + b"\n",
        respelt(more=0),
        canonical_json.serialise({k: v for k, v in json.loads(RECIPE.canonical()).items() if k != "edits"}),
        respelt(v=2),
        respelt(v=True),
        respelt(kind="film"),
        respelt(kind=["composed-film"]),
        respelt(kind=None),
        respelt(edits=[]),
        respelt(edits=None),
        respelt(sources=[]),
        respelt(sources=[SOURCE.to_json()] * 2),
        respelt(sources=[SOURCE.to_json() | {"excerpt": {"from": 3, "to": 2}}]),
        respelt(program=program(more="")),
        respelt(program=program(name="")),
        respelt(program=program(version=7)),
        respelt(program=program(version="7" * (MAX_TEXT + 1))),
        respelt(program=program(sha256="d1")),
        respelt(program="ffmpeg"),
        respelt(program=None),
        respelt(kind="transcript"),
        respelt(arguments="-i"),
        respelt(arguments=[1]),
        respelt(arguments=["a" * (MAX_TEXT + 1)]),
        respelt(arguments=[""] * 10_001),
        respelt(inputs={}),
        respelt(inputs=[read(size=-1)]),
        respelt(inputs=[read(name="")]),
        respelt(inputs=["wide.mp4"]),
        respelt(output=None),
        respelt(output=read(sha256="D1" * 32)),
    ],
)
def test_what_is_no_recipe_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Recipe.parse(data)


def test_a_recipe_is_as_long_as_it_may_be_and_no_longer() -> None:
    room = MAX_RECIPE - len(respelt(edits={"e": ""}))
    assert len(respelt(edits={"e": "x" * room})) == MAX_RECIPE
    assert Recipe.parse(respelt(edits={"e": "x" * room})).edits == {"e": "x" * room}
    with pytest.raises(Malformed, match="longer than 1000000 bytes"):
        Recipe.parse(respelt(edits={"e": "x" * (room + 1)}))


def test_arguments_and_texts_are_as_many_as_they_may_be() -> None:
    made = Recipe.parse(respelt(arguments=[""] * 10_000, program=program(version="7" * MAX_TEXT)))
    assert (len(made.arguments), len(made.program.version)) == (10_000, MAX_TEXT)


def test_a_recipe_of_too_many_inputs_is_not_made() -> None:
    shortest = Read("a", 0, DIGEST)
    assert (
        len(Recipe.parse(replace(RECIPE, inputs=(shortest,) * MAX_INPUTS).canonical()).inputs) == MAX_INPUTS
    )
    with pytest.raises(Malformed, match="at most 10000"):
        replace(RECIPE, inputs=(shortest,) * (MAX_INPUTS + 1)).canonical()


def test_a_recipe_that_is_none_is_not_made() -> None:
    with pytest.raises(Malformed):
        replace(RECIPE, sources=()).canonical()
    with pytest.raises(Malformed):
        replace(RECIPE, output=Read("original.mp4", -1, DIGEST)).canonical()
