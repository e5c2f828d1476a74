"""Both verifiers over the packages of centers that lie (`stories`): they must say the same of each.

Compared are the outcomes, the step, kind and place of a failure, and all remarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

from chain_of_custody.encoding.signed_note import encode_base64
from chain_of_custody.errors import NotProved
from chain_of_custody.report.report import Report
from chain_of_custody.verify import verify
from tests.fuzz import stories
from tests.fuzz.harnesses import MemorySource
from tests.support.packages.both_verifiers import assert_both_say, script_verdict
from tests.support.packages.node_engine import NodeEngine

CHOOSE = """(files) => {
  globalThis.chosen = files.map(([path, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const file = new File([bytes], path.split("/").at(-1));
    return Object.defineProperty(file, "webkitRelativePath", { value: `package/${path}` });
  });
}"""


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
    package = stories.package_of(story)
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


def some(chance: Random, count: int) -> list[bytes]:
    """The honest stories, and `count` with a lie in them."""
    given: Sequence[bytes] = stories.seeds()
    return [*given, *(stories.lie(chance.choice(given), chance) for _ in range(count))]
