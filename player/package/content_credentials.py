"""Content credentials (C2PA) of the films and pictures made from evidence, for other programs.

A credential repeats `derivative.made` in the format that cameras, newsrooms and browsers read: made by this
center from these sources, with this program, and not the master. It is stored beside the file, as a separate
manifest: the sealed file stays the same to the byte. Its key is made for one package and stored nowhere, so
it is on no trust list; the credential is only as credible as the package, whose digest the ledger holds.

A credential names no person and no case, and of edits it says only whether there are any.

Specification: C2PA 2.4, Content Credentials; docs/spec/court-package.md, "Content credential".
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from casework.errors import SandboxMissing
from casework.evidence.export import ExportedFile, ExportFacts
from casework.sandbox import bubblewrap, child_process
from casework.sandbox.child_process import Limits, Work, in_memory
from chain_of_custody.items.recipe import RECIPE_FILE, Recipe
from chain_of_custody.package.contents import MAX_CREDENTIAL, credential_path, item_path

log = logging.getLogger(__name__)

ASSERTION = "org.amana.derivative"
_MEDIA = {"jpeg": "image/jpeg", "mp4": "video/mp4"}
_DIGITAL_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPES = {
    "comparison-sheet": "compositeCapture",
    "composed-film": "compositeCapture",
    "contact-sheet": "compositeCapture",
    "redacted-film": "humanEdits",
    "still": "compositeCapture",
}
"""IPTC's digital source types, by kind of derivative. The clock below the picture makes a still a composite,
too. A copy of a received file has none, and so no credential: the center does not know what that file is."""
EDITED = frozenset(("redacted-film",))
"""Kinds with edits beyond composition. C2PA's own `c2pa.redacted` means something else: that parts of an
earlier credential were removed."""

_START, _SPEED = 60, 4_000_000
"""Seconds allowed for everything but reading; and the minimum reading speed, in bytes a second."""
MODULE = "player.package.content_credentials_child"
MEMORY = 2 * 1024**3
"""Bytes of address space: the library hashes a long film in pieces of some hundred MB."""
MOST_OPEN = 512
"""Open files: up to 200 inputs (`types.MAX_ITEMS`), and the library's own."""
_LONGEST_LENGTH = 12
"""Maximum bytes of a line with the length of a credential."""
_MOST_COMPLAINTS, _MAX_LOGGED = 64 * 1024, 2000
"""Maximum bytes of the child's error output, and of those that go into the log."""


def credited(facts: ExportFacts) -> list[ExportedFile]:
    """Return the files that get a credential: derivatives of a kind in `SOURCE_TYPES`."""
    derived = (one for one in facts.exhibits if one.kind == "derivative")
    return [one for one in derived if facts.statements[one.sealed].statement.body["kind"] in SOURCE_TYPES]


def sign(facts: ExportFacts, software: tuple[str, str], scratch: Path) -> Mapping[str, bytes]:
    """Return credentials by evidence id, as far as they could be made. `software`: our name and version;
    `scratch`: a private folder of this machine, to which a long film is copied while it is hashed.

    Never raises for errors of the library or the system, nor without a sandbox: the package is complete
    without credentials. `Delivered.uncredited` lists what is missing, and the log says why.
    """
    chosen = credited(facts)
    if not chosen:
        return {}
    try:
        answers = _child_credentials(facts, chosen, software, scratch)
        made = {one.evidence: answer for one, answer in zip(chosen, answers, strict=True)}
    except (OSError, ValueError, SandboxMissing) as error:
        log.error("no content credentials: %s: %s", type(error).__name__, error)
        return {}
    for evidence in (evidence for evidence, credential in made.items() if not credential):
        log.error("no content credential of %s", evidence)
    return {evidence: credential for evidence, credential in made.items() if credential}


def name_of(evidence: str) -> str:
    """Return the document's name in `casework`."""
    return credential_path(evidence).removeprefix("data/")


