"""Copies of received files for viewing: of one received file, whole, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from casework.received_copies.picture_pdf import Page, written
from tests.support.packages.court_packages import Derivative, File, Recording, source
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, Make
from tests.vectors.packages.centers import Deployment
from tests.vectors.packages.derivatives import (
    FILM,
    RECIPE_JSON,
    SECOND_DERIVED,
    derivative,
    holds,
    lie,
    only,
    sealed,
    stating,
)
from tests.vectors.packages.files import JPEG, document, photograph
from tests.vectors.packages.received import voice_message

MINUTES = {"evidence": "ea" * 16, "excerpt": {"from": 0, "to": 5}, "manifest": "33" * 32}
NOT_WHOLE = "statement 5: derivative.made sources: not one received file, whole"
NOT_RECEIVED = "it was made from something else than a received file"

SOUND: dict[str, Any] = {"kind": "sound-copy", "format": "mp4", "name": "copy.mp4", "body": FILM}
PICTURE: dict[str, Any] = {"kind": "picture-copy", "format": "jpeg", "name": "copy.jpeg", "body": JPEG}
PAGES: dict[str, Any] = {
    "kind": "pages-copy",
    "format": "pdf",
    "name": "copy.pdf",
    "body": written([Page((595, 842), (1240, 1754), JPEG)]),
}
TEXT: dict[str, Any] = {
    "kind": "text-copy",
    "format": "txt",
    "name": "copy.txt",
    "body": "مرحبا [U+202E] hello\n".encode(),
}


def received_copy(of: Recording, evidence: str = "fd" * 16, **shape: Any) -> Derivative:
    return derivative(source(of), evidence=evidence, piece=len(shape["body"]), **shape)


def of_each_kind(folder: Path) -> None:
    """A voice message, a film, a picture, a document and a text, each with its copy."""
    center = Deployment.small()
    centers.enrol(center)
    items: list[Recording] = []
    for number, (shape, format_) in enumerate(
        (
            (SOUND, "ogg"),
            (SOUND | {"kind": "film-copy"}, "mov"),
            (PICTURE, "heic"),
            (PAGES, "pdf"),
            (TEXT, "txt"),
        ),
        1,
    ):
        file = voice_message(f"e{number}" * 16, format=format_)
        sealed(center, file)
        one = received_copy(file, f"d{number}" * 16, **shape)
        sealed(center, one)
        items += [file, one]
    center.export(folder, items)


def alone(folder: Path) -> None:
    """A copy without the file that it was made from."""
    center = Deployment.small()
    centers.enrol(center)
    file = voice_message()
    sealed(center, file)
    one = received_copy(file, **SOUND)
    sealed(center, one)
    only(center, one)
    center.export(folder, [one])


def of(make: Callable[[], File], shape: dict[str, Any], **wrong: Any) -> Make:
    """A copy of a file that was received otherwise."""

    def alter(folder: Path) -> None:
        center = Deployment.small()
        centers.enrol(center)
        file = make()
        sealed(center, file, **wrong)
        one = received_copy(file, **shape)
        sealed(center, one)
        center.export(folder, [file, one])

    return alter


def of_a_recording(folder: Path) -> None:
    center, recording = centers.honest(Deployment.small())
    one = received_copy(recording, **SOUND)
    sealed(center, one)
    center.export(folder, [recording, one])


def of_a_copy(folder: Path) -> None:
    center = Deployment.small()
    centers.enrol(center)
    file = voice_message()
    sealed(center, file)
    first = received_copy(file, SECOND_DERIVED, **SOUND)
    sealed(center, first)
    second = received_copy(first, **SOUND)
    sealed(center, second)
    center.export(folder, [file, first, second])


copy_stating = partial(stating, kind="sound-copy", format="mp4")

CASES: tuple[Case, ...] = (
    holds(
        "copies-of-received-files",
        "a voice message, a film, a picture, a document and a text from outside, each with its copy",
        of_each_kind,
        SMALL,
    ),
    holds("copy-of-a-received-file-alone", "a copy of a voice message, without it", alone, SMALL),
    lie(
        "copy-of-a-photograph",
        "A copy for viewing, as if of a received file, of a photograph.",
        of(photograph, PICTURE, intimate=False),
        12,
        "NotProved",
        NOT_RECEIVED,
        RECIPE_JSON,
    ),
    lie(
        "copy-of-a-document",
        "A copy for viewing, as if of a received file, of a document.",
        of(document, TEXT),
        12,
        "NotProved",
        NOT_RECEIVED,
        RECIPE_JSON,
    ),
    lie(
        "copy-of-a-recording",
        "A copy for viewing, as if of a received file, of a recording.",
        of_a_recording,
        12,
        "NotProved",
        NOT_RECEIVED,
        RECIPE_JSON,
    ),
    lie(
        "copy-of-a-copy",
        "A copy of a copy of a received file.",
        of_a_copy,
        12,
        "NotProved",
        "it was made from a derivative, not from evidence",
        RECIPE_JSON,
    ),
    lie(
        "copy-of-two-files",
        "The seal of a copy names two received files.",
        copy_stating(sources=[MINUTES | {"excerpt": None, "evidence": one * 16} for one in ("ea", "eb")]),
        6,
        "Malformed",
        NOT_WHOLE,
    ),
    lie(
        "copy-of-minutes",
        "The seal of a copy names minutes of a received file.",
        copy_stating(sources=[MINUTES]),
        6,
        "Malformed",
        NOT_WHOLE,
    ),
    lie(
        "copy-said-intimate",
        "The seal of a copy of a received file says that it is intimate.",
        copy_stating(intimate=True),
        6,
        "Malformed",
        "statement 5: derivative.made intimate: of what is made from photographs, and of nothing else",
    ),
    lie(
        "copy-of-a-text-as-a-film",
        "The seal of a copy of a text says that it is a film.",
        stating(kind="text-copy", format="mp4"),
        6,
        "Malformed",
        "statement 5: derivative.made format: not that of its kind",
    ),
)
