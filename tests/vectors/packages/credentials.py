"""Content credentials: beside the films and pictures they are of, and where none may be."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages.alterations import flipped, listed, write
from tests.support.packages.court_packages import EVIDENCE, Derivative, source
from tests.vectors.packages import HERE
from tests.vectors.packages.cases import INTACT, Case, Make, refused
from tests.vectors.packages.centers import honest
from tests.vectors.packages.derivatives import DERIVED, derivative, sealed, stamped
from tests.vectors.packages.files import FOREIGN, JPEG, PHOTOGRAPH, photograph

CREDENTIAL = "film.c2pa"
"""Among the clips: one of the film in `derivatives`, as C2PA's library has signed it. No verifier of ours
reads it."""
TRANSCRIPT = b"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nShe tells.\n"
MOST = 1024 * 1024
NOT_HERE = "a content credential of what is not here"


def credential() -> bytes:
    return (HERE / "clips" / CREDENTIAL).read_bytes()


def path(evidence: str) -> str:
    return f"data/credentials/{evidence}.c2pa"


def credited(content: bytes | None = None, **film: object) -> Make:
    """A recording, a photograph, a derivative, and the derivative's credential."""

    def make(folder: Path) -> None:
        center, recording = honest()
        picture = photograph()
        one: Derivative = derivative(source(recording), **film)
        sealed(center, picture, one)
        given = {path(DERIVED).removeprefix("data/"): credential() if content is None else content}
        stamped(center, folder, recording, picture, one, documents=given)

    return make


def uncredited(folder: Path) -> None:
    """A recording, a photograph, and a transcript, which can have no credential."""
    center, recording = honest()
    picture = photograph()
    text = derivative(
        source(recording), kind="transcript", format="vtt", body=TRANSCRIPT, recipe={"program": None}
    )
    sealed(center, picture, text)
    stamped(center, folder, recording, picture, text)


def foreign(
    name: str, altered: str, alter: Make, where: str, reason: str = NOT_HERE, base: Make | None = None
) -> Case:
    return Case(
        f"credential-{name}", altered, refused(2, "Altered", reason, where), base or credited(), listed(alter)
    )


CASES: tuple[Case, ...] = (
    Case("credential-intact", "Nothing: a film has a content credential beside it.", INTACT, credited()),
    Case(
        "credential-intact-of-a-still",
        "Nothing: a still has a content credential beside it, which is not looked into.",
        INTACT,
        credited(b"\0", kind="still", format="jpeg", body=JPEG),
    ),
    Case(
        "credential-intact-as-long-as-it-may-be",
        "Nothing: a content credential of 1 MiB.",
        INTACT,
        credited(bytes(MOST)),
    ),
    Case(
        "credential-too-long",
        "A content credential of 1 MiB and a byte.",
        refused(2, "Malformed", f"{path(DERIVED)}: longer than {MOST} bytes"),
        credited(),
        listed(write(path(DERIVED), bytes(MOST + 1))),
    ),
    Case(
        "credential-bit-not-listed",
        "A bit of a content credential, and the list is as it was.",
        refused(2, "Altered", "the file is not the one that was listed", path(DERIVED)),
        credited(),
        flipped(path(DERIVED), 300),
    ),
    Case(
        "credential-bit",
        "A bit of a content credential.",
        refused(14, "Altered", "the package is not the one that was exported", "statement 10"),
        credited(),
        listed(flipped(path(DERIVED), 300)),
    ),
    foreign(
        "of-what-is-not-here",
        "A content credential of a film that is not here.",
        write(path("fe" * 16)),
        path("fe" * 16),
    ),
    foreign("of-a-recording", "A content credential of a recording.", write(path(EVIDENCE)), path(EVIDENCE)),
    foreign(
        "of-a-photograph",
        "A content credential of a photograph, which nobody has derived.",
        write(path(PHOTOGRAPH)),
        path(PHOTOGRAPH),
    ),
    foreign(
        "of-a-transcript",
        "A content credential of a transcript.",
        write(path(DERIVED)),
        path(DERIVED),
        base=uncredited,
    ),
    foreign(
        "of-two-names",
        "A second content credential of a film.",
        write(f"data/credentials/{DERIVED}-2.c2pa"),
        f"data/credentials/{DERIVED}-2.c2pa",
        FOREIGN,
    ),
    foreign(
        "in-the-film-s-folder",
        "A content credential in the film's own folder.",
        write(f"data/derivatives/{DERIVED}/original.c2pa"),
        f"data/derivatives/{DERIVED}/original.c2pa",
        FOREIGN,
    ),
)
