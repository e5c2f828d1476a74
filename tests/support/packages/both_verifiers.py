"""Two verifiers of one specification: the pages' scripts, and Python."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from chain_of_custody import errors
from chain_of_custody.encoding.passphrase import list_text
from chain_of_custody.errors import (
    Altered,
    ConsistencyInvalid,
    InclusionInvalid,
    Incomplete,
    NotProved,
    NotWitnessed,
    SignatureInvalid,
    WrongPassphrase,
)
from chain_of_custody.package.opening import open_package
from chain_of_custody.report import render
from chain_of_custody.report.report import Report
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verify import verify
from tests.vectors.packages.cases import Case

MODULES: Mapping[str, str] = {
    "proof/errors": "NotProved",
    "film/film": "Film",
    "package/passphrase": "PassphraseWords",
    "package/source": "folderSource, sealedSource",
    "package/verify": "PACKAGE_STEPS, verifyPackage",
}
"""What scripts run where a package was chosen have as globals; and `chosen`, an array of its files."""

VERIFY = """async ([passphrase, policy, words]) => {
  const bytes = policy && Uint8Array.from(atob(policy), (letter) => letter.charCodeAt(0));
  const told = { steps: {}, playable: [], done: 0, total: 0, firstPicture: null };
  const began = performance.now();
  const watch = {
    step: (step, state) => (told.steps[step] = state),
    playable: (item) => told.playable.push(item.evidence),
    progress: (done, total) => Object.assign(told, { done, total }),
  };
  let source;
  try {
    source = passphrase === null
      ? folderSource(chosen)
      : await sealedSource(chosen[0], passphrase, new PassphraseWords(words));
  } catch (error) {
    if (!(error instanceof NotProved)) throw error;
    const { reason: kind, message: reason, where } = error;
    const failure = { step: "opening", number: 1, kind, reason, where };
    return { outcome: "not proved", failure, ...told };
  }
  const verdict = (globalThis.verdict = await verifyPackage(source, bytes, watch));
  const { outcome, failure, findings, notProved } = verdict;
  const { items, files, statements, cosigned, times, details } = verdict;
  return {
    outcome, failure, findings, notProved, ...told,
    statements: statements.map(({ position }) => position),
    items: items.map(({ evidence, kind, excerpt, records, events, covers }) => ({
      evidence, kind, excerpt, records: records.length, events: events.length, covers: covers.length,
    })),
    files: files.map((
      { evidence, kind, intimate, description, path, made, records, seal, covers, recipe, sources,
        examination },
    ) => ({
      evidence, kind, intimate, path, made: [...made].sort(), records: records.length,
      format: description.format, name: description.name, size: description.size, sha256: description.sha256,
      sealed: seal.position, covers: covers.length, source: seal.statement.body.source ?? null,
      examination: examination && {
        form: seal.statement.body.form, corrects: examination.corrects, values: examination.values,
      },
      derived: recipe && { kind: recipe.kind, recipe: path.replace(/[^/]+$/, "recipe.json"), sources },
    })),
    cosigned: [...cosigned.keys()],
    times: times.map(({ size, authority, at }) => [size, authority, at.toISOString()]),
    details: [...details.keys()],
    milliseconds: performance.now() - began,
  };
}"""


WITHOUT_BOTH = """() => {
  const { importKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
    if (["Ed25519", "ML-DSA-44"].includes(algorithm.name ?? algorithm)) {
      return Promise.reject(new DOMException("", "NotSupportedError"));
    }
    return importKey.call(this, format, key, algorithm, ...rest);
  };
}"""
"""Makes an engine like one that knows neither Ed25519 nor ML-DSA-44: the scripts then use their own code."""


def script_verdict(
    evaluate: Callable[[str, Any], Any], passphrase: str | None = None, policy: bytes | None = None
) -> dict[str, Any]:
    """What the scripts say of the package that was chosen where `evaluate` runs functions.

    `outcome`; `failure` with `step`, `number`, `kind`, `reason`, `where`, or None; what was proved and told.
    """
    encoded = None if policy is None else base64.b64encode(policy).decode()
    answer: dict[str, Any] = evaluate(VERIFY, [passphrase, encoded, list_text()])
    return answer


KINDS: Mapping[type[NotProved], Collection[str]] = {
    NotProved: ("not-proved", "malformed", "time"),
    SignatureInvalid: ("signature",),
    InclusionInvalid: ("inclusion",),
    ConsistencyInvalid: ("consistency",),
    Altered: ("altered",),
    Incomplete: ("incomplete",),
    WrongPassphrase: ("passphrase",),
    NotWitnessed: ("not-witnessed",),
}
"""What Python raises, and what the browser calls it."""

UNSEEN = re.compile("a link, not a file|pipe: not a file")
"""A browser is not told of links and pipes: it misses a file there, or meets one that is not listed."""


def assert_both_say(answer: Mapping[str, Any], said: Report | NotProved) -> None:
    """That the browser's answer is the one that `chain_of_custody.verify` gave: the same outcome; the same
    step, kind and place of a failure; the same remarks; sealed not later than the same second."""
    if isinstance(said, NotProved):
        assert answer["outcome"] == ("not witnessed" if isinstance(said, NotWitnessed) else "not proved"), (
            str(said)
        )
        assert_both_refuse(answer["failure"], said)
        return
    assert (answer["outcome"], answer["failure"]) == (said.outcome, None)
    for name, remarks in (("findings", render.findings(said)), ("notProved", render.not_proved(said))):
        assert answer[name] == [{"code": one.code, "values": dict(one.values)} for one in remarks]
    told = render.as_json(said)
    assert answer["files"] == [_as_the_browser_tells(one) for one in told["files"]]
    sealed = [one for item in (*told["items"], *told["files"]) for one in item["sealed_not_later_than"]]
    for one in sealed:
        assert [one["size"], one["authority"], one["at"].replace("Z", ".000Z")] in answer["times"]
    assert answer["done"] == answer["total"]


def assert_as_the_corpus_says(
    answer: Mapping[str, Any], case: Case, package: Path, policy: bytes | None
) -> None:
    """That the scripts' answer is the one that the corpus expects, and, where the package holds, Python's."""
    expected, failure = case.expected, answer["failure"]
    said = None if failure is None else f"{failure['number']} {failure['step']}"
    assert (answer["outcome"], said) == (expected.outcome, expected.step), failure
    if expected.step is None:
        registered = None if policy is None else TrustPolicy.parse(policy)
        report = verify(open_package(package, lambda: case.passphrase or ""), registered)
        assert_both_say(answer, report)  # the same findings, and the same left unproved
    elif case.unseen is None:
        assert failure["kind"] in _codes(expected.kind), (failure, expected)
        assert expected.where is None or failure["where"] == expected.where, (failure, expected)


def _codes(kind: str | None) -> frozenset[str]:
    """What the scripts call a class of Python's."""
    if kind == "Malformed":
        return frozenset({"malformed"})
    assert kind is not None
    return frozenset(KINDS[getattr(errors, kind)]) - {"malformed"}


def _as_the_browser_tells(file: Mapping[str, Any]) -> dict[str, Any]:
    apart = ("case", "read", "sealed_not_later_than")
    told = {name: value for name, value in file.items() if name not in apart}
    return told | {"covers": len(file["sealed_not_later_than"])}


def assert_both_refuse(failure: Mapping[str, Any], said: NotProved) -> None:
    """That the browser's `failure` is the one that Python raised: the same step, kind and place."""
    assert f"{failure['number']} {failure['step']}" == said.step, (failure, str(said))
    if UNSEEN.search(said.reason):
        return
    assert failure["kind"] in KINDS[type(said)], (failure, repr(said))
    assert said.where is None or failure["where"] == said.where, (failure, str(said))
