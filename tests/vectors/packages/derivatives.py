"""Derivatives: beside what they were made from or alone, altered, exchanged, and misstated."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chain_of_custody.encoding.bagit import PAYLOAD_LIST
from chain_of_custody.items.file_manifest import RECIPE, SMALL
from chain_of_custody.package.contents import package_digest
from chain_of_custody.package.record_layout import FileLayout, Opened
from chain_of_custody.statements import statement
from chain_of_custody.statements.statement import SignedStatement
from tests.support.packages import court_packages as made
from tests.support.packages.alterations import flipped, listed, removed, write
from tests.support.packages.court_packages import (
    EVIDENCE,
    INTERVIEW,
    OTHER_CASE,
    SYSTEM,
    Cut,
    Derivative,
    File,
    Recording,
    source,
)
from tests.vectors.packages import centers
from tests.vectors.packages.cases import INTACT, Case, Make, refused, unwitnessed
from tests.vectors.packages.cases import SMALL as SMALL_CENTER
from tests.vectors.packages.centers import CUT, STAMPED, Deployment, export_otherwise, honest
from tests.vectors.packages.clips import WIDE, clip
from tests.vectors.packages.files import FOREIGN, JPEG, PIECE, cut, photograph, without
from tests.vectors.packages.files import HOME as PHOTOGRAPH_HOME

FILM = clip(WIDE).init + b"".join(clip(WIDE).fragments)
"""What plays: the wide camera's film, as if it had been composed."""
DERIVED, SECOND_DERIVED = "fd" * 16, "fe" * 16
HOME = f"data/derivatives/{DERIVED}"
RECIPE_JSON, ORIGINAL = f"{HOME}/recipe.json", f"{HOME}/original.mp4"
PIECES = 4
PLACE = f"{RECIPE_JSON}, record {PIECES + 2}"
"""Where the recipe is: behind the header, the pieces and the event."""
ORDER = "index: not the records of one file"


