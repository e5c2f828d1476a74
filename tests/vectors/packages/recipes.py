"""What a derivative's recipe says: of another derivative than was stated, or in a form that is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chain_of_custody.encoding import canonical_json
from tests.support.packages.court_packages import Derivative, Recording, source
from tests.vectors.packages.cases import SMALL, Case, Make
from tests.vectors.packages.derivatives import (
    FILM,
    RECIPE_JSON,
    alone,
    derivative,
    holds,
    lie,
    many,
    output,
)
from tests.vectors.packages.limits import nested

OTHER = "the recipe is of another derivative than was stated"
GIVES = "the recipe gives another file than was sealed"


def recipe(spell: Callable[[bytes], bytes] = lambda data: data, **says: Any) -> Make:
    """A center whose recipe says something else than it should, or in other bytes."""
    return partial(alone, film=lambda recording: derivative(source(recording), recipe=says, spell=spell))


def long(size: int) -> Make:
    """A recipe of so many bytes."""

    def film(recording: Recording) -> Derivative:
        one = derivative(source(recording))
        room = size - len(canonical_json.serialise(one.says | {"edits": {"note": ""}}))
        return derivative(source(recording), recipe={"edits": {"note": "x" * room}})

    return partial(alone, film=film)


def deep(lists: int) -> Make:
    """A recipe in which a number lies in so many lists, and beside that in two objects."""

    def make(folder: Path) -> None:
        with patch.object(canonical_json, "MAX_DEPTH", 400):
            recipe(edits={"deep": nested(lists)})(folder)

    return make


def program(**changed: Any) -> dict[str, Any]:
    return {"name": "ffmpeg", "sha256": "22" * 32, "version": "7.1"} | changed


def other_sources(*sources: dict[str, Any]) -> Make:
    """The recipe names these, the statement the recording."""
    return recipe(sources=list(sources))


def no_recipe(name: str, altered: str, make: Make, reason: str) -> Case:
    return lie(name, altered, make, 12, "Malformed", reason)


CASES: tuple[Case, ...] = (
    holds("longest-recipe", "a recipe of 1,000,000 bytes", long(1_000_000), SMALL),
    holds("recipe-nested-deeply", "a recipe is as deep as it may be", deep(198), SMALL),
    holds(
        "most-arguments",
        "a recipe of 10,000 arguments, one as long as it may be, of characters outside of the basic plane",
        recipe(arguments=["\U0001f4f7" * 100_000, *[""] * 9_999]),
        SMALL,
    ),
    lie(
        "recipe-of-other-sources",
        "The recipe names other evidence than the statement.",
        other_sources(*many(1)),
        12,
        "NotProved",
        OTHER,
        RECIPE_JSON,
    ),
    lie(
        "recipe-of-more-sources",
        "The recipe names evidence that the statement does not name.",
        partial(
            alone,
            film=lambda recording: derivative(
                source(recording), recipe={"sources": [source(recording), *many(1)]}
            ),
        ),
        12,
        "NotProved",
        OTHER,
        RECIPE_JSON,
    ),
    lie(
        "recipe-of-other-minutes",
        "The recipe names other minutes than the statement.",
        partial(
            alone,
            film=lambda recording: derivative(
                source(recording, 0, 1), recipe={"sources": [source(recording, 0, 2)]}
            ),
        ),
        12,
        "NotProved",
        OTHER,
        RECIPE_JSON,
    ),
    lie(
        "recipe-of-sources-in-another-order",
        "The recipe names the sources of the statement in another order.",
        partial(alone, film=lambda _: derivative(*many(2), recipe={"sources": many(2)[::-1]})),
        12,
        "NotProved",
        OTHER,
        RECIPE_JSON,
    ),
    lie(
        "recipe-of-another-file",
        "The recipe gives a file with another SHA-256.",
        recipe(output=output(sha256="00" * 32)),
        12,
        "NotProved",
        GIVES,
        RECIPE_JSON,
    ),
    lie(
        "recipe-of-a-longer-file",
        "The recipe gives a file of another size.",
        recipe(output=output(size=len(FILM) + 1)),
        12,
        "NotProved",
        GIVES,
        RECIPE_JSON,
    ),
    lie(
        "recipe-too-long",
        "A recipe of 1,000,001 bytes.",
        long(1_000_001),
        2,
        "Malformed",
        f"{RECIPE_JSON}: longer than 1000000 bytes",
    ),
    no_recipe(
        "recipe-with-spaces",
        "A recipe in other bytes than its only ones.",
        recipe(lambda data: data.replace(b'"v":1', b'"v": 1')),
        "recipe: not in its canonical form (RFC 8785)",
    ),
    no_recipe(
        "recipe-with-more",
        "A recipe with a key that there is not.",
        recipe(note="more"),
        "recipe: keys differ (missing: none; not known: note)",
    ),
    no_recipe(
        "recipe-with-less",
        "A recipe without edits.",
        recipe(lambda data: data.replace(b'"edits":{"tracks":["wide"]},', b"")),
        "recipe: keys differ (missing: edits; not known: none)",
    ),
    no_recipe(
        "recipe-of-another-version",
        "A recipe of version 2.",
        recipe(v=2),
        "recipe: version not known, or no edits",
    ),
    no_recipe(
        "recipe-with-a-list-of-edits",
        "A recipe whose edits are a list.",
        recipe(edits=["wide"]),
        "recipe: version not known, or no edits",
    ),
    no_recipe(
        "recipe-of-another-kind",
        "A recipe of a kind that there is not.",
        recipe(kind="film"),
        "recipe kind: no kind of derivative",
    ),
    no_recipe(
        "recipe-of-several-kinds",
        "A recipe with a list of kinds.",
        recipe(kind=["composed-film"]),
        "recipe kind: no kind of derivative",
    ),
    no_recipe(
        "recipe-without-sources",
        "A recipe that names no source.",
        other_sources(),
        "recipe sources: not 1 to 200 sources",
    ),
    no_recipe(
        "recipe-with-a-program-without-name",
        "A recipe whose program has an empty name.",
        recipe(program=program(name="")),
        "recipe program name: not text of 1 to 100000 characters",
    ),
    no_recipe(
        "recipe-with-too-long-a-version",
        "A recipe whose program has a version of 100,001 characters.",
        recipe(program=program(version="7" * 100_001)),
        "recipe program version: not text of 1 to 100000 characters",
    ),
    no_recipe(
        "recipe-with-too-many-arguments",
        "A recipe of 10,001 arguments.",
        recipe(arguments=[""] * 10_001),
        "recipe arguments: not an array of at most 10000",
    ),
    no_recipe(
        "recipe-with-a-number-as-argument",
        "A recipe with an argument that is a number.",
        recipe(arguments=[1]),
        "recipe argument: not text of 0 to 100000 characters",
    ),
    no_recipe(
        "recipe-with-too-many-inputs",
        "A recipe of 10,001 files that were read.",
        recipe(inputs=[{"name": "a", "sha256": "11" * 32, "size": 0}] * 10_001),
        "recipe inputs: not an array of at most 10000",
    ),
    no_recipe(
        "recipe-with-an-input-without-name",
        "A recipe with a file that has no name.",
        recipe(inputs=[{"name": "", "sha256": "11" * 32, "size": 1}]),
        "recipe file name: not text of 1 to 100000 characters",
    ),
    no_recipe(
        "recipe-nested-too-deeply",
        "A value of a recipe lies in 201 objects and lists.",
        deep(199),
        "recipe: nested deeper than 200",
    ),
)
