"""Comparison sheets: of photographs and of nothing else, and intimate if one of these is."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages.court_packages import Derivative, File, Recording, source
from tests.vectors.packages import centers
from tests.vectors.packages.cases import SMALL, Case, Make
from tests.vectors.packages.centers import Deployment
from tests.vectors.packages.derivatives import (
    RECIPE_JSON,
    derivative,
    holds,
    lie,
    only,
    sealed,
    stating,
)
from tests.vectors.packages.files import JPEG, document, photograph

SECOND = "f1" * 16
INTIMATE = "derivative.made intimate: of what is made from photographs, and of nothing else"


def sheet(*items: Recording) -> Derivative:
    body = {"body": JPEG, "piece": len(JPEG), "format": "jpeg", "name": "sheet.jpeg"}
    return derivative(*map(source, items), kind="comparison-sheet", **body)


def compared(*others: File, intimate: bool = False, said: bool = False) -> Make:
    """A sheet of a photograph, of another one or of `others`, beside all of them. `intimate`: whether the
    photograph was sealed so; `said`: what the sheet's seal says."""

    def make(folder: Path) -> None:
        center, _ = centers.sealed(Deployment.small())
        first, rest = photograph(), others or (photograph(SECOND, JPEG + b"2"),)
        sealed(center, first, intimate=intimate)
        sealed(center, *rest)
        one = sheet(first, *rest)
        sealed(center, one, intimate=said)
        only(center, first, *rest, one)
        center.export(folder, [first, *rest, one])

    return make


def of_a_recording(folder: Path) -> None:
    center, recording = centers.honest(Deployment.small())
    one = sheet(recording)
    sealed(center, one, intimate=False)
    center.export(folder, [recording, one])


CASES: tuple[Case, ...] = (
    holds("comparison-sheet", "two photographs, and a sheet on which they are compared", compared(), SMALL),
    holds(
        "intimate-comparison-sheet",
        "two photographs, one of them intimate, and an intimate sheet of them",
        compared(intimate=True, said=True),
        SMALL,
    ),
    holds(
        "comparison-sheet-said-intimate",
        "two photographs, and a sheet that is said to be more intimate than they are",
        compared(said=True),
        SMALL,
    ),
    lie(
        "sheet-not-said-intimate",
        "A sheet of an intimate photograph is not said to be intimate.",
        compared(intimate=True),
        12,
        "NotProved",
        "it was made from an intimate photograph and is not said to be intimate",
        RECIPE_JSON,
    ),
    lie(
        "sheet-of-a-document",
        "A sheet of a photograph and a document.",
        compared(document()),
        12,
        "NotProved",
        "it was made from something else than photographs",
        RECIPE_JSON,
    ),
    lie(
        "sheet-of-a-recording",
        "A sheet of a recording.",
        of_a_recording,
        12,
        "NotProved",
        "it was made from something else than photographs",
        RECIPE_JSON,
    ),
    lie(
        "sheet-without-a-word",
        "A sheet's seal does not say whether it is intimate.",
        stating(kind="comparison-sheet", format="jpeg"),
        6,
        "Malformed",
        f"statement 5: {INTIMATE}",
    ),
    lie(
        "film-said-intimate",
        "A film's seal says that it is intimate.",
        stating(intimate=True),
        6,
        "Malformed",
        f"statement 5: {INTIMATE}",
    ),
    lie(
        "sheet-half-intimate",
        "A sheet's seal says neither that it is intimate nor that it is not.",
        stating(kind="comparison-sheet", format="jpeg", intimate="some"),
        6,
        "Malformed",
        "statement 5: derivative.made intimate: not true or false",
    ),
    lie(
        "sheet-of-minutes",
        "A sheet's seal names minutes of a photograph.",
        stating(
            kind="comparison-sheet",
            format="jpeg",
            intimate=False,
            sources=[{"evidence": "f0" * 16, "excerpt": {"from": 0, "to": 5}, "manifest": "33" * 32}],
        ),
        6,
        "Malformed",
        "statement 5: derivative.made sources: minutes of a photograph",
    ),
    lie(
        "sheet-as-a-film",
        "A sheet's seal says that it is a film.",
        stating(kind="comparison-sheet", intimate=False),
        6,
        "Malformed",
        "statement 5: derivative.made format: not that of its kind",
    ),
)
