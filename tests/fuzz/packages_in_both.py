"""Both verifiers over the packages of centers that lie: they must say the same of each.

An input is a story, in JSON: the records of a recording, and the statements of a ledger. The center records,
states and signs it as it is told, so that all digests and signatures hold, and what was altered reaches the
rule that is about it. Compared are the outcomes, the step, kind and place of a failure, and all remarks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import CustodyError, NotProved
from chain_of_custody.report.report import Report
from chain_of_custody.statements.actor import Actor
from chain_of_custody.statements.signatures import WebAuthnSignature
from chain_of_custody.statements.statement import Statement
from chain_of_custody.statements.types import RECORDER_TYPES
from chain_of_custody.tlog import merkle
from chain_of_custody.verify import verify
from tests.fuzz.alterations import altered_tree, canonical
from tests.fuzz.harnesses import MemorySource
from tests.support.ledger.authenticators import es256
from tests.support.packages import court_packages as made
from tests.support.packages.both_verifiers import assert_both_say, script_verdict
from tests.support.packages.node_engine import NodeEngine

CHOOSE = """(files) => {
  globalThis.chosen = files.map(([path, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], path.split("/").at(-1));
    return Object.defineProperty(file, "webkitRelativePath", { value: `package/${path}` });
  });
}"""
MOST = 40
"""Records, and statements, of a story."""


@cache
def _engine() -> NodeEngine:
    return NodeEngine()


def packages_in_both(data: bytes) -> None:
    """The harness of `make fuzz`."""
    compare(data, _engine())


def compare(story: bytes, engine: NodeEngine) -> str | None:
    """Ask both verifiers about the package of a story. Raises `AssertionError` where they differ.

    Returns the outcome; None for a story that no center can tell.
    """
    package = told(story)
    if package is None:
        return None
    said: Report | NotProved
    try:
        said = verify(MemorySource(package), workers=1)
    except NotProved as error:
        said = error
    engine.evaluate(CHOOSE, [[path, encode_base64(content)] for path, content in package.items()])
    answer = script_verdict(engine.evaluate)
    assert_both_say(answer, said)
    return str(answer["outcome"])


def told(story: bytes) -> Mapping[str, bytes] | None:
    """The package of a story: path → content; None where a center could not even write it."""
    try:
        value = json.loads(story)
        recording, center = made.Recording(), made.Center()
        for kind, track, start, duration, key, content in value["records"][:MOST]:
            spelled = content.encode("latin-1", "replace") if isinstance(content, str) else canonical(content)
            recording.add(kind, spelled, track, start, duration, key)
        recording.state = value["state"]
        for one in value["statements"][:MOST]:
            _say(center, recording, dict(one))
        with TemporaryDirectory() as folder:
            home = center.export(Path(folder) / "package", [recording])
            return {
                path.relative_to(home).as_posix(): path.read_bytes()
                for path in sorted(home.rglob("*"))
                if path.is_file()
            }
    except (
        CustodyError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        OverflowError,
    ):
        return None  # of another form than a story has, or nothing that the writer of packages can read


def _say(center: made.Center, recording: made.Recording, one: dict[str, Any]) -> None:
    own, signed = one.pop("signed"), es256()

    def change(statement: Statement) -> Statement:
        return replace(statement, at=one["at"], purpose=one["purpose"])

    def beside(message: bytes) -> list[Any]:
        return [WebAuthnSignature(signed.id, signed.answer(message))] if own is True else []

    center.say(
        one["type"],
        one["evidence"],
        _filled(one["body"], center, recording),
        case=one["case"],
        actor=Actor.from_json(one["actor"]),
        signer=center.recorder_key if one["type"] in RECORDER_TYPES else center.center_key,
        details=one["details"],
        change=change,
        beside=beside,
    )


def _filled(value: Any, center: made.Center, recording: made.Recording) -> Any:
    """Replace `@root 3`, `@manifest`, `@header` and `@ledger 4` by the digests that they name."""
    if isinstance(value, dict):
        return {name: _filled(one, center, recording) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, center, recording) for one in value]
    word, _, number = value.partition(" ") if isinstance(value, str) else ("", "", "")
    match word:
        case "@root":
            return recording.root(int(number) if number else None)
        case "@manifest":
            return recording.manifest.digest
        case "@header":
            return recording.records[0].leaf
        case "@ledger":
            return merkle.root_of(map(merkle.leaf_hash, center.leaves[: int(number)])).hex()
    return value


def seeds() -> list[bytes]:
    """An honest story, one of a recording that was interrupted, one with people who sign."""
    center, recording = made.Center(), made.Recording()
    made.begin(center, recording)
    center.seal(recording)
    center.say("evidence.viewed", made.EVIDENCE, {}, details={"name": "Layla Haddad", "why": "to prepare"})
    plain = _story(center, recording)
    center, recording = made.Center(), made.Recording(state="interrupted")
    made.begin(center, recording)
    center.seal(recording)
    interrupted = _story(center, recording)
    center, recording = made.Center(), made.Recording()
    person = es256()

    def registry(type_: str, body: dict[str, Any]) -> None:
        center.say(type_, made.DEPLOYMENT, body, case=None, actor=made.SYSTEM)

    registry("credential.enrolled", person.enrolment)
    registry("role.given", {"organisation": "prosecution", "person": person.person, "role": "prosecutor"})
    made.begin(center, recording)
    center.seal(recording)
    registry("role.withdrawn", {"person": person.person, "reason": "left"})
    registry("credential.revoked", {"key": person.id, "proof": "center", "reason": "lost"})
    registry(
        "recorder.revoked",
        {"key": made.statements.key_id(made.public(center.recorder_key)), "reason": "lost"},
    )
    evidence = made.EVIDENCE
    center.say(
        "passage.excluded",
        evidence,
        {"excerpt": {"from": 0, "to": 5}, "exclusion": "ab" * 16, "reason": "court"},
    )
    center.say("passage.restored", evidence, {"exclusion": "ab" * 16, "reason": "court"})
    center.say("hold.placed", evidence, {"hold": "ac" * 16, "reason": "appeal"})
    center.say("hold.lifted", evidence, {"hold": "ac" * 16, "reason": "appeal"})
    people = json.loads(_story(center, recording))
    for one in people["statements"]:
        one["signed"] = one["type"] in ("passage.excluded", "hold.placed")
    return [plain, interrupted, canonical(people)]


def _story(center: made.Center, recording: made.Recording) -> bytes:
    names = {
        recording.root(): "@root",
        recording.manifest.digest: "@manifest",
        recording.records[0].leaf: "@header",
    }
    names |= {recording.root(size): f"@root {size}" for size in range(1, len(recording.records))}
    roots = (
        merkle.root_of(map(merkle.leaf_hash, center.leaves[:size])).hex()
        for size in range(len(center.leaves))
    )
    names |= {root: f"@ledger {size}" for size, root in enumerate(roots)}
    statements = []
    for position, leaf in enumerate(center.leaves):
        statement = json.loads(leaf)["statement"]
        told_of = json.loads(center.details[position])["details"] if position in center.details else None
        fields = {name: statement[name] for name in ("type", "evidence", "case", "actor", "at", "purpose")}
        statements.append(
            {**fields, "body": _named(statement["body"], names), "details": told_of, "signed": False}
        )
    records = [
        [one.kind, one.track, one.start, one.duration, one.key, _spoken(one.kind, content)]
        for one, _, content in recording.opened
    ]
    return canonical({"records": records, "state": recording.state, "statements": statements})


def _spoken(kind: str, content: bytes) -> Any:
    return json.loads(content) if kind in ("header", "event") else content.decode("latin-1")


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _named(one, names) for name, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


def stories(chance: Random, count: int) -> list[bytes]:
    """The seeds, and `count` altered copies."""
    given = seeds()
    return [*given, *(altered_tree(chance.choice(given), chance) for _ in range(count))]
