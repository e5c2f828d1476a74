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
from typing import Any

from chain_of_custody.encoding import canonical_json
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

_KEYS = frozenset(("arguments", "edits", "inputs", "kind", "output", "program", "sources", "v"))


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


@dataclass(frozen=True, slots=True)
class Read:
    """A file that the program read, or the one that it wrote. `size` in bytes; `sha256` of the whole file.

    Films of a source are named as in a court package: `<evidence id>/<film>`.
    """

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Read:
        """Return the entry of a file with this content."""
        return cls(name, len(content), sha256(content).hexdigest())

    def to_json(self) -> dict[str, Any]:
        """As the recipe has it."""
        return {"name": self.name, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True)
class Program:
    """The program that made it: its name, the version it reports, and the SHA-256 of the program itself."""

    name: str
    version: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """As the recipe has it."""
        return {"name": self.name, "sha256": self.sha256, "version": self.version}

    @classmethod
    def parse(cls, value: object) -> Program:
        """Read the program of a recipe. Raises `Malformed`."""
        fields = canonical_json.exact_keys(value, frozenset(("name", "sha256", "version")), "recipe program")
        return cls(
            _text(fields["name"], "program name"),
            _text(fields["version"], "program version"),
            canonical_json.digest(fields["sha256"], "program sha256"),
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a derivative was made.

    `program`: None if people wrote it; `arguments`: of the program, with the file names given here; `edits`:
    what was requested, in the terms of its `kind`.
    """

    kind: str
    sources: Sequence[Source]
    edits: Mapping[str, Any]
    program: Program | None
    arguments: Sequence[str]
    inputs: Sequence[Read]
    output: Read

    def canonical(self) -> bytes:
        """Return the recipe's canonical bytes. Raises `Malformed` if a field is invalid."""
        data = canonical_json.serialise(
            {
                "arguments": list(self.arguments),
                "edits": dict(self.edits),
                "inputs": [one.to_json() for one in self.inputs],
                "kind": self.kind,
                "output": self.output.to_json(),
                "program": None if self.program is None else self.program.to_json(),
                "sources": [one.to_json() for one in self.sources],
                "v": 1,
            }
        )
        self.parse(data)
        return data

    @classmethod
    def parse(cls, data: bytes) -> Recipe:
        """Read a recipe. Raises `Malformed` unless `data` is its canonical encoding."""
        if len(data) > MAX_RECIPE:
            raise Malformed(f"recipe: longer than {MAX_RECIPE} bytes")
        fields = canonical_json.exact_keys(canonical_json.parse_object(data, "recipe"), _KEYS, "recipe")
        if canonical_json.integer(fields["v"], "recipe v") != 1 or not isinstance(fields["edits"], dict):
            raise Malformed("recipe: version not known, or no edits")
        if not isinstance(fields["kind"], str) or fields["kind"] not in DERIVATIVES:
            raise Malformed("recipe kind: no kind of derivative")
        check_sources(fields["sources"], "recipe sources")
        if (fields["program"] is None) != (fields["kind"] in WRITTEN):
            raise Malformed("recipe program: of what people write there is none, of anything else there is")
        return cls(
            kind=fields["kind"],
            sources=tuple(Source.stated(one) for one in fields["sources"]),
            edits=fields["edits"],
            program=None if fields["program"] is None else Program.parse(fields["program"]),
            arguments=tuple(
                _text(one, "argument", least=0)
                for one in _several(fields["arguments"], MAX_ARGUMENTS, "arguments")
            ),
            inputs=tuple(_read(one) for one in _several(fields["inputs"], MAX_INPUTS, "inputs")),
            output=_read(fields["output"]),
        )


def _several(value: object, most: int, what: str) -> list[object]:
    if not isinstance(value, list) or len(value) > most:
        raise Malformed(f"recipe {what}: not an array of at most {most}")
    return value


def _read(value: object) -> Read:
    fields = canonical_json.exact_keys(value, frozenset(("name", "sha256", "size")), "recipe file")
    return Read(
        _text(fields["name"], "file name"),
        canonical_json.integer(fields["size"], "recipe file size"),
        canonical_json.digest(fields["sha256"], "recipe file sha256"),
    )


def _text(value: object, what: str, least: int = 1) -> str:
    if not isinstance(value, str) or not least <= len(value) <= MAX_TEXT:
        raise Malformed(f"recipe {what}: not text of {least} to {MAX_TEXT} characters")
    return value
