"""Stories of centers that may lie, in JSON, and the packages that come of them.

    {"files": […], "records": [[kind, track, start, duration, key, content], …], "state": …,
     "statements": […]}

The center records, states and signs what a story says, so that all digests and signatures hold, and what was
altered reaches the rule that is about it. In bodies `@root 3` is the root over the first three records,
`@manifest` and `@header` are digests of the recording, `@ledger 4` is the ledger's root at that size;
`@manifest 0` and `@root-of 0` are those of a file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from chain_of_custody.errors import CustodyError
from chain_of_custody.statements.actor import Actor
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.types import RECORDER_TYPES, SEALS, TYPES
from chain_of_custody.tlog import merkle
from tests.fuzz.alterations import Json, canonical
from tests.support.ledger.authenticators import es256
from tests.support.packages import court_packages as made
from tests.unit.chain_of_custody.test_statements import BODIES
from tests.vectors.packages import examinations, specimens

PIECE = 64
"""Bytes of a file in one piece."""
MOST = 40
"""Records, and statements, of a story."""
NO_STORY = (
    CustodyError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What comes of JSON in another form, or of what the writer of packages cannot read."""


def package_of(story: bytes) -> Mapping[str, bytes] | None:
    """Return the package of a story: path → content; None where a center could not even write it."""
    try:
        value = json.loads(story)
        recording, center = made.Recording(), made.Center()
        for kind, track, start, duration, key, content in value["records"][:MOST]:
            spelled = content.encode("latin-1", "replace") if isinstance(content, str) else canonical(content)
            recording.add(kind, spelled, track, start, duration, key)
        recording.state = value["state"]
        items = [recording]
        for one in value["files"]:
            items.append(_file(one, center, items))
        for one in value["statements"][:MOST]:
            _say(center, items, dict(one))
        with TemporaryDirectory() as folder:
            home = center.export(Path(folder) / "package", items)
            return {
                path.relative_to(home).as_posix(): path.read_bytes()
                for path in sorted(home.rglob("*"))
                if path.is_file()
            }
    except NO_STORY:
        return None


def _file(one: Mapping[str, Json], center: made.Center, items: Sequence[made.Recording]) -> made.File:
    fields = {**one, "body": one["body"].encode("latin-1"), "piece": PIECE}
    header = fields.pop("header")
    if one["file_kind"] == "derivative":
        file: made.File = made.Derivative(**fields | {"sources": _filled(one["sources"], center, items)})
    else:
        file = made.File(**fields)
    file.write(**header)
    return file


def _say(center: made.Center, items: Sequence[made.Recording], one: dict[str, Json]) -> None:
    signs, person = one.pop("signs"), es256()

    def change(statement: Statement) -> Statement:
        return replace(statement, at=one["at"], purpose=one["purpose"])

    def beside(message: bytes) -> list[WebAuthnSignature]:
        return [person.beside(message)] if signs is True else []

    center.say(
        one["type"],
        one["evidence"],
        _filled(one["body"], center, items),
        case=one["case"],
        actor=Actor.from_json(one["actor"]),
        signer=center.recorder_key if one["type"] in RECORDER_TYPES else center.center_key,
        details=one["details"],
        change=change,
        beside=beside,
    )


def _filled(value: Json, center: made.Center, items: Sequence[made.Recording]) -> Json:
    if isinstance(value, dict):
        return {name: _filled(one, center, items) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, center, items) for one in value]
    word, _, number = value.partition(" ") if isinstance(value, str) else ("", "", "")
    match word:
        case "@root":
            return items[0].root(int(number) if number else None)
        case "@root-of":
            return items[1 + int(number)].root()
        case "@manifest":
            return items[1 + int(number) if number else 0].manifest.digest
        case "@header":
            return items[0].records[0].leaf
        case "@ledger":
            return merkle.root_of(map(merkle.leaf_hash, center.leaves[: int(number)])).hex()
    return value


# --- honest stories ---------------------------------------------------------------------------------------