def manifest(facts: ExportFacts, file: ExportedFile, software: tuple[str, str]) -> dict[str, Any]:
    """Return C2PA's manifest definition for this file."""
    recipe = Recipe.parse((facts.folder / item_path("derivatives", file.evidence, RECIPE_FILE)).read_bytes())
    path = _path(file)
    size, digest = facts.files[path]
    assert recipe.program is not None  # only kinds written by people have none
    made_at = facts.statements[file.sealed].statement.at
    done: dict[str, Any] = {
        "when": f"{made_at[:19]}Z",  # in whole seconds, as RFC 3339 allows
        "softwareAgent": {"name": recipe.program.name, "version": recipe.program.version},
    }
    source_type = _DIGITAL_SOURCES + SOURCE_TYPES[recipe.kind]
    actions = [{"action": "c2pa.created", "digitalSourceType": source_type, **done}]
    if recipe.kind in EDITED:
        actions.append({"action": "c2pa.edited", **done})
    derived = {
        "deployment": facts.policy.deployment,
        "evidence": file.evidence,
        "file": {"name": path, "sha256": digest, "size": size},
        "kind": recipe.kind,
        "manifest": file.manifest_digest,
        "master": False,
        "program": recipe.program.to_json(),
        "sources": [source.to_json() for source in recipe.sources],
        "v": 1,
    }
    return {
        "assertions": [
            {"label": "c2pa.actions.v2", "created": True, "data": {"actions": actions}},
            {"label": ASSERTION, "created": True, "data": derived},
        ],
        "claim_generator_info": [{"name": software[0], "version": software[1]}],
        "claim_version": 2,
        "format": _MEDIA[file.format],
        "title": path,
    }


def _child_credentials(
    facts: ExportFacts, chosen: Sequence[ExportedFile], software: tuple[str, str], scratch: Path
) -> list[bytes]:
    """Return the child's credentials, in the same order; empty for each that it could not make."""
    with ExitStack() as opened:
        numbers = [opened.enter_context((facts.folder / _path(one)).open("rb")).fileno() for one in chosen]
        files = [{"media": _MEDIA[one.format], "manifest": manifest(facts, one, software)} for one in chosen]
        request = {"at": facts.at.timestamp(), "deployment": facts.policy.deployment, "files": files}
        return run(request, numbers, scratch)


def work(written: int) -> Work:
    """Return what the child runs. `written`: maximum bytes of each of its files."""
    return Work(Limits(memory=MEMORY, written=written, opened=MOST_OPEN), module=MODULE)


def run(request: Mapping[str, Any], numbers: Sequence[int], scratch: Path) -> list[bytes]:
    """Run the child with this `request` and these open files; return its credentials, in the same order.

    Raises `OSError`, `ValueError` for malformed output, `SandboxMissing`, `TimeoutError`.
    """
    sizes = [os.fstat(number).st_size for number in numbers]
    written = max(sizes) + MAX_CREDENTIAL * (1 + len(sizes))
    room = (MAX_CREDENTIAL + 100) * len(sizes)
    with (
        in_memory(json.dumps({**request, "most": MAX_CREDENTIAL}).encode()) as given,
        in_memory(room=room) as answered,
        in_memory(room=_MOST_COMPLAINTS) as complaints,
    ):
        child_process.run(
            work(written),
            given=given,
            answered=answered,
            complaints=complaints,
            seconds=_START + sum(sizes) / _SPEED,
            files=numbers,
            folder=scratch,
            environment={"TMPDIR": bubblewrap.FOLDER},
        )
        if message := complaints.read(_MAX_LOGGED).rstrip(b"\0"):
            log.warning("content credentials: %s", message.decode(errors="replace"))
        return list(_answers(answered, len(numbers)))


def _answers(replies: BinaryIO, count: int) -> Iterator[bytes]:
    """Parse the child's output. Raises `ValueError` if it is malformed."""
    for _ in range(count):
        length = int(replies.readline(_LONGEST_LENGTH))
        credential = replies.read(length) if 0 <= length <= MAX_CREDENTIAL else b""
        if len(credential) != length:
            raise ValueError("the answer ends before it, or it is too long")
        yield credential


def _path(one: ExportedFile) -> str:
    return item_path("derivatives", one.evidence, f"original.{one.format}")