def derivative(*sources: Mapping[str, Any], evidence: str = DERIVED, **other: Any) -> Derivative:
    options: dict[str, Any] = {"body": FILM, "piece": -(-len(FILM) // PIECES), **other}
    return Derivative(evidence, sources=list(sources), **options)


def sealed(center: Deployment, *files: File, **wrong: Any) -> None:
    for file in files:
        if not file.records:
            file.write()
        center.seal_file(file, **wrong)


def stamped(center: Deployment, folder: Path, *items: Recording | Cut, **options: Any) -> None:
    center.stamp(at=STAMPED + timedelta(minutes=30))
    center.export(folder, items, **options)


def with_its_master(folder: Path) -> None:
    """A recording, and a film composed from all of it that somebody has opened; stamped."""
    center, recording = honest()
    film = derivative(source(recording))
    sealed(center, film)
    center.say("evidence.viewed", DERIVED, {})
    stamped(center, folder, recording, film)


def with_an_excerpt(folder: Path, begin: int = CUT[0], end: int = CUT[1]) -> None:
    """A film of some minutes, beside an excerpt."""
    center, recording = honest()
    film = derivative(source(recording, begin, end))
    sealed(center, film)
    stamped(center, folder, Cut(recording, *CUT), film)


def with_a_photograph(folder: Path) -> None:
    """A film of some of a recording, once more some of it, and a photograph; all are here."""
    center, recording = honest()
    picture = photograph()
    sealed(center, picture)
    spans = source(recording, 0, 1_000_000), source(recording, 2_000_000, 3_000_000)
    film = derivative(*spans, source(picture), made={SMALL: JPEG[:70]})
    sealed(center, film)
    stamped(center, folder, recording, picture, film)


def not_stamped(folder: Path) -> None:
    """The derivative was sealed after the only timestamp."""
    center, recording = honest()
    film = derivative(source(recording))
    sealed(center, film)
    center.export(folder, [recording, film])


def only(center: Deployment, *items: Recording) -> None:
    """Nothing leaves but what was stated about these, and about the center itself."""
    about = {made.DEPLOYMENT, *(one.evidence for one in items)}
    for position, leaf in list(center.in_folder.items()):
        if SignedStatement.parse(leaf).statement.evidence not in about:
            del center.in_folder[position]


def alone(
    folder: Path, film: Callable[[Recording], Derivative] = lambda recording: derivative(source(recording))
) -> None:
    """A derivative without its master, of a small center."""
    center, recording = centers.sealed(Deployment.small())
    one = film(recording)
    sealed(center, one)
    only(center, one)
    center.export(folder, [one])


def rehashed(folder: Path) -> None:
    center, recording = centers.sealed(Deployment.small())
    film = derivative(source(recording))
    sealed(center, film)
    centers.rehash(center, film)
    only(center, film)
    center.export(folder, [film])


def output(**changed: Any) -> dict[str, Any]:
    return derivative().says["output"] | changed


def stating(**wrong: Any) -> Make:
    """The seal says something else, which no writer of statements would write."""

    def make(folder: Path) -> None:
        with patch.object(statement, "check_body", lambda type_, body: None):
            center, recording = centers.sealed(Deployment.small())
            film = derivative(source(recording))
            sealed(center, film, **wrong)
            only(center, film)
            center.export(folder, [film])

    return make


def many(count: int) -> list[dict[str, Any]]:
    return [{"evidence": f"{n:032x}", "excerpt": None, "manifest": "33" * 32} for n in range(count)]


def beside(film: Callable[[Recording, File], Derivative], **taken: Any) -> Make:
    """A derivative, beside a recording and a photograph from which it may be."""

    def make(folder: Path) -> None:
        center, recording = honest(Deployment.small())
        picture = photograph(**taken)
        picture.write()
        case = {"case": picture.case}
        body = {**picture.sealed(), "intimate": False}
        center.say("photograph.sealed", picture.evidence, body, **case)
        one = film(recording, picture)
        sealed(center, one)
        export_of_cases(center, folder, recording, picture, one)

    return make


def export_of_cases(center: Deployment, folder: Path, *items: Recording) -> None:
    """Each item's export names the case of its chain."""
    cases = {one.evidence: one.case for one in items if isinstance(one, File)}
    say = center.say

    def said(type_: str, evidence: str, body: Mapping[str, Any], **options: Any) -> int:
        return say(type_, evidence, body, **{"case": cases.get(evidence, made.CASE)} | options)

    with patch.object(center, "say", said):
        center.export(folder, items)


def sealed_before_its_master(folder: Path) -> None:
    center, recording = Deployment.small(), Recording()
    centers.enrol(center)
    center.open_interview()
    centers.record(center, recording)
    film = derivative(source(recording))
    sealed(center, film)
    center.seal(recording)
    center.export(folder, [recording, film])


def of_a_derivative(folder: Path) -> None:
    center, recording = honest(Deployment.small())
    first = derivative(source(recording), evidence=SECOND_DERIVED)
    sealed(center, first)
    film = derivative(source(first))
    sealed(center, film)
    center.export(folder, [recording, first, film])


def of_itself(folder: Path) -> None:
    """It names itself as its source, under some manifest: its own has not been made yet."""
    alone(folder, lambda recording: derivative(source(recording, evidence=DERIVED)))


def sealed_twice(folder: Path) -> None:
    center, recording = centers.sealed(Deployment.small())
    film = derivative(source(recording))
    sealed(center, film)
    center.seal_file(film)
    only(center, film)
    center.export(folder, [film])


def sealed_within(about: str) -> Make:
    """A derivative's seal in a chain that has another beginning."""

    def make(folder: Path) -> None:
        center, recording = honest(Deployment.small())
        film = derivative(source(recording))
        film.write()
        body = {**film.sealed(), "kind": film.kind, "sources": list(film.sources)}
        center.say("derivative.made", about, body, actor=SYSTEM)
        center.export(folder, [recording])

    return make


def sealed_as(type_: str, **more: Any) -> Make:
    def make(folder: Path) -> None:
        center, recording = centers.sealed(Deployment.small())
        film = derivative(source(recording))
        film.write()
        center.say(type_, film.evidence, {**film.sealed(), **more})
        only(center, film)
        center.export(folder, [film])

    return make


def viewed_first(folder: Path) -> None:
    center, recording = centers.sealed(Deployment.small())
    film = derivative(source(recording))
    center.say("evidence.viewed", film.evidence, {})
    sealed(center, film)
    only(center, film)
    center.export(folder, [film])


class WithoutRecipe(Derivative):
    """Its tree ends with the event."""

    def write(self, **header: Any) -> None:
        File.write(self, **header)


def exchanged(
    liar: Callable[..., Derivative] = derivative,
    more: Callable[[File], object] = lambda file: None,
    **other: Any,
) -> Make:
    """A derivative that the package's writer would refuse, and that was sealed, in an honest one's place."""

    def make(folder: Path) -> None:
        center, recording = centers.sealed(Deployment.small())
        honest_one, film = derivative(source(recording)), liar(source(recording), **other)
        honest_one.write()
        film.write()
        more(film)
        center.seal_file(film)
        only(center, film)
        center.export(folder, [honest_one])
        home, layout = folder / HOME, FileLayout("derivative", "mp4")
        lines, contents = [], {"events.jsonl": b"", "original.mp4": b"", "recipe.json": b""}
        for record, salt, content in film.opened:
            name, offset = layout.place(record, len(content))
            lines.append(Opened(record.index, name, offset, len(content), salt).canonical() + b"\n")
            contents[name] = contents.get(name, b"") + content + (b"\n" if record.kind == "event" else b"")
        contents |= {
            "opened.jsonl": b"".join(lines),
            "index.jsonl": film.index,
            "manifest.json": film.manifest.canonical(),
        }
        for name, content in contents.items():
            (home / name).write_bytes(content)
        made.list_again(folder)
        listed_files = (line.split("  ", 1) for line in (folder / PAYLOAD_LIST).read_text().splitlines())
        digest = package_digest({path: sha for sha, path in listed_files}, [len(center.leaves) - 1])
        export_otherwise(center, folder, DERIVED, package=digest)

    return make


def without_recipe(*sources: Mapping[str, Any]) -> Derivative:
    options = {"body": FILM, "piece": -(-len(FILM) // PIECES)}
    return WithoutRecipe(DERIVED, sources=list(sources), **options)


def header_of_a_document(folder: Path) -> None:
    center, recording = centers.sealed(Deployment.small())
    film = derivative(source(recording))
    film.write(kind="document")
    center.seal_file(film)
    only(center, film)
    center.export(folder, [film])


def moved(to: str, **names: str) -> Callable[[Path], None]:
    """Its folder is another kind's; `names`: what files are called there, None: they are left out."""

    def alter(folder: Path) -> None:
        home = folder / f"data/{to}/{DERIVED}"
        home.parent.mkdir(exist_ok=True)
        shutil.move(folder / HOME, home)
        for name, other in names.items():
            path = home / name.replace("_", ".")
            path.rename(home / other) if other else path.unlink()

    return alter


def photograph_as_a_derivative(folder: Path) -> None:
    """With a derivative's recipe, and under the name of a film."""
    home = folder / f"data/derivatives/{photograph().evidence}"
    shutil.move(folder / PHOTOGRAPH_HOME, home)
    (home / "original.jpeg").rename(home / "original.mp4")
    shutil.copy(folder / RECIPE_JSON, home / "recipe.json")


def case(
    name: str,
    altered: str,
    alter: Make,
    step: int,
    kind: str,
    reason: str,
    where: str | None = None,
    base: Make = with_its_master,
) -> Case:
    return Case(f"derivative-{name}", altered, refused(step, kind, reason, where), base, listed(alter))


def lie(
    name: str, altered: str, make: Make, step: int, kind: str, reason: str, where: str | None = None
) -> Case:
    return Case(f"derivative-{name}", altered, refused(step, kind, reason, where), make, policy=SMALL_CENTER)


def holds(name: str, what: str, make: Make, policy: str | None = None) -> Case:
    options = {} if policy is None else {"policy": policy}
    return Case(f"derivative-intact-{name}", f"Nothing: {what}.", INTACT, make, **options)  # type: ignore[arg-type]


CASES: tuple[Case, ...] = (
    holds("with-its-master", "a recording, and a film that was composed from it", with_its_master),
    holds("of-an-excerpt", "an excerpt, and a film of the same minutes", with_an_excerpt),
    holds(
        "of-other-minutes",
        "an excerpt, and a film of other minutes of the same recording",
        partial(with_an_excerpt, begin=0, end=2_000_000),
    ),
    holds(
        "of-a-recording-and-a-photograph",
        "a recording, a photograph, and a film from both, with a picture made from it",
        with_a_photograph,
    ),
    holds("alone", "a derivative without its master", alone, SMALL_CENTER),
    holds("rehashed", "a derivative that was committed to anew with SHA-512", rehashed, SMALL_CENTER),
    Case(
        "derivative-of-another-digest",
        "Event and recipe give another SHA-256 than the film has. That is not compared: its pieces are.",
        INTACT,
        exchanged(told={"sha256": "00" * 32}, recipe={"output": output(sha256="00" * 32)}),
        policy=SMALL_CENTER,
    ),
    Case(
        "derivative-not-stamped",
        "A derivative was sealed after the only timestamp, where the policy asks for one.",
        unwitnessed("0 authorities have timestamped its seal, the policy asks for 1", "statement 8"),
        not_stamped,
    ),
    case(
        "bit-in-film",
        "A bit of a derivative.",
        flipped(ORIGINAL, 100),
        12,
        "Altered",
        PIECE,
        f"{ORIGINAL}, record 1",
    ),
    case(
        "bit-in-recipe",
        "A bit of a recipe.",
        flipped(RECIPE_JSON, 30),
        12,
        "Altered",
        "the recipe is not what was sealed",
        PLACE,
    ),
    Case(
        "derivative-bit-in-recipe-not-listed",
        "A bit of a recipe, and the list is as it was.",
        refused(2, "Altered", "the file is not the one that was listed", RECIPE_JSON),
        with_its_master,
        flipped(RECIPE_JSON, 30),
    ),
    case(
        "recipe-cut",
        "The last byte of a recipe is missing.",
        cut(RECIPE_JSON, -1),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        PLACE,
    ),
    case(
        "recipe-longer",
        "Something stands behind a recipe.",
        cut(RECIPE_JSON, 1),
        12,
        "Altered",
        "the recipe is not what was sealed",
        PLACE,
    ),
    case(
        "recipe-missing",
        "A recipe is missing, and not listed.",
        removed(RECIPE_JSON),
        2,
        "Incomplete",
        "a file of the item is missing",
        RECIPE_JSON,
    ),
    case(
        "cut",
        "The last bytes of a derivative are missing.",
        cut(ORIGINAL, -3),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record {PIECES}",
    ),
    case(
        "longer",
        "Something stands behind a derivative.",
        cut(ORIGINAL, 3),
        13,
        "Altered",
        "there is something behind the last piece",
        ORIGINAL,
    ),
    case(
        "film-missing",
        "A derivative's film is missing, and not listed.",
        removed(ORIGINAL),
        12,
        "Incomplete",
        "its content is missing: the file ends before it",
        f"{ORIGINAL}, record 1",
    ),
    case(
        "picture-more",
        "A small picture, where none was made.",
        write(f"{HOME}/small.jpeg", JPEG),
        13,
        "Altered",
        "no record of the derivative lies in this file",
        f"{HOME}/small.jpeg",
    ),
    case(
        "film-beside",
        "A film more in a derivative's folder.",
        write(f"{HOME}/wide.mp4"),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/wide.mp4",
    ),
    case(
        "of-a-photograph-s-format",
        "A picture as a second original of a derivative.",
        write(f"{HOME}/original.png", JPEG),
        2,
        "Altered",
        FOREIGN,
        f"{HOME}/original.png",
    ),
    case(
        "of-two-formats",
        "A picture in the format of a still as a second original of a film.",
        write(f"{HOME}/original.jpeg", JPEG),
        13,
        "Altered",
        "no record of the derivative lies in this file",
        f"{HOME}/original.jpeg",
    ),
    case(
        "viewing-copy",
        "A viewing copy of a derivative.",
        write(f"data/viewing/{DERIVED}.mp4"),
        2,
        "Altered",
        "a viewing copy of what is not here",
        f"data/viewing/{DERIVED}.mp4",
    ),
    case(
        "recipe-beside-a-photograph",
        "A recipe in a photograph's folder.",
        write(f"{PHOTOGRAPH_HOME}/recipe.json", b"{}"),
        2,
        "Altered",
        FOREIGN,
        f"{PHOTOGRAPH_HOME}/recipe.json",
        with_a_photograph,
    ),
    case(
        "as-a-photograph",
        "A derivative in a photograph's folder.",
        moved("photographs"),
        2,
        "Altered",
        FOREIGN,
        f"data/photographs/{DERIVED}/original.mp4",
    ),
    case(
        "as-a-document",
        "A derivative in a document's folder, without recipe, under a name that a document may have.",
        moved("documents", original_mp4="original.unknown", recipe_json=""),
        7,
        "NotProved",
        "the chain does not begin with the seal of a document",
        "statement 8",
    ),
    case(
        "that-is-a-photograph",
        "A photograph in a derivative's folder, with the recipe of one.",
        photograph_as_a_derivative,
        7,
        "NotProved",
        "the chain does not begin with the seal of a derivative",
        "statement 8",
        with_a_photograph,
    ),
    case(
        "left-out",
        "A derivative is left out; its statements are here.",
        without(HOME),
        7,
        "NotProved",
        "the statement belongs to none of the items here",
        "statement 8",
    ),
    lie(
        "sealed-twice",
        "A derivative is sealed once more.",
        sealed_twice,
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "sealed-in-a-recording",
        "A derivative's seal stands in the chain of the recording it was made from.",
        sealed_within(EVIDENCE),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "sealed-in-an-interview",
        "A derivative's seal stands in an interview's chain.",
        sealed_within(INTERVIEW),
        7,
        "NotProved",
        "the statement belongs into another chain",
        "statement 6",
    ),
    lie(
        "sealed-as-a-photograph",
        "A derivative's chain begins as a photograph's.",
        sealed_as("photograph.sealed", intimate=False),
        7,
        "NotProved",
        "the chain does not begin with the seal of a derivative",
        "statement 5",
    ),
    lie(
        "opened-before-its-seal",
        "A derivative was opened before it was sealed.",
        viewed_first,
        7,
        "NotProved",
        "the chain does not begin with the seal of a derivative",
        "statement 5",
    ),
    lie(
        "stated-as-another-kind",
        "The statement names a kind of derivative that there is not.",
        stating(kind="film"),
        6,
        "Malformed",
        "statement 5: derivative.made kind: none of comparison-sheet, composed-film, contact-sheet, "
        "film-copy, pages-copy, picture-copy, redacted-film, sound-copy, still, text-copy, transcript",
    ),
    lie(
        "stated-as-number-0",
        "The statement numbers the derivatives of the case from 0 on.",
        stating(number=0),
        6,
        "Malformed",
        "statement 5: derivative.made number: not a whole number from 1 to 9007199254740991",
    ),
    lie(
        "stated-without-sources",
        "The statement names nothing that the derivative was made from.",
        stating(sources=[]),
        6,
        "Malformed",
        "statement 5: derivative.made sources: not 1 to 200 sources",
    ),
    lie(
        "stated-with-too-many-sources",
        "The statement names 201 sources.",
        stating(sources=many(201)),
        6,
        "Malformed",
        "statement 5: derivative.made sources: not 1 to 200 sources",
    ),
    lie(
        "stated-with-a-source-twice",
        "The statement names a source twice.",
        stating(sources=many(1) * 2),
        6,
        "Malformed",
        "statement 5: derivative.made sources: one twice, or evidence under two manifests",
    ),
    lie(
        "stated-with-a-source-under-two-manifests",
        "The statement names minutes of evidence under one manifest, and others under another.",
        stating(
            sources=[
                *many(1),
                many(1)[0] | {"excerpt": {"from": 0, "to": 1}, "manifest": "44" * 32},
            ]
        ),
        6,
        "Malformed",
        "statement 5: derivative.made sources: one twice, or evidence under two manifests",
    ),
    lie(
        "told-as-another-format",
        "The event names another format than the seal.",
        exchanged(told={"format": "jpeg"}),
        12,
        "NotProved",
        "the event names another format than the seal",
        f"{HOME}/events.jsonl, record {PIECES + 1}",
    ),
    lie(
        "told-as-another-size",
        "Event and recipe give another size.",
        exchanged(told={"size": len(FILM) + 1}, recipe={"output": output(size=len(FILM) + 1)}),
        13,
        "NotProved",
        "it has another size than was sealed with it",
        ORIGINAL,
    ),
    lie(
        "header-of-a-document",
        "A derivative's header is that of a document.",
        header_of_a_document,
        12,
        "NotProved",
        "the header is of another file",
        f"{HOME}/header.json",
    ),
    lie(
        "without-recipe-in-its-tree",
        "A derivative was sealed without a recipe; one lies beside it.",
        exchanged(without_recipe),
        11,
        "Malformed",
        ORDER,
    ),
    lie(
        "with-two-recipes",
        "A derivative was sealed with two recipes.",
        exchanged(more=lambda file: file.add("piece", b"{}", RECIPE)),
        11,
        "Malformed",
        ORDER,
    ),
    lie(
        "with-a-picture-behind-its-recipe",
        "A derivative's picture was sealed behind its recipe.",
        exchanged(more=lambda file: file.add("piece", JPEG, SMALL)),
        11,
        "Malformed",
        ORDER,
    ),
    lie(
        "of-another-manifest",
        "The recording is here, and the derivative names another manifest of it.",
        beside(lambda recording, _: derivative(source(recording, manifest="00" * 32))),
        12,
        "NotProved",
        "it was made from other evidence than lies here under that id",
        RECIPE_JSON,
    ),
    lie(
        "sealed-before-its-master",
        "A derivative was sealed before the recording that it was made from.",
        sealed_before_its_master,
        12,
        "NotProved",
        "it was made before what it was made from was sealed",
        RECIPE_JSON,
    ),
    lie(
        "of-another-case",
        "A derivative was made from a photograph of another case.",
        beside(lambda recording, picture: derivative(source(recording), source(picture)), case=OTHER_CASE),
        12,
        "NotProved",
        "it was made from evidence of another case",
        RECIPE_JSON,
    ),
    lie(
        "of-a-derivative",
        "A derivative was made from a derivative.",
        of_a_derivative,
        12,
        "NotProved",
        "it was made from a derivative, not from evidence",
        RECIPE_JSON,
    ),
    lie(
        "of-itself",
        "A derivative names itself as what it was made from.",
        of_itself,
        12,
        "NotProved",
        "it was made from a derivative, not from evidence",
        RECIPE_JSON,
    ),
    lie(
        "of-minutes-of-a-photograph",
        "A derivative was made from minutes of a photograph.",
        beside(lambda _, picture: derivative(source(picture, 0, 1))),
        12,
        "NotProved",
        "it was made from minutes of what has none",
        RECIPE_JSON,
    ),
)
