"""The recipe of a derivative: which evidence it was made from, and exactly how.

A *derivative* is a file that the center made from sealed evidence. It is never the master and never replaces
it. Its `derivative.made` names the sources openly, by their sealed manifests. Its *recipe* is sealed in the
derivative's own tree and gives everything else needed to make it again: every file that the program read, the
edits in their own terms, the program and its exact arguments, and the output.

Trusts nothing that is parsed. Specification: docs/spec/manifest.md, section 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, ClassVar

from chain_of_custody.encoding.json_object import (
    CanonicalObject,
    Count,
    Digest,
    JsonObject,
    failing_with,
    json_object,
    list_of,
    named,
    one_of,
    text,
)
from chain_of_custody.errors import Malformed
from chain_of_custody.statements.types import DERIVATIVES, WRITTEN, check_sources

RECIPE_FILE = "recipe.json"
"""Name of the recipe in a court package, beside the derivative."""

MAX_RECIPE = 1_000_000
"""Maximum bytes of a recipe."""

MAX_INPUTS = 10_000
MAX_ARGUMENTS = 10_000
MAX_TEXT = 100_000
"""Maximum characters of a name, a version or an argument."""

_Name = Annotated[str, text(1, MAX_TEXT)]


@dataclass(frozen=True, slots=True)
class Source:
    """Evidence that something was made from.

    `manifest`: SHA-256 of its sealed manifest, in hexadecimal; `excerpt`: from and to in µs of a recording's
    timeline, None for all of it.
    """

    evidence: str
    manifest: str
    excerpt: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return its JSON object in a statement and a recipe."""
        excerpt = None if self.excerpt is None else {"from": self.excerpt[0], "to": self.excerpt[1]}
        return {"evidence": self.evidence, "excerpt": excerpt, "manifest": self.manifest}

    @classmethod
    def stated(cls, value: Mapping[str, Any]) -> Source:
        """Read a source from a checked statement body."""
        excerpt = value["excerpt"]
        span = None if excerpt is None else (excerpt["from"], excerpt["to"])
        return cls(value["evidence"], value["manifest"], span)


def _sources(value: object, what: str) -> tuple[Source, ...]:
    return tuple(map(Source.stated, check_sources(value, what)))


@dataclass(frozen=True, slots=True)
class Read(JsonObject):
    """A file that the program read, or the one that it wrote. `size` in bytes; `sha256` of the whole file.

    Films of a source are named as in a court package: `<evidence id>/<film>`.
    """

    what: ClassVar[str] = "recipe file"

    name: _Name
    size: Count
    sha256: Digest

    @classmethod
    def of(cls, name: str, content: bytes) -> Read:
        """Return the entry of a file with this content."""
        return cls(name, len(content), sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Program(JsonObject):
    """The program that made it: its name, the version it reports, and the SHA-256 of the program itself."""

    what: ClassVar[str] = "recipe program"

    name: _Name
    version: _Name
    sha256: Digest


def our_program(name: str, version: str) -> Program:
    """Return a program that has no file of its own: its digest is of its name and version."""
    return Program(name, version, sha256(f"{name} {version}".encode()).hexdigest())


_UNKNOWN = "version not known, or no edits"
_argument = named("recipe argument", text(0, MAX_TEXT))
_read = named("recipe file", Read.from_json)


@dataclass(frozen=True, slots=True)
class Recipe(CanonicalObject):
    """How a derivative was made.

    `program`: None if people wrote it; `arguments`: of the program, with the file names given here; `edits`:
    what was requested, in the terms of its `kind`.
    """

    what: ClassVar[str] = "recipe"
    fixed: ClassVar[Mapping[str, object]] = {"v": 1}
    unknown: ClassVar[str] = _UNKNOWN
    longest: ClassVar[int] = MAX_RECIPE

    kind: Annotated[str, failing_with("recipe kind: no kind of derivative", one_of(DERIVATIVES))]
    sources: Annotated[Sequence[Source], _sources]
    edits: Annotated[Mapping[str, Any], failing_with(f"recipe: {_UNKNOWN}", json_object)]
    program: Program | None
    arguments: Annotated[Sequence[str], list_of(_argument, 0, MAX_ARGUMENTS)]
    inputs: Annotated[Sequence[Read], list_of(_read, 0, MAX_INPUTS)]
    output: Annotated[Read, _read]

    def check(self) -> None:
        """Raise `Malformed` unless a program made it, or people wrote it, as its kind requires."""
        if (self.program is None) != (self.kind in WRITTEN):
            raise Malformed("recipe program: of what people write there is none, of anything else there is")
