"""A sealed file that a working copy is made from: opened by the gateway, or in a package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class SourceFile(Protocol):
    """A photograph, document or received file, verified before."""

    @property
    def manifest(self) -> str:
        """Return the SHA-256 of the sealed manifest, in hexadecimal."""

    @property
    def format(self) -> str:
        """Return the code of the file format, detected from the content."""

    def contents(self) -> Iterator[bytes]:
        """Yield the original, piece by piece."""
