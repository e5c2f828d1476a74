"""Open a court package: a folder, or one sealed file.

Specification: docs/spec/court-package.md, docs/spec/sealed-package.md.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chain_of_custody.encoding.file_source import FolderSource, Source
from chain_of_custody.errors import Incomplete
from chain_of_custody.package.sealed_file import SealedSource


def open_package(path: Path, passphrase: Callable[[], str] | None = None) -> Source:
    """Open the package at `path`: a folder, or a sealed file, for which `passphrase` is called once.

    Raises `OSError` if nothing can be opened there; `NotProved` of step 1 ("1 opening") for a file that is
    not a sealed package, was altered where its archive begins and ends, or does not open with this
    passphrase. The files of a folder are not read yet.
    """
    if path.is_dir():
        next(path.iterdir(), None)
        return FolderSource(path)
    with path.open("rb"):
        pass
    if passphrase is None:
        raise Incomplete("1 opening", "the package is sealed, and no passphrase was given", path.name)
    return SealedSource(path, passphrase())
