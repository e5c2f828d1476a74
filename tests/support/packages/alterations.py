"""What somebody without keys can do to a court package, and the assertion that it is refused.

Each alteration is a function of the folder; `listed` makes the bag's lists anew after it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chain_of_custody.encoding.signed_note import Note
from chain_of_custody.errors import NotProved
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verify import STEPS
from tests.support.packages import court_packages as made
from tests.support.packages.court_packages import EVIDENCE, verify

AT_3 = "at 00:00:03 of part 1 (2026-11-24 20:15:06 UTC)"
HOME = f"data/recordings/{EVIDENCE}"
# Positions in the ledger of the honest package.
ENROLLED, OPENED, STARTED, PROGRESS, SEALED, VIEWED, EXPORTED = range(7)


def refusal(folder: Path, policy: TrustPolicy | None = None) -> NotProved:
    with pytest.raises(NotProved) as caught:
        verify(folder, policy)
    return caught.value


def assert_refused(
    folder: Path, step: int, reason: str, where: str | None, policy: TrustPolicy | None = None
) -> None:
    error = refusal(folder, policy)
    assert error.step == f"{step} {STEPS[step - 1]}", str(error)
    assert re.search(reason, error.reason), str(error)
    assert where is None or where in (error.where or ""), str(error)


def write(path: str, content: bytes = b"surplus") -> Callable[[Path], None]:
    return lambda folder: _written(folder / path, content)


def _written(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def flipped(path: str, at: int = 0) -> Callable[[Path], None]:
    return lambda folder: made.flip(folder / path, at)


def changed(path: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    return lambda folder: made.substitute(folder / path, old, new)


def removed(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def renamed(path: str, to: str, *, copy: bool = False) -> Callable[[Path], None]:
    """A file under another name; as a `copy`, under both."""

    def alter(folder: Path) -> None:
        content = (folder / path).read_bytes()
        if not copy:
            (folder / path).unlink()
        _written(folder / to, content)

    return alter


def listed(alter: Callable[[Path], object]) -> Callable[[Path], None]:
    """The alteration by somebody who then makes the bag's lists anew."""

    def both(folder: Path) -> None:
        alter(folder)
        made.list_again(folder)

    return both


def tags_listed(alter: Callable[[Path], object]) -> Callable[[Path], None]:
    def both(folder: Path) -> None:
        alter(folder)
        made.list_tags_again(folder)

    return both


def lines(path: str, reorder: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        file = folder / path
        file.write_bytes(b"".join(reorder(file.read_bytes().splitlines(keepends=True))))

    return alter


def media(path: str, piece: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    """Cut a media file of the honest folder at its records, and put it together otherwise."""

    def alter(folder: Path) -> None:
        file = folder / HOME / path
        data, pieces = file.read_bytes(), []
        for line in (folder / HOME / "opened.jsonl").read_bytes().splitlines():
            opened = json.loads(line)
            if opened["file"] == path:
                pieces.append(data[opened["offset"] : opened["offset"] + opened["length"]])
        file.write_bytes(b"".join(piece(pieces)))

    return listed(alter)


def substituted(path: str, pattern: str, replacement: str) -> Callable[[Path], None]:
    """The first place that a regular expression finds, changed."""

    def alter(folder: Path) -> None:
        file = folder / path
        data, count = re.subn(pattern.encode(), replacement.encode(), file.read_bytes(), count=1)
        assert count, (path, pattern)
        file.write_bytes(data)

    return alter


def swapped_tracks(folder: Path) -> None:
    home = folder / HOME
    (home / "wide.mp4").rename(home / "kept")
    (home / "close.mp4").rename(home / "wide.mp4")
    (home / "kept").rename(home / "close.mp4")


def without_signature(which: str) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        for path in made.files_of(folder, "data/statements/*.tlog-proof"):
            proof = TlogProof.parse(path.read_bytes())
            note = Note.parse(proof.checkpoint_note)
            assert len(note.signatures) == 2
            kept = note.signatures[1:] if which == "Ed25519" else note.signatures[:1]
            path.write_bytes(
                made.replace(proof, checkpoint_note=Note(note.text, kept).serialise()).serialise()
            )

    return listed(alter)


def other_checkpoint(old: bytes, new: bytes) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        for path in made.files_of(folder, "data/statements/*.tlog-proof"):
            made.substitute(path, old, new)

    return listed(alter)


def extra_data(folder: Path) -> None:
    path = folder / "data/statements/5.tlog-proof"
    path.write_bytes(made.replace(TlogProof.parse(path.read_bytes()), extra=b"more").serialise())


def proof_of_another(folder: Path) -> None:
    shutil.copyfile(folder / "data/statements/4.tlog-proof", folder / "data/statements/5.tlog-proof")


def refiled(folder: Path) -> None:
    for path in ("statements/{}.json", "statements/{}.tlog-proof", "details/{}.json"):
        (folder / "data" / path.format(5)).rename(folder / "data" / path.format(17))


def pair_removed(position: int) -> Callable[[Path], None]:
    def alter(folder: Path) -> None:
        for path in ("statements/{}.json", "statements/{}.tlog-proof", "details/{}.json"):
            (folder / "data" / path.format(position)).unlink(missing_ok=path.startswith("details"))

    return listed(alter)


def swap_lines(first: int, second: int) -> Callable[[list[bytes]], list[bytes]]:
    def reorder(each: list[bytes]) -> list[bytes]:
        each[first], each[second] = each[second], each[first]
        return each

    return reorder


def false_digest(folder: Path, file: str) -> None:
    def reorder(each: list[bytes]) -> list[bytes]:
        return [b"0" * 64 + line[64:] if line.endswith(f"{file}\n".encode()) else line for line in each]

    tags_listed(lines("manifest-sha256.txt", reorder))(folder)
