"""A format that both verifiers read: one reader of each, and valid bytes to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from chain_of_custody.errors import Malformed
from tests.fuzz import material

Answer: TypeAlias = Mapping[str, Any]
"""{"read": what was read, or null} or {"refused": kind}."""


class Reader(NamedTuple):
    """One format. `read`: Python's reader, which gives what was read as JSON has it, or None; `take`: an
    expression that gives the same (or undefined) from `it`, the script at the path `module`, `bytes` and
    `text()`, `known`, `b` (proof/bytes.js) and `load(path)`; `seeds`: valid bytes; `known`: what the scripts
    know beforehand."""

    read: Callable[[bytes], Any]
    module: str
    take: str
    seeds: Callable[[], Sequence[bytes]]
    known: Callable[[], Any] = lambda: None


def quiet(read: Callable[[bytes], object]) -> Callable[[bytes], None]:
    def verdict(data: bytes) -> None:
        read(data)

    return verdict


def text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def of_files(files: Callable[[], Mapping[str, bytes]], ending: str) -> list[bytes]:
    return [content for path, content in files().items() if path.endswith(ending)]


def seeds_of(
    ending: str, files: Callable[[], Mapping[str, bytes]] = material.package
) -> Callable[[], list[bytes]]:
    return lambda: of_files(files, ending)


def lines_of(ending: str) -> Callable[[], list[bytes]]:
    return lambda: [line for content in of_files(material.package, ending) for line in content.splitlines()]
