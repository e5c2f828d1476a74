"""The scripts' checks over what a viewing gives: everything real is proved, every alteration is named.

Each alteration says at which step it must be found and why; the words are those of `chain_of_custody.errors`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from chain_of_custody.items.recording_contents import Event
from chain_of_custody.items.recording_manifest import Index
from tests.support.media.made_media import Fragment, MadeTrack
from tests.support.packages.made_recording import (
    EVIDENCE,
    PROSECUTOR,
    MadeLedger,
    MadeRecording,
    made_recording,
)
from tests.support.packages.node_engine import NodeEngine

pytestmark = pytest.mark.starts

Bundle = dict[str, Any]

CHECK = """async ([bundle, evidence]) => {
  const { checkRecording } = await import("/static/exhibit/checks.js");
  const steps = [];
  const byPage = {};
  const report = (step, state, facts) => {
    if (state !== "running") steps.push([step, state]);
    if (facts?.byPage?.length > 0) byPage[step] = facts.byPage;
  };
  try {
    const proved = await checkRecording(bundle, evidence, report);
    return { steps, records: proved.records.length, byPage };
  } catch (error) {
    if (!error.step) throw error;
    return { steps, step: error.step, reason: error.reason, message: error.message };
  }
}"""


def checked(engine: NodeEngine, bundle: Bundle) -> dict[str, Any]:
    answer: dict[str, Any] = engine.evaluate(CHECK, [bundle, EVIDENCE])
    return answer


@cache
def _track(codec: str) -> MadeTrack:
    fragments = [Fragment(f"{codec} {n}".encode() * 50, n * 1_000_000, 1_000_000, True) for n in range(7)]
    return MadeTrack(codec, f"init of {codec}".encode(), tuple(fragments))


def recorded(**options: Any) -> MadeRecording:
    tracks = {"wide": [_track("avc1.42e01f")], "microphone": [_track("opus")]}
    recording = made_recording(tracks, [Event("mark", 3_000_000, {"text": "door"})], **options)
    recording.view()
    return recording


@pytest.mark.parametrize("state", ["complete", "interrupted"])
def test_a_recording_as_it_was_sealed_passes_every_step(engine: NodeEngine, state: str) -> None:
    recording = recorded(state=state)
    answer = checked(engine, recording.bundle())
    steps = ["policy", "checkpoint", "inclusion", "signatures", "chain", "seal", "records"]
    assert answer == {
        "steps": [[step, "proved"] for step in steps],
        "records": len(recording.records),
        "byPage": {},
    }


def _json(change: Callable[[dict[str, Any]], None], name: str) -> Callable[[MadeRecording], Bundle]:
    """The text `name` of the bundle, read, changed and written canonically."""

    def alter(recording: MadeRecording) -> Bundle:
        bundle = recording.bundle()
        value = json.loads(bundle[name])
        change(value)
        return bundle | {name: json.dumps(value, separators=(",", ":"), sort_keys=True)}

    return alter


def _statement(place: int, change: Callable[[bytes], bytes]) -> Callable[[MadeRecording], Bundle]:
    def alter(recording: MadeRecording) -> Bundle:
        bundle = recording.bundle()
        one = bundle["statements"][place]
        one["leaf"] = base64.b64encode(change(base64.b64decode(one["leaf"]))).decode()
        return bundle

    return alter


def _proof(place: int, change: Callable[[str], str]) -> Callable[[MadeRecording], Bundle]:
    def alter(recording: MadeRecording) -> Bundle:
        bundle = recording.bundle()
        places = range(len(bundle["statements"])) if place < 0 else [place]
        for one in places:
            bundle["statements"][one]["proof"] = change(bundle["statements"][one]["proof"])
        return bundle

    return alter


def _signature_lines(change: Callable[[list[str]], list[str]]) -> Callable[[MadeRecording], Bundle]:
    """The signature lines of the checkpoint under every proof."""

    def altered(proof: str) -> str:
        body, _, lines = proof.rpartition("\n\n")
        return body + "\n\n" + "".join(line + "\n" for line in change(lines.splitlines()))

    return _proof(-1, altered)


def _signed_wrong(line: str) -> str:
    head, _, encoded = line.rpartition(" ")
    signature = bytearray(base64.b64decode(encoded))
    signature[-1] ^= 1
    return f"{head} {base64.b64encode(signature).decode()}"


def _without(place: int) -> Callable[[MadeRecording], Bundle]:
    def alter(recording: MadeRecording) -> Bundle:
        bundle = recording.bundle()
        del bundle["statements"][place]
        return bundle

    return alter


def _index(change: Callable[[list[str]], list[str]]) -> Callable[[MadeRecording], Bundle]:
    def alter(recording: MadeRecording) -> Bundle:
        bundle = recording.bundle()
        return bundle | {"index": "".join(change(bundle["index"].splitlines(keepends=True)))}

    return alter


def _anew(recording: MadeRecording) -> Bundle:
    """The records sealed again under a manifest of its own, which nobody sealed."""
    records = recording.records[:-1]
    index = Index.parse(Index.serialise(records))
    manifest = replace(recording.manifest, records=len(records), root=index.root().hex(), index=index.digest)
    return recording.bundle() | {
        "manifest": manifest.canonical().decode(),
        "index": Index.serialise(records).decode(),
    }


def _other_keys(recording: MadeRecording) -> Bundle:
    return recording.bundle() | {"policy": MadeLedger().policy().decode()}


def _sealed_twice(recording: MadeRecording) -> Bundle:
    body = {
        "manifest": recording.manifest.digest,
        "records": recording.manifest.records,
        "root": recording.manifest.root,
        "state": "complete",
    }
    recording.ledger.state("recording.sealed", EVIDENCE, body)
    return recording.bundle()


def _mixed_checkpoints(recording: MadeRecording) -> Bundle:
    before = recording.bundle()
    recording.view()
    after = recording.bundle()
    return after | {"statements": before["statements"] + after["statements"][-1:]}


# The statements: 0 recorder.enrolled, 1 interview.opened, 2 started, 3 progress, 4 sealed, 5 viewed.
ALTERATIONS: dict[str, tuple[Callable[[MadeRecording], Bundle], str, str]] = {
    "a policy with other keys": (_other_keys, "checkpoint", "signature"),
    "a policy that asks for witnesses": (
        lambda r: r.bundle() | {"policy": r.ledger.policy().decode() + "witness one key\n"},
        "policy",
        "malformed",
    ),
    "the Ed25519 signature missing": (_signature_lines(lambda lines: lines[1:]), "checkpoint", "signature"),
    "the ML-DSA-44 signature missing": (_signature_lines(lambda lines: lines[:1]), "checkpoint", "signature"),
    "the Ed25519 signature wrong": (
        _signature_lines(lambda lines: [_signed_wrong(lines[0]), lines[1]]),
        "checkpoint",
        "signature",
    ),
    "the ML-DSA-44 signature wrong": (
        _signature_lines(lambda lines: [lines[0], _signed_wrong(lines[1])]),
        "checkpoint",
        "signature",
    ),
    "a signature repeated": (_signature_lines(lambda lines: [*lines, lines[0]]), "checkpoint", "signature"),
    "proofs under two checkpoints": (_mixed_checkpoints, "checkpoint", "not-proved"),
    "no statements at all": (lambda r: r.bundle() | {"statements": []}, "checkpoint", "incomplete"),
    "another index in a proof": (
        _proof(4, lambda text: text.replace("index 4", "index 3")),
        "inclusion",
        "inclusion",
    ),
    "a leading zero in a proof": (
        _proof(4, lambda text: text.replace("index 4", "index 04")),
        "checkpoint",
        "malformed",
    ),
    "a statement's time changed": (
        _statement(4, lambda leaf: leaf.replace(b"18:47:12", b"18:47:13")),
        "inclusion",
        "inclusion",
    ),
    "a statement with a space": (_statement(5, lambda leaf: leaf + b" "), "inclusion", "inclusion"),
    "the seal left out": (_without(4), "chain", "incomplete"),
    "a statement in the middle left out": (_without(3), "chain", "incomplete"),
    "the recorder's enrolment left out": (_without(0), "signatures", "signature"),
    "the interview's opening left out": (_without(1), "chain", "incomplete"),
    "sealed twice": (_sealed_twice, "chain", "not-proved"),
    "a manifest nobody sealed": (_anew, "seal", "altered"),
    "a manifest of another part": (_json(lambda m: m.update(part=2), "manifest"), "seal", "altered"),
    "a manifest with a key more": (_json(lambda m: m.update(more=1), "manifest"), "seal", "malformed"),
    "a manifest that is not canonical": (
        lambda r: r.bundle() | {"manifest": r.manifest.canonical().decode().replace(":", ": ", 1)},
        "seal",
        "malformed",
    ),
    "the last record cut off": (_index(lambda lines: lines[:-1]), "records", "incomplete"),
    "a record in the middle left out": (_index(lambda lines: lines[:5] + lines[6:]), "records", "malformed"),
    "two records exchanged": (
        _index(lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]]),
        "records",
        "malformed",
    ),
    "a digit of a record's digest changed": (
        _index(lambda lines: [*lines[:5], _digit(lines[5]), *lines[6:]]),
        "records",
        "altered",
    ),
}


def _digit(line: str) -> str:
    place = len('{"cipher":"')
    return line[:place] + ("1" if line[place] == "0" else "0") + line[place + 1 :]


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_alteration_is_found_at_its_step_and_for_its_reason(engine: NodeEngine, name: str) -> None:
    alter, step, reason = ALTERATIONS[name]
    answer = checked(engine, alter(recorded()))
    assert (answer.get("step"), answer.get("reason")) == (step, reason), answer.get("message")


def test_a_statement_by_a_key_that_may_not_sign_it_is_refused(engine: NodeEngine) -> None:
    recording = recorded()
    recording.ledger.center, recording.ledger.recorder = recording.ledger.recorder, recording.ledger.center
    recording.view()
    recording.ledger.center, recording.ledger.recorder = recording.ledger.recorder, recording.ledger.center
    answer = checked(engine, recording.bundle())
    assert (answer["step"], answer["reason"]) == ("signatures", "signature")


def test_a_practice_interview_is_not_evidence(engine: NodeEngine) -> None:
    recording = recorded(practice=True)
    answer = checked(engine, recording.bundle())
    assert (answer["step"], answer["reason"]) == ("chain", "not-proved")


def test_a_statement_about_another_recording_does_not_belong(engine: NodeEngine) -> None:
    recording = recorded()
    recording.ledger.state("evidence.viewed", "ef" * 16, {}, actor=PROSECUTOR)
    answer = checked(engine, recording.bundle())
    assert (answer["step"], answer["reason"]) == ("chain", "not-proved")


WITHOUT_MLDSA = """() => {
  const { importKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.importKey = function (format, ...rest) {
    if (format === "raw-public") {
      return Promise.reject(new TypeError("The provided value 'raw-public' is not a valid enum value"));
    }
    return importKey.call(this, format, ...rest);
  };
}"""


def test_a_browser_without_mldsa_checks_it_all_the_same_and_the_step_says_how() -> None:
    recording = recorded()
    alter, step, _ = ALTERATIONS["the ML-DSA-44 signature wrong"]
    with NodeEngine() as engine:
        engine.evaluate(WITHOUT_MLDSA)
        answer = checked(engine, recording.bundle())
        assert [state for _, state in answer["steps"]] == ["proved"] * 7
        assert answer["byPage"] == {"checkpoint": ["ML-DSA-44"]}
        assert checked(engine, alter(recording))["step"] == step
