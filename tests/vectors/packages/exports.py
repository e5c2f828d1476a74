"""What a center states of an export, and of items that do not go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from chain_of_custody.statements.statement import Actor
from tests.support.packages.court_packages import (
    EVIDENCE,
    INTERVIEW,
    PROSECUTOR,
    SECOND_EVIDENCE,
    Recording,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, SMALL, Case, refused
from tests.vectors.packages.centers import PASSKEY, Deployment, export_otherwise, record, sealed, view
from tests.vectors.packages.intact import SAFETY_EVIDENCE, with_a_safety_recording


def twice_the_same_part(folder: Path) -> None:
    center, first = sealed(Deployment.small())
    second = Recording(SECOND_EVIDENCE)
    record(center, second)
    center.seal(second)
    center.export(folder, [first, second])


def misexported(**wrong: Any) -> Callable[[Path], None]:
    """The export says something else than what is here."""

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.small())
        center.export(folder, [recording])
        export_otherwise(center, folder, **wrong)

    return make


ORDER = "0d" * 16
ORDERED = {"items": [{"evidence": EVIDENCE, "excerpt": None}], "order": ORDER, "viewing": True}


def ordered(here: bool = True, actor: Actor = PROSECUTOR, **wrong: Any) -> Callable[[Path], None]:
    """Ordered, signed with their own key by whoever has one, and exported by that order."""

    def make(folder: Path) -> None:
        center, recording = sealed(Deployment.with_persons())
        by = [PASSKEY] if actor is PROSECUTOR else []
        change = partial(replace, **{name: wrong.pop(name) for name in ("purpose",) if name in wrong})
        center.say(
            "export.ordered", INTERVIEW, ORDERED | wrong, actor=actor, by=by, change=change, into_folder=here
        )
        center.export(folder, [recording])
        export_otherwise(center, folder, order=ORDER)

    return make


def ordered_otherwise(name: str, altered: str, **wrong: Any) -> Case:
    reason = "it is not what was ordered"
    return Case(
        name, altered, refused(14, "NotProved", reason, "statement 8"), ordered(**wrong), policy=SMALL
    )


def viewed_after_the_export(folder: Path) -> None:
    center, recording = sealed(Deployment.small())
    center.export(folder, [recording])
    position = view(center, details=None)
    (folder / f"data/statements/{position}.json").write_bytes(center.leaves[position])
    centers.prove_again(center, folder)


def nested(folder: Path) -> None:
    """A leaf of nothing but brackets."""
    center, recording = sealed(Deployment.small())
    center.leaves.append(b"[" * 32_000 + b"]" * 32_000)
    center.in_folder[len(center.leaves) - 1] = center.leaves[-1]
    centers.plant(center, recording, folder)


def exported_as(
    name: str,
    altered: str,
    reason: str,
    kind: str = "NotProved",
    step: int = 14,
    where: str | None = "statement 5",
    **wrong: Any,
) -> Case:
    return Case(name, altered, refused(step, kind, reason, where), misexported(**wrong), policy=SMALL)


CASES = (
    Case(
        "two-items-of-one-part",
        "Two recordings that are both part 1 of their interview.",
        refused(7, "NotProved", "another recording is also part 1 of its interview", "statement 5"),
        twice_the_same_part,
        policy=SMALL,
    ),
    Case(
        "safety-recording-of-another-part",
        "A safety recording that says it is of part 2, and stands beside part 1.",
        refused(7, "NotProved", "it stands beside another part than it says", "statement 9"),
        partial(with_a_safety_recording, part=2),
        policy=SMALL,
    ),
    Case(
        "safety-recording-beside-itself",
        "A safety recording that stands beside itself.",
        refused(7, "NotProved", "it stands beside another part than it says", "statement 9"),
        partial(with_a_safety_recording, beside=SAFETY_EVIDENCE),
        policy=SMALL,
    ),
    exported_as(
        "exported-another-package",
        "The export names another package.",
        "the package is not the one that was exported",
        "Altered",
        package="5a" * 32,
    ),
    exported_as(
        "exported-as-an-excerpt",
        "The whole recording, exported as an excerpt.",
        "it was exported as an excerpt, and is here whole",
        excerpt={"from": 0, "to": 1},
    ),
    exported_as(
        "exported-with-a-registry-to-come",
        "The export names a registry longer than the one here.",
        "the registry ends after 1 statements, number 2 is needed",
        "Incomplete",
        6,
        None,
        registry=2,
    ),
    Case(
        "exported-as-ordered",
        "Nothing: the order is here, signed by the person who placed it.",
        INTACT,
        ordered(),
        policy=SMALL,
    ),
    Case(
        "exported-by-an-order-not-here",
        "Nothing: the export names an order that was left out, as what is stated of an interview may be.",
        INTACT,
        ordered(here=False),
        policy=SMALL,
    ),
    ordered_otherwise(
        "ordered-another-item",
        "The order names another item.",
        items=[{"evidence": SECOND_EVIDENCE, "excerpt": None}],
    ),
    ordered_otherwise(
        "ordered-an-excerpt",
        "The order names an excerpt, and the whole was exported.",
        items=[{"evidence": EVIDENCE, "excerpt": {"from": 0, "to": 1}}],
    ),
    ordered_otherwise(
        "ordered-by-somebody-else",
        "Somebody else placed the order.",
        actor=Actor("a1" * 16, "prosecutor", "prosecution"),
    ),
    ordered_otherwise("ordered-for-another-purpose", "The order is for another purpose.", purpose="hearing"),
    Case(
        "export-not-last",
        "A viewing after the export.",
        refused(14, "Incomplete", "the chain does not end in the export of this package", "statement 6"),
        viewed_after_the_export,
        policy=SMALL,
    ),
    Case(
        "statement-of-brackets",
        "A statement of thirty thousand brackets, in the center's own ledger.",
        refused(6, "Malformed", "statement 5: leaf: not canonical JSON"),
        nested,
        policy=SMALL,
    ),
)
