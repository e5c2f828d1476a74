"""Both verifiers over altered bytes of every format that both read: they must say the same of each.

Compared are the verdict (read, or why not: `malformed`, `altered`, …) and, where what was read can be written
down, that. The scripts run in one Node process for all.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from chain_of_custody.errors import CustodyError, Malformed, NotProved
from tests.fuzz.alterations import altered
from tests.fuzz.readers import items, keys, ledger, packages
from tests.fuzz.readers.reader import Answer, Reader
from tests.support.packages.both_verifiers import KINDS
from tests.support.packages.node_engine import NodeEngine

READERS: Mapping[str, Reader] = {**ledger.READERS, **items.READERS, **packages.READERS, **keys.READERS}
"""Name → the format's reader in both."""

BATCH = 200
"""Cases in one message."""


SCRIPT = """async ([module, take, known, cases]) => {
  const it = await import(`/static/${module}.js`);
  const b = await import("/static/proof/bytes.js");
  const load = (path) => import(`/static/${path}.js`);
  const Async = (async () => {}).constructor;
  const asked = new Async("it", "b", "bytes", "text", "known", "load", `return ${take}`);
  const answers = [];
  for (const one of cases) {
    const bytes = b.fromBase64(one);
    try {
      answers.push({ read: (await asked(it, b, bytes, () => b.text(bytes), known, load)) ?? null });
    } catch (error) {
      if (!error.reason) throw error;
      answers.push({ refused: error.reason });
    }
  }
  return answers;
}"""


@cache
def _engine() -> NodeEngine:
    return NodeEngine()


def by_scripts(reader: Reader, cases: Sequence[bytes], engine: NodeEngine | None = None) -> list[Answer]:
    """The scripts' answers, in one message."""
    encoded = [base64.b64encode(case).decode() for case in cases]
    asked = [reader.module, reader.take, reader.known(), encoded]
    answers: list[Answer] = (engine or _engine()).evaluate(SCRIPT, asked)
    return answers


def differ(reader: Reader, data: bytes, theirs: Answer) -> str | None:
    """How Python's answer differs from the scripts'; None if it does not."""
    try:
        read = reader.read(data)
    except CustodyError as error:
        allowed = _kinds(error)
        return None if theirs.get("refused") in allowed else f"Python: {error!r}; scripts: {theirs}"
    return None if theirs == {"read": read} else f"Python: read {read!r}; scripts: {theirs}"


def _kinds(error: CustodyError) -> frozenset[str]:
    if isinstance(error, Malformed):
        return frozenset({"malformed"})
    assert isinstance(error, NotProved)
    return frozenset(KINDS[type(error)]) - {"malformed"}


def harness(name: str) -> Callable[[bytes], None]:
    """The harness of `make fuzz` for one format."""

    def in_both(data: bytes) -> None:
        reader = READERS[name]
        [theirs] = by_scripts(reader, [data])
        difference = differ(reader, data, theirs)
        assert difference is None, difference

    return in_both


class Comparison(NamedTuple):
    """`different`: bytes in hexadecimal → how the answers differ; `read`, `refused`: how many were."""

    different: Mapping[str, str]
    read: int
    refused: int


def compare(name: str, chance: Random, count: int, engine: NodeEngine | None = None) -> Comparison:
    """Ask both of a format's seeds and of `count` altered copies, in messages of some hundred."""
    reader = READERS[name]
    seeds = list(reader.seeds())
    cases = [*seeds, *(altered(chance.choice(seeds), chance, seeds) for _ in range(count))]
    theirs = [answer for some in batched(cases) for answer in by_scripts(reader, some, engine)]
    said = {case.hex(): differ(reader, case, answer) for case, answer in zip(cases, theirs, strict=True)}
    read = sum("read" in answer for answer in theirs)
    different = {case: how for case, how in said.items() if how is not None}
    return Comparison(different, read, len(cases) - read)


def batched(cases: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (cases[at : at + BATCH] for at in range(0, len(cases), BATCH))