@cache
def seeds() -> Sequence[bytes]:
    """One of a recording that was interrupted, with people who sign, with files, and with specimens."""
    center, recording = made.Center(), made.Recording(state="interrupted")
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", made.EVIDENCE, {}, details={"name": "Person L", "why": "to prepare"})
    return [_story(center, recording), _with_people(), _with_files(), _with_specimens()]


def _with_people() -> bytes:
    center, recording, person = made.Center(), made.Recording(), es256()

    def registry(type_: str, body: dict[str, Json]) -> None:
        center.say(type_, made.DEPLOYMENT, body, case=None, actor=made.SYSTEM)

    registry("credential.enrolled", person.enrolment)
    registry("role.given", {"organisation": "prosecution", "person": person.person, "role": "prosecutor"})
    made.begin(center, recording)
    center.seal(recording)
    at = len(center.leaves)
    excluded, held = "ab" * 16, "ac" * 16
    for type_, body in (
        ("passage.excluded", {"excerpt": {"from": 0, "to": 5}, "exclusion": excluded, "reason": "court"}),
        ("passage.restored", {"exclusion": excluded, "reason": "court"}),
        ("hold.placed", {"hold": held, "reason": "appeal"}),
        ("hold.lifted", {"hold": held, "reason": "appeal"}),
    ):
        center.say(type_, made.EVIDENCE, body)
    registry("role.withdrawn", {"person": person.person, "reason": "left"})
    registry("credential.revoked", {"key": person.id, "proof": "center", "reason": "lost"})
    story = json.loads(_story(center, recording))
    for one in story["statements"][at : at + 3]:
        one["signs"] = True
    return canonical(story)


def _with_files() -> bytes:
    center, recording = made.Center(), made.Recording()
    made.begin(center, recording)
    center.seal(recording)
    common: dict[str, Json] = {"made": {}, "told": {}, "header": {}}
    film = {
        "evidence": recording.evidence,
        "excerpt": {"from": 0, "to": 2 * made.SECOND},
        "manifest": "@manifest",
    }
    files: list[dict[str, Json]] = [
        {
            **common,
            "evidence": "f0" * 16,
            "file_kind": "photograph",
            "format": "jpeg",
            "name": "a.jpg",
            "body": "a" * 99,
        },
        {
            **common,
            "evidence": "f2" * 16,
            "file_kind": "document",
            "format": "pdf",
            "name": "b.pdf",
            "body": "b" * 99,
        },
        {
            **common,
            "evidence": examinations.RECORD,
            "file_kind": "document",
            "format": "examination",
            "name": "examination.json",
            "body": examinations.content().decode("latin-1"),
        },
        {
            **common,
            "evidence": "f4" * 16,
            "file_kind": "received",
            "format": "ogg",
            "name": "d.ogg",
            "body": "d" * 99,
        },
        {
            **common,
            **{
                "evidence": "fd" * 16,
                "file_kind": "derivative",
                "format": "mp4",
                "name": "c.mp4",
                "body": "c" * 99,
            },
            **{"kind": "composed-film", "sources": [film], "recipe": {}},
        },
    ]
    story = json.loads(_story(center, recording))
    story["files"] = files
    for number, file in enumerate(files):
        body = {"format": file["format"], "manifest": f"@manifest {number}", "root": f"@root-of {number}"}
        beside = 3 if file["file_kind"] == "derivative" else 2  # header, event, and recipe
        records = beside + math.ceil(len(file["body"]) / PIECE)
        body |= {"number": 1, "records": records, "wrap": "77" * 32}
        if file["format"] == "examination":
            body |= {"form": examinations.stated(), "number": 2}
        body |= made.OF_KIND.get(str(file["file_kind"]), {})
        body |= {name: file[name] for name in ("kind", "sources") if name in file}
        story["statements"].append(
            {
                **story["statements"][-1],
                "type": SEALS[file["file_kind"]],
                "evidence": file["evidence"],
                "body": body,
            }
            | {"actor": made.PROSECUTOR.to_json(), "case": made.CASE}
        )
    return canonical(story)


