"""Details: what statements commit to, and no more."""

from __future__ import annotations

from pathlib import Path

from tests.support.packages import court_packages as made
from tests.support.packages.alterations import changed, listed, removed, renamed, substituted
from tests.vectors.packages.cases import Case, refused
from tests.vectors.packages.centers import (
    EXPORTED,
    OPENED,
    VIEWED,
    sealed,
    view,
)

DETAILS = "these are not the details that the statement commits to"


def details_of_another(folder: Path) -> None:
    center, recording = sealed()
    view(center)
    view(center, details={"name": "Person S", "why": "to prepare"})
    center.export(folder, [recording])
    (folder / f"data/details/{VIEWED}.json").write_bytes(center.details[VIEWED + 1])
    made.list_again(folder)


CASES = (
    Case(
        "details-other-name",
        "Another name in the details.",
        refused(10, "Altered", DETAILS, f"statement {VIEWED}"),
        alter=listed(changed(f"data/details/{VIEWED}.json", b"Person L", b"Person M")),
    ),
    Case(
        "details-other-salt",
        "Another salt in the details.",
        refused(10, "Altered", DETAILS, f"statement {VIEWED}"),
        alter=listed(substituted(f"data/details/{VIEWED}.json", r'("salt":")..', r"\g<1>AA")),
    ),
    Case(
        "details-of-another-statement",
        "Details of the viewing after it.",
        refused(10, "Altered", DETAILS, f"statement {VIEWED}"),
        details_of_another,
    ),
    Case(
        "details-of-a-statement-without",
        "Details of a statement that commits to none.",
        refused(10, "Altered", DETAILS, f"statement {OPENED}"),
        alter=listed(renamed(f"data/details/{VIEWED}.json", f"data/details/{OPENED}.json")),
    ),
    Case(
        "details-without-statement",
        "Details of a statement that is not here.",
        refused(2, "Incomplete", "details of a statement that is not here", "statement 17"),
        alter=listed(renamed(f"data/details/{VIEWED}.json", "data/details/17.json", copy=True)),
    ),
    Case(
        "details-taken-out",
        "Details that were exported are taken out.",
        refused(14, "Altered", "the package is not the one that was exported", f"statement {EXPORTED}"),
        alter=listed(removed(f"data/details/{VIEWED}.json")),
    ),
)