def _with_specimens() -> bytes:
    center, recording = made.Center(), made.Recording()
    made.begin(center, recording)
    center.seal(recording)
    specimens.whole(center)
    return _story(center, recording)


def _story(center: made.Center, recording: made.Recording) -> bytes:
    names = {recording.root(size): f"@root {size}" for size in range(1, len(recording.records))}
    names |= {recording.root(): "@root", recording.manifest.digest: "@manifest"}
    names |= {recording.records[0].leaf: "@header"}
    for size in range(len(center.leaves)):
        names[merkle.root_of(map(merkle.leaf_hash, center.leaves[:size])).hex()] = f"@ledger {size}"
    statements = []
    for position, leaf in enumerate(center.leaves):
        statement = json.loads(leaf)["statement"]
        details = json.loads(center.details[position])["details"] if position in center.details else None
        fields = {name: statement[name] for name in ("type", "evidence", "case", "actor", "at", "purpose")}
        fields |= {"body": _named(statement["body"], names), "details": details, "signs": False}
        statements.append(fields)
    records = [
        [one.kind, one.track, one.start, one.duration, one.key, _content(one.kind, content)]
        for one, _, content in recording.opened
    ]
    return canonical({"files": [], "records": records, "state": recording.state, "statements": statements})


def _content(kind: str, content: bytes) -> Json:
    return json.loads(content) if kind in ("header", "event") else content.decode("latin-1")


def _named(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, dict):
        return {name: _named(one, names) for name, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


# --- lies -------------------------------------------------------------------------------------------------


def lie(story: bytes, chance: Random) -> bytes:
    """Return a story with one or two things in it that are otherwise, and of the form that they had."""
    value = json.loads(story)
    for _ in range(chance.randint(1, 2)):
        chance.choice(LIES)(value, chance)
    return canonical(value)


def _move(value: Json, chance: Random) -> None:
    """Leave out, repeat or exchange a statement or a record."""
    listed = value[chance.choice(("statements", "statements", "records"))]
    at, to = chance.randrange(len(listed)), chance.randrange(len(listed))
    match chance.randrange(3):
        case 0 if len(listed) > 1:
            del listed[at]
        case 1:
            listed.insert(to, json.loads(json.dumps(listed[at])))
        case _:
            listed[at], listed[to] = listed[to], listed[at]


def _insert(value: Json, chance: Random) -> None:
    """State something of any type, in any chain."""
    statements = value["statements"]
    type_ = chance.choice(sorted(TYPES))
    like = json.loads(json.dumps(chance.choice(statements)))
    statements.insert(
        chance.randint(0, len(statements)),
        like | {"type": type_, "body": json.loads(json.dumps(BODIES.get(type_, {})))},
    )


def _change(value: Json, chance: Random) -> None:
    """Put another value in the place of one: near it, or another one of its kind in this story."""
    places = list(_scalars(value))
    held, key = chance.choice(places)
    old = held[key]
    if isinstance(old, bool):
        held[key] = not old
    elif isinstance(old, int):
        held[key] = chance.choice((old + 1, max(0, old - 1), 0, old * 2 + 1, old + 1_000_000))
    else:
        alike = [one for there, at in places if (one := there[at]) != old and _alike(one, old)]
        held[key] = (
            chance.choice(alike)
            if alike and chance.random() < 0.9
            else chance.choice((None, "other", "00" * 16))
        )


def _alike(one: Json, other: Json) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return len(one) == len(other) or (len(one) < 16 and len(other) < 16)
    return one is None or other is None


def _scalars(value: Json) -> list[tuple[Json, Any]]:
    found: list[tuple[Json, Any]] = []
    for key, one in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(one, dict | list):
            found += _scalars(one)
        else:
            found.append((value, key))
    return found


LIES: Sequence[Callable[[Json, Random], None]] = (_move, _insert, _insert, _change, _change, _change)
